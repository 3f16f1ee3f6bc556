"""What the comparisons promise, recomputed in plain numpy and scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study import compare

ARM = {"target": "y", "kind": "continuous", "outer_fold": 0}


def scored(
    losses: np.ndarray, family: str = "linear", depth: int = 0, candidate: str | None = None, seed: int = 0, **arm: Any
) -> pd.DataFrame:
    """Predictions of zero for observations whose squared error is `losses`."""
    candidate = candidate or ("ensemble" if depth else "refit")
    rows = {"row": np.arange(len(losses)), "observed": np.sqrt(losses), "predicted": 0.0, "loss": losses}
    return pd.DataFrame(rows).assign(**(ARM | arm), family=family, depth=depth, candidate=candidate, seed=seed, number=0)


def trial(family: str, depth: int, val_loss: float, number: int = 0, state: str = "COMPLETE", **arm: Any) -> dict[str, Any]:
    return ARM | arm | {"family": family, "depth": depth, "number": number, "state": state, "val_loss": val_loss}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_incumbent_is_the_complete_trial_of_least_loss_and_lowest_number() -> None:
    rows = [trial("linear", 0, loss, number) for number, loss in enumerate([3.0, 1.0, 1.0])]
    rows.append(trial("linear", 0, 0.1, 3, state="PRUNED"))

    best = compare.incumbents(pd.DataFrame(rows[::-1]))

    assert best[["number", "val_loss"]].to_numpy().tolist() == [[1, 1.0]]


def test_an_arm_whose_trials_all_failed_has_no_incumbent() -> None:
    trials = pd.DataFrame([trial("linear", 0, math.nan, state="FAIL")])

    assert compare.incumbents(trials).empty


def test_by_default_a_regression_is_refitted_and_a_network_is_an_ensemble(rng: np.random.Generator) -> None:
    losses = rng.random(4)
    both = [scored(losses, f, d, c) for f, d in [("linear", 0), ("neural", 1)] for c in ("refit", "ensemble")]

    chosen = compare.select_candidate(pd.concat(both))

    assert set(zip(chosen["family"], chosen["candidate"], strict=True)) == {("linear", "refit"), ("neural", "ensemble")}


def test_a_network_without_an_ensemble_is_judged_by_its_refit(rng: np.random.Generator) -> None:
    predictions = scored(rng.random(4), "neural", 1, "refit")

    assert len(compare.select_candidate(predictions)) == 4


def test_one_outer_fold_gives_the_delta_method_interval_over_rows(rng: np.random.Generator) -> None:
    base, other = rng.exponential(2.0, 200), rng.exponential(1.0, 200)
    units = [scored(losses)[["outer_fold", "row", "loss"]] for losses in (base, other)]

    gain = compare.paired_gain(*units, margin=0.05)

    r = 1 - other.mean() / base.mean()
    covariance = np.cov(base, other)
    gradient = np.array([other.mean() / base.mean() ** 2, -1 / base.mean()])
    se = math.sqrt(gradient @ covariance @ gradient / 200)
    assert gain["improvement"] == pytest.approx(r)
    assert [gain["low"], gain["high"]] == pytest.approx(stats.t.interval(0.95, 199, r, se))
    assert gain["better"] == pytest.approx(stats.t.sf((0.05 - r) / se, 199))
    assert gain["worse"] == pytest.approx(stats.t.cdf((-0.05 - r) / se, 199))
    assert gain["better"] + gain["equal"] + gain["worse"] == pytest.approx(1)
    assert gain["p_value"] == pytest.approx(2 * stats.t.sf(abs(r) / se, 199))
    assert gain["method"] == "paired t over test rows"


def test_several_outer_folds_give_the_corrected_resampled_t(rng: np.random.Generator) -> None:
    k, n = 5, 40
    base, other = rng.exponential(2.0, (k, n)), rng.exponential(1.0, (k, n))
    units = [
        pd.DataFrame({"outer_fold": np.repeat(range(k), n), "row": np.arange(k * n), "loss": losses.ravel()})
        for losses in (base, other)
    ]

    gain = compare.paired_gain(*units, margin=0.05)

    b, o = base.mean(axis=1), other.mean(axis=1)
    r = 1 - o.mean() / b.mean()
    se = math.sqrt((1 / k + n / (k * n - n)) * np.var((1 - r) * b - o, ddof=1)) / b.mean()
    assert [gain["low"], gain["high"]] == pytest.approx(stats.t.interval(0.95, k - 1, r, se))
    assert (gain["n_rows"], gain["n_folds"]) == (k * n, k)
    assert gain["method"] == "corrected resampled t over outer folds (Nadeau and Bengio 2003)"


def test_the_interval_over_rows_covers_the_true_gain_about_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    hits = 0

    for _ in range(400):
        base = rng.normal(size=150) ** 2
        other = 0.8 * (0.6 * np.sqrt(base) + 0.8 * rng.normal(size=150)) ** 2
        units = [scored(losses)[["outer_fold", "row", "loss"]] for losses in (base, other)]
        gain = compare.paired_gain(*units, margin=0.05)
        hits += gain["low"] <= 0.2 <= gain["high"]  # E other = 0.8 (0.36 + 0.64)

    assert 0.92 <= hits / 400 <= 0.98


def test_two_models_with_the_same_losses_are_surely_equal() -> None:
    losses = np.array([1.0, 2.0, 3.0])
    units = scored(losses)[["outer_fold", "row", "loss"]]

    gain = compare.paired_gain(units, units, margin=0.05)

    assert (gain["improvement"], gain["low"], gain["high"]) == (0, 0, 0)
    assert (gain["better"], gain["equal"], gain["worse"], gain["p_value"]) == (0, 1, 0, 1)


def test_a_single_test_row_gives_no_interval() -> None:
    units = [scored(np.array([loss]))[["outer_fold", "row", "loss"]] for loss in (2.0, 1.0)]

    gain = compare.paired_gain(*units, margin=0.05)

    assert gain["improvement"] == 0.5
    assert math.isnan(gain["low"])
    assert math.isnan(gain["high"])


def test_seeds_are_averaged_before_rows_are_compared(rng: np.random.Generator) -> None:
    one, two, network = rng.random((3, 50))
    predictions = pd.concat([scored(one, seed=0), scored(two, seed=1), scored(network, "neural", 1)])

    (pair,) = compare.pairwise(predictions, 0.05).to_dict("records")

    assert pair["base_loss"] == pytest.approx(((one + two) / 2).mean())
    assert pair["n_rows"] == 50


def test_every_model_is_compared_with_every_simpler_one_and_holm_adjusts(rng: np.random.Generator) -> None:
    models = [("neural", 2, 0.8), ("neural", 1, 0.9), ("linear", 0, 1.0), ("constant", 0, 2.0)]
    predictions = pd.concat([scored(rng.exponential(mean, 80), family, depth) for family, depth, mean in models])

    pairs = compare.pairwise(predictions, 0.05)

    named = list(zip(pairs["base"], pairs["base_depth"], pairs["other"], pairs["other_depth"], strict=True))
    assert named == [
        ("constant", 0, "linear", 0),
        ("constant", 0, "neural", 1),
        ("constant", 0, "neural", 2),
        ("linear", 0, "neural", 1),
        ("linear", 0, "neural", 2),
        ("neural", 1, "neural", 2),
    ]
    p = np.sort(pairs["p_value"])
    expected = np.minimum(1, np.maximum.accumulate(p * np.arange(6, 0, -1)))
    assert np.sort(pairs["p_holm"]) == pytest.approx(expected)


def test_test_scores_average_seeds_then_rows_then_folds(rng: np.random.Generator) -> None:
    losses = rng.random((2, 2, 30))  # outer fold, seed, row
    pieces = [
        scored(losses[fold, seed], "neural", 1, outer_fold=fold, seed=seed).assign(row=np.arange(30) + 30 * fold)
        for fold in range(2)
        for seed in range(2)
    ]
    winners = pd.DataFrame([trial("neural", 1, loss, outer_fold=fold) for fold, loss in enumerate([0.4, 0.6])])

    (score,) = compare.test_scores(pd.concat(pieces), winners).to_dict("records")

    by_row = losses.mean(axis=1).ravel()
    se = by_row.std(ddof=1) / math.sqrt(60)
    assert score["test_loss"] == pytest.approx(losses.mean())
    assert score["std_error"] == pytest.approx(se)
    assert [score["low"], score["high"]] == pytest.approx(stats.t.interval(0.95, 59, losses.mean(), se))
    assert score["optimism"] == pytest.approx(0.5 - losses.mean())
    assert (score["n_rows"], score["n_folds"]) == (60, 2)


def test_a_continuous_target_is_scored_by_r_squared_and_absolute_error(rng: np.random.Generator) -> None:
    y, p = rng.normal(size=(2, 40))
    predictions = scored((y - p) ** 2).assign(observed=y, predicted=p)

    (score,) = compare.test_scores(predictions).to_dict("records")

    assert score["r2"] == pytest.approx(1 - np.sum((y - p) ** 2) / np.sum((y - y.mean()) ** 2))
    assert score["mae"] == pytest.approx(np.abs(y - p).mean())
    assert math.isnan(score["auc"])


def test_a_binary_target_is_scored_by_auc_brier_and_accuracy(rng: np.random.Generator) -> None:
    y, p = np.array([0.0, 0, 1, 1, 1]), np.array([0.1, 0.6, 0.4, 0.7, 0.9])
    predictions = scored(-np.log(np.where(y == 1, p, 1 - p)), "logistic", kind="binary").assign(observed=y, predicted=p)

    (score,) = compare.test_scores(predictions).to_dict("records")

    assert score["auc"] == pytest.approx(5 / 6)
    assert score["brier"] == pytest.approx(np.mean((y - p) ** 2))
    assert score["accuracy"] == pytest.approx(3 / 5)


def test_classes_are_scored_by_accuracy_and_summed_brier_score() -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    predictions = scored(-np.log([0.7, 0.3]), "logistic", kind="multiclass").assign(observed=[0.0, 1.0], predicted=[0.7, 0.3])
    predictions = predictions.assign(p_a=p[:, 0], p_b=p[:, 1], p_c=p[:, 2], p_other=np.nan)

    (score,) = compare.test_scores(predictions).to_dict("records")

    assert score["accuracy"] == 0.5
    assert score["brier"] == pytest.approx((0.3**2 + 0.2**2 + 0.1**2 + 0.3**2 + 0.7**2 + 0.4**2) / 2)


def test_counts_are_scored_by_the_share_of_deviance_explained() -> None:
    y, p = np.array([0.0, 1, 4]), np.array([0.5, 1.5, 3.0])

    def half_deviance(rate: np.ndarray) -> np.ndarray:
        return np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / rate), 0) - (y - rate)

    predictions = scored(half_deviance(p), "poisson", kind="count").assign(observed=y, predicted=p)

    (score,) = compare.test_scores(predictions).to_dict("records")

    null = half_deviance(np.full(3, y.mean())).sum()
    assert score["explained_deviance"] == pytest.approx(1 - half_deviance(p).sum() / null)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.9994, "99.94"),
        (0.5, "50.0"),
        (0.0123, "1.2"),
        (0.00123, "0.12"),
        (0, "0"),
        (-0.05, "\N{MINUS SIGN}5.0"),
        (-12, "\N{MINUS SIGN}1,200"),
    ],
)
def test_a_share_reads_as_per_cent_and_never_rounds_up_to_all(share: float, text: str) -> None:
    assert compare.percent(share) == text
