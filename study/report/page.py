"""A notebook with its outputs as one HTML file that loads nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

from markdown_it import MarkdownIt
from nbformat import NotebookNode

from study.diagnostics.drawing.palette import variables

TEMPLATE = Path(__file__).parent / "template"
_HEADING = re.compile(r"<h([2-4])>(.*?)</h\1>", re.S)
_PARTS = re.compile(r"<[^>]+>")


@dataclass
class Outline:
    """Chapters of a page as they come: id and title (HTML)."""

    chapters: list[tuple[str, str]] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)

    def anchored(self, html: str) -> str:
        """`html` whose headings can be linked to."""
        return _HEADING.sub(self._note, html)

    def folded(self, html: str) -> str:
        """The beginning of a chapter: its heading opens and folds all that follows."""
        heading, _, rest = self.anchored(html).partition("</h2>")
        before = "</details>" if len(self.chapters) > 1 else ""
        return f'{before}<details class="chapter"><summary>{heading}</h2></summary>{rest}'

    def _note(self, heading: re.Match[str]) -> str:
        level, inner = heading[1], heading[2]
        words = _PARTS.sub("", inner)
        name = re.sub(r"[^\w]+", "-", unescape(words).lower()).strip("-") or "part"
        self._ids[name] = count = self._ids.get(name, 0) + 1
        name += f"-{count}" if count > 1 else ""
        if level == "2":
            self.chapters.append((name, words))
        return f'<h{level} id="{escape(name)}" tabindex="-1">{inner}</h{level}>'

    def html(self) -> str:
        """The chapters as a list of links."""
        items = (f'<li><a href="#{escape(name)}">{words}</a></li>' for name, words in self.chapters)
        return f"<ol>{''.join(items)}</ol>"


def style() -> str:
    """The style of the page: its colours in light and in dark, then all else."""
    light, dark = (f":root {{ {variables(is_dark)} }}" for is_dark in (False, True))
    css = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n{css}"


def render(notebook: NotebookNode) -> str:
    """`notebook` with its outputs as one HTML file that loads nothing: drawings, style and script
    are inside.
    """
    outline, markdown, body = Outline(), MarkdownIt(), ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                body += f'<div class="cell">{output["data"]["text/html"]}</div>'
        elif cell.metadata.get("report", {}).get("chapter"):
            body += outline.folded(markdown.render(cell.source))
        else:
            body += f'<div class="prose">{outline.anchored(markdown.render(cell.source))}</div>'
    body += "</details>" * bool(outline.chapters)
    return page(notebook.metadata.get("title", "Report"), body, outline)


def page(title: str, body: str, outline: Outline | None = None) -> str:
    """A page that loads nothing: `body` with the style and the script, beside a list of its
    chapters.
    """
    script = (TEMPLATE / "report.js").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{style()}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#report">Skip the contents</a>\n<div class="page">\n'
        f'{_contents(outline)}<main id="report" tabindex="-1">\n{body}</main>\n</div>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _contents(outline: Outline | None) -> str:
    """The list beside the page where it is wide, and the folded one above it where it is narrow."""
    if outline is None or not outline.chapters:
        return ""
    return (
        f'<nav class="side" aria-label="Contents">{outline.html()}</nav>'
        f'<nav class="top" aria-label="Contents, folded"><details><summary>Contents</summary>{outline.html()}</details></nav>'
    )
