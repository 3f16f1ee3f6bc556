"""What a plan is modelled to cost, and how long it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from study.schema import ALL_ROWS, Kind, Share
from study.search.cost import Size, formula_cost, trial_cost
from study.search.effort import EFFORTS
from study.search.estimate import count_all_programs
from study.search.plan import (
    make_plan,
    most_cost,
    study_cost,
)

from . import helpers
from .sizes import SMALL, config_of


def test_the_cost_counts_every_trial_and_grows_with_the_folds() -> None:
    few, more, most = (
        make_plan(config_of(families=["terms"], search={"trials": trials}), [SMALL]).seconds
        for trials in (4, 7, 10)
    )
    folds = [
        make_plan(config_of(n, families=["terms"], search={"trials": 4}), [SMALL]).seconds
        for n in (1, 2, 3)
    ]

    assert few < more
    assert more - few == pytest.approx(most - more)
    assert folds[1] - folds[0] == pytest.approx(folds[2] - folds[1])
    assert folds[0] == pytest.approx(2 * (folds[1] - folds[0]))  # all rows cost as a fold


def test_the_short_formula_costs_more_with_every_row_term_and_class_and_is_in_every_outer_fold() -> (
    None
):
    size = Size("y", Kind.MULTICLASS, 1_000, 10, outputs=3)
    more = [replace(size, rows=2_000), replace(size, terms=20), replace(size, outputs=10)]
    config = make_plan(config_of(5, families=["logistic"]), [size]).config
    search, wide = helpers.search_of("logistic", kind=Kind.MULTICLASS), replace(size, outputs=10)
    searching = 3 * (
        trial_cost(config, search, wide) - trial_cost(config, search, size)
    )  # a trial, a refit and parts of the rows
    few, many = (
        study_cost(config, [replace(size, outputs=outputs)]).seconds for outputs in (3, 10)
    )

    assert all(formula_cost(other) > formula_cost(size) for other in more)
    assert many - few == pytest.approx(6 * (searching + formula_cost(wide) - formula_cost(size)))


def test_a_study_lasts_no_less_than_its_start_its_last_searches_task_by_task_and_its_report() -> (
    None
):
    size = replace(SMALL, rows=4_000)
    plan = make_plan(config_of(5, depths=[3], search={"trials": 13}), [size])
    search, cost = helpers.search_of(depth=3, fold=ALL_ROWS), plan.cost
    trial = trial_cost(plan.config, search, size)

    lasting = {workers: cost.lasts(workers) for workers in (1, 2, 16, 10**9)}

    least = (
        cost.start + cost.compiling + cost.end + (3 + 2) * trial
    )  # 13 trials in a window of six, and the winner
    assert least < lasting[10**9] == pytest.approx(least, abs=0.2)
    assert lasting[1] == pytest.approx(cost.start + cost.seconds - cost.compiling + cost.end)
    assert list(lasting.values()) == sorted(lasting.values(), reverse=True)


def test_more_targets_trials_and_cells_lengthen_what_the_driver_does_alone() -> None:
    plan = make_plan(config_of(5), [SMALL]).cost
    trials = make_plan(config_of(5, search={"trials": 200}), [SMALL]).cost
    targets = make_plan(config_of(5), [SMALL, replace(SMALL, target="z")]).cost
    cells = make_plan(config_of(5), [replace(SMALL, rows=10**6)]).cost

    assert all(plan.end < more.end for more in (trials, targets, cells))
    assert plan.start == trials.start == targets.start < cells.start


def test_a_share_has_its_part_of_the_searches_and_no_report() -> None:
    plan = make_plan(config_of(5), [SMALL])

    share = plan.share(Share(number=1, count=4)).cost

    assert (share.seconds, share.last, share.end) == (plan.cost.seconds / 4, plan.cost.last / 4, 0)


def test_programs_cost_the_same_whatever_the_folds_and_are_counted_for_each_target_and_depth() -> (
    None
):
    shaped = {"space": {"neural": {"width": [8, 16], "dropout": 0.0}}, "search": {"trials": 4}}
    counted = [
        count_all_programs(config_of(folds, depths=[1, 3], **shaped), sizes)
        for folds, sizes in ((1, [SMALL]), (4, [SMALL]), (1, [SMALL, replace(SMALL, target="z")]))
    ]

    assert counted == [4, 4, 8]


def test_a_quick_study_compiles_one_program_a_depth_unless_a_config_wants_more() -> None:
    plan, asked = (
        make_plan(config_of(effort="quick", space=space), [SMALL])
        for space in ({}, {"neural": {"width": [8, 9]}})
    )

    assert [count_all_programs(each.config, [SMALL]) for each in (plan, asked)] == [3, 6]
    assert plan.config.space == {"neural": {"width": 64, "dropout": 0.0}}
    assert asked.config.space == {"neural": {"width": [8, 9], "dropout": 0.0}}


@pytest.mark.parametrize(
    ("rows", "share"), [(10, 0.2), (600, 0.2), (4_800, 0.6), (9_000, 1.0), (10**6, 1.0)]
)
def test_a_small_table_may_cost_a_share_of_the_cap(rows: int, share: float) -> None:
    assert most_cost(config_of(effort="normal"), [replace(SMALL, rows=rows)]) == pytest.approx(
        share * EFFORTS["normal"].cap_s
    )
