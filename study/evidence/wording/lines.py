"""What stands beside a verdict in words, from the sources of the gain to boosted trees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from study.evidence.findings import (
    DepthGain,
    Gain,
    Rung,
    ShortLine,
    Sources,
    TermCount,
    TreesLine,
)
from study.evidence.intervals import METHODS
from study.evidence.margins import FLOOR as FLOOR_BOUND
from study.evidence.margins import Bar
from study.evidence.rule import BELOW, held_by, side, side_of
from study.evidence.scores import FLOOR
from study.evidence.wording.sentences import NOTHING, capital, level_words, listed, moved, percent, span
from study.formatting import count, human
from study.schema import EXTENDED, NOUNS, TREES

MOST_NAMED = 6
"""Most terms that a sentence names."""

Nouns = Mapping[str, str]
"""What a sentence calls each procedure."""


def method_words(gains: Sequence[Gain], regression: str) -> str:
    """What the intervals are; gains: all of a verdict, the first one over the regression, a noun."""
    first = gains[0]
    both = f", those over {regression} at {level_words(first.level)}, so that both hold together in 95 %"
    return METHODS[first.method].words(first) + (both if len(gains) > 1 else "")


def estimand_words(n_train: float) -> str:
    """What the losses and intervals are about; n_train: rows that an outer fold leaves, NaN where that is not known."""
    rows = f"{human(round(n_train))} rows" if math.isfinite(n_train) else "the development rows"
    said = f"The losses are those of the whole procedures (encode, search, refit), trained on {rows}."
    return f"{said} What is delivered is trained on all rows by the same procedure, and no test row is left to score it."


def sources_words(sources: Sources, rest: Gain | None, nouns: Nouns, regression: str, stake: str) -> str:
    """Where the gain comes from; rest: of the network over the regression with terms; stake: what the shares are of."""
    interactions, curvature = moved(sources.interactions, "save", "add"), moved(sources.curvature)
    said = f"In {nouns[EXTENDED]} interactions {interactions} of {nouns[regression]}'s {stake}, and curvature {curvature}"
    if rest is not None and math.isfinite(rest.improvement):
        said += f"; over it the network {moved(rest)}"
    return f"{said}."


def depths_words(depths: Sequence[DepthGain], chosen: Mapping[int, Rung], regression: str, stake: str) -> str:
    """What it costs and brings that the network chooses its depth inside each outer fold; regression: its noun."""
    named = len({each.rung.family for each in depths}) > 1
    taken = {(rung.family, rung.depth) for rung in chosen.values()}
    if len(taken) == 1 and chosen:
        folds = "its outer fold" if len(chosen) == 1 else f"each of {len(chosen)} outer folds"
        start = f"The network chose {_layers(next(iter(chosen.values())), named)} in {folds}; against always taking"
    else:
        start = "The network chooses its depth in each outer fold, which the regression cannot; against always taking"
    others = [each for each in depths if taken != {(each.rung.family, each.rung.depth)}]
    gains = [f"{_layers(each.rung, named)} that {moved(each.gain)}" for each in others]
    return f"{start} {listed(gains)} of {regression}'s {stake}." if gains else ""


def _layers(rung: Rung, named: bool) -> str:
    return f"{rung.depth} hidden layer{'s' if rung.depth > 1 else ''}{f' ({rung.family})' if named else ''}"


def trees_words(trees: TreesLine, nouns: Nouns, stake: str) -> str:
    """What boosted trees say beside a verdict."""
    said = listed([f"{moved(gain, 'save', 'add')} over {nouns[name]}" for name, gain in trees.over.items()])
    per = next(iter(trees.over.values())).per
    unit = "" if {gain.per for gain in trees.over.values()} != {per} else f", as shares of {NOUNS.get(per, per)}'s {stake}"
    least = min(gain.improvement for gain in trees.over.values())
    two = len(trees.over) > 1
    them = "all models" if two else nouns[next(iter(trees.over))]
    if not least >= NOTHING:
        end = "they are not ahead of all models" if two else f"{them} is not behind them"
    else:
        sure = all(gain.low > 0 for gain in trees.over.values())
        verb = ("are" if two else "is") if sure else ("seem" if two else "seems")
        by = f", {'the best one ' if two else ''}by {percent(least)} %"
        end = f"{them} {verb} behind them{by}{'' if sure else ', which chance may explain'}"
    return f"{capital(NOUNS[TREES])}, which no verdict is about, {said}{unit}: {end}."


def short_words(short: ShortLine, nouns: Nouns, regression: str, bar: Bar, stake: str, named: Mapping[str, str]) -> str:
    """What the short formula gives, and whether it stands for the regression with terms.

    stake: what the shares are of. named: what MARGIN and FLOOR are called.
    """
    least, most = min(short.n_terms, default=0), max(short.n_terms, default=0)
    number = count(most, "term") if least == most else f"{least} to {count(most, 'term')}"
    size = f", with {number} beside the columns," if short.n_terms else ""
    article = "an" if stake[0] in "aeiouR" else "a"
    said = f"The short formula{size} has {article} {stake} of {human(short.loss)}"
    if short.gain is not None and math.isfinite(short.gain.improvement):
        said += f" and {moved(short.gain)} of {nouns[regression]}'s {stake}"
    if short.left is not None and math.isfinite(short.left.improvement) and math.isfinite(bar.margin):
        below = side_of(short.left, bar) == BELOW
        called = named[held_by(short.left, bar)]
        ends = "wholly below" if below else "which is not wholly below"
        said += f"; {nouns[EXTENDED]} {moved(short.left)} over it, {ends} the {called}{as_amount(short.left, bar, stake)}"
        said += ", so it can take its place" if below else ", so it does not take its place"
    return f"{said}.{_counts(short.counts, len(short.n_terms))}"


def as_amount(gain: Gain, bar: Bar, stake: str) -> str:
    """The interval of the amount in brackets, where that puts a gain on its side of the floor and the share's would not; else
    nothing. stake: what the shares are of."""
    if math.isnan(gain.improvement) or held_by(gain, bar) != FLOOR_BOUND:
        return ""
    if side(gain.improvement, gain.low, gain.high, bar.of_gain(gain).floor / gain.per_loss) == side_of(gain, bar):
        return ""
    told = span(gain.low_amount / gain.per_loss, gain.high_amount / gain.per_loss, gain.most)
    return f" (as an amount {told} of the {stake} that was measured)"


def _counts(counts: Sequence[TermCount], n_folds: int) -> str:
    if not counts or n_folds < 2:
        return ""
    named = [f"{count.term} ({count.n_folds})" for count in counts[:MOST_NAMED]]
    more = [count(len(counts) - MOST_NAMED, "other")] if len(counts) > MOST_NAMED else []
    return f" Its terms, and how many of {n_folds} outer folds chose each: {listed([*named, *more])}."


def floor_words(floor: Mapping[str, int], nouns: Nouns) -> str:
    """How many test rows are at the floor of the log loss."""
    said = listed([f"{count:,} of {nouns[name]}" for name, count in floor.items()])
    return (
        f"Probabilities count as a float32 step away from 0 and 1, so that a sure mistake costs {human(FLOOR)} nats and not "
        f"infinity; test rows at that limit: {said}."
    )


def network_noun(chosen: Iterable[Rung]) -> str:
    """`a network with 1 to 2 hidden layers`, by what it took in each outer fold; its families are named if they are several."""
    rungs = list(chosen)
    depths, families = sorted({rung.depth for rung in rungs}), sorted({rung.family for rung in rungs})
    layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
    named = f" ({' or '.join(families)})" if len(families) > 1 else ""
    return f"a network{named} with {layers} hidden layer{'' if layers == '1' else 's'}"


def no_verdict_words(target: str, lacking: str, undefined: str | None) -> str:
    """Why there is no verdict; lacking: what was not scored; undefined: label of a metric that the test rows have not."""
    if undefined is None:
        return f"There is no verdict for {target}: no test rows were scored with {lacking}."
    return f"There is no verdict for {target}: the metric {undefined} does not exist on these test rows."


def no_verdict_action(lacking: str, undefined: bool) -> str:
    """What to do where there is no verdict."""
    if undefined:
        return "Ask of another metric, such as the loss: `study ask FOLDER --metric loss`."
    return f"Run the study with {lacking} among its families."
