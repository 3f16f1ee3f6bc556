"""What is said of several studies of one target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from study.evidence.answer import Verdict
from study.evidence.between import Between, StudyGain
from study.evidence.intervals import level_of
from study.evidence.rule import ABOVE, BELOW, side_of
from study.evidence.winners import ROUNDING
from study.evidence.wording.amounts import limits, signed
from study.evidence.wording.answer import Words
from study.schema import REGRESSION


def between_words(
    found: Between, names: Sequence[str], verdicts: Sequence[Verdict]
) -> Iterator[str]:
    """A sentence for each gain, then on which rows, how sure, and which is best. names, verdicts:
    of each study.
    """
    yield from (_gain_words(each, found, names, verdicts) for each in found.gains)
    if found.outer_folds < found.most_folds:
        all_tested, most = found.outer_folds, found.most_folds
        yield f"Compared on the {all_tested} outer folds that all tested; one tested {most}."
    if len(names) > 2:
        yield f"Intervals are at {100 * level_of(len(names) - 1):.4g}%. Those of one model hold together at 95%."
    if found.best is not None:
        yield f"The verdict's model of {names[found.best]} has the lowest loss."


def _gain_words(
    each: StudyGain, found: Between, names: Sequence[str], verdicts: Sequence[Verdict]
) -> str:
    """What a model improves over that of the first study, and where that lies."""
    first, gain = verdicts[0], each.gain
    loss = f"{first.nouns[REGRESSION] if found.per else names[0]}'s {first.metric.noun}"
    own, its = (
        Words(verdict).names[name]
        for verdict, name in ((verdicts[each.study], each.other), (first, each.base))
    )
    over = f"{names[each.study]} over {names[0]}, {own if own == its else f'{own} over {its}'}"
    if math.isnan(gain.improvement):
        return f"{over}: no loss to improve on."
    if all(
        abs(share) * gain.per_loss <= ROUNDING * found.baseline
        for share in (gain.improvement, gain.std_error)
    ):
        return f"{over}: the same loss on every test row."
    said = f"{over}: {signed(gain.improvement)} of {loss} ({limits(gain)})"
    if not gain.known:
        return f"{said}. Too few rows to tell."
    if gain.low > 0 or gain.high < 0:
        more = " by more than the margin" if side_of(gain, first.threshold) == ABOVE else ""
        return f"{said}, {'better' if gain.low > 0 else 'worse'}{more}."
    return f"{said}, {'not better by the margin' if side_of(gain, first.threshold) == BELOW else 'too close to call'}."
