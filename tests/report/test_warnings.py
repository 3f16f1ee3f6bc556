"""Warnings in the report: all of them in a section, and a line for a target's answer."""

from __future__ import annotations

import re

from study.records.results import Results
from study.report import warnings
from study.schema import StudyWarning
from tests.report.synthetic import with_frames

FOUND = [
    StudyWarning(id="S003", target="colour", text="2 of 8 trials < that.", todo="Set `search.trials: 16`."),
    StudyWarning(id="S013", text="'zip' looks like a code.", todo="Say so."),
    StudyWarning(id="S013", text="'plz' looks like a code.", todo="Say so."),
]


def test_every_warning_has_its_numbers_what_to_do_and_why(results: Results) -> None:
    html = warnings.section(with_frames(results, warnings=FOUND))

    assert html.count('<section class="warning"') == 3
    assert "<h4>S003 Still improving when the budget ended (colour)</h4><p>2 of 8 trials &lt; that. " in html
    assert "<b>What to do.</b> Set <code>search.trials: 16</code>." in html
    assert "<details><summary>Why it matters</summary><p>If each quarter brings half of" in html
    assert "<h4>S013 Codes read as numbers</h4>" in html


def test_a_targets_line_links_to_its_own_warnings_and_to_those_of_the_table(results: Results) -> None:
    told = with_frames(results, warnings=FOUND)

    colour, shape = (warnings.listed(told, target) for target in ("colour", "shape"))

    assert colour.startswith(
        '<p class="warned">3 warnings: <a href="#warning-0">S003 still improving when the budget ended</a>, '
    )
    assert shape.startswith('<p class="warned">2 warnings: <a href="#warning-1">S013 codes read as numbers</a>, ')
    assert set(re.findall(r'href="#([\w-]+)"', colour)) == set(re.findall(r'id="([\w-]+)"', warnings.section(told)))


def test_where_nothing_was_found_that_is_said_and_no_line_stands_below_an_answer(results: Results) -> None:
    told = with_frames(results, warnings=[])

    assert warnings.section(told) == "<p>None of the 14 warnings was found.</p>"
    assert warnings.listed(told, "colour") == ""
