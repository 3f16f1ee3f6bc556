"""What a trial and a search's winner leave on disk, for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import AliasChoices, Field, field_validator

from study.formatting import unique
from study.records.inspection import Inspection
from study.records.numbers import Numbers
from study.schema import INTERCEPT, Frozen, Search, TrialState

TIMES = "\N{MULTIPLICATION SIGN}"
SearchField = Annotated[Search, Field(validation_alias=AliasChoices("search", "arm"))]
"""A search; earlier records call it an arm."""


class ReplicateRecord(Frozen):
    """One (inner fold, seed) pair of a trial; losses in the kind's own units.

    best_epoch, n_epochs: of a network, counted from 1. converged: whether training arrived.
    """

    inner_fold: int
    seed: int
    val_loss: float
    train_loss: float
    best_epoch: int | None
    n_epochs: int | None
    converged: bool


class TrialRecord(Frozen):
    """What a finished or failed trial leaves on disk, for ever.

    curves: `epoch` (n_points,), `val_loss` and `train_loss` (n_replicates, n_points), the loss
    after each of those epochs. coefficients: column name (`coef_<term>`, `intercept`) to mean over
    replicates, per original unit; empty for a network. path: of a regression the penalties that it
    scored (`l2`) and the mean validation loss of each (`val_loss`), the strongest first; its params
    have the best one. rungs: a network's mean best validation loss at each rung of its schedule
    that it came to. A PRUNED one was above its limit at the last; its other numbers are those up to
    there.
    """

    study: str
    trial_id: str
    search: SearchField
    number: int
    generation: int
    state: TrialState
    params: dict[str, Any]
    val_loss: float | None = None
    val_loss_se: float | None = None
    train_loss: float | None = None
    best_epoch: int | None = None
    n_parameters: int | None = None
    n_replicates: int = 0
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""
    replicates: tuple[ReplicateRecord, ...] = ()
    curves: dict[str, list[Any]] = {}
    coefficients: dict[str, float] = {}
    path: dict[str, list[float]] = {}
    rungs: tuple[float, ...] = ()
    error: str | None = None


class CoefficientRow(Frozen):
    """One weight of a search's refitted best trial, per original unit of its column (log-odds,
    log-rate) and per level.
    """

    term: str
    level: str | None
    output: str | None
    unit: str
    estimate: float


class TermRow(Frozen):
    """One weight of a regression with terms, in original units (log-odds, log-rate).

    form: `intercept`, `column`, `product` or `hinge`. columns: names of the encoder's terms that it
    is made of, one number of each beside it. fill: what a gap takes. A product is (clip(x) - m) *
    (clip(z) - n) with centers m, n and clips to low and high; a hinge max(clip(x) - knot, 0).
    output: the class, where there are several.
    """

    form: str
    columns: tuple[str, ...]
    fill: tuple[float, ...]
    centers: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    knot: float | None
    output: str | None
    weight: float

    @field_validator("columns")
    @classmethod
    def _apart(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Earlier versions called a column like the intercept."""
        return tuple(name for column in columns for name in unique([column], {INTERCEPT}))


def named_terms(rows: Sequence[TermRow]) -> list[tuple[str, TermRow]]:
    """Terms of a model with their names, which say no number and are none another's: `age`,
    `hinge(age)`, and those of a product with a multiplication sign between them.
    """
    terms = list(dict.fromkeys((row.form, row.columns) for row in rows))
    told = (
        f"hinge({columns[0]})" if form == "hinge" else TIMES.join(columns) or form
        for form, columns in terms
    )
    names = dict(zip(terms, unique(told), strict=True))
    return [(names[row.form, row.columns], row) for row in rows]


class Candidate(Frozen):
    """One scored way of using a search's best trial, or the hyperparameters chosen for boosted
    trees (`refit` alone).

    name: `refit` (trained on all development rows), `ensemble` (mean prediction of the replicates
    of the search) or `rows-<fraction>` (what is judged, trained on a part of the development rows;
    seed is the number of the part). predicted: (n_test,) values, rates or probabilities of the
    second class, or (n_test, n_classes) probabilities. loss: (n_test,) loss of each test row.
    val_loss: of a part, the mean validation loss of its own inner folds.
    """

    name: str
    seed: int
    predicted: Numbers
    loss: Numbers
    val_loss: float | None = None


class Tested(Frozen):
    """What a record says of the test rows.

    rows: (n_test,) row ids of the table. observed: (n_test,) values of the target, or codes of
    classes. candidates: what was predicted of them. groups: (n_test,) codes of their groups, empty
    where rows are independent. earlier: (n_test,) how many rows of the table are earlier in time,
    empty where rows are in no order.
    """

    rows: list[int] = []
    observed: list[float] = []
    candidates: tuple[Candidate, ...] = ()
    groups: list[int] = []
    earlier: list[int] = []

    @property
    def test_losses(self) -> dict[str, float]:
        """Mean test loss by candidate, over its seeds; empty where there are no test rows."""
        found: dict[str, list[float]] = {}
        for candidate in self.candidates:
            if len(candidate.loss):
                found.setdefault(candidate.name, []).append(float(np.mean(candidate.loss)))
        return {name: float(np.mean(losses)) for name, losses in found.items()}


class WinnerRecord(Tested):
    """What a search's best trial leaves after its one look at the test rows.

    terms: of the regression with terms; clipped: cells of its test rows that lie outside the bounds
    of its terms. converged: whether a regression's fit of all development rows arrived within
    `training.iterations`. probed: what the judged model answers column by column.
    """

    study: str
    search: SearchField
    number: int
    params: dict[str, Any]
    val_loss: float
    coefficients: tuple[CoefficientRow, ...]
    terms: tuple[TermRow, ...] = ()
    clipped: int = 0
    converged: bool = True
    models: tuple[str, ...] = ()
    probed: Inspection | None = None
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""
