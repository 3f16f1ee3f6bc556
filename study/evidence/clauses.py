"""The answer for one target as a sentence: what each richer procedure saves over each simpler one, and what follows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from study.evidence.findings import Gain, Rung, RungGain
from study.evidence.rule import ABOVE, BELOW, side_of, terms_unsure
from study.evidence.sentences import capital, interval, level_words, listed, loses, percent
from study.schema import EXTENDED, REGRESSION


@dataclass(frozen=True)
class Clauses:
    """What the sentence of an answer is made of.

    left: what the rule leaves. answer: ENOUGH, TERMS or WORTH, or UNDECIDED. margin: the bound as a share of the
    regression's shortfall, and named: what it is called, `5 % margin`. stake: what the shares are of, after a possessive.
    """

    target: str
    gains: tuple[RungGain, ...]
    left: tuple[str, ...]
    answer: str
    nouns: Mapping[str, str]
    chosen: Mapping[int, Rung]
    margin: float
    named: str
    stake: str

    def sentence(self) -> str:
        """What is gained, and the answer."""
        if math.isnan(self.gains[0].gain.improvement):
            noun = self.nouns[REGRESSION]
            none = f"Nothing can be gained on {self.target}, which {noun} predicts without any {self.stake}"
            return f"{none}: the regression is enough."
        clauses = [self._clause(step, place == 0) for place, step in enumerate(self.gains)]
        if len(self.left) == 1:
            return f"{capital('; '.join(clauses))}: the {self.answer}."
        names = [self.nouns[name] for name in self.left]
        if terms_unsure({(each.base, each.other): each.gain for each in self.gains}, self.margin):
            names[0] += f", which is not surely better than {self.nouns[REGRESSION]},"
        return f"{capital('; '.join(clauses))}: undecided between {listed(names)}."

    def _clause(self, step: RungGain, first: bool) -> str:
        """What a richer rung saves over a simpler one, and where that lies; the first one says of whose loss."""
        gain, over_terms = step.gain, step.base == EXTENDED
        subject = "a regression with terms" if step.other == EXTENDED else self._network()
        subject = f"over {self.nouns[EXTENDED]} the network" if over_terms else subject
        loss = f"{self.nouns[REGRESSION]}'s {self.stake} on {self.target}" if first else f"that {self.stake}"
        sure = interval(gain)
        if gain.improvement < -1 and not over_terms:
            size = f"has {1 - gain.improvement:,.3g} times {loss}"
            times = f"{max(1 - gain.high, 0):,.3g} to {1 - gain.low:,.3g} times"
            sure = f"{level_words(gain.level)} interval {times}"
        elif loses(gain):
            size = f"adds {percent(-gain.improvement)} % to {loss}"
        else:
            size = f"saves {percent(gain.improvement)} % of {loss}"
        if math.isnan(gain.low):
            return f"{subject} {size}, on too few test rows to be sure of anything"
        if math.isnan(self.margin):
            return f"{subject} {size} ({sure})"
        return f"{subject} {size} ({sure}), {self.place(gain)} {'the ' + self.named if first else 'it'}"

    def place(self, gain: Gain) -> str:
        """Where a gain lies, before the name of the bound."""
        far = "far " if gain.low > 3 * self.margin else ""
        return {ABOVE: f"{far}beyond", BELOW: "below"}.get(side_of(gain, self.margin), "on both sides of")

    def _network(self) -> str:
        """`a network with 1 to 2 hidden layers`; its families are named where there are several."""
        depths = sorted({rung.depth for rung in self.chosen.values()})
        families = sorted({rung.family for rung in self.chosen.values()})
        layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
        named = f" ({' or '.join(families)})" if len(families) > 1 else ""
        return f"a network{named} with {layers} hidden layer{'' if layers == '1' else 's'}"
