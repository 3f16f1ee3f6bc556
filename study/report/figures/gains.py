"""The gains between regression, regression with terms and network, on which the verdict rests."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from study.evidence.metrics import METRICS
from study.evidence.sentences import percent
from study.records.results import Results
from study.report.style import (
    BAND,
    INK,
    MUTED,
    NETWORKS,
    VIOLET,
    Picture,
    beside,
    colours,
    line_panels,
    listed,
    look,
    per_cent,
    wrapped,
)
from study.schema import EXTENDED, NETWORK, REGRESSION

TEXT = """\
### What does a richer model gain?

Each dot is what a richer model saves over a simpler one on the test rows, as a share of {of}; the line is the interval by
which the verdict is drawn. Right of the dashed line the gain is larger than {bound}. The shaded band is too small a difference
to change the model for; left of it the simpler model is better. A line that reaches the edge may go on.
"""

SHORT_NAMES = {REGRESSION: "regression", EXTENDED: "terms", NETWORK: "network"}
COLOURS = {(REGRESSION, EXTENDED): VIOLET, (REGRESSION, NETWORK): NETWORKS[1], (EXTENDED, NETWORK): NETWORKS[0]}


def when(results: Results) -> bool:
    """Where some richer model stands beside a regression."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """The gains of every verdict.

    Returns
    -------
    (n_gains, 12) frame: target, kind, base, other (procedures), improvement, low, high (shares of the regression's loss),
    level, margin (the larger bound of the gain, NaN where none can be told), stake (what the shares are of), model (what is
    compared), colour; no row where the regression has no loss to gain on.
    """
    columns = ["target", "kind", "base", "other", "improvement", "low", "high", "level", "margin", "stake", "model", "colour"]
    rows = [
        (
            verdict.target, verdict.kind.value, step.base, step.other, step.gain.improvement, step.gain.low, step.gain.high,
            step.gain.level, verdict.bar.of_gain(step.gain).larger(step.gain.per_loss), METRICS[verdict.question.metric].stake,
            f"{SHORT_NAMES[step.other]} over {SHORT_NAMES[step.base]}", COLOURS[step.base, step.other],
        )
        for verdict in results.verdicts
        for step in verdict.gains
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).dropna(subset="improvement").reset_index(drop=True)


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: every gain with its interval, the margin dashed; left of 0 the simpler model is better.

    An axis never runs further than 100 % to the left, where an arrow says that there is more; an interval without an end runs
    to the edge.
    """
    frame = frame.assign(low=frame["low"].fillna(-np.inf), high=frame["high"].fillna(np.inf))
    with look():
        figure, parts = line_panels(frame, 1.0)
        for ax, own in parts:
            palette, margin = colours(own), float(own["margin"].fillna(0.0).max())
            left, right = max(own["low"].min(), -1), max(own["high"].max(), 2 * margin)
            left, right = min(left, -2 * margin), min(right, 1)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            for place, row in enumerate(own.fillna({"margin": 0.0}).itertuples()):
                lane = 1 - (place + 1) / len(own), 1 - place / len(own)
                ax.axvspan(-row.margin, row.margin, *lane, color=BAND, zorder=0)
                ax.axvline(row.margin, *lane, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
                ends = [max(row.low, left), min(max(row.high, left), right)]
                ax.plot(ends, [row.model, row.model], color=palette[row.model], lw=2.4, alpha=0.55)
                shape = "o" if row.improvement >= left else "<"
                ax.plot(max(row.improvement, left), row.model, shape, color=palette[row.model], ms=6.5, clip_on=False)
                beside(ax, row.model, f"{percent(row.improvement)} %")
            pad = 0.04 * (right - left)
            ax.set(
                xlim=(left - pad, right + pad),
                xlabel=wrapped(f"share of the regression's {own['stake'].iloc[0]} that is saved"),
                ylabel="",
            )
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(per_cent)
            ax.grid(axis="x")
            ax.set_ylim(len(own) - 0.5, -0.5)
    shares = frame.set_index(["target", "model"])["improvement"].map(lambda share: f"{percent(share)} %")
    stakes = " or ".join(dict.fromkeys(frame["stake"]))
    return Picture(figure, f"Share of the regression's {stakes} that richer models save over simpler ones. {listed(shares)}.")
