"""A notebook with its outputs as one HTML file that loads nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from study.report.card import no_break
from study.report.palette import variables
from study.report.picture import SVG

TEMPLATE = Path(__file__).parent / "template"
PX_A_PT = 1.48
"""Pixels of a wide page for a point of a figure, of which SMALL_PT or less fit a phone twice."""
SMALL_PT = 165
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

    filters = {"anchored": outline.anchored, "figure_html": figure_html, "held": held}
    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATE.parent)], template_name=TEMPLATE.name, exclude_anchor_links=True, filters=filters
    )
    script = (TEMPLATE / "report.js").read_text(encoding="utf-8")
    resources = {"report_css": style(), "report_script": script, "report_title": notebook.metadata.get("title", "Report")}
    html, _ = exporter.from_notebook_node(notebook, resources=resources)
    whole = _HELD.sub(lambda place: outputs[int(place[1])], str(html))
    return whole.replace(_CONTENTS, _contents(outline), 1)


def _contents(outline: Outline) -> str:
    """The list beside the page where it is wide, and the folded one above it where it is narrow."""
    if not outline.chapters:
        return ""
    folded = f"<details><summary>Contents</summary>{outline.html(sections=False)}</details>"
    return (
        f'<nav class="side" aria-label="Contents">{outline.html(sections=True)}</nav>'
        f'<nav class="top" aria-label="Contents, folded">{folded}</nav>'
    )


def figure_html(svg: str, told: Mapping[str, Any]) -> str:
    """A drawing of `Picture` as its panels and legends, each an SVG of its own, below the finding.

    told: `alt`, `title` and `cells` (fields of `Cell`), as the output's metadata have them.
    """
    root = ET.fromstring(svg)
    mark, parts = root.get("data-mark", ""), {str(part.get("id")): part for part in root.iter() if part.get("id")}
    shared = "".join(map(_markup, root.findall(f"{{{SVG}}}defs")))
    cells = sorted(told.get("cells", ()), key=lambda cell: (cell["row"], not cell["legend"]))
    widths = [cell["width"] for cell in cells if not cell["legend"]]
    rows = [list(row) for _, row in groupby(cells, key=lambda cell: (cell["row"], cell["legend"]))]
    whole = max((sum(cell["width"] for cell in row) for row in rows if not row[0]["legend"]), default=1)
    html = ""
    for row in rows:
        drawn = ""
        for cell in row:
            inner = "".join(_markup(parts[f"{mark}-{name}"]) for name in cell["groups"] if f"{mark}-{name}" in parts)
            drawn += _svg(cell, inner, 100 * cell["width"] / whole)
        html += f'<div class="legend">{drawn}</div>' if row[0]["legend"] else drawn
    small = " small" if max(widths, default=0) <= SMALL_PT else ""
    title = f"<figcaption>{no_break(escape(told['title']))}</figcaption>" if told.get("title") else ""
    defs = f'<svg class="defs" width="0" height="0" aria-hidden="true">{shared}</svg>' if shared else ""
    return (
        f'<figure>{title}<div class="panels{small}" style="max-width: {whole * PX_A_PT / 16:.2f}rem" role="img" '
        f'aria-label="{escape(told.get("alt", ""))}">{defs}{html}</div></figure>'
    )


def _svg(cell: Mapping[str, Any], inner: str, share: float) -> str:
    """A cell of a drawing; share: of the width of its figure, in per cent, that a panel takes."""
    x, y, width, height = cell["x"], cell["y"], cell["width"], cell["height"]
    box = f'viewBox="{x} {y} {width} {height}"'
    if cell["legend"]:
        return f'<svg width="{1.4 * width:.0f}" height="{1.4 * height:.0f}" {box}>{inner}</svg>'
    most = f"{1.6 * width / 16:.1f}rem"
    style = f"--w: {int(100 * share) / 100}%; --most: {most}"
    return f'<svg class="panel" style="{style}" width="{width:.0f}" height="{height:.0f}" {box}>{inner}</svg>'


def _markup(element: ET.Element) -> str:
    """An element of a drawing as a part of HTML, which needs no namespace and no style that is not its own."""
    for styles in element.findall(f"{{{SVG}}}style"):
        element.remove(styles)
    text = ET.tostring(element, encoding="unicode").replace(f' xmlns="{SVG}"', "")
    return "" if text in ("<defs />", "<defs/>") else text
