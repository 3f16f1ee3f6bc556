"""The gain that keeps a target undecided over parts of the rows, and where it would be decided."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from study.evidence.sentences import percent
from study.records.results import Results
from study.report.style import BAND, INK, MUTED, NETWORKS, Picture, look, per_cent, target_panels

TEXT = """\
## At how many rows would it be decided?

The two models between which it is undecided, made of parts of the development rows as they are of all, and judged on the same
test rows: dots are the gain of the richer one, lines two standard errors. The dashed line is what the gain has to leave behind,
{bound} or 0; the dotted line, where there is one, is from where on a study likely ends on one side of it.
"""


def when(results: Results) -> bool:
    """Where some target is undecided and its models were trained on parts of the rows."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """The gain that keeps a target undecided by training rows.

    Returns
    -------
    (n_points, 9) frame: target, pair (what gains over what), margin, bound, n_rows (development rows trained on), improvement,
    low, high (two standard errors about it, over test rows), decided_rows (training rows at which it is likely decided, NaN
    where not or not told).
    """
    points = []
    for verdict in results.verdicts:
        found = verdict.decided_at
        if found is None:
            continue
        for point in found.curve:
            ends = [point.improvement + sign * 2 * point.std_error for sign in (-1, 1)]
            whole = next((p.n_rows for p in found.curve if p.fraction == 1), np.nan)
            pair = f"{verdict.nouns[found.other]} over {verdict.nouns[found.base]}"
            about = verdict.target, pair, verdict.margin, found.bound
            points.append((*about, point.n_rows, point.improvement, *ends, found.times * whole))
    columns = ["target", "pair", "margin", "bound", "n_rows", "improvement", "low", "high", "decided_rows"]
    return pd.DataFrame(points, columns=columns).dropna(subset="n_rows").reset_index(drop=True)


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a part of the rows, the margin dashed, a dotted line where it is likely decided."""
    with look():
        figure, parts = target_panels(frame, 2.5)
        for ax, rows in parts:
            own = rows.sort_values("n_rows")
            margin, there = float(own["margin"].iloc[0]), float(own["decided_rows"].iloc[0])
            ax.axhspan(-margin, margin, color=BAND, zorder=0)
            ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
            ax.axhline(float(own["bound"].iloc[0]), color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
            ax.vlines(own["n_rows"], own["low"], own["high"], color=NETWORKS[0], lw=2.4, alpha=0.55)
            ax.plot(own["n_rows"], own["improvement"], "o-", color=NETWORKS[1], lw=1.2, ms=6)
            if np.isfinite(there):
                ax.axvline(there, color=MUTED, lw=1, ls=":")
            ax.set_xscale("log")
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
            ax.yaxis.set_major_formatter(per_cent)
            ax.set(xlabel="training rows, log axis", ylabel=f"gain of {own['pair'].iloc[0]}".replace(" over ", "\nover "))
            ax.grid(axis="y")
    said = "; ".join(
        f"{target}, {pair}, {n_rows:,.0f} rows: {percent(gain)} %"
        for target, pair, n_rows, gain in frame[["target", "pair", "n_rows", "improvement"]].itertuples(index=False)
    )
    return Picture(figure, f"Gain by the rows that models were made of. {said}.")
