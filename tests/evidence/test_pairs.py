"""Rows that come in groups: the variance of their mean against statsmodels, and what it does to the
coverage of intervals.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from study.evidence import scores
from study.evidence.intervals import CorrectedT, Rows, RowsAndRepeats
from study.evidence.pairs import mean_covariance
from study.evidence.series import cosines, slow_moves
from tests.evidence.fixed import clustered, grouped
from tests.evidence.losses import pairs_of, scored, trial


def test_the_variance_of_a_mean_is_that_of_statsmodels_with_clusters() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 9, 40)
    group = np.repeat(np.arange(40), sizes)
    values = pd.Series(rng.normal(size=40)[group] + rng.normal(size=len(group)))
    exact = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": group})

    variance, df = clustered(pd.DataFrame({"group": group, "row": np.arange(len(group))}), values)

    assert variance == pytest.approx(float(exact.bse.iloc[0]) ** 2)
    assert df == 39


def test_rows_that_are_groups_of_their_own_have_the_variance_of_independent_rows() -> None:
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 2)))
    rows.index = pd.MultiIndex.from_arrays([range(50), range(50)])

    np.testing.assert_allclose(mean_covariance(rows), np.cov(rows.to_numpy(), rowvar=False) / 50)


def test_one_group_tells_nothing_of_the_spread_between_groups() -> None:
    pairs = grouped(np.random.default_rng(0)).assign(group=0)

    assert np.isnan(Rows()(pairs).std_error)


def test_intervals_by_group_cover_where_those_by_row_do_not() -> None:
    rng = np.random.default_rng(1)
    tables = [grouped(rng) for _ in range(60)]

    def coverage(pairs: list[pd.DataFrame]) -> float:
        found = [Rows()(table) for table in pairs]
        return float(np.mean([interval.low <= 0.1 <= interval.high for interval in found]))

    assert coverage([table.assign(group=table["row"]) for table in tables]) < 0.8
    assert coverage(tables) >= 0.9


def test_with_one_repeat_none_is_added_to_the_interval_of_the_rows() -> None:
    pairs = grouped(np.random.default_rng(1))

    own, both = Rows()(pairs), RowsAndRepeats()(pairs)

    assert (both.low, both.high) == pytest.approx((own.low, own.high))


def test_whole_folds_are_the_units_of_the_corrected_t_with_groups_or_without() -> None:
    rng = np.random.default_rng(5)
    pairs = pd.concat([grouped(rng).assign(fold=fold) for fold in range(3)], ignore_index=True)
    pairs = pairs.assign(row=np.arange(len(pairs)), group=pairs["group"] + 100 * pairs["fold"])

    assert CorrectedT()(pairs) == CorrectedT()(pairs.assign(group=pairs["row"]))


def test_groups_reach_comparisons_and_scores() -> None:
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(12), 5)
    common = rng.exponential(size=12)[group]
    rows = pd.concat(
        [scored(common), scored(common * rng.uniform(0.5, 1.2, 12)[group], "neural", 1)]
    ).assign(group=[*group] * 2)
    alone = rows.drop(columns="group")
    winners = pd.DataFrame([trial("linear", 0, 1.0), trial("neural", 1, 0.9)])

    (pair, _), (naive, _) = (
        pairs_of(p, 0.05, 5, winners).to_dict("records") for p in (rows, alone)
    )
    error, naive_error = (
        scores.model_scores(p, winners, 5)["std_error"].to_numpy() for p in (rows, alone)
    )

    assert (pair["n_groups"], pair["n_rows"], naive["n_groups"]) == (12, 60, 60)
    assert 1 <= pair["df"] <= 11
    inflation = np.sqrt(5 * 59 / 60 * 12 / 11)  # rows of a group are copies of each other
    assert pair["std_error"] == pytest.approx(inflation * naive["std_error"])
    np.testing.assert_allclose(error, inflation * naive_error)


def test_a_series_has_the_covariance_of_its_cosines() -> None:
    sums = np.random.default_rng(0).normal(size=(100, 2))
    angle = np.pi * np.outer(np.arange(1, cosines(100) + 1), np.arange(100) + 0.5) / 100

    np.testing.assert_allclose(
        slow_moves(sums), np.sqrt(2 / cosines(100)) * np.cos(angle) @ sums, atol=1e-12
    )


def test_a_long_series_takes_memory_in_proportion_to_its_times() -> None:
    sums = np.random.default_rng(0).normal(size=(20_000, 1))

    tracemalloc.start()
    try:
        slow_moves(sums)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 10 * sums.nbytes  # of cosines there are dozens
