"""The answer for one target."""

from __future__ import annotations

import math

from study.evidence.findings import (
    NONE,
    UNDECIDED,
    Architecture,
    DecidedAt,
    DepthGain,
    FormulaLine,
    Gain,
    Number,
    RungGain,
    Sources,
    TreesLine,
)
from study.evidence.metrics import Metric, metric_of
from study.evidence.rule import BELOW, side_of, standing
from study.evidence.scale import Meaning
from study.evidence.thresholds import EvaluationSpec, ResolvedThreshold, Threshold
from study.schema import NOUNS, REGRESSION, TERMS, Frozen, Kind


class Verdict(Frozen):
    """Whether on one target the regression is enough, the regression with terms, or the network, or
    what is undecided.

    margin: smallest gain that matters, a share of the regression's shortfall in the metric that was
    asked of, which is its loss unless `question` says otherwise; NaN where no margin can be told
    (`bound`). regression: its family. chosen: family and depth that *the network* took in each
    outer fold. gains: of every richer model over every simpler one. beats_baseline: whether any of
    the models is reliably better than the baseline; over_baseline: the most that any may be, a
    share of its loss. n_train: rows that an outer fold leaves.
    decided_at: only where undecided. sources: of the gain of the regression with terms. depths: the
    network against each single depth, where there are several. trees, formula_line: beside it.
    clipped: test rows whose log loss is clipped, of each procedure that has any. question: what
    was asked of; bound: margin and minimum margin on one scale. meaning: what the losses mean.
    undefined: whether the rows have no such metric. None or empty where it does not apply or rows
    are too few to tell.
    """

    target: str
    kind: Kind
    margin: Number
    regression: str | None
    chosen: dict[int, Architecture]
    gains: tuple[RungGain, ...]
    beats_baseline: bool | None
    over_baseline: Number = math.nan
    n_train: Number
    decided_at: DecidedAt | None = None
    sources: Sources | None = None
    depths: tuple[DepthGain, ...] = ()
    trees: TreesLine | None = None
    formula_line: FormulaLine | None = None
    clipped: dict[str, int] = {}
    question: EvaluationSpec = EvaluationSpec()
    bound: ResolvedThreshold | None = None
    meaning: Meaning | None = None
    undefined: bool = False

    @property
    def metric(self) -> Metric:
        """What was asked of."""
        return metric_of(self.question.metric, self.kind)

    @property
    def by_pair(self) -> dict[tuple[str, str], Gain]:
        """Gains by (simpler, richer) of REGRESSION, TERMS and NETWORK."""
        return {(each.base, each.other): each.gain for each in self.gains}

    @property
    def left(self) -> tuple[str, ...]:
        """What the rule leaves (`study.evidence.rule.standing`): the answer alone, or what it is
        undecided between.
        """
        return standing(self.by_pair, self.threshold)

    @property
    def threshold(self) -> Threshold:
        """What a gain has to pass to matter."""
        return self.bound.threshold if self.bound else Threshold(self.margin)

    @property
    def verdict(self) -> str | None:
        """REGRESSION, TERMS, NETWORK, UNDECIDED, or NONE where no model is shown to beat the
        baseline.

        None where no test row was scored with two models.
        """
        if not self.gains or self.use_none:
            return NONE if self.gains else None
        return self.left[0] if len(self.left) == 1 else UNDECIDED

    @property
    def answer_procedure(self) -> str | None:
        """REGRESSION, TERMS or NETWORK: the answer, or the simplest of what it is undecided
        between.
        """
        return self.left[0] if self.gains else None

    @property
    def use_none(self) -> bool:
        """Whether nothing is reliably better than the baseline."""
        return self.beats_baseline is False

    @property
    def nouns(self) -> dict[str, str]:
        """What a sentence calls each procedure."""
        return NOUNS | {REGRESSION: NOUNS.get(str(self.regression), str(self.regression))}

    @property
    def formula(self) -> str | None:
        """The simple formula as text, where it stands for a regression with terms that is not ruled
        out.
        """
        line = self.formula_line
        stands = line and line.left and side_of(line.left, self.threshold) == BELOW
        return line.formula if line and stands and TERMS in self.left else None
