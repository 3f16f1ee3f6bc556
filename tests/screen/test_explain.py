"""`study explain`, and warnings in the terminal."""

from __future__ import annotations

import io
import json

from rich.console import Console

from study.evidence.warnings.catalogue import CATALOGUE
from study.schema import StudyWarning
from study.screen.warned import count_words, print_warnings
from tests.screen.conftest import Command

EDGE = StudyWarning(id="S002", target="y [m]", text="At its end.", todo="Widen it.")
CODE = StudyWarning(id="S013", text="A code.", todo="Say so.")


def test_explain_prints_one_warning_or_lists_all(command: Command) -> None:
    one, all_ = command("explain", "S003"), command("explain")

    assert (one.code, all_.code) == (0, 0)
    assert one.out.startswith("S003 Still improving when the budget ended\n\nTouches the search.\n\nThe last quarter of")
    assert "\n\nWhat to do. Give the search more trials" in one.out
    assert [line[:4] for line in all_.out.splitlines()] == list(CATALOGUE)


def test_explain_gives_json(command: Command) -> None:
    assert json.loads(command("explain", "S003", "--json").out)["title"] == "Still improving when the budget ended"
    assert [each["id"] for each in json.loads(command("explain", "--json").out)] == list(CATALOGUE)


def test_an_id_that_is_not_there_is_answered_with_the_nearest(command: Command) -> None:
    ended = command("explain", "S103")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "Error: A warning is named by its id, but there is no 'S103'. Did you mean 'S013'? There are S001 to S014; "
        "`study explain` lists them.\n"
    )


def test_warnings_are_printed_with_what_to_do_and_counted_in_one_line() -> None:
    out = io.StringIO()

    print_warnings([EDGE, CODE], Console(file=out, width=60, markup=False, emoji=False, highlight=False))

    assert out.getvalue() == (
        "Warning S002: At its end. Widen it.\nWarning S013: A code. Say so.\n`study explain S002` says more of a warning.\n"
    )
    assert count_words([EDGE, CODE]) == (
        "2 warnings: S002 incumbent at the edge of its space (y [m]), S013 codes read as numbers."
    )
    assert count_words([]) == ""
