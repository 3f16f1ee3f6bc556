"""HTML of tables and cards as Markdown that a forge shows: what it would strip is said in words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

MOST_ROWS = 100
"""Rows of a table that are written; the rest is counted."""
_SILENT = {"script", "style", "template", "svg", "nav", "form", "label", "select", "button"}
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "figure",
    "figcaption",
    "ul",
    "ol",
    "details",
    "summary",
    "header",
    "footer",
    "dl",
    "dt",
    "dd",
}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_INLINE = {"span", "small", "a", *_MARKS}
_VOID = {"br", "hr", "img", "input", "meta", "link", "wbr", "col"}


def to_markdown(html: str, most_rows: int = MOST_ROWS) -> str:
    """`html` as Markdown: paragraphs, lists, tables, emphasis and links; of a picture what it says for those who do not see it.

    most_rows: of a table, beyond which rows are counted only. What neither shows nor speaks (scripts, controls) is left out.
    """
    reader = _Reader(most_rows)
    reader.feed(html)
    reader.close()
    return reader.markdown


def escaped(text: str) -> str:
    """Text whose characters mean nothing to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|~$])", r"\\\1", text)


class _Reader(HTMLParser):
    def __init__(self, most_rows: int) -> None:
        super().__init__()
        self._most_rows = most_rows
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._silent: list[str] = []  # open elements inside one that is not shown
        self._lists: list[str] = []
        self._bullet = ""
        self._links: list[str] = []
        self._table: list[list[str]] | None = None
        self._ended = False  # an inline element, just before

    @property
    def markdown(self) -> str:
        self._end_block()
        return "\n\n".join(self._blocks)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if self._silent:
            if tag not in _VOID:
                self._silent.append(tag)
            return
        if tag in _SILENT or told.get("role") == "img" or told.get("aria-hidden") == "true" or "hidden" in told:
            if words := told.get("aria-label"):
                self._end_block()
                self._blocks.append(f"*{escaped(' '.join(words.split()))}*")
            if tag not in _VOID:
                self._silent.append(tag)
            return
        if tag == "small" or (self._ended and tag in _INLINE):
            self._say(" ")  # a style keeps them apart
        self._ended = False
        if tag == "img":
            self._say(escaped(told.get("alt", "")))
        elif tag == "br":
            self._say(" ")
        elif tag in _MARKS:
            self._say(_MARKS[tag])
        elif tag == "a":
            self._links.append(told.get("href", ""))
            self._say("[" if self._links[-1] and not self._links[-1].startswith("#") else "")
        elif tag == "table":
            self._end_block()
            self._table = []
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in {"td", "th"}:
            self._line = []
        elif tag == "li":
            self._end_block()
            self._bullet = f"{'  ' * (len(self._lists) - 1)}{'1.' if self._lists[-1:] == ['ol'] else '-'} "
        elif re.fullmatch("h[1-6]", tag):
            self._end_block()
            self._bullet = "#" * max(int(tag[1]), 3) + " "
        elif tag in _BLOCKS:
            self._end_block()
            self._lists += [tag] if tag in {"ul", "ol"} else []

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
            return
        self._ended = tag in _INLINE
        if tag in _MARKS:
            self._say(_MARKS[tag])
        elif tag == "a" and self._links:
            link = self._links.pop()
            self._say(f"]({link})" if link and not link.startswith("#") else "")
        elif tag in {"td", "th"} and self._table:
            self._table[-1].append(self._take())
        elif tag == "table" and self._table is not None:
            self._blocks += self._rows(self._table)
            self._table = None
        elif tag == "summary":
            if text := self._take():
                self._blocks.append(f"**{text}**")
        elif tag == "li" or tag in _BLOCKS or re.fullmatch("h[1-6]", tag):
            self._end_block()
            if tag in {"ul", "ol"} and self._lists:
                self._lists.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._ended = False
            self._say(escaped(data))

    def _say(self, text: str) -> None:
        self._line.append(text)

    def _take(self) -> str:
        text = " ".join("".join(self._line).split())
        self._line = []
        return re.sub(r"(\*\*|\*|`) +\1", "", text)

    def _end_block(self) -> None:
        if self._table is not None:
            return
        if text := self._take():
            text = re.sub(r"^([#+-]|\d+\.)(?= )", r"\\\1", text)
            if self._bullet.strip() in {"-", "1."} and self._blocks and re.match(r" *(?:-|1\.) ", self._blocks[-1]):
                self._blocks[-1] += f"\n{self._bullet}{text}"
            else:
                self._blocks.append(self._bullet + text)
            self._bullet = ""

    def _rows(self, table: list[list[str]]) -> list[str]:
        rows = [row for row in table if row]
        if not rows:
            return []
        width = max(map(len, rows))
        head, *body = [row + [""] * (width - len(row)) for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * width, *body[: self._most_rows])]
        more = len(body) - self._most_rows
        return ["\n".join(lines), *([f"{more:,} more rows are in the HTML."] if more > 0 else [])]
