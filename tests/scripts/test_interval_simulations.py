"""Where the intervals of a linearised gain fell short, those that are solved for it hold."""

from __future__ import annotations

import numpy as np
import pytest
from interval_simulations import SCENARIOS, judge


@pytest.mark.parametrize(
    ("name", "most_before", "least_now"),
    [
        ("lognormal losses (1.5), 178 rows", 0.89, 0.91),
        ("30 groups of 1 to 60, 0.7 shared", 0.92, 0.92),
        ("time order, rho 0.5, 178 rows", 0.80, 0.92),
        ("time order, rho 0.8, 178 rows", 0.60, 0.90),
    ],
)
def test_intervals_hold_the_truth_where_they_did_not(name: str, most_before: float, least_now: float) -> None:
    found = judge(SCENARIOS[name], draws=500, widths=1)

    assert found["before"] < most_before
    assert found["now"] >= least_now


def test_two_repeats_that_differ_are_not_told_as_a_hundred_rows() -> None:
    found = judge(SCENARIOS["two repeats that differ, 100 rows"], draws=700, widths=1)

    assert found["before"] < 0.92
    assert found["now"] > found["before"] + 0.01


@pytest.mark.parametrize("name", ["normal errors, 400 rows", "time order, rho 0, 178 rows", "60 groups of 5, 0.7 shared"])
def test_where_they_held_they_still_do_and_are_hardly_wider(name: str) -> None:
    found = judge(SCENARIOS[name], draws=500, widths=100)

    assert 0.92 <= found["now"] <= 0.985
    assert found["width"] < 1.2


def test_a_p_value_of_the_margin_is_rarely_small_where_the_gain_is_the_margin() -> None:
    found = judge(SCENARIOS["normal errors, 100 rows"], draws=500, widths=1)

    assert found["p before"] > 0.5  # that of no gain
    assert found["now, above"] + found["now, below"] < 0.08


def test_the_gain_of_every_scenario_is_its_truth_on_average() -> None:
    rng = np.random.default_rng(0)
    for draw in SCENARIOS.values():
        drawn = [draw(rng) for _ in range(60)]
        base, other = (np.mean([getattr(each, side).mean() for each in drawn]) for side in ("base", "other"))
        assert 1 - other / base == pytest.approx(drawn[0].truth, abs=0.12)
