"""The answer for one target as a sentence: what each richer procedure saves over each simpler one, and what follows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from study.evidence.findings import Gain, Rung, RungGain
from study.evidence.margins import FLOOR, MARGIN, Bar
from study.evidence.rule import ABOVE, BELOW, apart, held_by, side_of, terms_unsure
from study.evidence.wording.lines import as_amount, network_noun
from study.evidence.wording.sentences import NOTHING, capital, interval, level_words, listed, loses, percent, span
from study.formatting import given
from study.schema import EXTENDED, REGRESSION


@dataclass(frozen=True)
class Clauses:
    """What the sentence of an answer is made of.

    left: what the rule leaves. answer: ENOUGH, TERMS or WORTH, or UNDECIDED. bar: what a gain has to pass, and named: what
    MARGIN and FLOOR are called, `5 % margin`. stake: what the shares are of, after a possessive.
    """

    target: str
    gains: tuple[RungGain, ...]
    left: tuple[str, ...]
    answer: str
    nouns: Mapping[str, str]
    chosen: Mapping[int, Rung]
    bar: Bar
    named: Mapping[str, str]
    stake: str

    def sentence(self) -> str:
        """What is gained, and the answer."""
        noun, by_pair = self.nouns[REGRESSION], {(step.base, step.other): step.gain for step in self.gains}
        if all(gain.nothing for gain in by_pair.values()):
            none = f"Nothing can be gained on {self.target}, which {noun} predicts without any {self.stake}"
            return f"{none}: the regression is enough."
        clauses = [self._clause(step, before) for step, before in zip(self.gains, (None, *self.gains), strict=False)]
        if right := [gain.n_rows for gain in by_pair.values() if gain.counted and gain.per_loss == 0]:
            rows = f"none of {right[0]:,} test rows of {self.target}"
            clauses.insert(0, f"{noun} is wrong on {rows}, which is no proof that it never is")
        clauses += [f"no test row compares {self.nouns[base]} and {self.nouns[other]}" for base, other in apart(by_pair)]
        if len(self.left) == 1:
            return f"{capital('; '.join(clauses))}: the {self.answer}."
        names = [self.nouns[name] for name in self.left]
        if terms_unsure(by_pair, self.bar):
            names[0] += f", which is not surely better than {self.nouns[REGRESSION]},"
        return f"{capital('; '.join(clauses))}: undecided between {listed(names)}."

    def _clause(self, step: RungGain, before: RungGain | None) -> str:
        """What a richer rung saves over a simpler one, and where that lies; before: what was told last, of whose loss."""
        gain, over_terms = step.gain, step.base == EXTENDED
        subject = "a regression with terms" if step.other == EXTENDED else network_noun(self.chosen.values())
        subject = f"over {self.nouns[EXTENDED]} the network" if over_terms else subject
        loss = f"that {self.stake}" if before else f"{self.nouns[REGRESSION]}'s {self.stake} on {self.target}"
        sure = interval(gain)
        if gain.nothing:
            return f"{subject} has no {self.stake} to save"
        if math.isnan(gain.improvement):
            size, sure = _rows(gain)
        elif gain.improvement < -1 and not over_terms:
            size, sure = f"has {given(1 - gain.improvement)} times {loss}", _times(gain)
        elif loses(gain):
            size = f"adds {percent(-gain.improvement)} % to {loss}"
        else:
            size = f"saves {percent(gain.improvement)} % of {loss}"
        if math.isnan(gain.improvement) and not gain.known:
            return f"{subject} {size}, which is no share that the {self.named[MARGIN]} could be held against"
        if not gain.known:
            return f"{subject} {size}, on too few test rows to be sure of anything"
        if math.isnan(self.bar.margin):
            return f"{subject} {size} ({sure})"
        last = held_by(before.gain, self.bar) if before and before.gain.known and not before.gain.nothing else None
        again = held_by(gain, self.bar) == last
        return f"{subject} {size} ({sure}), {self.place(gain, again)}"

    def place(self, gain: Gain, again: bool = False) -> str:
        """Where a gain lies: `beyond the 5 % margin`; again: whether that was named just before."""
        held, bar = held_by(gain, self.bar), self.bar.of_gain(gain)
        lows = {MARGIN: (gain.low, bar.margin), FLOOR: (gain.low_amount, bar.floor)}
        far = "far " if lows[held][0] > 3 * lows[held][1] else ""
        where = {ABOVE: f"{far}beyond", BELOW: "below"}.get(side_of(gain, self.bar), "on both sides of")
        return f"{where} {'it' if again else f'the {self.named[held]}'}{as_amount(gain, self.bar, self.stake)}"


def given_away(richer: Sequence[Gain], of: str, means: str) -> str:
    """How much is given away at most by keeping a procedure; richer: gains of all richer ones over it.

    of: what the gains are shares of. means: what that is in numbers that people know; empty where it is not known.
    """
    sure = f"with {level_words(1 - sum(1 - gain.level for gain in richer))} confidence"
    if not all(gain.bounded for gain in richer):
        none = f"what is given away {of} has no upper bound on these test rows; more of them are needed for one."
        return f"{none} In what it means there is one: {sure} {means}." if means else none
    share = f"at most {percent(max([0.0, *(gain.high for gain in richer)]))} % {of} is given away"
    return f"{sure} {share}{f', and {means}' if means else ''}."


def _times(gain: Gain) -> str:
    """The interval of how many times the regression's loss there is, 0 at least."""
    least, most = given(1 - gain.high), given(1 - gain.low)
    if not gain.bounded and math.isnan(gain.low):
        return interval(gain)
    if gain.bounded and not math.isnan(gain.low):
        ends = f"about {least}" if least == most else f"{least} to {most}"
        return f"{level_words(gain.level)} interval {ends} times"
    return f"with {level_words(gain.level)} confidence {f'at least {least}' if gain.bounded else f'at most {most}'} times"


def _rows(gain: Gain) -> tuple[str, str]:
    """On how many more rows a procedure is right than another, and the interval, where of no wrong row no share is known."""
    more = gain.base_loss - gain.other_loss
    size = f"{percent(abs(more))} % {'fewer' if more < 0 else 'more'} of the rows" if abs(more) >= NOTHING else "as many rows"
    told = span(gain.low_amount, gain.high_amount, math.inf)
    return f"is right on {size}", f"{level_words(gain.level)} interval {told} more"
