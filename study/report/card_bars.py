"""The gains of a target as bars on one axis: markup that keeps its letters' size at any width, and takes the page's colours."""

from __future__ import annotations

import math
from collections.abc import Hashable
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from study.evidence.answer import Verdict
from study.evidence.wording.answer import Words
from study.evidence.wording.sentences import ends, level_words
from study.formatting import given_percent, percent
from study.schema import EXTENDED, NETWORK, REGRESSION, TREES

HEIGHT_PX = 40
SLACK = 1e-6
"""An end that lies beyond an edge by this share of it lies at the edge."""
SUBJECTS = {EXTENDED: "the regression with terms", NETWORK: "the network", TREES: "boosted trees"}


def bars(verdict: Verdict) -> str:
    """What each procedure saves over the plain regression, and the network over the one with terms, below one another.

    Nothing where nothing can be gained.
    """
    shown = gains_frame(verdict)
    if shown.empty:
        return ""
    span, parts = edges(shown), list[str]()
    for row in shown.to_dict("records"):
        over = f"over {SUBJECTS[EXTENDED]}" if row["base"] == EXTENDED else ""
        parts += ['<div class="apart"></div>'] if over and parts else []
        parts.append(_bar(row, span, over))
    return f'<div class="gains">{"".join(parts)}{_axis(span)}{_note(shown, verdict)}</div>'


def gains_frame(verdict: Verdict) -> pd.DataFrame:
    """Gains over the regression, boosted trees' among them, then that of the network over the regression with terms.

    base, other (procedures), improvement, low, high (shares of the regression's loss), ends (the interval in words), level,
    margin (the larger bound of the gain, NaN where none can be told).
    """
    gains = dict(verdict.by_pair)
    if verdict.trees and REGRESSION in verdict.trees.over:
        gains[REGRESSION, TREES] = verdict.trees.over[REGRESSION]
    rows = [
        {
            "base": base, "other": other, "improvement": gain.improvement, "low": gain.low, "high": gain.high,
            "ends": ends(gain), "level": gain.level, "margin": verdict.bar.of_gain(gain).larger(gain.per_loss),
        }
        for (base, other), gain in sorted(gains.items(), key=lambda each: each[0][0] != REGRESSION)
        if pd.notna(gain.improvement)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def edges(own: pd.DataFrame) -> tuple[float, float]:
    """Where the axis of one target's gains ends: it holds all dots, and intervals within 100 % to either side."""
    margin = float(own["margin"].fillna(0.0).max())
    low, high = (own[name].fillna(end) for name, end in (("low", -np.inf), ("high", np.inf)))
    left = max(min(low.min(), own["improvement"].min()), -1)
    right = max(high.max(), own["improvement"].max(), 2 * margin)
    return min(left, -2 * margin), max(min(right, 1), 2 * margin)


def _bar(row: dict[Hashable, Any], ends: tuple[float, float], over: str) -> str:
    share, margin, (left, right) = float(row["improvement"]), float(row["margin"]), ends
    low = -math.inf if math.isnan(row["low"]) else float(row["low"])
    high = math.inf if math.isnan(row["high"]) else float(row["high"])
    marks = []
    if not math.isnan(margin):
        start, end = _place(max(-margin, left), ends), _place(min(margin, right), ends)
        marks.append(f'<rect class="band" x="{start:.2f}%" width="{end - start:.2f}%" y="0" height="{HEIGHT_PX}"/>')
        marks.append(_upright("margin", margin, ends))
    marks.append(_upright("zero", 0.0, ends))
    first, last = (_place(min(max(end, left), right), ends) for end in (low, high))
    middle = HEIGHT_PX // 2
    marks.append(f'<line class="interval" x1="{first:.2f}%" x2="{last:.2f}%" y1="{middle}" y2="{middle}"/>')
    marks += [_arrow(first, -1)] if low < left - SLACK * abs(left) else []
    marks += [_arrow(last, 1)] if high > right + SLACK * abs(right) else []
    if left <= share <= right:
        marks.append(f'<circle class="dot" cx="{_place(share, ends):.2f}%" cy="{middle}" r="5.5"/>')
    else:
        marks.append(_arrow(_place(min(max(share, left), right), ends), -1 if share < left else 1))
    said = f"{level_words(row['level'])} interval {row['ends']}"
    held = "" if math.isnan(margin) else f"; what matters begins at {percent(margin)} %"
    alt = f"{SUBJECTS[row['other']]} {over or 'over the regression'}: {percent(share)} %, {said}{held}".replace("  ", " ")
    svg = f'<svg width="100%" height="{HEIGHT_PX}" role="img" aria-label="{escape(alt)}">{"".join(marks)}</svg>'
    name = f"{SUBJECTS[row['other']]}{f'<small>{over}</small>' if over else ''}"
    told = f'{percent(share)} %<small title="{level_words(row["level"])} interval">{escape(row["ends"])}</small>'
    return (
        f'<div class="row {row["other"]}"><span class="of">{name}</span><span class="is">{told}</span>'
        f'<span class="bar">{svg}</span></div>'
    )


def _axis(ends: tuple[float, float]) -> str:
    left, right = ends
    slack = 1e-9 * (right - left)
    ticks = [tick for tick in MaxNLocator(4).tick_values(left, right) if left - slack <= tick <= right + slack]
    marks = []
    for tick in ticks:
        place = _place(float(tick), ends)
        marks.append(f'<text x="{place:.2f}%" y="13" text-anchor="middle">{given_percent(float(tick), 6)}</text>')
    svg = f'<svg width="100%" height="16" aria-hidden="true">{"".join(marks)}</svg>'
    return f'<div class="row"><span class="bar">{svg}</span></div>'


def _note(shown: pd.DataFrame, verdict: Verdict) -> str:
    levels = [level_words(level) for level in dict.fromkeys(shown["level"])]
    what = f"Share of {verdict.nouns[REGRESSION]}'s {verdict.metric.noun} that is saved on the test rows"
    about = f"{what}, with its {' or '.join(levels)} interval"
    where = (
        f"; the shaded band is too small to matter, up to the {Words(verdict).bound_name} (dashed)"
        if shown["margin"].notna().any()
        else ""
    )
    return f'<p class="note">{escape(about + where)}. Where there is an arrow, it goes on beyond the axis.</p>'


def _place(value: float, ends: tuple[float, float]) -> float:
    """Per cent of the width, of which 3 are left free at either side."""
    left, right = ends
    return 3 + 94 * (value - left) / (right - left)


def _upright(name: str, value: float, ends: tuple[float, float]) -> str:
    x = f"{_place(value, ends):.2f}%"
    return f'<line class="{name}" x1="{x}" x2="{x}" y1="0" y2="{HEIGHT_PX}"/>'


def _arrow(place: float, way: int) -> str:
    path = f"M{9 * way} 0 L0 -6 L0 6 Z"
    return f'<svg x="{place:.2f}%" y="{HEIGHT_PX // 2}" overflow="visible"><path class="dot" d="{path}"/></svg>'
