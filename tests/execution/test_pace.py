"""How long a run is said to take, by tasks whose seconds are made up."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from study.config import make_config
from study.schema import ALL_ROWS, FORMULA, TREES, Kind
from study.search.cost import WINNER_S, Size
from study.search.pace import FIRST, REFITS, TRIALS, Pace
from study.search.plan import Plan, make_plan

COMPILE_S = 8.0
"""Of the first trial of each network."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    config = make_config(
        {
            "name": "party",
            "data": {"source": "balloons"},
            "targets": ["y"],
            "depths": [1, 2],
            "protocol": "nested",
            "outer": {"folds": 3, "repeats": 1},
            "search": {"trials": 20},
        }
    )
    return make_plan(config, [Size("y", Kind.CONTINUOUS, 4_000, 8)])


def forecasts(plan: Plan, speeds: dict[str, float]) -> list[tuple[float, float | None]]:
    """After each task of a run on two workers, its share of the time and how often the true time
    is forecast; speeds: seconds a task of a family takes for each that is modelled, "" of others.
    """
    noise = np.random.default_rng(0)
    workers, found = [5.0, 5.0], []
    work = [(TRIALS, search, plan.trials(search)) for search in plan.searches]
    work += [(REFITS, search, 1) for search in plan.searches]
    work += [(each.many, each.search, 1) for each in plan.beside]
    pace = Pace(plan.cost, work)
    fold_by_fold = sorted(
        work, key=lambda each: (each[1].family in (TREES, FORMULA), each[1].outer_fold % 9)
    )
    for many, search, count in fold_by_fold:
        for number in range(count):
            seconds = pace.cost.tasks["y", search.family, search.depth]
            if many == REFITS:
                seconds = WINNER_S + 2 * seconds * (search.outer_fold != ALL_ROWS)
            seconds *= speeds.get(search.family, speeds[""]) * noise.lognormal(-0.1, 0.5)
            first = (search.family, many, search.outer_fold, number) == ("neural", TRIALS, 0, 0)
            seconds += COMPILE_S * first
            heapq.heappush(workers, now := heapq.heappop(workers) + seconds)
            found.append((now, pace.ended(many, search, seconds, now)))
    end = max(workers) + plan.cost.end * speeds["end"]
    return [(now / end, None if left is None else (now + left) / end) for now, left in found]


@pytest.mark.parametrize(
    "speeds",
    [
        {"": 1.0, "end": 1.0},
        {"": 6.0, "end": 9.0},
        {"": 1.0, "neural": 4.0, "end": 3.0},
        {"": 2.0, "terms": 0.3, TREES: 6.0, FORMULA: 4.0, "end": 1.0},
    ],
)
def test_from_a_third_of_a_run_on_its_end_is_forecast_within_a_half(
    plan: Plan, speeds: dict[str, float]
) -> None:
    told = [each for share, each in forecasts(plan, speeds) if share > 1 / 3]

    assert None not in told
    assert max(max(each, 1 / each) for each in told if each) < 1.5


def test_nothing_is_forecast_before_a_tenth_of_the_work_is_done(plan: Plan) -> None:
    told = [each for _, each in forecasts(plan, {"": 1.0, "end": 1.0})]

    first = next(place for place, each in enumerate(told) if each is not None)
    assert FIRST / 2 < first / len(told) < 1 / 3
    assert told[-1] == pytest.approx(1.0, abs=0.01)
