"""The gain that keeps a target undecided over parts of the rows, and where it would be decided."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from study.diagnostics.drawing.palette import CHOOSING, INK, MUTED, NETWORKS
from study.diagnostics.drawing.style import number, per_cent, titled_panels
from study.formatting import about, human
from study.records.results import Results

WHEN = "Where some target is undecided and its models were trained on parts of the rows."
TEXT = """\
### How many rows would settle it?

The verdict is settled once an interval clears the dashed line; the dotted line marks where that is likely.
"""


def data(results: Results) -> pd.DataFrame:
    """The gain that keeps a target undecided by training rows.

    Returns
    -------
    (n_points, 9) frame: target, pair (what gains over what), bound, fraction and n_rows (development
    rows trained on), improvement, low, high (its interval, NaN for an end that does not exist),
    decided_rows (training rows at which it is likely decided, NaN where not or not told).
    """
    pieces = [pd.DataFrame()]
    for verdict in results.verdicts:
        if (found := verdict.decided_at) and found.curve:
            curve = pd.DataFrame([point.model_dump() for point in found.curve])
            whole = curve.loc[curve["fraction"] == 1, "n_rows"].max()
            told = curve.dropna(subset="n_rows").assign(
                target=verdict.target,
                pair=f"{verdict.nouns[found.other]} over {verdict.nouns[found.base]}",
                bound=found.bound,
                decided_rows=found.times * whole,
            )
            pieces.append(told)
    return pd.concat(pieces, ignore_index=True)


def finding(own: pd.DataFrame) -> str:
    """How many training rows would likely settle it."""
    pair, there = own[["pair", "decided_rows"]].iloc[0]
    rows = f"about {about(there)}" if np.isfinite(there) else "no number of"
    now = human(round(own["n_rows"].max()))
    return f"{pair}: {rows} training rows would likely settle it (now {now})"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target: a point a part of the rows, its bound dashed, a dotted line where it is
    likely decided.

    An axis never runs further than 100% to either side.
    """
    figure, parts = titled_panels(frame, 2.5)
    for ax, own in parts:
        pair, bound, there = own[["pair", "bound", "decided_rows"]].iloc[0]
        ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
        ax.axhline(bound, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
        _intervals(ax, own.sort_values("n_rows", kind="stable"), [0, bound])
        if np.isfinite(there):
            ax.axvline(there, color=MUTED, lw=1, ls=":")
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(number)
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.yaxis.set_major_formatter(per_cent)
        ax.set(
            xlabel="training rows, log axis",
            ylabel=f"improvement of {pair}".replace(" over ", "\nover "),
        )
        ax.grid(axis="y")
    return figure


def _intervals(ax: Axes, own: pd.DataFrame, shown: list[float]) -> None:
    """Dots and lines on an axis that holds all of them and what else is shown, within 100% to
    either side.

    A line that goes on, or has no end, is drawn to the edge.
    """
    seen = np.append(own[["improvement", "low", "high"]].to_numpy(float), shown).clip(-1, 1)
    bottom, top = float(np.nanmin(seen)), float(np.nanmax(seen))
    pad = 0.08 * (top - bottom)
    bottom, top = bottom - pad, top + pad
    low, high = (
        own[name].fillna(end).clip(bottom, top) for name, end in (("low", bottom), ("high", top))
    )
    ax.vlines(own["n_rows"], low, high, color=NETWORKS[0], lw=2.4, alpha=0.55)
    ax.plot(own["n_rows"], own["improvement"], "o-", color=CHOOSING, lw=1.2, ms=6)
    ax.set_ylim(bottom, top)
