"""A frame as a table of the report, and markup that a notebook shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from study.formatting import human

NUMBER = ' class="n"'
"""How a column of numbers is marked, which stands to the right."""


class Html(str):
    """Markup that a notebook shows as it is."""

    def _repr_html_(self) -> str:
        return str(self)


def table(frame: pd.DataFrame, empty: str = "Nothing to show.") -> Html:
    """`frame` as HTML with three significant digits; columns that hold nothing are left out.

    It scrolls on its own where it is wider or longer than its place; a line below is for how it
    goes on, which scripts know.
    """
    shown = frame.dropna(axis="columns", how="all")
    if shown.empty:
        return Html(f"<p>{escape(empty)}</p>")
    is_number = {column: pd.api.types.is_numeric_dtype(shown[column]) for column in shown}
    head = "".join(
        f'<th scope="col"{NUMBER * is_number[column]}>{escape(str(column))}</th>'
        for column in shown
    )
    rows = [
        "".join(map(_td, row, is_number.values()))
        for row in shown.astype(object).itertuples(index=False)
    ]
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    names = ", ".join(map(str, list(shown)[:3]))
    label = f"Table of {names}: {shown.shape[1]} columns, {len(shown)} row{'s' * (len(shown) != 1)}"
    return Html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div><p class="more"></p>'
    )


def filtered(frame: pd.DataFrame, chosen: Sequence[str], noun: str) -> Html:
    """`frame` as a `table` that a page can sort by each column, and filter by words and by values
    of the `chosen` columns.

    noun: what its rows are called.
    """
    shown = frame.dropna(axis="columns", how="all")
    if shown.empty:
        return table(shown)
    picks = "".join(
        f'<label>{escape(column)}<select data-column="{list(shown).index(column)}"><option value="">all</option>'
        + "".join(f"<option>{escape(str(value))}</option>" for value in shown[column].unique())
        + "</select></label>"
        for column in chosen
    )
    words = f'<label>words in any column<input type="search" name="words" autocomplete="off"></label>{picks}'
    return Html(
        f'<div class="filtered"><form class="filter" hidden aria-label="Filter {escape(noun)}">{words}</form>'
        f'<p class="count" role="status">{human(len(shown))} {escape(noun)}.</p>{table(shown)}</div>'
    )


def prose(text: str) -> str:
    """A sentence as HTML; what stands in backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def folded(summary: str, html: str) -> Html:
    """Markup that is folded away below its summary."""
    return Html(f'<details class="fold"><summary>{escape(summary)}</summary>{html}</details>')


def _td(value: Any, is_number: bool) -> str:
    text = str(value) if isinstance(value, list | dict | tuple) else human(value)
    return f"<td{NUMBER * is_number or _width(text)}>{escape(text)}</td>"


def _width(text: str) -> str:
    """Whether the text of a cell may be broken into lines: words may, an interval or a number may
    not.
    """
    if len(text) > 44:
        return ' class="long"'
    return ' class="words"' if len(text) > 16 and text[:1].isalpha() and " to " not in text else ""


def by_target(frame: pd.DataFrame) -> Html:
    """A `table` for every target, each with the columns that it fills."""
    if frame.empty:
        return table(frame)
    parts = [
        (target, rows.drop(columns="target"))
        for target, rows in frame.groupby("target", sort=False)
    ]
    return Html("".join(f"<h4>{escape(str(target))}</h4>{table(rows)}" for target, rows in parts))
