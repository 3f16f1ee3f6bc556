"""A notebook with its outputs as one HTML file that loads nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

from nbformat import NotebookNode

from study.diagnostics.drawing.palette import variables

TEMPLATE = Path(__file__).parent / "template"
_CONTENTS = "<!-- contents -->"
_HELD = re.compile("<!-- output ([0-9]+) -->")
_HEADING = re.compile(r"<h([2-4])>(.*?)</h\1>", re.S)
_PARTS = re.compile(r"<[^>]+>")


@dataclass
class Outline:
    """Chapters of a page with their sections, as they come: id and what it says (HTML)."""

    chapters: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)

    def anchored(self, html: str) -> str:
        """`html` whose headings can be linked to; chapters and sections among them are noted."""
        return _HEADING.sub(self._note, html)

    def _note(self, heading: re.Match[str]) -> str:
        level, inner = heading[1], heading[2]
        words = _PARTS.sub("", inner)
        name = re.sub(r"[^\w]+", "-", unescape(words).lower()).strip("-") or "part"
        self._ids[name] = count = self._ids.get(name, 0) + 1
        name += f"-{count}" if count > 1 else ""
        if level == "2":
            self.chapters.append((name, words, []))
        elif level == "3" and self.chapters:
            self.chapters[-1][2].append((name, words))
        return f'<h{level} id="{escape(name)}" tabindex="-1">{inner}</h{level}>'

    def html(self, sections: bool) -> str:
        """The contents as a list of links, of chapters alone or with their sections."""
        items = ""
        for name, words, parts in self.chapters:
            below = "".join(f"<li>{_link(*part)}</li>" for part in parts) if sections else ""
            items += f"<li>{_link(name, words)}{f'<ol>{below}</ol>' if below else ''}</li>"
        return f"<ol>{items}</ol>"


def _link(name: str, words: str) -> str:
    return f'<a href="#{escape(name)}">{words}</a>'


def style() -> str:
    """The style of the page: its colours in light and in dark, then all else."""
    light, dark = (f":root {{ {variables(is_dark)} }}" for is_dark in (False, True))
    css = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n{css}"


def render(notebook: NotebookNode) -> str:
    """`notebook` with its outputs as one HTML file that loads nothing: drawings, style and script are inside."""
    from nbconvert import HTMLExporter

    outline, outputs = Outline(), list[str]()

    def held(html: str) -> str:
        outputs.append(html)  # nbconvert parses all that it has written, which for drawings and long tables takes a second
        return f"<!-- output {len(outputs) - 1} -->"

    filters = {"anchored": outline.anchored, "held": held}
    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATE.parent)], template_name=TEMPLATE.name, exclude_anchor_links=True, filters=filters
    )
    script = (TEMPLATE / "report.js").read_text(encoding="utf-8")
    resources = {"report_css": style(), "report_script": script, "report_title": notebook.metadata.get("title", "Report")}
    html, _ = exporter.from_notebook_node(notebook, resources=resources)
    whole = _HELD.sub(lambda place: outputs[int(place[1])], str(html))
    return no_break(whole.replace(_CONTENTS, _contents(outline), 1))


def no_break(html: str) -> str:
    """`html` whose per cent signs stay on the line of their number."""
    return html.replace(" %", "\N{NO-BREAK SPACE}%")


def _contents(outline: Outline) -> str:
    """The list beside the page where it is wide, and the folded one above it where it is narrow."""
    if not outline.chapters:
        return ""
    folded = f"<details><summary>Contents</summary>{outline.html(sections=False)}</details>"
    return (
        f'<nav class="side" aria-label="Contents">{outline.html(sections=True)}</nav>'
        f'<nav class="top" aria-label="Contents, folded">{folded}</nav>'
    )
