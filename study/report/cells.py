"""Where the panels of a figure and the entries of its legends are, so that a page can show each on its own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox

PT = 72
"""Points an inch, in which an SVG is drawn."""
PAD_PT = 5.0


@dataclass(frozen=True)
class Cell:
    """A part of a figure that the page shows on its own: a panel, or an entry of a legend.

    x, y, width, height: in points from the upper left corner. groups: ids of what is drawn in it. row: of the panels it stands
    in, counted from the top; a legend's is that of the panels below it, or the number of rows.
    """

    x: float
    y: float
    width: float
    height: float
    groups: tuple[str, ...]
    row: int
    legend: bool = False


def narrow_legends(figure: Figure) -> bool:
    """Give legends that are wider than their figure as many columns as fit; whether there were any."""
    width = figure.bbox.width
    wide = [legend for legend in figure.legends if legend.get_window_extent().width > width]
    for legend in wide:
        box, title = legend.get_window_extent(), legend.get_title().get_text() or None
        widest = max(text.get_window_extent().width for text in legend.get_texts()) + 40
        texts = [text.get_text() for text in legend.get_texts()]
        handles: Any = legend.legend_handles
        place: Any = f"outside {'upper' if box.y0 + box.y1 > figure.bbox.height else 'lower'} left"
        legend.remove()
        figure.legend(handles, texts, loc=place, ncols=max(int(width // widest), 1), title=title)
    return bool(wide)


@dataclass(frozen=True)
class Part:
    """What becomes a cell: the artists drawn in it, and the place in the grid of a panel, or the legend of an entry."""

    artists: tuple[Any, ...]
    names: tuple[str, ...]
    spot: tuple[int, int] = (0, 0)
    legend: Legend | None = None


def parts_of(figure: Figure) -> Iterator[Part]:
    """The panels of a figure row by row, and the titles and entries of its legends, whose groups in the drawing get names."""
    for number, (spot, group) in enumerate(sorted(_panels(figure).items())):
        yield Part(tuple(group), _named(f"p{number}", group), spot)
    for number, legend in enumerate(figure.legends):
        entries = [pair for pair in zip(legend.legend_handles, legend.get_texts(), strict=True) if pair[0] is not None]
        title = [(legend.get_title(),)] if legend.get_title().get_text() else []
        for place, artists in enumerate([*title, *entries]):
            yield Part(artists, _named(f"l{number}-{place}", artists), legend=legend)


def _named(name: str, artists: Sequence[Any]) -> tuple[str, ...]:
    for place, artist in enumerate(artists):
        artist.set_gid(f"{name}-{place}")
    return tuple(artist.get_gid() for artist in artists)


def cells_of(figure: Figure, parts: Sequence[Part]) -> Iterator[Cell]:
    """Where the parts of a figure are that has been saved: the panels of a row as high, those of a column as wide."""
    width, height = (float(side) * PT for side in figure.get_size_inches())
    renderer: Any = RendererSVG(width, height, io.StringIO(), image_dpi=PT)  # type: ignore[no-untyped-call]
    boxes = {part.spot: _box(part, renderer) for part in parts if part.legend is None}
    rows = {row: Bbox.union([box for spot, box in boxes.items() if spot[0] == row]) for row in sorted({at for at, _ in boxes})}
    columns = {column: Bbox.union([box for spot, box in boxes.items() if spot[1] == column]) for _, column in boxes}
    for part in parts:
        if part.legend is None:
            row, column = rows[part.spot[0]], columns[part.spot[1]]
            box, place = Bbox([[column.x0, row.y0], [column.x1, row.y1]]).padded(PAD_PT), list(rows).index(part.spot[0])
        else:
            box = _entry(part, part.legend, renderer)
            bottom = part.legend.get_window_extent(renderer).y0
            place = sum((row.y0 + row.y1) / 2 > bottom for row in rows.values())
        x, y, wide, tall = (round(float(value), 1) for value in (box.x0, height - box.y1, box.width, box.height))
        yield Cell(x, y, wide, tall, part.names, int(place), part.legend is not None)


def _box(part: Part, renderer: Any) -> Bbox:
    """Box of all axes of a panel with what stands beside them."""
    return Bbox.union([box for ax in part.artists if (box := ax.get_tightbbox(renderer))])


def _entry(part: Part, legend: Legend, renderer: Any) -> Bbox:
    """Box of a legend's title or entry: text, and what stands before it."""
    text = part.artists[-1]
    before = text.get_fontsize() * (legend.handlelength + legend.handletextpad) if len(part.artists) > 1 else 0.0
    box = text.get_window_extent(renderer)
    return Bbox([[box.x0 - before - 3, box.y0 - 1], [box.x1 + 1, box.y1 + 1]])


def _panels(figure: Figure) -> dict[tuple[int, int], list[Axes]]:
    """Axes by row and column of the grid; an axes beside it, as a bar of colours, goes with the nearest of the grid."""
    found: dict[tuple[int, int], list[Axes]] = {}
    beside = []
    for ax in figure.axes:
        spec = ax.get_subplotspec()
        if spec is None:
            beside.append(ax)
        else:
            found.setdefault((spec.rowspan.start, spec.colspan.start), []).append(ax)
    if not found:
        return {(0, 0): beside}
    for ax in beside:
        box = ax.get_position()
        near = min(found, key=lambda spot: _distance(box, found[spot][0].get_position()))
        found[near].append(ax)
    return found


def _distance(one: Bbox, other: Bbox) -> float:
    return float(abs(one.x0 + one.x1 - other.x0 - other.x1) + abs(one.y0 + one.y1 - other.y0 - other.y1))
