"""What is said of several studies of one target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from study.evidence.answer import Verdict
from study.evidence.between import ANSWER, Between, StudyGain
from study.evidence.intervals import level_of
from study.evidence.rule import ABOVE, BELOW, side_of
from study.evidence.winners import ROUNDING
from study.evidence.wording.answer import Words
from study.evidence.wording.sentences import capital, moved


def between_words(found: Between, names: Sequence[str], verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A sentence for each gain, then on which rows, how sure, and which is best. names, verdicts: of each study."""
    yield from (_gain_words(each, found, names, verdicts) for each in found.gains)
    if found.outer_folds < found.most_folds:
        all_tested, most = found.outer_folds, found.most_folds
        yield f"Losses and gains are of the {all_tested} outer folds that all tested, of {most} that one did."
    if len(names) > 2:
        yield f"Intervals are at {100 * level_of(len(names) - 1):.4g} %, so that all of one procedure hold in 95 %."
    if found.best is not None:
        yield f"The answer of {names[found.best]} has the least loss."


def _gain_words(each: StudyGain, found: Between, names: Sequence[str], verdicts: Sequence[Verdict]) -> str:
    """What is saved over the first study, and where that lies."""
    first, gain, bound = verdicts[0], each.gain, Words(verdicts[0]).bound_name
    whose = f"{first.nouns['regression']}'s" if found.per else "its"
    of = f"of {whose} {first.metric.noun}"
    nouns = first.nouns[each.base], verdicts[each.study].nouns[each.other]
    own, its = (f" ({nouns[1]})", f" ({nouns[0]})") if each.procedure == ANSWER else ("", "")
    model = f"{'The answer' if each.procedure == ANSWER else capital(nouns[1])} of {names[each.study]}{own}"
    over = f"that of {names[0]}{its}"
    if math.isnan(gain.improvement):
        return f"{model} has nothing to save over {over} that could be told as a share."
    if all(abs(share) * gain.per_loss <= ROUNDING * found.constant for share in (gain.improvement, gain.std_error)):
        return f"{model} and {over} lose the same on every test row."
    said = f"{model} {moved(gain)} {of} over {over}"
    if not gain.known:
        return f"{said}: too few rows to be sure of anything."
    side = side_of(gain, first.bar)
    if gain.high < 0:
        return f"{said}: surely worse."
    if gain.low > 0:
        more = {ABOVE: "by more than", BELOW: "by less than"}.get(side, "though not surely by more than")
        return f"{said}: surely better, {more} the {bound}."
    return f"{said}: {f'no gain above the {bound}' if side == BELOW else 'it is not sure which is better'}."
