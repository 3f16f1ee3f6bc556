"""The words of the project as types: kinds, searches, trial states, and the results' columns."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from study.renamed import OLD_FAMILIES


class StudyError(Exception):
    """What a user can mend: what is wrong and where, then the fix. The command line exits with 2."""


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
"""What each kind's loss is called. Losses of different kinds are never compared or drawn on one
axis: squared units of the target, nats a row, half the mean Poisson deviance in nats a row."""

INTERCEPT: Final = "intercept"
"""What the term without a column is called; no other is."""
LOSS: Final = "loss"
"""The metric that the search goes by; any other is only asked of."""
MarginOf = Literal["regression", "unit"]
Transform = Literal["log"]

BASELINE, TERMS, NETWORK = "baseline", "terms", "network"
"""The baseline; the regression with the terms that a plain one lacks; *the network*, which chooses
family and depth by validation loss."""
PRODUCTS, CURVES = "products", "curves"
"""Sorts of extra terms: the weights that are searched, and the refits with one sort alone, which
are candidates and never models."""
FORMULA, TREES = "formula", "trees"
"""The simple formula and boosted trees, never ranked or judged."""
REGRESSION = "regression"
"""What a procedure is called whose family depends on the kind."""
ALL_ROWS = -1
"""Outer fold of the last search: every row is a development row and none a test row. What it trains
is delivered."""

REGRESSIONS = {
    Kind.CONTINUOUS: "linear",
    Kind.BINARY: "logistic",
    Kind.MULTICLASS: "logistic",
    Kind.COUNT: "poisson",
}
"""Family that a verdict calls *the regression* of a kind."""
NOUNS = {
    BASELINE: "the baseline",
    "linear": "linear regression",
    "logistic": "logistic regression",
    "poisson": "Poisson regression",
    TERMS: "the regression with extra terms",
    FORMULA: "the simple formula",
    TREES: "boosted trees",
    NETWORK: "the network",
}
"""What a sentence calls a family."""
LABELS = {name: noun.removeprefix("the ") for name, noun in NOUNS.items()}
LABELS |= {TERMS: "regression + terms", NETWORK: "neural network"}
"""What tables and figures call it."""


def procedure_of(family: str, depth: int) -> str:
    """BASELINE, REGRESSION, TERMS, NETWORK, FORMULA or TREES: a family at a depth, as compared."""
    if family in {BASELINE, TERMS, FORMULA, TREES}:
        return family
    return NETWORK if depth > 0 else REGRESSION


def fold_name(outer_fold: int) -> str:
    """How file names and keys end for an outer fold: `o3`, or `all` for ALL_ROWS."""
    return "all" if outer_fold == ALL_ROWS else f"o{outer_fold}"


class Frozen(BaseModel):
    """Base of every record and config: unknown fields are errors, fields cannot be reassigned."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(Frozen):
    """One of `count` parts of a study's searches, by its number from 0."""

    number: int
    count: int


class Search(Frozen):
    """One family at one depth on one target and outer fold: it has its own Optuna study and the
    budget of every other search.

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

    @property
    def procedure(self) -> str:
        """That of `procedure_of`."""
        return procedure_of(self.family, self.depth)

    @property
    def seed_key(self) -> str:
        """Its key by the family's old name, from which seeds come: losses stay as they were."""
        old = OLD_FAMILIES.get(self.family, self.family)
        return self.model_copy(update={"family": old}).key

    def trial_id(self, number: int) -> str:
        return f"{self.key}-{number:04d}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Hyperparameters of one trial of a search: its number in the search, and its generation,
    number // `search.generation`.
    """

    number: int
    generation: int
    params: dict[str, Any]


class Feature(Frozen):
    """A column to predict from: its type, why it has that type, the rows without a value, and how
    its dates or numbers were written (`study.data.readings.Column`).
    """

    name: str
    type: str
    reason: str
    missing: int
    pattern: str = ""


class Target(Frozen):
    """A column to predict.

    classes: each class of a binary or multiclass target and its rows, `in_order`; the second class
    of a binary target is the one whose probability is modelled. reason: the facts that decided the
    kind. missing: rows without a value. pattern: how its numbers were written. transform: what
    models are trained on in its place.
    """

    name: str
    kind: Kind
    classes: dict[str, int]
    reason: str
    missing: int
    pattern: str = ""
    transform: Transform | None = None

    @property
    def n_outputs(self) -> int:
        """Of its regression: one a class, where these are more than two, else one."""
        return len(self.classes) if self.kind is Kind.MULTICLASS else 1


def in_order(classes: Iterable[str]) -> list[str]:
    """Classes in the order of their codes: as numbers where all are numbers, else as text."""
    labels = list(classes)
    try:
        return sorted(labels, key=lambda label: (float(label), label))
    except ValueError:  # some class is no number
        return sorted(labels)


class ModelData(Frozen):
    """What figures and tables call a family at a depth."""

    family: str
    depth: int
    label: str


class StudyWarning(Frozen):
    """What a reader of a study should know before trusting a number of it.

    id: of `study.evidence.warnings.catalogue`, which says what it means. target: which one it is
    about; None: the whole table. text: what was found, with its numbers. todo: what to do about it
    here.
    """

    id: str
    target: str | None = None
    text: str
    todo: str

    @property
    def sentence(self) -> str:
        return f"{self.text} {self.todo}"


class StudyData(Frozen):
    """What was read and inferred of a study's table, and the models that are compared on it; stored
    as data.json.

    digest: SHA-256 (hexadecimal) of the content read. groups, time: those columns, if there are
    any. splitting: what they do to the splits, in words. warnings: of the table, whatever is
    trained on it.
    """

    rows: int
    digest: str
    features: tuple[Feature, ...]
    targets: tuple[Target, ...]
    groups: str | None = None
    time: str | None = None
    splitting: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[StudyWarning, ...] = ()
    models: tuple[ModelData, ...] = ()

    @property
    def classes(self) -> dict[str, list[str]]:
        return {target.name: list(target.classes) for target in self.targets}


PART = "rows-"
"""Candidates `rows-<fraction>` are what is judged, made of that fraction of the rows: points of a
curve, never models."""

RESULT_COLUMNS = {
    **dict.fromkeys(("study", "trial_id", "target", "kind", "family"), "str"),
    **dict.fromkeys(("depth", "outer_fold", "number", "generation"), "int64"),
    "state": "str",
    **dict.fromkeys(("val_loss", "val_loss_se", "train_loss"), "float64"),
    **dict.fromkeys(("best_epoch", "n_parameters"), "Int64"),
    "n_replicates": "int64",
    "wall_time_s": "float64",
    **dict.fromkeys(("node", "device"), "str"),
}
"""Fixed columns of the results dataframe and their dtypes; `params_*`, `coef_*` and `intercept*`
follow them."""

HOST_COLUMNS = ("wall_time_s", "node", "device")
"""Columns that may differ between two runs of one study; all else is identical to the bit."""


def printable(text: str) -> str:
    """`text` in one line, what does not print written out: a newline as `\\n`."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def nearest(word: str, choices: Iterable[str]) -> str:
    """` Did you mean 'x'?` where one of `choices` is close to `word`, whatever its case; else
    empty.
    """
    small = {name.lower(): name for name in choices}
    found = difflib.get_close_matches(word.lower(), small, n=1, cutoff=0.5)
    return f" Did you mean '{small[found[0]]}'?" if found else ""


def derive_seed(*parts: object) -> int:
    """31-bit seed from a study's seed, a search, a number, and so on: the same on every machine."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
