"""A figure with its words, as a drawing that follows the page: in light and dark, and cut into its panels on a phone."""

from __future__ import annotations

import io
import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from study.report.cells import PT, Cell, cells_of, narrow_legends, parts_of
from study.report.palette import INK, MUTED, RULE, following

DPI = 180
MOST_MARKS = 400
"""More marks than this are one picture inside the drawing, which is lighter then."""
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
FONTS = "'DejaVu Sans', Verdana, sans-serif"
"""Verdana is as wide as DejaVu Sans, which few machines have."""
_LOOK: Any = {
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelsize": 9,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "axes.titlecolor": INK,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "study",
}


@contextmanager
def look() -> Iterator[None]:
    """Seaborn's white style, and what the report sets beside it."""
    with sns.axes_style("white"), mpl.rc_context(_LOOK):
        yield


@dataclass(frozen=True)
class Picture:
    """A figure, its finding as its title, and the words for those who cannot see it.

    Notebooks show an SVG with its title; the page shows its cells, and writes the title itself.
    """

    figure: Figure
    alt: str
    title: str = ""

    def png(self) -> bytes:
        """The figure as it was drawn."""
        stream = io.BytesIO()
        with look():
            self.figure.savefig(stream, format="png", dpi=DPI)
        return stream.getvalue()

    @cached_property
    def drawing(self) -> tuple[str, tuple[Cell, ...]]:
        """The figure with its title as the text of an SVG file, and its cells."""
        stream = io.StringIO()
        with look():
            self.figure.set_dpi(PT)
            self._write_title()
            _lighten(self.figure)
            self.figure.draw_without_rendering()
            if narrow_legends(self.figure):
                self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
            parts = tuple(parts_of(self.figure))
            self.figure.savefig(stream, format="svg", dpi=DPI, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
            cells = tuple(cells_of(self.figure, parts))
        return _tidy(stream.getvalue(), self.alt, {name for cell in cells for name in cell.groups}), cells

    def _write_title(self) -> None:
        if not self.title or self.figure.get_suptitle():
            return
        width, height = self.figure.get_size_inches()
        lines = textwrap.wrap(self.title.replace("$", r"\$"), int(11.5 * width))
        self.figure.set_size_inches(width, height + 0.1 + 0.18 * len(lines))
        self.figure.suptitle("\n".join(lines), x=0.012, ha="left", fontsize=10.5, fontweight="bold", color=INK)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        svg, cells = self.drawing
        told = {"alt": self.alt, "title": self.title, "cells": [vars(cell) for cell in cells]}
        return {"image/svg+xml": svg, "text/plain": self.alt}, {"image/svg+xml": told}


def _lighten(figure: Figure) -> None:
    """Have what would be thousands of marks drawn as one picture."""
    for ax in figure.axes:
        for line in ax.lines:
            if line.get_marker() not in ("None", "", " ", None) and len(line.get_xdata()) > MOST_MARKS:  # type: ignore[arg-type]
                line.set_rasterized(True)
        clouds = [each for each in ax.collections if isinstance(each, PathCollection)]
        if sum(len(cloud.get_offsets()) for cloud in clouds) > MOST_MARKS:  # type: ignore[arg-type, misc]
            for cloud in clouds:
                cloud.set_rasterized(True)


def _tidy(text: str, alt: str, kept: set[str]) -> str:
    """An SVG of matplotlib without what nobody reads, whose colours follow the page, and whose ids are this figure's alone."""
    root = ET.fromstring(text)
    mark = "f" + sha256(text.encode()).hexdigest()[:6]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text)) | kept
    for group in root.iter(f"{{{SVG}}}g"):
        if not str(group.get("id")).startswith("image"):  # a picture of marks, not one of the data
            for cloud in group.findall(f"{{{SVG}}}image"):
                cloud.set("class", "cloud")
    for element in root.iter():
        if (name := element.get("id")) is not None:
            if name in used:
                element.set("id", f"{mark}-{name}")
            else:
                del element.attrib["id"]
        if link := element.get(f"{{{XLINK}}}href"):
            del element.attrib[f"{{{XLINK}}}href"]
            element.set("href", f"#{mark}-{link[1:]}" if link.startswith("#") else link)
        if clip := element.get("clip-path"):
            element.set("clip-path", clip.replace("url(#", f"url(#{mark}-"))
        if style := element.get("style"):
            element.set("style", following(re.sub(r"font-family: [^;]*(; )?", "", style)))
        if (path := element.get("d")) is not None:
            element.set("d", re.sub(r"(\.\d\d)\d+", r"\1", path).replace("\n", "").strip())
        for place in ("x", "y", "width", "height"):
            if re.fullmatch(r"-?\d+\.\d{3,}", at := element.get(place, "")):
                element.set(place, at[: at.index(".") + 3])
        if (turned := element.get("transform")) and turned.startswith("rotate(-0 "):
            del element.attrib["transform"]
        element.text, element.tail = (part if part and part.strip() else None for part in (element.text, element.tail))
    for found in root.findall(f"{{{SVG}}}metadata"):
        root.remove(found)
    root.attrib |= {"role": "img", "aria-label": alt, "font-family": FONTS, "data-mark": mark}
    return ET.tostring(root, encoding="unicode")
