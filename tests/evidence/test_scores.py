"""Test losses and metrics, recomputed in plain numpy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.evidence import scores, winners
from study.evidence.metric_gains import metric_table
from study.families.heads import HEADS
from study.schema import LOSS_NAMES, Kind
from tests.evidence.losses import in_folds, scored, trial


def test_the_best_trial_is_the_complete_trial_of_least_loss_and_lowest_number() -> None:
    rows = [trial("linear", 0, loss, number) for number, loss in enumerate([3.0, 1.0, 1.0])]
    rows.append(trial("linear", 0, 0.1, 3, state="PRUNED"))

    best = winners.best_trials(pd.DataFrame(rows[::-1]))

    assert best[["number", "val_loss"]].to_numpy().tolist() == [[1, 1.0]]


def test_the_search_on_all_rows_has_no_best_trial_that_test_rows_could_score() -> None:
    rows = [trial("linear", 0, loss, outer_fold=fold) for fold, loss in ((-1, 0.1), (0, 1.0))]

    assert winners.best_trials(pd.DataFrame(rows))["outer_fold"].tolist() == [0]


def test_a_search_whose_trials_all_failed_has_no_best_trial() -> None:
    trials = pd.DataFrame([trial("linear", 0, math.nan, state="FAIL")])

    assert winners.best_trials(trials).empty


def test_by_default_a_regression_is_refitted_and_a_network_is_an_ensemble(
    rng: np.random.Generator,
) -> None:
    losses = rng.random(4)
    both = [
        scored(losses, f, d, c)
        for f, d in [("linear", 0), ("neural", 1)]
        for c in ("refit", "ensemble")
    ]

    chosen = winners.select_candidate(pd.concat(both))

    assert set(zip(chosen["family"], chosen["candidate"], strict=True)) == {
        ("linear", "refit"),
        ("neural", "ensemble"),
    }


def test_test_scores_average_seeds_then_rows(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(scores, "default_method", lambda *_: "rows")
    losses = rng.random((2, 2, 30))  # outer fold, seed, row
    pieces = [
        scored(losses[fold, seed], "neural", 1, outer_fold=fold, seed=seed).assign(
            row=np.arange(30) + 30 * fold
        )
        for fold in range(2)
        for seed in range(2)
    ]
    won = pd.DataFrame(
        [trial("neural", 1, loss, outer_fold=fold) for fold, loss in enumerate([0.4, 0.6])]
    )

    score, _ = (
        scores.model_scores(pd.concat(pieces), won, 2)
        .sort_values("depth", ascending=False)
        .to_dict("records")
    )

    by_row = losses.mean(axis=1).ravel()
    se = by_row.std(ddof=1) / math.sqrt(60)
    assert score["test_loss"] == pytest.approx(losses.mean())
    assert score["std_error"] == pytest.approx(se)
    assert [score["low"], score["high"]] == pytest.approx(
        stats.t.interval(0.95, 59, losses.mean(), se), rel=0.01
    )
    assert score["optimism"] == pytest.approx(losses.mean() - 0.5)
    assert (score["n_rows"], score["n_folds"]) == (60, 2)


def series_error(losses: np.ndarray) -> float:
    """Standard error of the mean of a series (T,) by five cosines."""
    t = np.arange(len(losses)) + 0.5
    moves = [
        np.sum((losses - losses.mean()) * np.cos(np.pi * j * t / len(losses))) for j in range(1, 6)
    ]
    return float(np.sqrt(2 / len(losses) * np.mean(np.square(moves)) / len(losses)))


def by_groups(losses: np.ndarray) -> float:
    return float(losses.reshape(-1, 4).mean(axis=1).std(ddof=1) / math.sqrt(losses.size / 4))


@pytest.mark.parametrize(
    ("shape", "columns", "expected"),
    [
        ((1, 1), (), lambda own: own.std(ddof=1) / math.sqrt(own.size)),
        ((1, 3), (), lambda own: own.std(ddof=1) / math.sqrt(own.size)),
        ((1, 3), ("group",), by_groups),
        ((1, 3), ("time",), series_error),
        ((2, 3), ("group",), lambda own: math.hypot(by_groups(1.1 * own), own.mean() * 0.2 / 2)),
    ],
    ids=["one split", "one pass", "groups", "time order", "repeated groups"],
)
def test_a_loss_has_one_interval_in_scores_and_metrics_and_groups_time_and_repeats_count(
    shape: tuple[int, int],
    columns: tuple[str, ...],
    expected: Callable[[np.ndarray], float],
    rng: np.random.Generator,
) -> None:
    """All folds of a repeat agree on their mean, so that one pass of folds alone would be sure of
    it.
    """
    repeats, folds = shape
    once = np.repeat(rng.exponential(1.0, 8), 4)
    losses = (
        np.broadcast_to(once, (repeats, folds, 32)) * np.array([1.0, 1.2])[:repeats, None, None]
    )
    rows = in_folds(losses)
    units = {"group": rows["row"] // 4, "time": rows["row"].astype(float)}
    rows = rows.assign(**{name: units[name] for name in columns})
    won = pd.DataFrame(
        [trial("linear", 0, 1.0, outer_fold=fold) for fold in range(repeats * folds)]
    )

    (score,) = scores.model_scores(rows, won, folds).to_dict("records")
    metrics = metric_table(rows, won, folds)
    (own,) = (
        metrics[metrics["metric"] == "loss"]
        .rename(columns={"value": "test_loss"})
        .to_dict("records")
    )

    ends = ("test_loss", "std_error", "low", "high")
    assert [own[name] for name in ends] == pytest.approx([score[name] for name in ends], rel=1e-12)
    assert score["std_error"] == pytest.approx(expected(losses[0].ravel()))


def test_no_loss_is_below_nothing(rng: np.random.Generator) -> None:
    losses = np.concatenate([np.zeros((1, 2, 20)), rng.exponential(1.0, (1, 1, 20))], axis=1)

    (score,) = scores.model_scores(
        in_folds(losses), pd.DataFrame([trial("linear", 0, 1.0)]), 3
    ).to_dict("records")

    assert score["low"] == 0 < score["test_loss"] < score["high"]


def test_the_calibration_error_is_the_gap_of_ten_bins_of_equally_many_rows(
    rng: np.random.Generator,
) -> None:
    p = rng.random(200)
    hit = rng.random(200) < p**2
    order = np.argsort(p).reshape(10, 20)

    found = scores.calibration_error(p, hit)

    assert found == pytest.approx(
        np.mean([abs(hit[rows].mean() - p[rows].mean()) for rows in order])
    )


def test_a_constant_probability_is_one_bin() -> None:
    assert scores.calibration_error(np.full(50, 0.3), np.arange(50) < 20) == pytest.approx(0.1)


def test_a_calibrated_model_has_less_calibration_error_than_one_that_is_too_sure(
    rng: np.random.Generator,
) -> None:
    p = rng.random(2_000)
    hit = rng.random(2_000) < p
    sure = np.where(p > 0.5, 1 - (1 - p) / 3, p / 3)

    assert scores.calibration_error(p, hit) < 0.04 < 0.1 < scores.calibration_error(sure, hit)


def test_classes_are_scored_by_the_calibration_of_the_most_probable() -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    predictions = scored(-np.log([0.7, 0.3]), "logistic", kind="multiclass").assign(
        observed=[0.0, 1.0], predicted=[0.7, 0.3]
    )
    predictions = predictions.assign(p_a=p[:, 0], p_b=p[:, 1], p_c=p[:, 2], p_other=np.nan)

    (score,) = scores.model_scores(
        predictions, pd.DataFrame([trial("logistic", 0, 1.0, kind="multiclass")]), 1
    ).to_dict("records")

    assert score["calibration_error"] == pytest.approx(
        (0.3 + 0.4) / 2
    )  # of the most probable class: a hit, then a miss


@pytest.mark.parametrize("kind", ["binary", "multiclass", "continuous", "count"])
def test_test_rows_whose_log_loss_is_clipped_are_counted_once(kind: Kind) -> None:
    observed = np.array([0.0, 1, 0, 1])
    sure = np.array([1.0, 1, 0.5, 0])  # the first and the last are sure mistakes
    shares = np.column_stack([1 - sure, sure]) if kind == "multiclass" else sure
    rows = scored(HEADS[Kind(kind)].response_loss(shares, observed), "logistic", kind=kind).assign(
        observed=observed
    )
    twice = pd.concat([rows, rows.assign(outer_fold=1)])

    assert scores.at_clip(twice)["row"].nunique() == (
        2 if "log loss" in LOSS_NAMES[Kind(kind)] else 0
    )
