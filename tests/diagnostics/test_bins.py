"""Bins, and means and shares over them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.diagnostics.bins import binned, equal_bins, mean_of, share_of
from study.evidence.intervals import level_of
from tests.evidence.fixed import clustered


def rows_of(groups: np.ndarray, repeats: int = 1) -> pd.DataFrame:
    rows = pd.DataFrame({"row": np.arange(len(groups)), "group": groups, "time": np.nan})
    return pd.concat([rows] * repeats, ignore_index=True)


def test_bins_hold_about_equally_many_and_equal_values_share_one() -> None:
    places = equal_bins(np.array([5.0, 1, 1, 1, 2, 3, 4, 6]), 4)

    assert places.tolist() == [3, 0, 0, 0, 1, 2, 2, 3]
    assert equal_bins(np.zeros(9), 4).tolist() == [0] * 9


def test_each_bin_comes_with_what_it_is_of_and_how_many_there_are_of_all() -> None:
    rows = pd.DataFrame(
        {"row": np.arange(5000), "model": np.arange(5000) % 2, "value": np.arange(5000.0)}
    )
    few = rows.head(45)

    found, small = list(binned(rows, ["model"], "value")), list(binned(few, ["model"], "value"))

    assert [(about["model"], about["bin"]) for about, _, _ in found] == [
        (k, place) for k in range(2) for place in range(10)
    ]
    assert {(len(inside), tests) for _, inside, tests in found} == {(250, 20)}
    assert [tests for _, _, tests in small] == [4] * 4


def test_a_mean_has_the_t_interval_of_its_rows_however_often_they_were_predicted() -> None:
    values = np.random.default_rng(0).normal(size=30)

    once = mean_of(rows_of(np.arange(30)), pd.Series(values), tests=4)
    thrice = mean_of(rows_of(np.arange(30), 3), pd.Series(np.tile(values, 3)), tests=4)

    expected = stats.ttest_1samp(values, 0).confidence_interval(1 - 0.05 / 4)
    assert (once.low, once.high) == pytest.approx(tuple(expected))
    assert once == pytest.approx(thrice)
    assert thrice.n_rows == 30


def test_rows_that_are_all_alike_within_groups_count_as_their_groups() -> None:
    of_groups = np.random.default_rng(1).normal(size=12)

    grouped = mean_of(rows_of(np.repeat(np.arange(12), 5)), pd.Series(np.repeat(of_groups, 5)))

    expected = stats.ttest_1samp(of_groups, 0).confidence_interval(0.95)
    assert (grouped.low, grouped.high) == pytest.approx(tuple(expected))
    assert grouped.n_rows == 60


@pytest.mark.parametrize("timed", [False, True])
def test_the_spread_is_that_of_the_verdicts_rows(timed: bool) -> None:
    rows = rows_of(np.arange(60) // 4, 2)
    rows = rows.assign(time=rows["row"].astype(float)) if timed else rows
    values = pd.Series(np.random.default_rng(2).normal(size=120).cumsum())

    mean = mean_of(rows, values)

    variance, df = clustered(rows, values)
    assert mean.high - mean.mean == pytest.approx(stats.t.ppf(0.975, df) * np.sqrt(variance))


def test_zeros_alone_are_not_surer_than_their_rates_allow() -> None:
    none = mean_of(rows_of(np.arange(50)), pd.Series(np.full(50, -0.1)), least=0.1)

    assert none.high == pytest.approx(-0.1 + stats.t.ppf(0.975, 49) * np.sqrt(0.1 / 50))


@pytest.mark.parametrize("hits", [0, 1, 7, 40])
def test_the_share_of_independent_rows_has_the_exact_interval(hits: int) -> None:
    values = pd.Series((np.arange(40) < hits).astype(float))

    share = share_of(rows_of(np.arange(40)), values, tests=3)

    exact = stats.binomtest(hits, 40).proportion_ci(level_of(3))
    assert share.mean == hits / 40
    assert (share.low, share.high) == pytest.approx(
        (exact.low, exact.high), rel=0.08, abs=1e-3
    )  # n - 1 in its variance
    assert share.low <= hits / 40 <= share.high


def test_the_share_of_rows_in_groups_is_as_sure_as_their_groups() -> None:
    hits = pd.Series(np.repeat((np.arange(10) < 4).astype(float), 6))

    grouped = share_of(rows_of(np.repeat(np.arange(10), 6)), hits)

    exact = stats.binomtest(4, 10).proportion_ci(0.95)
    assert (grouped.low, grouped.high) == pytest.approx((exact.low, exact.high), abs=0.02)


def test_one_group_tells_no_spread() -> None:
    alone = mean_of(rows_of(np.zeros(5, int)), pd.Series(np.arange(5.0)))

    assert np.isnan([alone.low, alone.high]).all()
    assert share_of(rows_of(np.zeros(5, int)), pd.Series(np.ones(5))).low == pytest.approx(0.025)
