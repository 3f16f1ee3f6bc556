"""Intervals that the calibration tries beside the package's, against independent implementations, and their coverage."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from intervals_tried import Bootstrap, NestedCV, Undivided, inner_losses, validation_pairs
from scipy import stats

from study.evidence.intervals import Rows
from study.evidence.pairs import contributions, paired
from tests.evidence.fixed import GROUPS, K, N, R, by_row, fixed_losses, fixed_pairs, grouped, units
from tests.evidence.losses import trial


@pytest.fixture(scope="module")
def losses() -> tuple[np.ndarray, np.ndarray]:
    return fixed_losses()


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    return fixed_pairs()


@pytest.fixture(scope="module")
def inner() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    folds = pd.MultiIndex.from_product([range(R * K), range(4)], names=["outer_fold", "inner_fold"]).to_frame(index=False)
    return folds.assign(base=rng.uniform(0.8, 1.2, len(folds)), other=rng.uniform(0.7, 1.1, len(folds)))


def test_undivided_the_whole_spread_between_repeats_is_added_to_that_of_rows(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame
) -> None:
    _, share = units(*losses)
    between = np.var(share.mean(axis=(1, 2)), ddof=1)

    found = Undivided()(pairs)

    assert found.std_error == pytest.approx(math.sqrt(stats.sem(by_row(share)) ** 2 + between))


def test_nested_cross_validation_is_that_of_bates_hastie_and_tibshirani(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame, inner: pd.DataFrame
) -> None:
    base, other = losses
    r, share = units(base, other)
    inside = np.array([own[["base", "other"]].mean() for _, own in inner.groupby("outer_fold")]).reshape(R, K, 2)
    e_in = (inside[..., 0] - base.mean()) * other.mean() / base.mean() ** 2 - (inside[..., 1] - other.mean()) / base.mean()
    e_out = share.mean(axis=2)
    mse = np.mean((e_in - e_out) ** 2) - np.mean(share.var(axis=2, ddof=1) / N)
    naive = stats.sem(by_row(share))
    se = np.clip(math.sqrt(max((K - 1) / K * mse, 0)), naive, math.sqrt(K) * naive)
    bias = (1 + (K - 2) / K) * (e_in.mean() - e_out.mean())

    found = NestedCV(inner)(pairs)

    assert found.std_error == pytest.approx(se)
    assert found.estimate == pytest.approx(r + e_in.mean() - bias)
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, found.estimate, se))


def test_nested_cross_validation_is_never_narrower_than_rows_nor_wider_than_root_k_times(
    pairs: pd.DataFrame, inner: pd.DataFrame
) -> None:
    rows = Rows()(pairs).std_error
    agreeing = pairs.groupby(["repeat", "fold"])[["base", "other"]].mean().reset_index(drop=True)
    agreeing = agreeing.assign(outer_fold=range(R * K), inner_fold=0)

    narrow = NestedCV(agreeing)(pairs).std_error
    wide = NestedCV(inner.assign(other=inner["other"] + 10 * (inner["outer_fold"] % 2)))(pairs).std_error

    assert (narrow, wide) == pytest.approx((rows, math.sqrt(K) * rows))


@pytest.mark.parametrize("quantity", ["improvement", "difference"])
def test_the_bootstrap_is_scipys_paired_bca(losses: tuple[np.ndarray, np.ndarray], quantity: str) -> None:
    base, other = (part.ravel() for part in losses)
    split = [pd.DataFrame({"outer_fold": 0, "row": np.arange(len(part)), "loss": part}) for part in (base, other)]

    def statistic(b: np.ndarray, o: np.ndarray, axis: int) -> np.ndarray:
        b, o = b.mean(axis=axis), o.mean(axis=axis)
        return 1 - o / b if quantity == "improvement" else b - o

    found = Bootstrap(seed=5)(paired(*split, K), quantity)

    expected = stats.bootstrap(
        (base, other), statistic, paired=True, vectorized=True, n_resamples=2_000, method="BCa", rng=np.random.default_rng(5)
    )
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval), abs=1e-12)
    assert found.std_error == pytest.approx(expected.standard_error)


def test_a_bootstrap_of_many_rows_is_the_interval_over_rows(pairs: pd.DataFrame) -> None:
    few = Bootstrap(most_rows=K * N - 1)(pairs)

    assert few == Rows(name="bca")(pairs)


def test_the_bootstrap_covers_the_true_gain_nearly_always_and_more_often_than_86_times_in_100() -> None:
    rng = np.random.default_rng(1)
    hits = 0

    for _ in range(60):
        base = rng.normal(size=150) ** 2
        other = 0.8 * (0.6 * np.sqrt(base) + 0.8 * rng.normal(size=150)) ** 2
        rows = {"row": np.arange(150), "group": np.arange(150)}
        pairs = pd.DataFrame({"repeat": 0, "fold": 0, **rows, "base": base, "other": other})
        found = Bootstrap(resamples=300)(pairs)
        hits += found.low <= 0.2 <= found.high  # E other = 0.8 (0.36 + 0.64)

    assert 0.86 <= hits / 60 <= 1


def test_the_bootstrap_draws_groups() -> None:
    pairs = grouped(np.random.default_rng(2))
    sums = pairs.groupby("group")[["base", "other"]].sum().to_numpy()
    rng = np.random.default_rng(3)
    drawn = np.array([sums[rng.integers(0, GROUPS, GROUPS)].sum(axis=0) for _ in range(4_000)])

    found = Bootstrap()(pairs)

    assert found.std_error == pytest.approx(np.std(1 - drawn[:, 1] / drawn[:, 0]), rel=0.06)
    assert found.std_error == pytest.approx(Rows()(pairs).std_error, rel=0.1)


def test_the_noise_of_a_fold_in_nested_cross_validation_is_that_of_its_groups() -> None:
    rng = np.random.default_rng(4)
    pieces = [grouped(rng).assign(fold=fold) for fold in range(5)]
    pairs = pd.concat([p.assign(row=p["row"] + 1000 * f, group=p["group"] + 100 * f) for f, p in enumerate(pieces)])
    pairs = pairs.reset_index(drop=True)
    inner = pd.DataFrame({"outer_fold": range(5), "inner_fold": 0, "base": 2.0, "other": [1.7, 1.9, 1.7, 1.9, 1.7]})
    _, share = contributions(pairs, "improvement")
    by_group = share.groupby([pairs["fold"], pairs["group"]]).mean()
    base, ratio = pairs["base"].mean(), pairs["other"].mean() / pairs["base"].mean()
    inside = (ratio * inner["base"] - inner["other"]) / base
    gaps = (inside.to_numpy() - share.groupby(pairs["fold"]).mean().to_numpy()) ** 2
    noise = by_group.groupby(level=0).var().mean() / GROUPS

    found = NestedCV(inner)(pairs)

    naive = stats.sem(by_group)
    expected = np.sqrt(4 / 5 * (gaps.mean() - noise))
    assert naive < expected < np.sqrt(5) * naive
    assert found.std_error == pytest.approx(expected)


@pytest.mark.parametrize("name", ["bca", "nested cross-validation"])
def test_p_values_agree_with_the_interval_and_what_cannot_be_told_is_not_a_number(
    name: str, pairs: pd.DataFrame, inner: pd.DataFrame
) -> None:
    method = Bootstrap() if name == "bca" else NestedCV(inner)
    gains = [method(pairs.assign(other=pairs["other"] * f)) for f in np.linspace(0.6, 1.6, 11)]
    lossless = Bootstrap() if name == "bca" else NestedCV(inner.assign(base=0.0, other=1.0))
    nothing = [lossless(pairs.assign(base=0.0)), method(pairs.iloc[:0])]

    assert all((gain.p_value(0.0) < 0.05) == (not gain.low <= 0 <= gain.high) for gain in gains)
    assert {gain.p_value(0.0) < 0.05 for gain in gains} == {True, False}
    assert all(math.isnan(value) for found in nothing for value in (found.estimate, found.low, found.high, found.p_value(0.0)))


def test_inner_losses_are_those_of_the_incumbents_of_each_fold_averaged_over_seeds() -> None:
    winners = pd.DataFrame([trial("linear", 0, 1.0, number=1), trial("neural", 2, 0.5, number=3)])
    losses = {("linear", 0, 1): (1.0, 1.2), ("linear", 0, 0): (9.0, 9.0), ("neural", 2, 3): (0.4, 0.8)}
    folds = pd.DataFrame(
        [
            trial(family, depth, loss + fold, number) | {"inner_fold": fold, "seed": seed}
            for (family, depth, number), of_seeds in losses.items()
            for fold in range(2)
            for seed, loss in enumerate(of_seeds)
        ]
    )
    inner = inner_losses(folds, winners)

    both = validation_pairs(inner, winners[winners["depth"] == 0], winners[winners["depth"] == 2])

    expected = pd.DataFrame({"outer_fold": 0, "inner_fold": [0, 1], "base": [1.1, 2.1], "other": [0.6, 1.6]})
    pd.testing.assert_frame_equal(both, expected)
