"""Every interval on one fixed set of fold losses, against an independent implementation, and its coverage."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.evidence.intervals import METHODS, Bootstrap, CorrectedT, Interval, NestedCV, Rows, RowsAndRepeats
from study.evidence.pairs import paired

R, K, N = 3, 5, 24
"""Repeats, folds and test rows a fold of the fixed losses."""


def frame(losses: np.ndarray) -> pd.DataFrame:
    """(R, K, N) losses as test rows; each repeat deals the K * N rows to the folds anew."""
    pieces = []
    for r in range(len(losses)):
        rows = np.random.default_rng(100 + r).permutation(K * losses.shape[2]).reshape(K, -1)
        pieces += [pd.DataFrame({"outer_fold": r * K + f, "row": rows[f], "loss": losses[r, f]}) for f in range(K)]
    return pd.concat(pieces, ignore_index=True)


@pytest.fixture(scope="module")
def losses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.exponential(1.0, (R, K, N)), rng.exponential(0.9, (R, K, N))


@pytest.fixture(scope="module")
def pairs(losses: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    return paired(frame(losses[0]), frame(losses[1]), K)


@pytest.fixture(scope="module")
def inner() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    folds = pd.MultiIndex.from_product([range(R * K), range(4)], names=["outer_fold", "inner_fold"]).to_frame(index=False)
    return folds.assign(base=rng.uniform(0.8, 1.2, len(folds)), other=rng.uniform(0.7, 1.1, len(folds)))


def units(base: np.ndarray, other: np.ndarray) -> tuple[float, np.ndarray]:
    """Improvement, and each loss's share of it by the gradient of 1 - O / B."""
    mean_base, mean_other = base.mean(), other.mean()
    share = (base - mean_base) * mean_other / mean_base**2 - (other - mean_other) / mean_base
    return 1 - mean_other / mean_base, share


def by_row(values: np.ndarray) -> np.ndarray:
    rows = np.stack([np.random.default_rng(100 + r).permutation(K * N) for r in range(R)])
    placed = np.empty((R, K * N))
    for r in range(R):
        placed[r, rows[r]] = values[r].ravel()
    return placed.mean(axis=0)


def test_pairs_name_repeat_and_fold_and_keep_only_common_rows() -> None:
    base = pd.DataFrame({"outer_fold": [7, 7], "row": [1, 2], "loss": [0.5, 0.6]})

    pairs = paired(base, base.iloc[:1].assign(loss=0.1), K)

    assert pairs.to_dict("records") == [{"repeat": 1, "fold": 2, "row": 1, "group": 1, "base": 0.5, "other": 0.1}]


def test_the_corrected_t_is_that_of_nadeau_and_bengio(losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame) -> None:
    r, share = units(*losses)
    variance = (1 / (R * K) + N / ((K - 1) * N)) * np.var(share.mean(axis=2), ddof=1)

    found = CorrectedT()(pairs)

    assert found.estimate == pytest.approx(r)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, R * K - 1, r, math.sqrt(variance)))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(r) / math.sqrt(variance), R * K - 1))


def test_rows_are_averaged_over_repeats_and_then_vary_as_they_do(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame
) -> None:
    r, share = units(*losses)

    found = Rows()(pairs)

    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, K * N - 1, r, stats.sem(by_row(share))))


def test_the_spread_between_repeats_is_added_to_that_of_rows(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame
) -> None:
    r, share = units(*losses)
    between = np.var(share.mean(axis=(1, 2)), ddof=1)

    divided, whole = RowsAndRepeats()(pairs), RowsAndRepeats(divided=False)(pairs)

    rows = stats.sem(by_row(share)) ** 2
    assert (divided.low, divided.high) == pytest.approx(stats.t.interval(0.95, K * N - 1, r, math.sqrt(rows + between / R)))
    assert whole.std_error == pytest.approx(math.sqrt(rows + between))


def test_with_one_repeat_rows_and_repeats_are_rows(pairs: pd.DataFrame) -> None:
    once = pairs[pairs["repeat"] == 0]

    assert RowsAndRepeats(name="rows")(once) == Rows()(once)


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

    found = NestedCV()(pairs, "improvement", inner)

    assert found.std_error == pytest.approx(se)
    assert found.estimate == pytest.approx(r + e_in.mean() - bias)
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, found.estimate, se))


def test_nested_cross_validation_is_never_narrower_than_rows_nor_wider_than_root_k_times(
    pairs: pd.DataFrame, inner: pd.DataFrame
) -> None:
    rows = Rows()(pairs).std_error
    agreeing = pairs.groupby(["repeat", "fold"])[["base", "other"]].mean().reset_index(drop=True)
    agreeing = agreeing.assign(outer_fold=range(R * K), inner_fold=0)

    narrow = NestedCV()(pairs, "improvement", agreeing).std_error
    wide = NestedCV()(pairs, "improvement", inner.assign(other=inner["other"] + 10 * (inner["outer_fold"] % 2))).std_error

    assert (narrow, wide) == pytest.approx((rows, math.sqrt(K) * rows))


def test_nested_cross_validation_without_inner_losses_says_what_it_needs(pairs: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"^The method 'nested cross-validation' needs inner validation losses"):
        NestedCV()(pairs)


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


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_p_value_is_below_five_per_cent_where_the_interval_leaves_out_nothing(
    method: Callable[..., Interval], pairs: pd.DataFrame, inner: pd.DataFrame
) -> None:
    gains = [method(pairs.assign(other=pairs["other"] * f), "improvement", inner) for f in np.linspace(0.6, 1.6, 41)]

    agree = [(gain.p_value < 0.05) == (not gain.low <= 0 <= gain.high) for gain in gains]
    assert np.mean(agree) == 1
    assert {gain.p_value < 0.05 for gain in gains} == {True, False}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_losses_without_a_base_give_no_improvement(method: Callable[..., Interval], pairs: pd.DataFrame) -> None:
    inner = pd.DataFrame({"outer_fold": range(R * K), "inner_fold": 0, "base": 0.0, "other": 1.0})

    found = method(pairs.assign(base=0.0), "improvement", inner)

    assert all(math.isnan(value) for value in (found.estimate, found.low, found.high, found.p_value))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_no_pairs_give_no_interval(method: Callable[..., Interval], pairs: pd.DataFrame, inner: pd.DataFrame) -> None:
    found = method(pairs.iloc[:0], "improvement", inner)

    assert math.isnan(found.low)


def least_squares_pairs(rng: np.random.Generator, n: int, repeats: int) -> tuple[pd.DataFrame, float]:
    """A table with a linear truth, fitted with and without products and squares; and the true gain on fresh rows."""
    x = rng.normal(size=(n, 3))
    y = x.sum(axis=1) + rng.normal(size=n)

    def design(z: np.ndarray, quadratic: bool) -> np.ndarray:
        products = [z[:, i] * z[:, j] for i in range(3) for j in range(i, 3)] if quadratic else []
        return np.column_stack([np.ones(len(z)), z, *products])

    fresh = rng.normal(size=(2000, 3))
    pieces, truth = [], []
    for r in range(repeats):
        for f, test in enumerate(np.array_split(rng.permutation(n), K)):
            train = np.setdiff1d(np.arange(n), test)
            losses, risks = [], []
            for quadratic in (False, True):
                weights = np.linalg.lstsq(design(x[train], quadratic), y[train])[0]
                losses.append((y[test] - design(x[test], quadratic) @ weights) ** 2)
                risks.append(1 + np.mean((fresh.sum(axis=1) - design(fresh, quadratic) @ weights) ** 2))
            pieces.append(
                pd.DataFrame({"repeat": r, "fold": f, "row": test, "group": test, "base": losses[0], "other": losses[1]})
            )
            truth.append(risks)
    base, other = np.mean(truth, axis=0)
    return pd.concat(pieces, ignore_index=True), 1 - other / base


def test_intervals_of_a_real_cross_validation_cover_the_true_gain() -> None:
    rng = np.random.default_rng(11)
    tables = [least_squares_pairs(rng, 100, 3) for _ in range(60)]
    truth = np.mean([gain for _, gain in tables])

    covered = {
        name: np.mean([found.low <= truth <= found.high for found in (METHODS[name](pairs) for pairs, _ in tables)])
        for name in ("corrected t", "rows", "rows and repeats")
    }

    assert covered["corrected t"] >= 0.9
    assert covered["rows and repeats"] >= 0.88
    assert covered["rows"] >= 0.8


def test_the_bootstrap_covers_the_true_gain_about_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    hits = 0

    for _ in range(200):
        base = rng.normal(size=150) ** 2
        other = 0.8 * (0.6 * np.sqrt(base) + 0.8 * rng.normal(size=150)) ** 2
        rows = {"row": np.arange(150), "group": np.arange(150)}
        pairs = pd.DataFrame({"repeat": 0, "fold": 0, **rows, "base": base, "other": other})
        found = Bootstrap(resamples=500)(pairs)
        hits += found.low <= 0.2 <= found.high  # E other = 0.8 (0.36 + 0.64)

    assert 0.88 <= hits / 200 <= 0.99
