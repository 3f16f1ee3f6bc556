"""A frame as a table of the report, and markup that a notebook shows."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from study.digits import human


class Html(str):
    """Markup that a notebook shows as it is."""

    def _repr_html_(self) -> str:
        return str(self)


def table(frame: pd.DataFrame, empty: str = "Nothing to show.") -> Html:
    """`frame` as HTML with three significant digits; columns that hold nothing are left out."""
    shown = frame.dropna(axis="columns", how="all")
    if shown.empty:
        return Html(f"<p>{escape(empty)}</p>")
    is_number = {column: pd.api.types.is_numeric_dtype(shown[column]) for column in shown}
    head = "".join(f"<th{_right(is_number[column])}>{escape(str(column))}</th>" for column in shown)
    rows = ["".join(map(_td, row, is_number.values())) for row in shown.astype(object).itertuples(index=False)]
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    return Html(f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


def _right(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def _td(value: Any, is_number: bool) -> str:
    text = str(value) if isinstance(value, list | dict | tuple) else human(value)
    return f"<td{_right(is_number) or _width(text)}>{escape(text)}</td>"


def _width(text: str) -> str:
    """Whether the text of a cell may be broken into lines: words may, an interval or a number may not."""
    if len(text) > 44:
        return ' class="long"'
    return ' class="words"' if len(text) > 16 and text[:1].isalpha() and " to " not in text else ""
