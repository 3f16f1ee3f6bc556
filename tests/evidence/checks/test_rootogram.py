"""Counts that come up, and that should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.evidence.checks.rootogram import MOST_COUNTS, frequencies, starts_of
from study.evidence.checks.rows import checked_rows
from tests.evidence.checks.predicted import incumbents_of, predicted

RNG = np.random.default_rng(2)
RATES = np.exp(RNG.normal(0.5, 0.6, 400))
COUNTS = RNG.poisson(RATES)


def bars_of(counts: np.ndarray, **more: int) -> pd.DataFrame:
    predictions = predicted(counts, {("poisson", 0): RATES}, kind="count", **more)
    return frequencies(checked_rows(predictions, incumbents_of(predictions)))


def test_every_count_is_expected_as_often_as_the_rates_say() -> None:
    bars = bars_of(COUNTS, repeats=2)

    assert bars["expected"].sum() == pytest.approx(400)
    assert bars["expected"].iloc[2] == pytest.approx(stats.poisson.pmf(2, RATES).sum())
    assert bars["expected"].iloc[-1] == pytest.approx(stats.poisson.sf(COUNTS.max() - 1, RATES).sum())
    assert bars["observed"].tolist() == pytest.approx([(k == COUNTS).sum() for k in range(COUNTS.max() + 1)])
    assert np.isnan(bars["end"].iloc[-1])


def test_counts_of_those_rates_lie_within_the_limits_and_too_many_zeros_do_not() -> None:
    right, inflated = bars_of(COUNTS), bars_of(np.where(RNG.random(400) < 0.3, 0, COUNTS))

    assert right["observed"].between(right["low"], right["high"]).all()
    assert inflated["observed"].iloc[0] > inflated["high"].iloc[0]


def test_the_limits_of_a_count_are_no_narrower_than_its_rates_allow() -> None:
    one, p = bars_of(COUNTS).iloc[1], stats.poisson.pmf(1, RATES)

    z = stats.norm.ppf(1 - 0.025 / (COUNTS.max() + 1))
    assert one["high"] - one["expected"] >= z * np.sqrt((p * (1 - p)).sum())
    assert bars_of(np.zeros(400, int))["expected"].tolist() == [400]


def test_large_counts_are_taken_together() -> None:
    starts = starts_of(np.arange(500.0))

    assert len(starts) <= MOST_COUNTS + 1
    assert len(set(np.diff(starts))) == 1
    assert starts_of(np.array([0.0, 3.0])).tolist() == [0, 1, 2, 3]


def test_other_kinds_have_no_frequencies() -> None:
    predictions = predicted(COUNTS, {("linear", 0): RATES})

    assert frequencies(checked_rows(predictions, incumbents_of(predictions))).empty
