"""Warnings in the report: all of them in a chapter, and below a target's answer those that touch
it, in one line.
"""

from __future__ import annotations

from html import escape

from study.diagnostics.drawing.html_table import Html, prose
from study.evidence.warnings.catalogue import CATALOGUE, DOUBTS
from study.formatting import count
from study.records.results import Results
from study.schema import StudyWarning

TEXT = """\
### Warnings

Read what a warning touches with care: the verdict, the search or the coefficients. `study explain S003` explains one.
"""


def warnings_of(results: Results, target: str) -> list[StudyWarning]:
    """Those of a target and of the table as a whole."""
    return [warning for warning in results.warnings if warning.target in {target, None}]


def listed(results: Results, target: str) -> Html:
    """One line for a target's answer: how many there are, and a link to each; nothing where there
    is none.
    """
    own = warnings_of(results, target)
    links = [
        f'<a href="#{_place(results, each)}">{escape(CATALOGUE[each.id].phrase)}</a>'
        for each in own
    ]
    return Html(
        f'<p class="warned">{count(len(own), "warning")}: {", ".join(links)}.</p>' if own else ""
    )


def doubts(results: Results, target: str) -> Html:
    """What puts a target's answer in doubt, for the lines below its headline."""
    return Html(
        "".join(
            f'<p><b>Check first.</b> <a href="#{_place(results, each)}">{each.id}</a> {escape(each.text)}</p>'
            for each in warnings_of(results, target)
            if each.id in DOUBTS
        )
    )


def section(results: Results) -> Html:
    """Every warning with its numbers and what to do, and folded away what it means."""
    if not results.warnings:
        return Html("<p>No warnings.</p>")
    return Html("".join(_warning(_place(results, each), each) for each in results.warnings))


def _place(results: Results, warning: StudyWarning) -> str:
    return f"warning-{results.warnings.index(warning)}"


def _warning(place: str, warning: StudyWarning) -> str:
    entry = CATALOGUE[warning.id]
    title = f"{warning.id} {entry.title}{f' ({warning.target})' if warning.target else ''}"
    return (
        f'<section class="warning" id="{place}"><h4>{escape(title)}</h4>'
        f"<p>{escape(warning.text)} <em>Touches {entry.touches}.</em></p><p><b>What to do.</b> {prose(warning.todo)}</p>"
        f"<details><summary>Why it matters</summary><p>{prose(entry.why.replace('*', ''))}</p></details></section>"
    )
