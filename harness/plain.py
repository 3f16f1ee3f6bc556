"""A report as Markdown that a forge shows: its text, its tables, and links to its figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from study.report.markdown import literal

MOST_ROWS = 100
"""Rows of a table that are written; the rest is counted."""
INLINE = {
    "a": "",
    "b": "**",
    "strong": "**",
    "em": "*",
    "small": " ",
    "span": " ",
    "code": "",
    "summary": "**",
}
"""Elements of a line of text, with what stands before and behind it."""
BEFORE = {"h3": "### ", "h4": "#### "}


def as_markdown(notebook: NotebookNode) -> str:
    """An executed notebook as Markdown without its code; figures are links to their files."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source.strip())
            continue
        name = cell.metadata.get("report", {}).get("figure")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            shown = to_markdown(data.get("text/html", ""))
            parts.append(f"![{literal(data['text/plain'])}](figures/{name}.svg)" if name else shown)
    return "\n\n".join(filter(None, parts)) + "\n"


def to_markdown(html: str) -> str:
    """HTML of the page as Markdown, without what only a browser shows."""
    page = BeautifulSoup(html, "html.parser")
    for silent in page.select("style, form, svg, .more"):
        silent.decompose()
    return "\n\n".join(_blocks(page))


def _blocks(part: Tag) -> Iterator[str]:
    children = [child for child in part.children if isinstance(child, Tag)]
    if part.name == "table":
        yield from _table(part)
    elif part.name == "pre":
        yield f"```\n{part.get_text().strip()}\n```"
    elif part.name == "ul":
        yield "\n".join(f"- {_words(item)}" for item in children)
    elif any(child.name not in INLINE for child in children):
        for child in children:
            yield from _blocks(child)
    elif words := _words(part):
        mark = INLINE.get(part.name, "").strip()
        yield f"{BEFORE.get(part.name, '')}{mark}{words}{mark}"


def _words(part: Tag) -> str:
    """What stands in an element, in one line."""
    words = ""
    for child in part.children:
        if not isinstance(child, Tag):
            words += literal(re.sub(r"\s+", " ", str(child)))
        elif child.name == "code":
            words += f"`{child.get_text()}`"
        else:
            mark = INLINE.get(child.name, " ")
            words += f"{mark}{_words(child)}{mark}"
    return " ".join(words.split())


def _table(table: Tag) -> Iterator[str]:
    head, *body = [[_words(cell) for cell in row.select("th, td")] for row in table.select("tr")]
    rows = [head, ["---"] * len(head), *body[:MOST_ROWS]]
    yield "\n".join(f"| {' | '.join(row)} |" for row in rows)
    if len(body) > MOST_ROWS:
        yield f"{len(body) - MOST_ROWS:,} more rows are in the HTML."
