"""Trials and winners of the convex families record the reference fits' coefficients and losses, in
units of the table.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.linear_model import Ridge

from study.config import make_config
from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.splits import make_splits
from study.data.tables import Table, read_table
from study.schema import Kind, Search
from study.training.regression import fit, mean_coefficients
from study.training.task import TrialTask
from study.training.trial import run_trial
from study.training.winner import run_winner
from tests.training.helpers import standardised, with_ones


@lru_cache
def prepared(source: str, target: str) -> tuple[Table, Encoded]:
    data = {"source": source, "rows": 800} if source == "balloons" else {"source": source}
    config = make_config({"name": "test", "data": data, "targets": [target], "protocol": "holdout"})
    table = read_table(config)
    (split, _) = make_splits(table, table.targets[0], config)
    return table, encode(table, table.targets[0], split)


def task_of(encoded: Encoded, family: str, l2: float) -> TrialTask:
    return TrialTask(
        study="test",
        seed=0,
        search=Search(
            target=encoded.target, kind=encoded.kind, family=family, depth=0, outer_fold=0
        ),
        number=0,
        generation=0,
        params={"l2": l2},
        inner_seeds=2,
        epochs=1,
        patience=1,
        iterations=2_000,
        penalties=(l2,),
    )


def expected_coefficients(
    table: Table, encoded: Encoded, rows: np.ndarray, l2: float
) -> dict[str, float]:
    """By least squares, or ridge on standardised columns and target, or maximum likelihood; per
    original unit.
    """
    terms = [term.name for term in encoded.terms]
    x, y = table.frame[terms].to_numpy()[rows], encoded.y[rows]
    if l2:
        assert encoded.kind is Kind.CONTINUOUS
        ridge = Ridge(alpha=l2).fit(standardised(x), standardised(y))
        weights = ridge.coef_ / x.std(axis=0) * y.std()
        intercept = y.mean() - x.mean(axis=0) @ weights
    elif encoded.kind is Kind.CONTINUOUS:
        intercept, *weights = sm.OLS(y, with_ones(x)).fit().params
    else:
        intercept, *weights = (
            sm.Logit(y, with_ones(x)).fit(disp=0, method="newton", maxiter=100).params
        )
    return dict(zip([f"coef_{term}" for term in terms], weights, strict=True)) | {
        "intercept": intercept
    }


def per_spread(coefficients: dict[str, float], encoded: Encoded) -> dict[str, float]:
    """What each term changes over its standard deviation, so that one tolerance fits all; the
    intercept as it is.
    """
    spread = {
        f"coef_{term.name}": s for term, s in zip(encoded.terms, encoded.scale[-1], strict=True)
    }
    return {name: value * spread.get(name, 1.0) for name, value in coefficients.items()}


tables = pytest.mark.parametrize(
    ("source", "target", "family", "l2"),
    [
        ("balloons", "balloons", "linear", 0.0),
        ("balloons", "colour", "logistic", 0.0),
        ("sklearn:diabetes", "target", "linear", 0.0),
        ("sklearn:diabetes", "target", "linear", 30.0),
    ],
)


@tables
def test_a_trial_records_the_mean_over_inner_folds_of_the_exact_coefficients_in_original_units(
    source: str, target: str, family: str, l2: float
) -> None:
    table, encoded = prepared(source, target)
    folds = [
        per_spread(expected_coefficients(table, encoded, rows, l2), encoded)
        for rows in encoded.train
    ]
    expected = {name: np.mean([fold[name] for fold in folds]) for name in folds[0]}

    record, _ = run_trial(task_of(encoded, family, l2), encoded)

    found = per_spread(record.coefficients, encoded)
    scale = max(abs(value) for name, value in expected.items() if name != "intercept")
    assert found == pytest.approx(expected, abs=0.005 * scale)
    assert record.n_replicates == 5
    assert all(replicate.converged for replicate in record.replicates)


@tables
def test_the_winner_records_the_exact_coefficients_of_all_development_rows_in_original_units(
    source: str, target: str, family: str, l2: float
) -> None:
    table, encoded = prepared(source, target)
    expected = per_spread(expected_coefficients(table, encoded, encoded.development, l2), encoded)

    record, _ = run_winner(task_of(encoded, family, l2).as_winner(0.5), encoded)

    found = {
        row.term if row.term == "intercept" else f"coef_{row.term}": row.estimate
        for row in record.coefficients
    }
    scale = max(abs(value) for name, value in expected.items() if name != "intercept")
    assert per_spread(found, encoded) == pytest.approx(expected, abs=0.005 * scale)
    refit = next(candidate for candidate in record.candidates if candidate.name == "refit")
    x = table.frame.iloc[encoded.rows[encoded.test]][[term.name for term in encoded.terms]]
    eta = x.to_numpy() @ [found[f"coef_{name}"] for name in x] + found["intercept"]
    predicted = eta if encoded.kind is Kind.CONTINUOUS else 1 / (1 + np.exp(-eta))
    np.testing.assert_allclose(refit.predicted, predicted, rtol=1e-4, atol=1e-4 * np.std(predicted))


def test_the_ensemble_of_a_regression_is_the_regression_with_the_mean_of_the_coefficients() -> None:
    table, encoded = prepared("balloons", "colour")
    task = task_of(encoded, "logistic", 0.01)

    mean = mean_coefficients(
        encoded,
        [fit(task, encoded, e, rows)[0] for e, rows in enumerate(encoded.train)],
        inputs=True,
    )
    record, _ = run_winner(task.as_winner(0.5), encoded)

    x = table.frame.iloc[encoded.rows[encoded.test]][[term.name for term in encoded.terms]]
    eta = x.to_numpy() @ [mean[f"coef_{name}"] for name in x] + mean["intercept"]
    (ensemble,) = (each for each in record.candidates if each.name == "ensemble")
    np.testing.assert_allclose(ensemble.predicted, 1 / (1 + np.exp(-eta)), rtol=1e-4, atol=1e-5)


def test_losses_of_a_continuous_target_are_in_its_own_squared_unit() -> None:
    table, encoded = prepared("sklearn:diabetes", "target")
    terms = [term.name for term in encoded.terms]
    x, y = with_ones(table.frame[terms].to_numpy()), encoded.y
    residuals = []
    for train, validation in zip(encoded.train, encoded.validation, strict=True):
        weights = np.linalg.lstsq(x[train], y[train], rcond=None)[0]
        residuals.append(y[validation] - x[validation] @ weights)
    by_fold = pd.Series([(r**2).mean() for r in residuals])

    record, _ = run_trial(task_of(encoded, "linear", 0.0), encoded)

    assert record.val_loss == pytest.approx(by_fold.mean(), rel=1e-4)
    assert record.val_loss_se == pytest.approx(by_fold.std() / 5**0.5, rel=1e-2)
