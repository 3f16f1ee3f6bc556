"""The gain of every network over the regression."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import MaxNLocator

from study.evidence.sentences import percent
from study.records.results import Results
from study.report.style import BAND, INK, MUTED, Picture, beside, colours, line_panels, listed, look, per_cent, with_names
from study.schema import REGRESSIONS, Kind

TEXT = """\
## Is the network better?

Each dot is a network, placed by how much less loss it has on the test rows than the regression; the line is the 95 % interval.
Right of the dashed line the gain is larger than the margin. The shaded band is too small a difference to change the model for;
left of it the regression is better.
"""


def when(results: Results) -> bool:
    """Where some network stands beside a regression."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """Gain of every network over the regression of its target.

    Returns
    -------
    (n_networks, 10) frame: target, kind, family, depth, improvement, low, high (shares of the regression's loss), margin,
    model, colour; no row where the regression has no loss to gain on.
    """
    columns = ["target", "kind", "other", "other_depth", "improvement", "low", "high"]
    pairs = results.pairs.reindex(columns=["base", *columns])
    base = [REGRESSIONS[Kind(kind)] for kind in pairs["kind"]]
    gains = pairs.loc[(pairs["base"] == base) & (pairs["other_depth"] > 0), columns].dropna(subset="improvement")
    gains = gains.rename(columns={"other": "family", "other_depth": "depth"}).assign(margin=results.config.margin)
    return with_names(gains, results.data.models)


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: the gain of each network with its interval, the margin dashed; left of 0 the regression is better.

    An axis never runs further than 100 % to the left, where an arrow says that there is more.
    """
    with look():
        figure, parts = line_panels(frame, 1.0)
        for ax, own in parts:
            palette, margin = colours(own), float(frame["margin"].iloc[0])
            left, right = max(own["low"].min(), -1), max(own["high"].max(), 2 * margin)
            left, right = min(left, -2 * margin), min(right, 1)
            ax.axvspan(-margin, margin, color=BAND, zorder=0)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            ax.axvline(margin, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
            for row in own.itertuples():
                ends = [max(row.low, left), max(row.high, left)]
                ax.plot(ends, [row.model, row.model], color=palette[row.model], lw=2.4, alpha=0.55)
                shape = "o" if row.improvement >= left else "<"
                ax.plot(max(row.improvement, left), row.model, shape, color=palette[row.model], ms=6.5, clip_on=False)
                beside(ax, row.model, f"{percent(row.improvement)} %")
            pad = 0.04 * (right - left)
            ax.set(xlim=(left - pad, right + pad), xlabel="gain over the regression", ylabel="")
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(per_cent)
            ax.grid(axis="x")
            ax.margins(y=0.22)
            ax.invert_yaxis()
    shares = frame.set_index(["target", "model"])["improvement"].map(lambda share: f"{percent(share)} %")
    return Picture(figure, f"Gain of each network over the regression with its 95 % interval. {listed(shares)}.")
