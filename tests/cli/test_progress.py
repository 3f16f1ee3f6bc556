from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from study.cli.ending import print_all as print_summary
from study.cli.progress import Progress, span
from study.evidence.wording.amounts import small
from study.evidence.wording.answer import BESIDE, Words
from study.records.results import Results
from study.schema import TrialState
from tests.cli.shown import Clock, finish, finish_work, make_study, plain, record, winner


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


LINE = re.compile(r"party \[1\] (\d+)%  (\d+)/(\d+) trials  (\S+ s)(?:  .* left)?")


def test_without_a_terminal_a_line_is_printed_every_tenth(clock: Clock) -> None:
    plan, searches, beside = make_study()
    shown, out = plain()

    with shown:
        shown.started(plan, searches, beside)
        for number in range(4):
            clock.now += 2
            finish(shown, searches, "y [m]-terms-o0", range(number, number + 1))
        for number in range(6):
            finish_work(shown, beside, number)

    first, *lines = out.getvalue().splitlines()
    assert first.startswith("'party [1]': ")
    assert re.findall(r"\d+", first.partition(":")[2]) == ["24", "6", str(plan.n_fits)]
    told = [found.groups() for line in lines if (found := LINE.fullmatch(line))]
    assert [each[:3] for each in told] == [("11", "4", "24"), ("22", "4", "24")]
    assert [each[3] for each in told] == ["8 s", "8 s"]


def test_every_phase_is_named_with_the_time_left_to_the_report(clock: Clock) -> None:
    plan, searches, beside = make_study()
    shown, out = plain()

    with shown:
        shown.started(plan, searches, beside)
        for key in searches:
            clock.now += 4
            finish(shown, searches, key, range(4), seconds=1.0)
        for search in searches.values():
            clock.now += 2
            search.score(0)
            shown.finished(winner(search.spec))
        for number in range(6):
            clock.now += 2
            finish_work(shown, beside, number, wall_time_s=2.0)

    lines = out.getvalue().splitlines()[1:]
    phases = [re.sub(r"[^%]*%  (\S+/\S+ )?(.*?)  .*", r"\2", line) for line in lines]
    assert [*dict.fromkeys(phases)] == ["trials", "refits", "simple formulas", "verdicts"]
    left = re.search(r"(\d+) s left$", lines[-1])
    assert left is not None
    assert 1 <= int(left[1]) <= 59


def test_what_failed_is_named_with_its_reason(clock: Clock) -> None:
    plan, searches, beside = make_study()
    shown, out = plain()

    shown.started(plan, searches, beside)
    finish(shown, searches, "y [m]-neural-d1-o1", range(1), loss=None)
    for number in (1, 3):
        finish_work(
            shown, beside, number, TrialState.FAIL, error="Traceback\nValueError: [no] luck\n"
        )

    failures = [line for line in out.getvalue().splitlines() if ": ValueError: [no] luck" in line]
    names = ("y [m]-neural-d1-o1-0000", "y [m]-trees-o1", "y [m]-formula-o0")
    assert [name in line for name, line in zip(names, failures, strict=True)] == [True] * 3


def test_a_study_that_goes_on_says_what_is_done(clock: Clock) -> None:
    plan, searches, beside = make_study()
    shown, out = plain()
    for number in range(3):
        searches["y [m]-terms-o0"].tell(record(searches["y [m]-terms-o0"].spec, number))

    shown.started(plan, searches, beside)

    (line,) = out.getvalue().splitlines()
    assert re.findall(r"\d+", line.partition(":")[2]) == ["3", "24"]


def test_in_a_terminal_one_line_says_how_far_it_is(clock: Clock) -> None:
    plan, searches, beside = make_study()
    out = io.StringIO()
    shown = Progress(
        Console(
            file=out, width=80, force_terminal=True, color_system=None, markup=False, emoji=False
        )
    )

    with shown:
        shown.started(plan, searches, beside)
        clock.now += 70
        finish(shown, searches, "y [m]-terms-o0", range(4))

    last = out.getvalue().rpartition("party")[2].split()
    assert last[0] == "[1]"
    assert last[2:7] == ["11%", "4/24", "trials", "1:10", "min"]


def test_the_summary_tells_the_answer_before_its_evidence(finished: Results) -> None:
    out = io.StringIO()

    print_summary(finished, Console(file=out, width=60))

    (verdict,) = finished.verdicts
    told = (
        small(Words(verdict).headline),
        *Words(verdict).lines,
        *filter(None, (getattr(Words(verdict), name) for name in BESIDE)),
    )
    text = " ".join(out.getvalue().split())
    places = [text.index(" ".join(said.split())) for said in told]
    assert places[0] == min(places)
    assert "nan" not in out.getvalue()
