from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from study.running.queue import FoldQueue
from study.schema import TrialState
from study.screen import progress as progress_module
from study.screen.progress import Progress, print_summary, span, workers_here
from tests.report.synthetic import write_results
from tests.screen.shown import finish, make_study, plain, winner


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress_module, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1:00 min"),
        (185, "3:05 min"),
        (3_599, "59:59 min"),
        (3_600, "1:00 h"),
        (7_859, "2:10 h"),
        (360_000, "100:00 h"),
    ],
)
def test_a_span_is_written_for_people(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_without_a_terminal_a_study_is_a_few_plain_lines(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()
    extended = "y [m]-extended-o0"

    with shown:
        shown.started(plan, arms, beside)
        for number in range(4):
            clock.now += 2
            finish(shown, arms, extended, range(number, number + 1))

    assert out.getvalue().splitlines() == [
        f"'party [1]': 24 trials in 6 arms, {plan.n_fits} fits.",
        "2 s: 1 of 24 trials, 0 of 6 winners, 0 of 3 trees and 0 of 3 short formulas done, about 1:38 min left",
        "8 s: 4 of 24 trials, 0 of 6 winners, 0 of 3 trees and 0 of 3 short formulas done, about 1:32 min left",
    ]


def finish_work(
    shown: Progress, queue: FoldQueue, number: int = 0, state: TrialState = TrialState.COMPLETE, **more: Any
) -> None:
    told = queue.work[number].record("party", state, **more)
    queue.tell(told)
    shown.finished_work(told)


def test_the_last_of_all_is_told_at_once(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()

    shown.started(plan, arms, beside)
    for key in arms:
        finish(shown, arms, key, range(4))
    for number in range(1, 6):
        finish_work(shown, beside, number)
    clock.now += 1
    for key, arm in arms.items():
        arm.score(0)
        shown.finished_winner(winner(arms[key].arm))
    before = out.getvalue().splitlines()
    finish_work(shown, beside, 0)

    said = "1 s: 24 of 24 trials, 6 of 6 winners, 3 of 3 trees and 3 of 3 short formulas done, about 4 s left"
    assert out.getvalue().splitlines() == [*before, said]


def test_work_that_failed_is_named_with_its_reason(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()

    shown.started(plan, arms, beside)
    for number in (1, 3):
        finish_work(shown, beside, number, TrialState.FAIL, error="Traceback\nValueError: [no] luck\n")

    lines, why = out.getvalue().splitlines(), "failed and the study goes on: ValueError: [no] luck"
    assert f"The boosted trees y [m]-trees-o1 {why}" in lines
    assert f"The short formula y [m]-short-o0 {why}" in lines


def test_a_failed_trial_is_named_with_its_reason(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()

    shown.started(plan, arms, beside)
    finish(shown, arms, "y [m]-neural-d1-o1", range(1), loss=None)

    assert "Trial y [m]-neural-d1-o1-0000 failed and the study goes on: ValueError: [no] luck" in out.getvalue().splitlines()


def test_a_study_that_goes_on_says_what_is_done(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()
    finish(Progress(Console(file=io.StringIO())), arms, "y [m]-extended-o0", range(3))

    shown.started(plan, arms, beside)

    assert out.getvalue() == "Continuing 'party [1]': 3 of 24 trials are done, 21 to go.\n"


def test_a_finished_study_says_that_nothing_is_left(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()
    for key, arm in arms.items():
        finish(Progress(Console(file=io.StringIO())), arms, key, range(4))
        arm.score(0)
    for number in range(6):
        finish_work(Progress(Console(file=io.StringIO())), beside, number)

    shown.started(plan, arms, beside)

    assert out.getvalue() == "Continuing 'party [1]': 24 of 24 trials are done, nothing is left to train.\n"


def test_a_run_that_had_but_work_beside_the_arms_to_do_ends_with_the_report_left(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()
    for key, arm in arms.items():
        finish(Progress(Console(file=io.StringIO())), arms, key, range(4))
        arm.score(0)
    shown.started(plan, arms, beside)

    for number in range(6):
        clock.now += 1
        finish_work(shown, beside, number)

    assert out.getvalue().splitlines()[-1] == (
        "6 s: 24 of 24 trials, 6 of 6 winners, 3 of 3 trees and 3 of 3 short formulas done, about 4 s left"
    )


def test_a_time_budget_is_warned_of(clock: Clock) -> None:
    plan, arms, beside = make_study(time_budget_min=1.5)
    shown, out = plain()

    shown.started(plan, arms, beside)

    assert out.getvalue().splitlines()[1] == (
        "A time budget of 1.5 minutes is set: what is searched depends on this machine's speed, and another run will not give "
        "the same results."
    )


def test_the_time_left_divides_the_work_left_by_the_workers_that_were_busy(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, _ = plain()

    shown.started(plan, arms, beside)
    clock.now += 4
    finish(shown, arms, "y [m]-extended-o0", range(2), seconds=1)
    finish(shown, arms, "y [m]-neural-d1-o0", range(2), seconds=3)

    # Two trials and a winner (worth two) are left of the arms that have begun, six units of the others at the mean of 2 s, and
    # three trees and three short formulas, each worth two until there is one of its sort. The first task began 3 s ago.
    work, end = 4 * 1 + 4 * 3 + 4 * 6 * 2, plan.cost.end
    assert shown.seconds_left() == pytest.approx((work + 6 * 2 * 2) / (8 / 3) + end)
    clock.now += 4
    finish_work(shown, beside, wall_time_s=7.0)
    assert shown.seconds_left() == pytest.approx((work + 2 * 7 + 3 * 2 * 2) / (15 / 7) + end)


def test_the_time_left_is_no_less_than_the_longest_arm_takes_task_by_task(clock: Clock) -> None:
    plan, arms, beside = make_study(search={"trials": 7})
    shown, _ = plain()
    shown.started(plan, arms, beside)
    slow = "y [m]-neural-d1-all"
    for key in arms:
        finish(shown, arms, key, range(1 if key == slow else arms[key].trials), seconds=60)
    for number in range(6):
        finish_work(shown, beside, number, wall_time_s=60)
    for key, arm in arms.items():
        if key != slow:
            arm.score(0)

    # A window of six, so that six trials are one after none, and the winner is worth two.
    assert shown.worked / 60 > 30
    assert shown.seconds_left() == pytest.approx(60 * (1 + 2) + plan.cost.end)


def test_before_the_first_trial_the_time_left_comes_from_the_plan(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, _ = plain()

    shown.started(plan, arms, beside)

    cost = plan.cost
    assert shown.seconds_left() == pytest.approx(cost.lasts(workers_here(plan)) - cost.start)


def test_in_a_terminal_outer_folds_share_a_row_of_the_live_table(clock: Clock) -> None:
    plan, arms, beside = make_study()
    out = io.StringIO()
    shown = Progress(Console(file=out, width=60, force_terminal=True, color_system=None, markup=False, emoji=False))

    with shown:
        shown.started(plan, arms, beside)
        clock.now += 70
        for place, loss in (("o0", 0.25), ("o1", 0.5), ("all", 0.375)):
            key = f"y [m]-extended-{place}"
            finish(shown, arms, key, range(4), loss=loss)
            arms[key].score(0)
        finish(shown, arms, "y [m]-neural-d1-o0", range(1))

    last = [line.split() for line in out.getvalue().rpartition("party")[2].splitlines()]
    assert last[0] == ["[1]", "·", "1:10", "min"]
    assert last[1] == ["target", "model", "trials", "best", "loss", "left"]
    assert last[2] == ["y", "[m]", "extended", "12/12", "0.3750", "done"]
    assert last[3][:5] == ["y", "[m]", "neural-d1", "1/12", "0.5000"]


def test_the_live_view_prints_no_plain_lines(clock: Clock) -> None:
    plan, arms, beside = make_study()
    out = io.StringIO()
    shown = Progress(Console(file=out, width=60, force_terminal=True, color_system=None, markup=False, emoji=False))

    with shown:
        shown.started(plan, arms, beside)
        clock.now += 70
        finish(shown, arms, "y [m]-extended-o0", range(4))

    assert "winners scored" not in out.getvalue()


def test_the_summary_tells_answer_action_sources_and_formula_in_this_order(tmp_path: Path) -> None:
    results = write_results(tmp_path / "party", ["balloons"], n_trials=1, depths=(1,), terms=True)
    out = io.StringIO()

    print_summary(results, Console(file=out, width=60))

    (verdict,) = results.verdicts
    told = (verdict.margins_words, verdict.sources_words, verdict.short_words, verdict.formula, verdict.estimand)
    assert out.getvalue().splitlines()[1:8] == [verdict.sentence, verdict.action, *told]
