"""The words of the project as types: kinds, arms, trial states, records, and the columns of the results dataframe."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from study.numbers import Numbers


class StudyError(Exception):
    """What a user can mend: states the rule, then the offender, then the way out. The command line exits with 2 on it."""


class Kind(StrEnum):
    """Kind of a target, which decides link and loss of the last layer."""

    CONTINUOUS = "continuous"
    BINARY = "binary"
    MULTICLASS = "multiclass"
    COUNT = "count"


class TrialState(StrEnum):
    """Optuna's word for how a trial ended."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"


LOSS_NAMES = {
    Kind.CONTINUOUS: "mean squared error",
    Kind.BINARY: "log loss",
    Kind.MULTICLASS: "log loss",
    Kind.COUNT: "Poisson loss",
}
"""What each kind's loss is called. Losses of different kinds are never compared or drawn on one axis: squared units of the
target, nats a row, half the mean Poisson deviance in nats a row."""

CONSTANT, EXTENDED, NETWORK = "constant", "extended", "network"
"""The constant; the extended regression, with the terms that a regression lacks; *the network*, which chooses family and depth
by validation loss."""
PRODUCTS, CURVES = "products", "curves"
"""Sorts of terms of the extended regression: the weights that are searched, and its refits with one sort alone, which are
candidates and never models."""
SHORT, TREES = "short", "trees"
"""The short formula and boosted trees, never ranked or judged."""
REGRESSION = "regression"
"""What a procedure is called whose family depends on the kind."""
ALL_ROWS = -1
"""Outer fold of the last search: every row is a development row and none a test row. What it trains is delivered."""

REGRESSIONS = {Kind.CONTINUOUS: "linear", Kind.BINARY: "logistic", Kind.MULTICLASS: "logistic", Kind.COUNT: "poisson"}
"""Family that a verdict calls *the regression* of a kind."""
NOUNS = {
    CONSTANT: "the constant",
    "linear": "linear regression",
    "logistic": "logistic regression",
    "poisson": "Poisson regression",
    EXTENDED: "the regression with terms",
    SHORT: "the short formula",
    TREES: "boosted trees",
    NETWORK: "the network",
}
"""What a sentence calls a family."""


def procedure_of(family: str, depth: int) -> str:
    """What a family at a depth is in a comparison: CONSTANT, REGRESSION, EXTENDED, NETWORK, SHORT or TREES.

    The regression with terms is a rung of its own between the two others, and no depth of either.
    """
    if family in {CONSTANT, EXTENDED, SHORT, TREES}:
        return family
    return NETWORK if depth > 0 else REGRESSION


def fold_name(outer_fold: int) -> str:
    """How file names and keys end for an outer fold: `o3`, or `all` for ALL_ROWS."""
    return "all" if outer_fold == ALL_ROWS else f"o{outer_fold}"


class Frozen(BaseModel):
    """Base of every record and config: unknown fields are errors, fields cannot be reassigned."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(Frozen):
    """One of `count` parts of a study's arms, by its number from 0."""

    number: int
    count: int


class Arm(Frozen):
    """One family at one depth on one target and outer fold: it has its own Optuna study and the budget of every other arm.

    depth counts hidden layers; 0 is a regression.
    """

    target: str
    kind: Kind
    family: str
    depth: int
    outer_fold: int

    @property
    def model_name(self) -> str:
        """Family, and depth where the family has hidden layers: `linear`, `neural-d2`."""
        return f"{self.family}-d{self.depth}" if self.depth else self.family

    @property
    def key(self) -> str:
        return f"{self.target}-{self.model_name}-{fold_name(self.outer_fold)}"

    def trial_id(self, number: int) -> str:
        return f"{self.key}-{number:04d}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Hyperparameters of one trial of an arm: its number in the arm, and its generation, number // `search.generation`."""

    number: int
    generation: int
    params: dict[str, Any]


class Feature(Frozen):
    """A column to predict from: its type, why it has that type, the rows without a value, and the format of its dates."""

    name: str
    type: str
    reason: str
    missing: int
    pattern: str = ""


class Target(Frozen):
    """A column to predict.

    classes: each class of a binary or multiclass target and its rows, sorted as text, or as numbers where all are numbers; the
    second class of a binary target is the one whose probability is modelled. reason: the facts that decided the kind. missing:
    rows without a value.
    """

    name: str
    kind: Kind
    classes: dict[str, int]
    reason: str
    missing: int

    @property
    def n_outputs(self) -> int:
        """Of its regression: one a class, where these are more than two, else one."""
        return len(self.classes) if self.kind is Kind.MULTICLASS else 1


class ModelData(Frozen):
    """What figures and tables call a family at a depth."""

    family: str
    depth: int
    label: str


class StudyData(Frozen):
    """What was read and inferred of a study's table, and the models that are compared on it; stored as data.json.

    digest: SHA-256 (hexadecimal) of the content read. groups, time: those columns, if there are any.
    """

    rows: int
    digest: str
    features: tuple[Feature, ...]
    targets: tuple[Target, ...]
    groups: str | None = None
    time: str | None = None
    notes: tuple[str, ...] = ()
    models: tuple[ModelData, ...] = ()

    @property
    def classes(self) -> dict[str, list[str]]:
        return {target.name: list(target.classes) for target in self.targets}


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

    curves: `epoch` (n_points,), `val_loss` and `train_loss` (n_replicates, n_points), the loss after each of those epochs.
    coefficients: column name (`coef_<term>`, `intercept`) to mean over replicates, per original unit; empty for a network.
    path: of a regression the penalties that it scored (`l2`) and the mean validation loss of each (`val_loss`), the strongest
    first; its params have the best one.
    rungs: a network's mean best validation loss at each rung of its schedule that it came to. A PRUNED one was above its bar at
    the last; its other numbers are those up to there.
    """

    study: str
    trial_id: str
    arm: Arm
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
    """One weight of an arm's refitted incumbent, per original unit of its column (log-odds, log-rate) and per level."""

    term: str
    level: str | None
    output: str | None
    unit: str
    estimate: float


def term_name(form: str, columns: Sequence[str]) -> str:
    """A term without its numbers: `age`, `hinge(age)`, and the names of a product with a multiplication sign between them."""
    return f"hinge({columns[0]})" if form == "hinge" else "\N{MULTIPLICATION SIGN}".join(columns) or form


class TermRow(Frozen):
    """One weight of a regression with terms, in original units (log-odds, log-rate).

    form: `intercept`, `column`, `product` or `hinge`. columns: names of the encoder's terms that it is made of, one number of
    each beside it. fill: what a gap takes. A product is (clip(x) - m) * (clip(z) - n) with centers m, n and clips to low and
    high; a hinge max(clip(x) - knot, 0). output: the class, where there are several.
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

    @property
    def name(self) -> str:
        return term_name(self.form, self.columns)


PART = "rows-"
"""Candidates `rows-<fraction>` are refits on that fraction of the development rows: points of a curve, never models."""


class Candidate(Frozen):
    """One scored way of using an arm's incumbent, or the hyperparameters chosen for boosted trees (`refit` alone).

    name: `refit` (trained on all development rows), `ensemble` (mean prediction of the replicates of the search) or
    `rows-<fraction>` (trained on a part of the development rows).
    predicted: (n_test,) values, rates or probabilities of the second class, or (n_test, n_classes) probabilities.
    loss: (n_test,) loss of each test row.
    """

    name: str
    seed: int
    predicted: Numbers
    loss: Numbers


class WinnerRecord(Frozen):
    """What an arm's incumbent leaves after its one look at the test rows.

    rows: (n_test,) row ids of the table. groups: (n_test,) codes of their groups, empty where rows are independent. terms: of
    the regression with terms; clipped: cells of its test rows that lie outside the bounds of its terms. converged: whether a
    regression's fit of all development rows arrived within `training.iterations`.
    """

    study: str
    arm: Arm
    number: int
    params: dict[str, Any]
    val_loss: float
    rows: list[int]
    observed: list[float]
    candidates: tuple[Candidate, ...]
    coefficients: tuple[CoefficientRow, ...]
    terms: tuple[TermRow, ...] = ()
    clipped: int = 0
    converged: bool = True
    models: tuple[str, ...] = ()
    groups: list[int] = []
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""


RESULT_COLUMNS = {
    "study": "str",
    "trial_id": "str",
    "target": "str",
    "kind": "str",
    "family": "str",
    "depth": "int64",
    "outer_fold": "int64",
    "number": "int64",
    "generation": "int64",
    "state": "str",
    "val_loss": "float64",
    "val_loss_se": "float64",
    "train_loss": "float64",
    "best_epoch": "Int64",
    "n_parameters": "Int64",
    "n_replicates": "int64",
    "wall_time_s": "float64",
    "node": "str",
    "device": "str",
}
"""Fixed columns of the results dataframe and their dtypes; `params_*`, `coef_*` and `intercept*` follow them."""

HOST_COLUMNS = ("wall_time_s", "node", "device")
"""Columns that may differ between two runs of one study; everything else is identical to the bit."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """` Did you mean 'x'?` where one of `choices` is close to `word`, else an empty string."""
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
