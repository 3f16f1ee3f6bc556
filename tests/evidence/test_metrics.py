"""Metrics as means over rows: their values are those of scikit-learn, their intervals hold, and
groups count as one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as m

from harness.predicted import FOLDS, N, made
from study.evidence.intervals import Rows
from study.evidence.measure import Measure, measure
from study.evidence.metrics import metrics_of, placements
from study.evidence.pairs import paired
from study.evidence.thresholds import share_of
from study.evidence.winners import class_probabilities
from study.schema import Kind


def finished(asked: Measure) -> pd.DataFrame:
    return asked.finish(asked.predictions[["outer_fold", "group", "row", "loss"]])


def value(asked: Measure) -> float:
    return asked.metric.value(float(finished(asked)["loss"].mean()))


def expected(metric: str, rows: pd.DataFrame) -> float:
    """The same number by scikit-learn."""
    y, p = rows["observed"].to_numpy(), rows["predicted"].to_numpy()
    shares = rows.filter(regex="^p_").to_numpy()
    by_class = shares if shares.size else np.column_stack([1 - p, p])
    by_fold = [
        m.roc_auc_score(fold["observed"], fold["predicted"])
        for _, fold in rows.groupby("outer_fold")
        if metric == "auc"
    ]
    found = {
        "loss": lambda: float(rows["loss"].mean()),
        "r2": lambda: m.r2_score(y, p),
        "rmse": lambda: m.root_mean_squared_error(y, p),
        "mae": lambda: m.mean_absolute_error(y, p),
        "explained_deviance": lambda: m.d2_tweedie_score(y, p, power=1),
        "auc": lambda: float(np.mean(by_fold)),
        "accuracy": lambda: m.accuracy_score(y, by_class.argmax(axis=1)),
        "brier": lambda: float(((by_class - np.eye(3)[y.astype(int)]) ** 2).sum(axis=1).mean()) if shares.size
        else m.brier_score_loss(y, p),
    }  # fmt: skip
    return float(found[metric]())


CASES = [(kind, metric.name) for kind in Kind for metric in metrics_of(kind)]


@pytest.mark.parametrize(("kind", "metric"), CASES)
def test_the_mean_over_rows_is_the_metric_of_scikit_learn(kind: Kind, metric: str) -> None:
    rows = made(kind, np.random.default_rng(0))

    assert value(measure(metric, kind, rows)) == pytest.approx(expected(metric, rows), rel=1e-9)


def delong_error(y: np.ndarray, scores: np.ndarray) -> float:
    """Standard error of the area under one ROC curve, by all pairs of rows."""
    wins = (scores[y == 1][:, None] > scores[y == 0]) + 0.5 * (
        scores[y == 1][:, None] == scores[y == 0]
    )
    return float(
        np.sqrt(sum(wins.mean(axis=axis).var(ddof=1) / wins.shape[1 - axis] for axis in (0, 1)))
    )


@pytest.mark.parametrize("hits", [2, 60])
def test_the_error_of_an_area_under_the_curve_is_that_of_delong(hits: int) -> None:
    rng = np.random.default_rng(1)
    y = rng.permutation(np.arange(200) < hits).astype(int)
    scores = np.round(y + rng.normal(size=200), 1)  # with ties

    rows = placements(scores, y == 1)

    assert rows.mean() == pytest.approx(m.roc_auc_score(y, scores))
    assert rows.std() / np.sqrt(200) == pytest.approx(delong_error(y, scores))


def test_the_error_of_a_difference_of_two_areas_is_that_of_delong() -> None:
    rng = np.random.default_rng(2)
    y = (rng.random(300) < 0.4).astype(int)
    one, two = y + rng.normal(size=300), y + rng.normal(size=300)
    wins = [(s[y == 1][:, None] > s[y == 0]).astype(float) for s in (one, two)]
    gap = wins[0] - wins[1]
    error = np.sqrt(
        gap.mean(axis=1).var(ddof=1) / (y == 1).sum()
        + gap.mean(axis=0).var(ddof=1) / (y == 0).sum()
    )

    rows = placements(one, y == 1) - placements(two, y == 1)

    assert rows.std() / np.sqrt(300) == pytest.approx(error)


def test_the_only_row_of_its_class_tells_nothing_of_the_error_of_an_area() -> None:
    scores, y = np.array([0.1, 0.4, 0.3, 0.9]), np.array([0, 0, 1, 0])

    rows = placements(scores, y == 1)

    assert rows[2] == pytest.approx(rows.mean())


@pytest.mark.parametrize(
    ("kind", "metric"),
    [(k, name) for k, name in CASES if name in {"r2", "rmse", "explained_deviance"}],
)
def test_the_error_of_a_metric_that_is_no_mean_is_that_of_a_bootstrap(
    kind: Kind, metric: str
) -> None:
    rng = np.random.default_rng(3)
    rows = made(kind, rng)
    drawn = [rows.iloc[rng.integers(0, N, N)].assign(row=np.arange(N)) for _ in range(120)]
    bootstrap = np.std([expected(metric, each) for each in drawn], ddof=1)

    losses = finished(measure(metric, kind, rows))["loss"]

    assert losses.std(ddof=1) / np.sqrt(N) == pytest.approx(bootstrap, rel=0.2)


DRAWS = 25


@pytest.mark.parametrize(
    ("kind", "groups"),
    [(Kind.CONTINUOUS, 60), (Kind.COUNT, 0), (Kind.BINARY, 60), (Kind.MULTICLASS, 0)],
)
def test_the_interval_of_a_difference_of_metrics_holds_the_true_one(
    kind: Kind, groups: int
) -> None:
    """The true difference is that of very many rows; so few of DRAWS intervals hold it by a chance
    of one in a thousand.
    """
    names = [metric.name for metric in metrics_of(kind)]
    truth = np.subtract(
        *(
            shortfalls(made(kind, np.random.default_rng(4), noise, 0, 30_000))
            for noise in (0.5, 1.0)
        )
    )
    held = np.zeros(len(names))

    for seed in range(DRAWS):
        sides = [
            made(kind, np.random.default_rng([5, seed]), noise, groups) for noise in (0.5, 1.0)
        ]
        for place, name in enumerate(names):
            one, two = (finished(measure(name, kind, side)) for side in sides)
            estimate, half = mean_of(
                one["loss"].to_numpy() - two["loss"].to_numpy(), one["group"].to_numpy()
            )
            held[place] += abs(estimate - truth[place]) <= half

    assert dict(
        zip(names, held >= stats.binom.ppf(0.001, DRAWS, 0.94), strict=True)
    ) == dict.fromkeys(names, True)


def test_the_interval_of_a_metric_is_that_of_any_loss_by_group() -> None:
    rng = np.random.default_rng(10)
    one, two = (
        finished(measure("r2", Kind.CONTINUOUS, made(Kind.CONTINUOUS, rng, 0.5, 60)))
        for _ in range(2)
    )

    interval = Rows()(paired(one, two, FOLDS), "difference")

    estimate, half = mean_of(
        one["loss"].to_numpy() - two["loss"].to_numpy(), one["group"].to_numpy()
    )
    assert interval.estimate == pytest.approx(estimate)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.1)


def mean_of(values: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """A mean and half its 95 % interval, where rows of a group are one draw."""
    sums = np.bincount(group, values - values.mean())
    error = np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / len(values)
    return float(values.mean()), float(stats.t.ppf(0.975, len(sums) - 1) * error)


def shortfalls(rows: pd.DataFrame) -> np.ndarray:
    kind = Kind(rows["kind"].iloc[0])
    return np.array(
        [finished(measure(metric.name, kind, rows))["loss"].mean() for metric in metrics_of(kind)]
    )


def test_outer_folds_whose_test_rows_are_of_one_class_have_no_area_and_are_left_out() -> None:
    rows = made(Kind.BINARY, np.random.default_rng(6))
    rows.loc[rows["outer_fold"] == 2, "observed"] = 1.0

    asked = measure("auc", Kind.BINARY, rows)

    assert set(asked.predictions["outer_fold"]) == {0, 1, 3, 4}


def min_margin_of(metric: str, kind: Kind, rows: pd.DataFrame, shortfall: float) -> float:
    """A minimum margin of 0.01 as a share of a shortfall."""
    asked = measure(metric, kind, rows)
    return share_of(0.01 * asked.yard, asked, shortfall)


def test_a_min_margin_of_a_hundredth_is_a_hundredth_of_the_targets_deviation_in_the_error() -> None:
    rows = made(Kind.CONTINUOUS, np.random.default_rng(7))
    sd = float(np.std(rows["observed"]))
    mse = float(rows["loss"].mean())

    share = min_margin_of("loss", Kind.CONTINUOUS, rows, mse)

    assert np.sqrt(mse * (1 - share)) == pytest.approx(np.sqrt(mse) - 0.01 * sd)
    assert min_margin_of("rmse", Kind.CONTINUOUS, rows, 2.0) == pytest.approx(0.01 * sd / 2)


def test_a_min_margin_of_a_log_loss_is_a_share_of_the_best_constants() -> None:
    rows = made(Kind.BINARY, np.random.default_rng(8))
    p = rows["observed"].mean()
    constant = m.log_loss(rows["observed"], np.full(N, p))

    assert min_margin_of("loss", Kind.BINARY, rows, 0.1) == pytest.approx(0.01 * constant / 0.1)
    assert min_margin_of("brier", Kind.BINARY, rows, 0.1) == pytest.approx(0.01 * p * (1 - p) / 0.1)
    assert min_margin_of("accuracy", Kind.BINARY, rows, 0.1) == pytest.approx(0.1)


def test_a_share_of_more_than_all_rows_is_more_than_any_loss_can_save() -> None:
    asked = measure("loss", Kind.CONTINUOUS, made(Kind.CONTINUOUS, np.random.default_rng(9)))

    assert share_of(3.0, asked, 4.0) == pytest.approx(1.25)
    assert share_of(1.0, asked, 4.0) == pytest.approx(0.75)
    assert np.isnan(share_of(1.0, asked, 0.0))


def test_two_targets_that_share_classes_keep_the_order_of_their_own() -> None:
    first = pd.DataFrame({"target": "first", "p_b": [1.0, 0.0], "p_c": [0.0, 1.0]})
    rows = made(Kind.MULTICLASS, np.random.default_rng(0))

    alone, beside = (
        value(measure("accuracy", Kind.MULTICLASS, both[both["target"] == "y"]))
        for both in (rows, pd.concat([first, rows]))
    )

    assert beside == alone


def test_classes_that_are_numbers_are_in_the_order_of_numbers() -> None:
    assert list(class_probabilities(pd.DataFrame({"p_10": [0.5], "p_2": [0.5]}))) == ["p_2", "p_10"]
