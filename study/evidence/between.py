"""Several finished studies of one target on the same test rows: what the procedures of one lose
more or less than another's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.findings import Gain, Number
from study.evidence.intervals import level_of
from study.evidence.matched import common_folds, mismatch, split_digest
from study.evidence.scored_target import ScoredTarget
from study.evidence.winners import best_trials, least
from study.schema import BASELINE, Frozen, StudyData

ANSWER = "answer"
"""Of the gains between studies that of their answers, beside those of regression, regression with
terms and network."""


@dataclass(frozen=True, eq=False)
class Finished:
    """What one study brings into a comparison on a target.

    name: what it is called. data: of its table. verdict: on the target, as it is asked here.
    predictions, trials: frames of all its targets. folds: outer folds a repeat.
    """

    name: str
    data: StudyData
    verdict: Verdict
    predictions: pd.DataFrame
    trials: pd.DataFrame
    folds: int

    @cached_property
    def own(self) -> pd.DataFrame:
        """Test rows of the target."""
        return self.predictions[self.predictions["target"] == self.verdict.target]

    def sides(self, outer_folds: Sequence[int]) -> ScoredTarget:
        """Its procedures on these outer folds, as its question scores them."""
        best = best_trials(self.trials[self.trials["target"] == self.verdict.target])
        own, won = (frame[frame["outer_fold"].isin(outer_folds)] for frame in (self.own, best))
        asked = self.verdict
        return ScoredTarget(asked.target, asked.kind, own, won, asked.question, self.folds)


class StudyGain(Frozen):
    """What a procedure of one study, `other`, saves over one of the first study, `base`.

    study: place of the other study among those compared, from 1. procedure: ANSWER, or the one that
    both are.
    """

    study: int
    procedure: str
    base: str
    other: str
    gain: Gain


class Between(Frozen):
    """One target in several studies.

    differs: what keeps their losses from being paired: data, rows, target, metric, splits, groups
    or time; refused: the same in a sentence. Both None where nothing does. digest: of the test rows
    that all share. outer_folds, n_rows: that all tested. most_folds: the most that one tested.
    losses: of every study by procedure, on those rows. baseline: loss of the first study's
    baseline. per: family whose loss, in the first study, gains are shares of. gains: over the first
    study. best: place of the study whose answer lost least, None of a tie.
    """

    target: str
    kind: str
    metric: str | None = None
    differs: str | None = None
    refused: str | None = None
    digest: str | None = None
    outer_folds: int = 0
    most_folds: int = 0
    n_rows: int = 0
    losses: tuple[dict[str, Number], ...] = ()
    baseline: Number = math.nan
    per: str | None = None
    gains: tuple[StudyGain, ...] = ()
    best: int | None = None


def between(told: Sequence[Finished]) -> Between:
    """Pair the test losses of two studies or more of one target, each against the first
    (`Comparison.gain`).

    All gains are shares of the loss of the first study's regression (of each base where it has
    none), and held against its margin and minimum margin; of k studies each interval has the level
    at which those of one procedure hold together in 95% of cases.
    """
    first, *others = told
    target, kind = first.verdict.target, first.verdict.kind.value
    folds = common_folds([each.own for each in told])

    def tested(one: Finished, other: Finished) -> tuple[str, str] | None:
        return mismatch(*(each.own[each.own["outer_fold"].isin(folds)] for each in (one, other)))

    for apart in (_described, tested):
        for other in others:
            if found := apart(first, other):
                said = f"Can't compare {first.name} and {other.name} on {target}: {found[1]}."
                return Between(target=target, kind=kind, differs=found[0], refused=said)
    return _paired(told, [each.sides(folds) for each in told], folds)


def _described(one: Finished, other: Finished) -> tuple[str, str] | None:
    """What differs before any row is looked at."""
    if one.data.rows != other.data.rows:
        return "rows", f"their tables have {one.data.rows:,} and {other.data.rows:,} rows"
    if one.data.digest != other.data.digest:
        way = "run both on one file, and leave columns out by data.features or data.drop"
        return (
            "data",
            f"they read other data ({one.data.digest[:8]} and {other.data.digest[:8]}); {way}",
        )
    a, b = one.verdict, other.verdict
    if a.kind != b.kind:
        return "target", f"it is {a.kind.value} in one and {b.kind.value} in the other"
    if a.question.metric != b.question.metric:
        names = " and ".join(each.metric.label for each in (a, b))
        return (
            "metric",
            f"their verdicts are asked of {names}; --metric {a.question.metric} asks all of one",
        )
    nested = min(each.own["outer_fold"].nunique() for each in (one, other)) > 1
    if nested and one.folds != other.folds:
        return (
            "splits",
            f"a repeat has {one.folds} outer folds in one and {other.folds} in the other",
        )
    return None


def _paired(
    told: Sequence[Finished], sides: Sequence[ScoredTarget], folds: Sequence[int]
) -> Between:
    first, level = sides[0], level_of(len(told) - 1)
    baseline = [model for model in first.models if model.family == BASELINE] or first.models
    whole = max((float(model.losses["loss"].mean()) for model in baseline), default=math.nan)
    verdict = told[0].verdict
    gains = []
    for place, (study, side) in enumerate(zip(told[1:], sides[1:], strict=True), 1):
        asked = [(name, name, name) for name in first.ladder if name in side.ladder]
        answers = str(verdict.answer_procedure), str(study.verdict.answer_procedure)
        if answers[0] in first.ladder and answers[1] in side.ladder:
            asked = [(ANSWER, *answers), *asked]
        for name, base, other in asked:
            gain = first.gain(first.ladder[base], side.ladder[other], level)
            gains.append(StudyGain(study=place, procedure=name, base=base, other=other, gain=gain))
    losses = tuple(
        {name: float(m.losses["loss"].mean()) for name, m in side.ladder.items()} for side in sides
    )
    answered = [each.verdict.answer_procedure for each in told]
    of_answers = [own.get(str(name), math.nan) for own, name in zip(losses, answered, strict=True)]
    leading = least(pd.Series(of_answers), whole)
    best = int(leading[0]) if len(leading) == 1 and not any(map(math.isnan, of_answers)) else None
    rows = told[0].own[told[0].own["outer_fold"].isin(folds)]
    return Between(
        target=verdict.target,
        kind=verdict.kind.value,
        metric=verdict.question.metric,
        digest=split_digest(rows),
        outer_folds=len(folds),
        most_folds=max(each.own["outer_fold"].nunique() for each in told),
        n_rows=int(rows["row"].nunique()),
        losses=losses,
        baseline=whole,
        per=first.plain.family if first.plain else None,
        gains=tuple(gains),
        best=best,
    )
