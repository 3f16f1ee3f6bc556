from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from study.cli.progress import Progress, print_summary, span, workers_here
from study.evidence.wording.answer import BESIDE, Words
from study.records.results import Results
from study.schema import TrialState
from tests.cli.shown import Clock, finish, finish_work, make_study, plain, winner


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


COUNTS = re.compile(r"(\d+) of (\d+)")
SIX = [("6", "6"), ("3", "3"), ("3", "3")]
"""Winners, trees and short formulas, all done."""


def test_without_a_terminal_a_line_is_printed_every_five_seconds(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()

    with shown:
        shown.started(plan, arms, beside)
        for number in range(4):
            clock.now += 2
            finish(shown, arms, "y [m]-extended-o0", range(number, number + 1))

    first, *lines = out.getvalue().splitlines()
    assert first.startswith("'party [1]': ")
    assert re.findall(r"\d+", first.partition(":")[2]) == ["24", "6", str(plan.n_fits)]
    assert [(line.partition(":")[0], COUNTS.findall(line)) for line in lines] == [
        ("2 s", [("1", "24"), ("0", "6"), ("0", "3"), ("0", "3")]),
        ("8 s", [("4", "24"), ("0", "6"), ("0", "3"), ("0", "3")]),
    ]


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
        shown.finished(winner(arms[key].arm))
    before = out.getvalue().splitlines()
    finish_work(shown, beside, 0)

    *told, last = out.getvalue().splitlines()
    assert told == before
    assert (last.partition(":")[0], COUNTS.findall(last)) == ("1 s", [("24", "24"), *SIX])


def test_what_failed_is_named_with_its_reason(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()

    shown.started(plan, arms, beside)
    finish(shown, arms, "y [m]-neural-d1-o1", range(1), loss=None)
    for number in (1, 3):
        finish_work(shown, beside, number, TrialState.FAIL, error="Traceback\nValueError: [no] luck\n")

    failures = [line for line in out.getvalue().splitlines() if line.endswith(": ValueError: [no] luck")]
    names = ("y [m]-neural-d1-o1-0000", "y [m]-trees-o1", "y [m]-short-o0")
    assert [name in line for name, line in zip(names, failures, strict=True)] == [True] * 3


def test_a_study_that_goes_on_says_what_is_done(clock: Clock) -> None:
    plan, arms, beside = make_study()
    shown, out = plain()
    finish(Progress(Console(file=io.StringIO())), arms, "y [m]-extended-o0", range(3))

    shown.started(plan, arms, beside)

    (line,) = out.getvalue().splitlines()
    assert re.findall(r"\d+", line.partition(":")[2]) == ["3", "24", "21"]


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

    last, (again, told) = out.getvalue().splitlines()[-1], plain()
    assert (last.partition(":")[0], COUNTS.findall(last)) == ("6 s", [("24", "24"), *SIX])
    assert span(plan.cost.end) in last
    again.started(plan, arms, beside)
    assert re.findall(r"\d+", told.getvalue().partition(":")[2]) == ["24", "24"]  # and nothing to go


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

    assert not COUNTS.search(out.getvalue())  # no plain lines
    last = [line.split() for line in out.getvalue().rpartition("party")[2].splitlines()]
    assert last[0] == ["[1]", "·", "1:10", "min"]
    assert last[1] == ["target", "model", "trials", "best", "loss", "left"]
    assert last[2] == ["y", "[m]", "extended", "12/12", "0.3750", "done"]
    assert last[3][:5] == ["y", "[m]", "neural-d1", "1/12", "0.5000"]


def test_the_summary_tells_the_answer_before_its_evidence(finished: Results) -> None:
    out = io.StringIO()

    print_summary(finished, Console(file=out, width=60))

    (verdict,) = finished.verdicts
    told = [getattr(Words(verdict), name) for name in ("sentence", "action", *BESIDE, "estimand")]
    lines = out.getvalue().splitlines()
    assert lines[1 : 1 + len(list(filter(None, told)))] == list(filter(None, told))
    assert "nan" not in out.getvalue()
