"""The table of intervals of metrics: every kind and metric has its row, and a true difference is
what many rows show.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import r2_score, roc_auc_score, root_mean_squared_error

from calibrations.metrics import SCHEMES, Fitted, held, tables, truth
from calibrations.regressions import designs, predicted
from study.evidence.metrics import metrics_of
from study.schema import Kind

REPEATS, TIME = Fitted(60, 2, 0.6), Fitted(60, 1, 0.6, 0.5)


def test_every_metric_of_every_kind_has_a_row() -> None:
    *_, found = tables(draws=1, many=2)

    assert len(found) == sum(len(metrics_of(kind)) - 1 for kind in Kind)
    assert list(found.columns) == ["kind", "metric", "draws", *SCHEMES]


def test_the_better_model_has_less_of_every_shortfall() -> None:
    assert (truth(Kind.BINARY, SCHEMES["one split"], 20) > 0).all()


def test_the_truth_of_fitted_procedures_is_their_metrics_on_all_rows_of_other_tables() -> None:
    both = REPEATS.many(Kind.CONTINUOUS, 30)

    r2, rmse, _ = truth(Kind.CONTINUOUS, REPEATS, 30)
    scores = r2_score, root_mean_squared_error
    plain, more = (
        [score(side["observed"], side["predicted"]) for score in scores] for side in both
    )
    assert all(side["row"].nunique() == len(side) == 30 * 60 for side in both)
    assert r2 == pytest.approx(more[0] - plain[0])
    assert rmse == pytest.approx(plain[1] - more[1])


def test_the_true_difference_of_areas_is_a_mean_over_folds() -> None:
    folds = (side.groupby("outer_fold") for side in REPEATS.many(Kind.BINARY, 10))

    plain, more = (
        np.mean([roc_auc_score(own["observed"], own["predicted"]) for _, own in side])
        for side in folds
    )
    assert truth(Kind.BINARY, REPEATS, 10)[0] == pytest.approx(
        more - plain, abs=1e-3
    )  # folds differ by a row


def test_a_row_in_time_order_is_tested_once_after_the_first_sixth() -> None:
    ((plain, more),) = TIME.tables(Kind.COUNT, 0, 1)

    assert (
        plain["row"].tolist()
        == plain["time"].tolist()
        == more["row"].tolist()
        == list(range(10, 60))
    )
    assert plain["outer_fold"].tolist() == [fold for fold in range(5) for _ in range(10)]


def test_later_rows_change_no_prediction_in_time_order() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1, 60, 4)), rng.normal(size=(1, 60))
    kept = np.arange(60)[None] < 30

    first, second = (
        predicted(Kind.CONTINUOUS, designs(x)[1], y + 9 * late * ~kept, kept) for late in (0, 1)
    )

    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (Kind.CONTINUOUS, Ridge(alpha=1.0)),
        (Kind.BINARY, LogisticRegression(C=1.0, tol=1e-8)),
        (Kind.COUNT, PoissonRegressor(alpha=1 / 80, tol=1e-8)),
    ],
)
def test_a_fit_is_scikit_learns(
    kind: Kind, other: Ridge | LogisticRegression | PoissonRegressor
) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(1, 100, 4))
    mean = x[0] @ [1.0, -1.0, 0.5, 0.0]
    drawn = {
        Kind.BINARY: rng.random(100) < special.expit(mean),
        Kind.COUNT: rng.poisson(np.exp(mean)),
    }
    y = np.asarray(drawn.get(kind, mean), float)
    kept = np.arange(100)[None] < 80

    found = predicted(kind, designs(x)[1], y[None], kept)[0, :, 0]

    columns = designs(x)[1][0, :, 1:]
    fit = other.fit(columns[:80], y[:80])
    expected = fit.predict_proba(columns)[:, 1] if kind is Kind.BINARY else fit.predict(columns)
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("scheme", [REPEATS, TIME])
def test_intervals_hold_the_truth_of_fitted_procedures_and_not_one_far_off(scheme: Fitted) -> None:
    true = truth(Kind.CONTINUOUS, scheme, 30)

    found = pd.DataFrame(held(Kind.CONTINUOUS, scheme, true, draws=6))
    assert found.mean().min() >= 0.75
    assert not held(Kind.CONTINUOUS, scheme, true + 10, draws=1).any()
