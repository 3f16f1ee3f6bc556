"""Where the intervals of a linearised gain fell short, those that are solved for it hold."""

from __future__ import annotations

import numpy as np
import pytest

from calibrations.simulations import SCENARIOS, judge


@pytest.mark.parametrize(
    ("name", "most_before", "least_now"),
    [("lognormal losses (1.5), 178 rows", 0.9, 0.91), ("time order, rho 0.8, 178 rows", 0.6, 0.88)],
)
def test_intervals_hold_the_truth_where_they_did_not(
    name: str, most_before: float, least_now: float
) -> None:
    found = judge(SCENARIOS[name], draws=150, widths=1)

    assert found["before"] < most_before
    assert found["now"] >= least_now


def test_two_repeats_that_differ_are_not_told_as_a_hundred_rows() -> None:
    found = judge(SCENARIOS["two repeats that differ, 100 rows"], draws=200, widths=1)

    assert found["now"] > found["before"]


def test_where_they_held_they_still_do_and_are_hardly_wider_and_p_is_of_the_margin() -> None:
    found = judge(SCENARIOS["normal errors, 400 rows"], draws=150, widths=30)

    assert 0.92 <= found["now"] <= 0.985
    assert found["width"] < 1.2
    assert found["p before"] > 0.5  # that of no gain


def test_the_gain_of_every_scenario_is_its_truth_on_average() -> None:
    rng = np.random.default_rng(0)
    for draw in SCENARIOS.values():
        drawn = [draw(rng) for _ in range(30)]
        base, other = (
            np.mean([getattr(each, side).mean() for each in drawn]) for side in ("base", "other")
        )
        assert 1 - other / base == pytest.approx(drawn[0].truth, abs=0.15)
