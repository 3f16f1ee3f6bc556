"""The gains between regression, regression with terms and network, on which the verdict rests."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from study.digits import NOTHING, percent
from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED, Gain
from study.evidence.rule import ABOVE, BELOW, OPEN, side_of
from study.evidence.sentences import capital, ends, level_words, listed
from study.evidence.winners import least
from study.records.results import Results
from study.report import style
from study.report.palette import CHOOSING
from study.report.style import (
    BAND,
    GREEN,
    INK,
    MUTED,
    NETWORKS,
    VIOLET,
    Picture,
    beside,
    colours,
    line_panels,
    look,
    per_cent,
)
from study.report.whiskers import whisker
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
COLUMNS = (
    "target", "kind", "base", "other", "improvement", "low", "high", "ends", "level", "margin", "side", "stake", "kept", "open",
    "model", "colour",
)  # fmt: skip


def when(results: Results) -> bool:
    """Where some richer model stands beside a regression."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """The gains of every verdict, those of boosted trees over the regression, and the regression at 0.

    Returns
    -------
    (n_gains, 16) frame: target, kind, base, other (procedures), improvement, low, high (shares of the regression's loss), ends
    (the interval in words), level, margin (the larger bound of the gain, NaN where none can be told), side (of that, ABOVE,
    OPEN or BELOW), stake (what the shares are of), kept (whether `other` is the answer, or what is kept while it is open),
    open (whether it is), model (what is compared), colour; no row where the regression has no loss to gain on.
    """
    rows = [row for verdict in results.verdicts for row in _rows(verdict)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).dropna(subset="improvement")
    richer = frame.loc[frame["base"] != frame["other"], "target"]
    return frame[frame["target"].isin(richer)].reset_index(drop=True)


def _rows(verdict: Verdict) -> list[tuple[object, ...]]:
    gains = dict(verdict.by_pair)
    if verdict.trees and REGRESSION in verdict.trees.over:
        gains[REGRESSION, TREES] = verdict.trees.over[REGRESSION]
    kept, is_open = None if verdict.use_none else verdict.answer_procedure, verdict.verdict == UNDECIDED
    about = verdict.target, verdict.kind.value
    stake = verdict.metric.noun
    own = (*about, REGRESSION, REGRESSION, 0.0, 0.0, 0.0, "", math.nan, math.nan, BELOW, stake, kept == REGRESSION, is_open)
    found: list[tuple[object, ...]] = [(*own, SHORT_NAMES[REGRESSION], COLOURS[REGRESSION, REGRESSION])]
    for (base, other), gain in gains.items():
        told = *_told(verdict, gain), stake, base == REGRESSION and other == kept, is_open
        found.append((*about, base, other, *told, f"{SHORT_NAMES[other]} over {SHORT_NAMES[base]}", COLOURS[base, other]))
    return found


def _told(verdict: Verdict, gain: Gain) -> tuple[object, ...]:
    margin = verdict.bar.of_gain(gain).larger(gain.per_loss)
    return gain.improvement, gain.low, gain.high, ends(gain), gain.level, margin, side_of(gain, verdict.bar)


def edges(own: pd.DataFrame) -> tuple[float, float]:
    """Where the axis of one target's gains ends: it holds all dots, and intervals within 100 % to either side."""
    margin = float(own["margin"].fillna(0.0).max())
    low, high = (own[name].fillna(end) for name, end in (("low", -np.inf), ("high", np.inf)))
    left = max(min(low.min(), own["improvement"].min()), -1)
    right = max(high.max(), own["improvement"].max(), 2 * margin)
    return min(left, -2 * margin), max(min(right, 1), 2 * margin)


def finding(frame: pd.DataFrame) -> str:
    """What the richer models gain, in words: of each target the gain over the regression that is surest to matter."""
    rungs = frame[(frame["base"] == REGRESSION) & frame["other"].isin([EXTENDED, NETWORK])]
    rungs = frame[frame["base"] != frame["other"]] if rungs.empty else rungs
    place = rungs["side"].map({ABOVE: 0, OPEN: 1, BELOW: 2})
    best = rungs[place == place.groupby(rungs["target"]).transform("min")]
    if len(best["target"].unique()) > 1:
        by_side = {side: list(own["target"].unique()) for side, own in best.groupby("side")}
        return f"Richer models gain {listed([f'{WORDS[side]} on {_some(by_side[side])}' for side in WORDS if side in by_side])}"
    if best.empty:
        return ""
    alike = best.loc[least(-best["improvement"], 1.0)]
    row, noun = alike.iloc[0], capital(listed([NOUNS[other] for other in alike["other"]]))
    verb = "adds" if row["improvement"] <= -NOTHING else "saves"
    loss = f"the regression's {row['stake']} on {row['target']}"
    size = f"{percent(abs(row['improvement']))} % {'to' if verb == 'adds' else 'of'}"
    return f"{noun} {verb.removesuffix('s') if len(alike) > 1 else verb} {size} {loss}: {WORDS[row['side']]}"


def _some(targets: list[str]) -> str:
    return listed(targets) if len(targets) <= 3 else f"{len(targets)} targets"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: every gain with its interval, the margin dashed; left of 0 the simpler model is better.

    An axis never runs further than 100 % to the left; an arrow says that a line goes on, or where a dot lies beyond it.
    """
    with look():
        figure, parts = line_panels(frame, 1.0)
        for ax, own in parts:
            palette, (left, right) = colours(own), edges(own)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            for place, row in enumerate(own.itertuples()):
                if not math.isnan(row.margin):
                    lane = 1 - (place + 1) / len(own), 1 - place / len(own)
                    ax.axvspan(-row.margin, row.margin, *lane, color=BAND, zorder=0)
                    ax.axvline(row.margin, *lane, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
                whisker(ax, row.model, row.low, row.high, (left, right), palette[row.model])
                shape = "o" if row.improvement >= left else "<"
                ax.plot(max(row.improvement, left), row.model, shape, color=palette[row.model], ms=6.5, clip_on=False)
                beside(ax, row.model, f"{percent(row.improvement)} %")
            pad = 0.04 * (right - left)
            label = style.wrapped(f"share of the regression's {own['stake'].iloc[0]} that is saved")
            ax.set(xlim=(left - pad, right + pad), xlabel=label, ylabel="")
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(per_cent)
            ax.grid(axis="x")
            ax.set_ylim(len(own) - 0.5, -0.5)
            for text, kept in zip(ax.get_yticklabels(), own["kept"], strict=True):
                text.set_fontweight("bold" if kept else "normal")
    richer = frame[frame["base"] != frame["other"]]
    columns = ["target", "model", "improvement", "level", "ends"]
    told = [
        f"{target}, {model}: {percent(share)} % ({level_words(level)} interval: {ends})"
        for target, model, share, level, ends in richer[columns].itertuples(index=False)
    ]
    stakes = " or ".join(dict.fromkeys(frame["stake"]))
    alt = f"Share of the regression's {stakes} that richer models save over simpler ones. {'; '.join(told)}."
    return Picture(figure, alt, finding(frame))
