"""Warnings in the report: all of them in a section, and a line for a target's answer."""

from __future__ import annotations

import re
from html import unescape

from study.records.results import Results
from study.report import warnings
from study.report.card import answer
from study.schema import StudyWarning
from tests.report.synthetic import with_frames

FOUND = [
    StudyWarning(
        id="S003", target="colour", text="2 of 8 trials < that.", todo="Set `search.trials: 16`."
    ),
    StudyWarning(id="S013", text="'zip' looks like a code.", todo="Say so."),
    StudyWarning(id="S013", text="'plz' looks like a code.", todo="Say so."),
]


def test_every_warning_is_in_the_report_with_what_code_it_names_marked(results: Results) -> None:
    html = warnings.section(with_frames(results, warnings=FOUND))

    assert re.findall(r'<section class="warning" id="warning-(\d)"><h4>(S\d+)', html) == [
        ("0", "S003"),
        ("1", "S013"),
        ("2", "S013"),
    ]
    assert "2 of 8 trials &lt; that." in html
    assert "<code>search.trials: 16</code>" in html


def test_a_targets_line_links_to_its_own_warnings_and_to_those_of_the_table(
    results: Results,
) -> None:
    told = with_frames(results, warnings=FOUND)

    colour, shape = (
        re.findall(r'href="#([\w-]+)">(S\d+)', warnings.listed(told, target))
        for target in ("colour", "shape")
    )

    assert colour == [("warning-0", "S003"), *shape]
    assert shape == [("warning-1", "S013"), ("warning-2", "S013")]


def test_what_puts_an_answer_in_doubt_is_said_in_full_below_its_headline(results: Results) -> None:
    leak = StudyWarning(id="S006", target="colour", text="'a' < 'b' alone.", todo="Drop it.")
    told = with_frames(results, warnings=[*FOUND, leak])

    assert "'a' < 'b' alone." in unescape(warnings.doubts(told, "colour"))
    assert 'href="#warning-3"' in warnings.doubts(told, "colour")
    assert warnings.doubts(told, "shape") == ""
    (card,) = (each for each in answer(told).split("<section") if 'warning-3">' in each)
    headline, doubt, models = map(card.index, ("<h3>", "warning-3", "<table"))
    assert headline < doubt < models


def test_where_nothing_was_found_no_line_stands_below_an_answer(results: Results) -> None:
    told = with_frames(results, warnings=[])

    assert "<section" not in warnings.section(told)
    assert warnings.listed(told, "colour") == ""
