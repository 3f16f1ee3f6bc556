"""The gains between regression, regression with terms and network, on which the verdict rests."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from study.diagnostics.drawing import style
from study.diagnostics.drawing.palette import CHOOSING
from study.diagnostics.drawing.style import (
    BAND,
    GREEN,
    INK,
    MUTED,
    NETWORKS,
    VIOLET,
    Picture,
    beside,
    line_panels,
    look,
    per_cent,
    ticks,
)
from study.diagnostics.drawing.whiskers import whisker
from study.diagnostics.drawing.words import each_target
from study.evidence.answer import Verdict
from study.evidence.rule import ABOVE, BELOW, OPEN, side_of
from study.evidence.winners import least
from study.evidence.wording.sentences import ends, listed
from study.formatting import NOTHING, percent
from study.records.results import Results
from study.schema import EXTENDED, NETWORK, NOUNS, REGRESSION, TREES

TEXT = """\
### What does a richer model gain?

Each dot is what a richer model saves over a simpler one on the test rows, as a share of {of}; the line is its interval: of
the verdict's models the one by which it is drawn, of trees at 95 %. Right of the dashed line the gain is larger than {bound}.
The shaded band is too small a difference to change the model for; left of it the simpler model is better. The regression
stands at 0, where it saves nothing over itself. In bold is the answer, or what is kept while it is open. A line with an arrow
goes on beyond the axis, or has no end on that side.
"""

SHORT_NAMES = {REGRESSION: "regression", EXTENDED: "terms", NETWORK: "network", TREES: "trees"}
COLOURS = {
    (REGRESSION, REGRESSION): style.REGRESSION,
    (REGRESSION, EXTENDED): VIOLET,
    (REGRESSION, NETWORK): CHOOSING,
    (EXTENDED, NETWORK): NETWORKS[0],
    (REGRESSION, TREES): GREEN,
}
WORDS = {ABOVE: "more than the margin", OPEN: "what may or may not matter", BELOW: "too little to matter"}
"""Of each side on which an interval may lie."""
COLUMNS = [
    "target", "stake", "base", "other", "improvement", "low", "high", "ends", "level", "margin", "side", "kept", "model",
    "colour",
]  # fmt: skip


def when(results: Results) -> bool:
    """Where some richer model stands beside a regression."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """The gains of every verdict, those of boosted trees over the regression, and the regression at 0.

    Returns
    -------
    (n_gains, 14) frame: target, stake (what the shares are of), base, other (procedures), improvement, low, high (shares of the
    regression's loss), ends (the interval in words), level, margin (the larger bound of the gain, NaN where none can be told),
    side (of that, ABOVE, OPEN or BELOW), kept (whether `other` is the answer, or what is kept while it is open), model (what is
    compared), colour; no row where the regression has no loss to gain on.
    """
    rows = [row for verdict in results.verdicts for row in _rows(verdict)]
    frame = pd.DataFrame(rows, columns=COLUMNS).dropna(subset="improvement")
    richer = frame.loc[frame["base"] != frame["other"], "target"]
    return frame[frame["target"].isin(richer)].reset_index(drop=True)


def _rows(verdict: Verdict) -> Iterator[dict[str, Any]]:
    gains = dict(verdict.by_pair)
    if verdict.trees and REGRESSION in verdict.trees.over:
        gains[REGRESSION, TREES] = verdict.trees.over[REGRESSION]
    kept = None if verdict.use_none else verdict.answer_procedure
    about = {"target": verdict.target, "stake": verdict.metric.noun}
    own = {"base": REGRESSION, "other": REGRESSION, "improvement": 0.0, "low": 0.0, "high": 0.0, "side": BELOW}
    names = {"model": SHORT_NAMES[REGRESSION], "colour": COLOURS[REGRESSION, REGRESSION]}
    yield about | own | names | {"kept": kept == REGRESSION}
    for (base, other), gain in gains.items():
        names = {"model": f"{SHORT_NAMES[other]} over {SHORT_NAMES[base]}", "colour": COLOURS[base, other]}
        told = {"improvement": gain.improvement, "low": gain.low, "high": gain.high, "ends": ends(gain), "level": gain.level}
        held = {"margin": verdict.bar.of_gain(gain).larger(gain.per_loss), "side": side_of(gain, verdict.bar)}
        pair = {"base": base, "other": other, "kept": base == REGRESSION and other == kept}
        yield about | pair | names | told | held


def edges(own: pd.DataFrame) -> tuple[float, float]:
    """Where the axis of one target's gains ends: it holds all dots, and intervals within 100 % to either side."""
    margin = float(own["margin"].fillna(0.0).max())
    low, high = (own[name].fillna(end) for name, end in (("low", -np.inf), ("high", np.inf)))
    left = max(min(low.min(), own["improvement"].min()), -1)
    right = max(high.max(), own["improvement"].max(), 2 * margin)
    return min(left, -2 * margin), max(min(right, 1), 2 * margin)


def finding(frame: pd.DataFrame) -> str:
    """What the richer models gain, in words: of each target the gain over the regression that is surest to matter."""
    return each_target(frame[frame["base"] != frame["other"]], _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    rungs = own[(own["base"] == REGRESSION) & own["other"].isin([EXTENDED, NETWORK])]
    rungs = own if rungs.empty else rungs
    side = next(side for side in WORDS if (rungs["side"] == side).any())
    best = rungs[rungs["side"] == side]
    alike = best.loc[least(-best["improvement"], 1.0)]
    gain, stake = alike[["improvement", "stake"]].iloc[0]
    verb, of = ("add", "to") if gain <= -NOTHING else ("save", "of")
    noun, verb = listed([NOUNS[other] for other in alike["other"]]), verb if len(alike) > 1 else f"{verb}s"
    return [f"{noun} {verb} {percent(abs(gain))} % {of} the regression's {stake}: {WORDS[side]}"]


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: every gain with its interval, the margin dashed; left of 0 the simpler model is better.

    An axis never runs further than 100 % to the left; an arrow says that a line goes on, or where a dot lies beyond it.
    """
    with look():
        figure, parts = line_panels(frame)
        for ax, own in parts:
            left, right = edges(own)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            for place, row in enumerate(own.itertuples()):
                if not math.isnan(row.margin):
                    lane = 1 - (place + 1) / len(own), 1 - place / len(own)
                    ax.axvspan(-row.margin, row.margin, *lane, color=BAND, zorder=0)
                    ax.axvline(row.margin, *lane, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
                whisker(ax, row.model, row.low, row.high, (left, right), row.colour)
                shape = "o" if row.improvement >= left else "<"
                ax.plot(max(row.improvement, left), row.model, shape, color=row.colour, ms=6.5, clip_on=False)
                beside(ax, row.model, f"{percent(row.improvement)} %")
            pad = 0.04 * (right - left)
            label = style.wrapped(f"share of the regression's {own['stake'].iloc[0]} that is saved")
            ax.set(xlim=(left - pad, right + pad), ylim=(len(own) - 0.5, -0.5), xlabel=label)
            ticks(ax.xaxis, 5, per_cent)
            ax.grid(axis="x")
            for text, kept in zip(ax.get_yticklabels(), own["kept"], strict=True):
                text.set_fontweight("bold" if kept else "normal")
    return style.pictured(
        figure, "Gains of richer models over simpler ones on the test rows, with their intervals.", finding(frame)
    )
