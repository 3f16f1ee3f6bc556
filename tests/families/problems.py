"""Small tables whose truth is known, encoded by hand, and the tasks that train a family on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

from study.data.encoding import Encoded
from study.data.matrix import Matrix, Term
from study.families import FAMILIES, first_params, get_family, penalties, resolve_space
from study.schema import REGRESSIONS, Kind, Search
from study.training.task import TrialTask

N_INNER = 2


@dataclass(frozen=True)
class Case:
    """One way a family is used: a kind it serves and a depth it has."""

    family: str
    kind: Kind
    depth: int

    def __str__(self) -> str:
        return f"{self.family}-{self.kind.value}-d{self.depth}"


def cases() -> list[Case]:
    """Every family of study, on each kind it serves, networks with one hidden layer; one with two;
    and a package's.
    """
    own = [
        Case(name, kind, 0 if family.convex else 1)
        for name, family in FAMILIES.items()
        for kind in sorted(family.kinds)
    ]
    return [*own, Case("neural", Kind.CONTINUOUS, 2), Case("residual", Kind.COUNT, 1)]


def task_for(case: Case, *, seed: int = 0, epochs: int = 60, **params: Any) -> TrialTask:
    """The search's first trial, as the search would start it."""
    family, plain = (get_family(name) for name in (case.family, REGRESSIONS[case.kind]))
    space, path = (resolve_space(each, 1_000, {}) for each in (family, plain))
    return TrialTask(
        study="test",
        seed=seed,
        search=Search(
            target="y", kind=case.kind, family=case.family, depth=case.depth, outer_fold=0
        ),
        number=0,
        generation=0,
        params=first_params(family, space) | params,
        inner_seeds=1,
        epochs=epochs,
        patience=epochs,
        iterations=2_000,
        penalties=penalties(family, space) if family.convex else penalties(plain, path),
    )


def true_predictor(case: Case, x: np.ndarray) -> np.ndarray:
    """Linear predictor (rows, outputs) that the family can represent: a constant, a line or an
    interaction of columns.
    """
    family = get_family(case.family)
    if not family.inputs:
        value = np.full(len(x), 0.4)
    elif family.convex:
        value = 0.3 + 0.9 * x[:, 0] - 0.6 * x[:, 1]
    else:
        value = x[:, 0] * x[:, 1]
    if case.kind is Kind.MULTICLASS:
        return np.stack([3 * value, -3 * value, np.zeros(len(x))], axis=1)
    return (3 * value if case.kind is Kind.BINARY else value)[:, None]


def response(kind: Kind, eta: np.ndarray) -> np.ndarray:
    """Mean of the target, or class probabilities, at linear predictor eta (rows, outputs)."""
    if kind is Kind.MULTICLASS:
        return softmax(eta, axis=1)
    inverse = {Kind.CONTINUOUS: lambda e: e, Kind.BINARY: expit, Kind.COUNT: np.exp}[kind]
    return np.asarray(inverse(eta[:, 0]))


def loss(kind: Kind, y: np.ndarray, predicted: np.ndarray) -> float:
    """Mean loss as scikit-learn has it."""
    if kind is Kind.CONTINUOUS:
        return float(mean_squared_error(y, predicted))
    if kind is Kind.COUNT:
        return float(mean_poisson_deviance(y, predicted)) / 2
    return float(log_loss(y, predicted, labels=[0, 1, 2] if kind is Kind.MULTICLASS else [0, 1]))


def draw(kind: Kind, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Targets (rows,) float64 with these means or class probabilities."""
    if kind is Kind.CONTINUOUS:
        return mean + rng.normal(0, 0.1, len(mean))
    if kind is Kind.BINARY:
        return (rng.random(len(mean)) < mean).astype(float)
    if kind is Kind.MULTICLASS:
        return (rng.random((len(mean), 1)) > mean.cumsum(axis=1)).sum(axis=1).astype(float)
    return rng.poisson(mean).astype(float)


def encoded_for(
    case: Case, rows: int = 1_000, train_rows: int | None = None
) -> tuple[Encoded, np.ndarray]:
    """The case's table, every fifth row a test row, two inner folds; and its true means or
    probabilities (rows, ...).

    The columns are far from standard, so that units matter. train_rows: keep so many training rows
    of each inner fold.
    """
    rng = np.random.default_rng(7)
    standard = rng.uniform(-1.7, 1.7, (rows, 3))
    mean = response(case.kind, true_predictor(case, standard))
    y = draw(case.kind, mean, rng)
    original = standard * [2.0, 10.0, 0.1] + [5.0, -3.0, 0.0]
    place = np.arange(rows)
    test, development = place[place % 5 == 0], place[place % 5 != 0]
    train = tuple(
        development[np.arange(len(development)) % N_INNER != fold][:train_rows]
        for fold in range(N_INNER)
    )
    fitting = [*train, development]
    center = np.stack([original[fitted].mean(axis=0) for fitted in fitting])
    scale = np.stack([original[fitted].std(axis=0) for fitted in fitting])
    continuous = case.kind is Kind.CONTINUOUS
    encoded = Encoded(
        target="y",
        kind=case.kind,
        classes={Kind.BINARY: ("no", "yes"), Kind.MULTICLASS: ("a", "b", "c")}.get(case.kind, ()),
        outer_fold=0,
        terms=tuple(Term(name, name, None, "") for name in ("u", "v", "w")),
        matrix=Matrix(original.astype(np.float32), np.zeros(3)),
        columns=np.arange(3),
        fill=center,
        center=center,
        scale=scale,
        varies=np.ones(scale.shape, bool),
        y=y,
        y_center=np.array([y[fitted].mean() if continuous else 0.0 for fitted in fitting]),
        y_scale=np.array([y[fitted].std() if continuous else 1.0 for fitted in fitting]),
        train=train,
        validation=tuple(
            development[np.arange(len(development)) % N_INNER == fold] for fold in range(N_INNER)
        ),
        development=development,
        test=test,
        rows=place.astype(np.int64),
        parts=(
            (0.5, development[: len(development) // 2]),
            (0.25, development[: len(development) // 4]),
        ),
    )
    return encoded, mean
