"""Regressions searched and scored in this process, without Ray and Optuna: what the benchmarks of
regressions share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from study.data.encoding import Encoded
from study.records.trial import TrialRecord
from study.schema import REGRESSIONS, Kind, Search
from study.training.task import TrialTask

WEIGHTS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
ALL_WEIGHTS = tuple({"products": a, "curves": b} for a, b in product(WEIGHTS, repeat=2))
"""Every choice that the regression with terms has."""


def folds(source: str, target: str, repeats: int, *settings: str) -> list[Encoded]:
    """The outer folds of a nested study of one target, repeat by repeat, 5 a repeat."""
    from study.config import make_config
    from study.data.encode import encode_all
    from study.plan import survey
    from study.schema import ALL_ROWS

    own = ["protocol=nested", "outer.folds=5", f"outer.repeats={repeats}", *settings]
    surveyed = survey(
        make_config(
            {"name": "x", "data": {"source": source}, "targets": [target]}, own, "words", Path()
        )
    )
    splits = [split for split in surveyed.splits[target] if split.outer_fold != ALL_ROWS]
    (column,) = surveyed.table.targets
    encoded = encode_all(surveyed.table, [(column, split) for split in splits])
    return [encoded[target, split.outer_fold] for split in splits]


def trial(
    encoded: Encoded,
    family: str,
    params: Mapping[str, Any],
    penalties: Sequence[float] | None = None,
) -> TrialTask:
    """One trial of a search; penalties: other ones than the family's own."""
    from study.families import get_family, penalties as path_of, resolve_space

    own = get_family(family)
    own = own if own.convex else get_family(REGRESSIONS[encoded.kind])  # what a network starts as
    fewest = min(len(train) for train in encoded.train)
    search = Search(
        target=encoded.target,
        kind=encoded.kind,
        family=family,
        depth=0,
        outer_fold=encoded.outer_fold,
    )
    return TrialTask(
        study="benchmark",
        seed=0,
        search=search,
        number=0,
        generation=0,
        params=dict(params),
        inner_seeds=1,
        epochs=1,
        patience=1,
        iterations=2_000,
        penalties=path_of(own, resolve_space(own, fewest, {}))
        if penalties is None
        else tuple(penalties),
    )


def searched(
    encoded: Encoded,
    family: str,
    choices: Sequence[Mapping[str, Any]] = ({},),
    penalties: Sequence[float] | None = None,
) -> list[TrialRecord]:
    """The record of each choice of hyperparameters."""
    from study.training.regression import run_path

    return [run_path(trial(encoded, family, params, penalties), encoded) for params in choices]


def plain(encoded: Encoded, penalties: Sequence[float] | None = None) -> TrialRecord:
    """The plain regression's record."""
    return searched(encoded, REGRESSIONS[encoded.kind], penalties=penalties)[0]


def best(records: Sequence[TrialRecord]) -> TrialRecord:
    """The one of least mean validation loss, the first of a tie."""
    return min(records, key=lambda record: float(record.val_loss or 0.0))


def cautious(records: Sequence[TrialRecord], errors: float = 1.0) -> TrialRecord:
    """The best, or the first, which is the plain one, where it gains less than so many standard
    errors on the inner folds.
    """
    first, found = records[0], best(records)
    gains = np.array(
        [a.val_loss - b.val_loss for a, b in zip(first.replicates, found.replicates, strict=True)]
    )
    return found if gains.mean() > errors * gains.std(ddof=1) / len(gains) ** 0.5 else first


def loss_of(encoded: Encoded, record: TrialRecord) -> float:
    """Mean loss of the test rows, with the clip of a study, after a fit on all development rows."""
    from threadpoolctl import threadpool_limits

    from study.training.regression import fit

    with threadpool_limits(1):
        fitted, _ = fit(
            trial(encoded, record.search.family, record.params), encoded, -1, encoded.development
        )
        return scored(encoded, response(encoded, fitted.predicted(encoded, encoded.test)))


def response(encoded: Encoded, eta: np.ndarray) -> np.ndarray:
    """What a linear predictor predicts."""
    from study.families import HEADS

    return HEADS[encoded.kind].response(eta)


def scored(encoded: Encoded, predicted: np.ndarray) -> float:
    """Mean loss of what is predicted for the test rows: values, rates, probabilities of the second
    class or of each.
    """
    from study.families import HEADS

    return float(HEADS[encoded.kind].response_loss(predicted, encoded.y[encoded.test]).mean())


def second_class(encoded: Encoded, probabilities: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) as a head has them."""
    return probabilities[:, 1] if encoded.kind is Kind.BINARY else probabilities
