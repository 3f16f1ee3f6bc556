"""A figure with its words: one drawing for a file, and for a page a drawing a panel, which follows
it in light and dark.
"""

from __future__ import annotations

import io
import re
import textwrap
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from study.diagnostics.drawing.palette import INK, MUTED, RULE, following

DPI = 180
MOST_MARKS = 400
"""More marks than this are one picture inside the drawing, which is lighter then."""
FONTS = "'DejaVu Sans', Verdana, sans-serif"
"""Verdana is as wide as DejaVu Sans, which few machines have."""
PAD_IN = 0.07
"""Around a panel."""
LEAST_PX, MOST_PX = 1.05, 1.48
"""Pixels of a page for a point of a panel: with fewer its text is too small, and with more a full
row leaves the page."""
KEYS = {"-": "\u2501", "--": "\u2505", "o": "\u25cf", "|": "\u2542"}
"""How a legend shows a line or its marks: a stroke, dashes, a disc, a bar across a stroke."""
FILE_ONLY = re.compile(
    r' xmlns(:xlink)?="[^"]*"|(?<=<g) id="[^"]*"| (?:width|height)="[\d.]+pt"|<style.*?</style>',
    re.DOTALL,
)
"""What a drawing needs in a file of its own alone."""
PATH = re.compile(r' d="[^"]*"')
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


def look() -> AbstractContextManager[None]:
    """Seaborn's white style, and what the report sets beside it."""
    return mpl.rc_context({**sns.axes_style("white"), **_LOOK})


@dataclass(frozen=True)
class Picture:
    """A figure, what the report says before it (Markdown, a question as its heading), and its
    title: what is seen.

    Those who cannot see it are told the question and the title. A file holds it as one drawing with
    its title; a page and a notebook show its panels, as many in a row as there is room for.
    """

    figure: Figure
    text: str
    title: str = ""

    @property
    def alt(self) -> str:
        """The words for those who cannot see it."""
        return f"{self.text.splitlines()[0].removeprefix('### ')} {self.title}".rstrip()

    @cached_property
    def svg(self) -> str:
        """The figure with its title, as the text of an SVG file."""
        figure = self.figure
        with look():
            _lay_out(figure)
            lines = textwrap.wrap(self.title.replace("$", r"\$"), int(11.5 * figure.get_figwidth()))
            title = figure.text(
                0.012, 1.02, "\n".join(lines), va="bottom", fontsize=10.5, fontweight="bold"
            )
            beside = [artist.get_window_extent() for artist in (title, *figure.legends)]
            whole = Bbox.union([figure.bbox, *beside]).transformed(
                figure.dpi_scale_trans.inverted()
            )
            drawn = _saved(figure, whole.padded(PAD_IN), self.alt)
            title.remove()
        return drawn

    @cached_property
    def html(self) -> str:
        """The title, the legend, and the panels, each a drawing that fills its place in a grid."""
        figure = self.figure
        with look():
            _lay_out(figure)
            axes, boxes = figure.axes, _boxes(figure)
            shown = [*axes, *figure.legends]
            drawn = []
            for number, (ax, box) in enumerate(zip(axes, boxes, strict=True)):
                for artist in shown:
                    artist.set_visible(artist is ax)
                drawn.append(
                    following(
                        FILE_ONLY.sub(
                            "", _saved(figure, box, f"{self.alt} {number}").partition("<svg")[2]
                        )
                    )
                )
            for artist in shown:
                artist.set_visible(True)
        width = 72 * boxes[0].width
        columns = len({round(ax.get_position().x0, 3) for ax in axes})
        least = f"max({LEAST_PX * width:.0f}px, {95 / columns:.0f}%)"
        style = (
            f"display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, {least}), 1fr)); "
            f"max-width: {MOST_PX * width * columns / 16:.1f}rem; stroke-linejoin: round"
        )
        title = f"<figcaption>{escape(self.title)}</figcaption>" if self.title else ""
        return (
            f'<figure>{title}<div class="panels" role="img" aria-label="{escape(self.alt)}" style="{style}">'
            f"{_legend(figure)}{''.join(f'<svg{panel}' for panel in drawn)}</div></figure>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": self.alt}


def _lay_out(figure: Figure) -> None:
    """Have everything stay where it is from now on, and what would be thousands of marks drawn as
    one picture.
    """
    for ax in figure.axes:
        lines = [line for line in ax.lines if line.get_marker() not in ("None", "", None)]
        clouds = [cloud for cloud in ax.collections if isinstance(cloud, PathCollection)]
        marks = [line.get_xdata() for line in lines] + [cloud.get_offsets() for cloud in clouds]
        if sum(len(np.asarray(each)) for each in marks) > MOST_MARKS:
            for artist in (*lines, *clouds):
                artist.set_rasterized(True)
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
        figure.set_layout_engine()
        for legend in figure.legends:
            legend.set_bbox_to_anchor(
                (0, 0, 1, 1), figure.transFigure
            )  # or it follows the box that is saved


def _boxes(figure: Figure) -> list[Bbox]:
    """Where the panels are of a figure that is laid out, in inches: with what stands around any of
    them, so that all align.
    """
    inner = np.array([ax.get_window_extent().extents for ax in figure.axes]) / figure.dpi
    outer = np.array([(ax.get_tightbbox() or ax.bbox).extents for ax in figure.axes]) / figure.dpi
    around = np.abs(outer - inner).max(axis=0) + PAD_IN
    return [Bbox.from_extents(*box) for box in inner + around * [-1, -1, 1, 1]]


def _saved(figure: Figure, box: Bbox, name: str) -> str:
    """What lies in a box of a figure, as an SVG whose ids are those of no other name."""
    stream = io.StringIO()
    without = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(stream, format="svg", dpi=DPI, bbox_inches=box, metadata=without)
    drawn = stream.getvalue().replace("'DejaVu Sans'", FONTS)
    return PATH.sub(lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), drawn)


def _legend(figure: Figure) -> str:
    """What the lines of all panels are."""
    entries = ""
    for legend in figure.legends:
        for line, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            if isinstance(line, Line2D):
                key = KEYS.get(str(line.get_marker()), KEYS["--" if line.is_dashed() else "-"])
                colour = following(f"color: {to_hex(line.get_color())}")
                entries += (
                    f'<span><span style="{colour}">{key}</span> {escape(text.get_text())}</span> '
                )
    return f'<div class="legend" style="grid-column: 1 / -1">{entries}</div>' if entries else ""
