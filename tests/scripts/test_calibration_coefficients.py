"""Simulated tables of coefficients have the truth that they claim, and the dependence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calibrations import coefficients
from study.diagnostics.coefficients.reference import reference_coefficients
from study.schema import Kind


@pytest.mark.parametrize("kind", list(Kind))
def test_a_large_table_of_groups_has_the_slopes_that_are_called_the_truth(kind: Kind) -> None:
    scenario = coefficients.Scenario("large", kind, 10_000, "group", (5,) * 2_000, 0.7, own=True)

    x, y, units = coefficients.draw(scenario, np.random.default_rng(0))

    found = reference_coefficients(x, y, kind, coefficients.CLASSES, 0.0, np.ones(2), units)
    slopes = found.loc[found["term"] != "intercept", "ref_estimate"].to_numpy()
    truth = np.concatenate([coefficients.SLOPES, -coefficients.SLOPES])[: len(slopes)]
    assert slopes == pytest.approx(truth, abs=0.1)


def test_counts_that_vary_too_much_have_their_mean_and_more_than_its_variance() -> None:
    scenario = coefficients.Scenario("large", Kind.COUNT, 40_000, uneven=True)

    x, y, _ = coefficients.draw(scenario, np.random.default_rng(0))

    rate = np.exp(x.to_numpy() @ coefficients.SLOPES)
    assert (y / rate).mean() == pytest.approx(1, abs=0.03)
    assert np.square(y - rate).mean() == pytest.approx((rate + rate**2).mean(), rel=0.1)


def test_rows_in_time_order_have_the_correlation_that_is_asked_for_and_a_variance_of_one() -> None:
    scenario = coefficients.Scenario("long", Kind.CONTINUOUS, 20_000, "block", rho=0.8)

    x, y, units = coefficients.draw(scenario, np.random.default_rng(0))

    noise = y - x.to_numpy() @ coefficients.SLOPES
    assert noise.var() == pytest.approx(1, abs=0.1)
    assert stats.pearsonr(noise[:-1], noise[1:]).statistic == pytest.approx(0.8, abs=0.02)
    assert (units.sort, units.count) == ("block", 141)


def test_the_table_has_a_line_for_every_scenario() -> None:
    lines = list(coefficients.rows(1))

    assert len(lines) == 2 + len(coefficients.SCENARIOS)
    assert {line.count("|") for line in lines} == {8}
