"""Intervals solved for the gain: against closed forms and brute force, and where an end does not
exist.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.evidence.intervals import CorrectedT, Rows, RowsAndRepeats
from study.evidence.moments import half_carried_by, moments_of
from study.evidence.pairs import mean_train, paired, size_of
from study.evidence.ratio import Ratio
from study.evidence.series import cosines
from tests.evidence.fixed import clustered, fixed_pairs, grouped
from tests.evidence.losses import only_verdict, scored


def one_split(base: np.ndarray, other: np.ndarray, **columns: object) -> pd.DataFrame:
    rows = pd.DataFrame({"outer_fold": 0, "row": np.arange(len(base)), "loss": base}).assign(
        **columns
    )
    return paired(rows, rows.assign(loss=other), 1)


def in_order(pairs: pd.DataFrame, first: int = 0) -> pd.DataFrame:
    return pairs.assign(time=pairs["row"].astype(float) + first)


@pytest.mark.parametrize("v", [-0.7, 0.0, 0.3])
def test_moments_at_any_gain_are_those_of_what_rows_contribute_there(v: float) -> None:
    pairs = grouped(np.random.default_rng(2))
    rows = pairs["base"] - pairs["other"] - v * pairs["base"]
    sums = (rows - rows.mean()).groupby(pairs["group"]).sum().to_numpy() / len(rows)

    found = moments_of(pairs, "improvement", between_repeats=False)
    w = np.array([v - found.estimate])

    assert found.mean(w)[0] == pytest.approx(rows.mean())
    assert found.variance(w)[0] == pytest.approx(clustered(pairs, rows)[0])
    assert found.skewness(w)[0] == pytest.approx(
        stats.skew(sums, bias=False) / np.sqrt(30), rel=1e-6
    )
    excess = stats.kurtosis(sums)
    assert found.df(w)[0] == pytest.approx(np.clip(2 / (excess / 30 + 2 / 29), 1, 29))


def test_without_skewness_or_kurtosis_the_ends_are_those_of_fieller() -> None:
    rng = np.random.default_rng(1)
    base, other = rng.uniform(0, 2, 40), rng.uniform(0, 1.6, 40)
    found = moments_of(one_split(base, other), "improvement", between_repeats=False)
    symmetric = Ratio(type(found)(**(vars(found) | {"third": np.zeros(4), "fourth": np.zeros(5)})))

    low, high = symmetric.ends(0.95)

    t = stats.t.ppf(0.975, 39)
    (vx, cov), (_, vy) = np.cov(base - other, base) / 40
    roots = np.roots([base.mean() ** 2 - t**2 * vy, -2 * ((base - other).mean() * base.mean() - t**2 * cov),
                      (base - other).mean() ** 2 - t**2 * vx])  # fmt: skip
    assert sorted([low, high]) == pytest.approx(sorted(roots))


def test_few_repeats_have_few_degrees_of_freedom() -> None:
    pairs = fixed_pairs()
    shifted = pairs.assign(other=pairs["other"] + pairs["repeat"].map({0: 0.0, 1: 1.0, 2: 2.0}))

    same, differing = RowsAndRepeats()(pairs), RowsAndRepeats()(shifted)

    assert same.df > 20
    assert 2 <= differing.df < 2.2
    assert (differing.high - differing.low) / 2 > 3.5 * differing.std_error


def test_skewness_moves_an_end_outwards_and_never_inwards() -> None:
    rng = np.random.default_rng(5)
    found = moments_of(
        one_split(np.exp(1.5 * rng.normal(size=80)), rng.uniform(0, 1, 80)), "improvement", False
    )
    plain = Ratio(type(found)(**(vars(found) | {"third": np.zeros(4)})))

    (low, high), (straight_low, straight_high) = Ratio(found).ends(0.95), plain.ends(0.95)

    assert low <= straight_low + 1e-12
    assert high >= straight_high - 1e-12
    assert high - low > straight_high - straight_low + 1e-6


def test_an_end_that_no_value_reaches_is_none() -> None:
    base = np.r_[np.full(19, 0.01), 20.0]
    found = Rows()(one_split(base, np.full(20, 0.9)))

    assert np.isfinite(found.std_error)
    assert np.isnan(found.low) or np.isnan(found.high)
    bounds = np.linspace(-1e4, 1e4, 201)
    assert (np.diff([found.above(bound) for bound in bounds]) <= 1e-3).all()


@pytest.mark.parametrize(
    "method", [Rows(), RowsAndRepeats(), CorrectedT()], ids=lambda method: method.name
)
def test_the_probability_of_a_larger_gain_never_rises(method: Rows | CorrectedT) -> None:
    found = method(fixed_pairs())

    chances = [
        found.above(bound) for bound in np.linspace(found.estimate - 3, found.estimate + 3, 301)
    ]

    assert (np.diff(chances) <= 1e-12).all()
    assert chances[0] > 0.95 > 0.05 > chances[-1]


@pytest.mark.parametrize(
    "method", [Rows(), RowsAndRepeats(), CorrectedT()], ids=lambda method: method.name
)
@pytest.mark.parametrize(
    "pairs", [fixed_pairs(), fixed_pairs().assign(other=1.0, base=2.0)], ids=["unsure", "sure"]
)
def test_of_a_bound_that_is_none_nothing_is_probable(
    method: Rows | CorrectedT, pairs: pd.DataFrame
) -> None:
    found = method(pairs)

    assert found.std_error >= 0
    assert np.isnan([found.above(np.nan), found.p_value(np.nan)]).all()


def test_the_variance_of_a_series_is_that_of_its_slow_cosines() -> None:
    rng = np.random.default_rng(8)
    base, other = rng.uniform(1, 2, 90), rng.uniform(0.5, 1.5, 90)
    pairs = in_order(one_split(base, other)).sample(frac=1.0, random_state=0)

    found = Rows()(pairs)

    gain = 1 - other.mean() / base.mean()
    share = ((1 - gain) * base - other) / base.mean()
    t = np.arange(1, 91)
    moves = [
        np.sqrt(2 / 90) * (share * np.cos(np.pi * j * (t - 0.5) / 90)).sum() for j in range(1, 6)
    ]
    assert cosines(90) == 5
    assert found.std_error == pytest.approx(np.sqrt(np.mean(np.square(moves)) / 90))
    assert found.df == 5
    assert clustered(pairs, pd.Series(share).loc[pairs.index])[0] == pytest.approx(
        found.std_error**2
    )


def test_rows_of_one_time_are_one_moment() -> None:
    rng = np.random.default_rng(9)
    pairs = one_split(rng.uniform(1, 2, 90), rng.uniform(0.5, 1.5, 90))
    twice = pd.concat([pairs, pairs.assign(row=pairs["row"] + 90)], ignore_index=True).assign(
        time=[*range(90), *range(90)]
    )

    assert Rows()(twice).std_error == pytest.approx(Rows()(in_order(pairs)).std_error)
    assert size_of(twice).n_times == 90


def test_an_outer_fold_in_time_order_leaves_the_rows_before_it() -> None:
    pieces = [
        pd.DataFrame({"outer_fold": f, "row": np.arange(10) + 10 * f + 10, "loss": 1.0})
        for f in range(5)
    ]
    rows = pd.concat(pieces, ignore_index=True)

    known = paired(rows.assign(time=rows["row"].astype(float)), rows, 5)

    assert mean_train(known) == np.mean([10, 20, 30, 40, 50])
    assert mean_train(paired(rows, rows, 5)) == 40  # as folds without an order would leave


def test_half_of_the_spread_is_carried_by_the_rows_of_the_largest_contributions() -> None:
    base, other = np.ones(100), np.r_[np.full(98, 0.5), [9.0, 8.0]]

    assert half_carried_by(one_split(base, other)) == 1
    assert half_carried_by(one_split(base, np.r_[np.zeros(50), np.ones(50)])) == 50
    assert half_carried_by(one_split(base, base)) == 0


def test_a_verdict_on_rows_in_time_order_knows_their_times_and_how_many_came_before() -> None:
    rng = np.random.default_rng(4)
    models = [scored(rng.exponential(1.0, 100)), scored(rng.exponential(0.5, 100), "neural", 1)]

    verdict = only_verdict([model.assign(time=np.arange(100.0) + 300) for model in models])

    assert verdict.n_train == 300
    assert (verdict.gains[0].gain.n_times, verdict.gains[0].gain.df) == (100, 5)
