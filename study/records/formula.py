"""The simple formula of a target and outer fold, and what its search leaves on disk."""

from __future__ import annotations

from typing import Any, ClassVar

from study.records.trial import TermRow, Tested, named_terms
from study.records.work import FoldRecord, FoldWork
from study.schema import FORMULA, LABELS, TrialState


class FormulaWork(FoldWork):
    """The search for a formula of few terms: a line beside the verdict, and a formula where it may
    stand for the answer.
    """

    sort: ClassVar = FORMULA
    noun: ClassVar = LABELS[FORMULA]
    many: ClassVar = "simple formulas"
    without: ClassVar = "Results leave it out"

    def record(self, study: str, state: TrialState, **found: Any) -> FormulaRecord:
        return FormulaRecord(study=study, work=self, state=state, **found)


class FormulaRecord(FoldRecord, Tested):
    """What a search for the simple formula leaves.

    terms: its columns and terms with their weights, the intercept first. l2, penalty, share: the
    ridge penalty under which they were fitted, the lasso's that chose them (None: no term is
    chosen), and the share of the lasso's own weights in theirs. val_loss: mean over the inner
    folds. path: each penalty of the lasso that was tried (`penalty`), the number of terms that it
    chose (`n_terms`), and the least validation loss with them (`val_loss`); the first chose none,
    the plain regression. What is `Tested` is empty where it failed.
    """

    sort: ClassVar = FORMULA
    work: FormulaWork
    terms: tuple[TermRow, ...] = ()
    l2: float | None = None
    penalty: float | None = None
    share: float | None = None
    val_loss: float | None = None
    path: dict[str, list[float]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Its products and hinges, each as often as it has one."""
        outputs = {row.output for row in self.terms[:1]}
        return tuple(
            name
            for name, row in named_terms(self.terms)
            if row.output in outputs and row.form in {"product", "hinge"}
        )
