"""How probable it is that a gain is above a margin, for every margin, and what the answer is at
each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from study.evidence.findings import Gain
from study.evidence.rule import Gains, standing
from study.evidence.thresholds import Threshold
from study.schema import Frozen

POINTS = 121
"""Margins at which a curve is told."""
MOST = 0.99
"""Above this share of the loss no answer is told, unless the margin itself is above it."""


class Span(Frozen):
    """Margins from `low` up to `high`, of one answer: what the rule leaves
    (`study.evidence.rule.standing`).
    """

    low: float
    high: float
    left: tuple[str, ...]


def margins_of(gains: Mapping[tuple[str, str], Gain], threshold: Threshold) -> list[float]:
    """The margins of a target's curves, (POINTS,) from 0 to where all are near 0, and beyond its
    own bounds; at most 1.
    """
    ends = [
        threshold.stated(end, gain)
        for gain in gains.values()
        for end in (gain.improvement, gain.high)
    ]
    bounds = [
        threshold.stated(threshold.of_gain(gain).larger(gain.per_loss), gain)
        for gain in gains.values()
    ]
    top = np.nanmax([0.1, *(1.3 * end for end in ends), *(2 * bound for bound in bounds)])
    found: list[float] = np.linspace(0.0, min(top, 1.0), POINTS).tolist()
    return found


def spans(gains: Gains, threshold: Threshold) -> tuple[Span, ...]:
    """What the rule leaves at every margin up to MOST, or to twice that of the threshold where it
    is larger, and beside its minimum margin: it changes only at the ends of the gains' intervals,
    and where nothing can be saved beyond.
    """
    ends = {
        threshold.stated(end, gain)
        for gain in gains.values()
        for end in (gain.low, gain.high, gain.most)
    }
    most = 2 * threshold.margin if threshold.margin >= MOST else MOST
    places = [0.0, *sorted(end for end in ends if 0 < end < most), most]
    found: list[Span] = []
    for low, high in pairwise(places):
        left = standing(gains, replace(threshold, margin=(low + high) / 2))
        if found and found[-1].left == left:
            low = found.pop().low
        found.append(Span(low=low, high=high, left=left))
    return tuple(found)
