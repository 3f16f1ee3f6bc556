"""What a budget of core-hours buys: more for more, as much as it affords, and the same everywhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from study.schema import Kind, StudyError
from study.search.cost import Size
from study.search.effort import BOUGHT, MOST_BOUGHT_REPEATS, effort_of, steps
from study.search.plan import Plan, make_plan, resolve_outer

from . import helpers

SIZES = [
    Size("y", Kind.CONTINUOUS, 442, 10),
    Size("y", Kind.MULTICLASS, 4_000, 20, outputs=3),
    Size("y", Kind.BINARY, 30_000, 40),
    Size("y", Kind.CONTINUOUS, 400_000, 40),
]
HOURS = [0.01 * 3**power for power in range(13)]
"""From 36 core-seconds to 5,300 core-hours."""


def plan_of(size: Size, hours: float, **more: Any) -> Plan:
    config = resolve_outer(
        helpers.config_of(targets={"y": size.kind}, budget_core_hours=hours, **more), [size]
    )
    return make_plan(config, [replace(size, rows=size.rows - size.rows // 5)])


def amounts(plan: Plan) -> tuple[int, ...]:
    """Depths, seeds, epochs and trials."""
    config = plan.config
    return (
        len(config.depths or []),
        config.inner.seeds or 0,
        config.training.epochs or 0,
        config.search.trials or 0,
    )


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size.rows))
def test_more_hours_buy_never_fewer_repeats_and_at_the_same_repeats_nothing_less(
    size: Size,
) -> None:
    plans = [plan_of(size, hours) for hours in HOURS]

    for less, more in pairwise(plans):
        if less.config.protocol == more.config.protocol:
            assert (less.config.outer.repeats or 1) <= (more.config.outer.repeats or 1)
        if less.config.n_outer == more.config.n_outer:
            assert all(a <= b for a, b in zip(amounts(less), amounts(more), strict=True))
    assert plans[-1].n_fits > 100 * plans[0].n_fits


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size.rows))
def test_a_plan_stays_within_its_budget_and_takes_most_of_it_unless_it_has_all_or_only_the_least(
    size: Size,
) -> None:
    least, *_, most = steps()
    seen = set()
    for hours in HOURS:
        plan = plan_of(size, hours)
        share = plan.seconds / 3_600 / hours
        own = amounts(plan)
        if share > 1:
            assert own[:2] + own[3:] == (least.depths, least.seeds, least.trials)
        elif own[3] < most.trials:
            assert share > (
                0.7 if own[1] > 2 or own[3] > 8 else 0.45
            )  # below, a depth or a seed more is twice the cost
            seen.add(hours)
    assert len(seen) >= 5


def test_no_step_has_less_of_anything_than_the_one_before() -> None:
    ladder = [*steps()]

    assert (ladder[0], ladder[-1]) == (BOUGHT[0], BOUGHT[-1])
    for less, more in pairwise(ladder):
        assert less != more
        assert less.depths <= more.depths
        assert less.seeds <= more.seeds
        assert less.epochs <= more.epochs
        assert less.trials <= more.trials


def test_a_budget_wins_over_effort_and_looks_at_no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, thorough = (plan_of(SIZES[0], 1, effort=effort) for effort in ("quick", "thorough"))

    monkeypatch.setattr("os.cpu_count", lambda: 64)
    elsewhere = plan_of(SIZES[0], 1, resources={"max_concurrent": 64})

    assert amounts(quick) == amounts(thorough) == amounts(elsewhere)
    assert quick.searches == thorough.searches == elsewhere.searches
    assert quick.seconds == thorough.seconds == elsewhere.seconds
    assert effort_of(quick.config).tree_trials == effort_of(thorough.config).tree_trials


def test_what_a_config_names_is_bought_as_it_is_and_the_rest_fills_the_budget() -> None:
    own: dict[str, Any] = {
        "depths": [2],
        "inner": {"seeds": 1},
        "outer": {"repeats": 2},
        "training": {"epochs": 50},
    }

    plan = plan_of(SIZES[0], 0.03, **own)

    config = plan.config
    assert (config.depths, config.inner.seeds, config.outer.repeats, config.training.epochs) == (
        [2],
        1,
        2,
        50,
    )
    assert (config.search.trials or 0) > 90
    assert 0.7 < plan.seconds / 108 <= 1


def test_a_plan_that_a_budget_filled_is_the_same_when_it_is_read_again() -> None:
    for hours in (0.001, 0.05, 200):
        plan = plan_of(SIZES[2], hours)

        again = resolve_outer(plan.config, [SIZES[2]])

        assert make_plan(again, [replace(SIZES[2], rows=24_000)]) == plan


def test_a_large_budget_repeats_the_folds_more_often_than_any_effort_but_never_those_in_time_order() -> (
    None
):
    assert plan_of(SIZES[0], 10).config.outer.repeats == MOST_BOUGHT_REPEATS
    assert plan_of(SIZES[0], 10, time="day").config.outer.repeats == 1


@pytest.mark.parametrize("hours", [0, -1, ".inf", "many"])
def test_a_budget_is_a_number_above_0(hours: Any) -> None:
    with pytest.raises(StudyError, match="'budget_core_hours'"):
        helpers.config_of(budget_core_hours=hours)


@pytest.mark.parametrize("hours", [1e-300, 1e308])
def test_no_budget_is_too_small_or_too_large_for_a_plan(hours: float) -> None:
    config = plan_of(SIZES[0], hours).config

    assert (config.search.trials, config.inner.seeds) in {
        (BOUGHT[0].trials, 1),
        (BOUGHT[-1].trials, BOUGHT[-1].seeds),
    }


def test_a_config_that_names_no_depth_at_all_has_no_network() -> None:
    plan = plan_of(SIZES[0], 1, depths=[])

    assert {search.family for search in plan.searches} == {"baseline", "linear", "terms"}
