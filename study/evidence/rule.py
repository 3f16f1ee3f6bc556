"""The rule of the verdict: which procedures the gains between them leave standing, from the
simplest up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

from study.evidence.findings import ENOUGH, TERMS, WORTH, Gain
from study.evidence.thresholds import FLOOR, MARGIN, Threshold
from study.schema import EXTENDED, NETWORK, REGRESSION

LADDER = (REGRESSION, EXTENDED, NETWORK)
"""Procedures from the simplest to the richest."""
ANSWERS = {REGRESSION: ENOUGH, EXTENDED: TERMS, NETWORK: WORTH}
"""What is said where one rung alone is left."""
ABOVE, BELOW, OPEN = "above", "below", "open"
"""Where an interval lies: wholly above a bound, wholly below, or neither."""
OUT, IN = "out", "in"

Gains = Mapping[tuple[str, str], Gain]
"""Gains of richer rungs over simpler ones by (simpler, richer), all as shares of the regression's
loss."""


def side(improvement: float, low: float, high: float, bound: float) -> str:
    """ABOVE, BELOW or OPEN, where the interval of an improvement lies; BELOW where it is none, as
    there is no loss to save.
    """
    if math.isnan(improvement) or high < bound:
        return BELOW
    return ABOVE if low > bound else OPEN


def side_of(gain: Gain, bar: float | Threshold) -> str:
    """ABOVE if a gain lies wholly above margin and floor, BELOW if wholly below either, else OPEN.
    A float is a margin.

    It lies on a side of the floor by its amount, or by its share of the loss that was measured:
    where the loss is small the amount is the surer of the two, and where it is large the share. Of
    a count of which there was none the amount alone is held against the floor, and nothing is
    decided without one; of another loss of 0 nothing can be saved.
    """
    sides = _sides(gain, Threshold.of(bar)).values()
    return BELOW if BELOW in sides else OPEN if OPEN in sides else ABOVE


def held_by(gain: Gain, bar: float | Threshold) -> str:
    """MARGIN or FLOOR, which of the two puts a gain on its side; where both do, the one that is
    larger on these rows.
    """
    sides, whole, own = (
        _sides(gain, Threshold.of(bar)),
        side_of(gain, bar),
        Threshold.of(bar).of_gain(gain),
    )
    found = [name for name, side in sides.items() if side == whole]
    return (
        found[0] if len(found) == 1 else FLOOR if own.floor > own.margin * gain.per_loss else MARGIN
    )


def _sides(gain: Gain, bar: Threshold) -> dict[str, str]:
    bar = bar.of_gain(gain)
    saved = 0.0 if gain.counted else gain.improvement
    sides = {MARGIN: side(saved, gain.low, gain.high, bar.margin)}
    if bar.floor > 0 and not math.isnan(bar.margin):  # without a margin nothing is decided
        if gain.counted and gain.per_loss == 0:
            return {
                FLOOR: side(saved, gain.low_amount, gain.high_amount, bar.floor)
            }  # of no wrong row there is no share
        share = side(
            saved, gain.low, gain.high, bar.floor / gain.per_loss if gain.per_loss > 0 else math.inf
        )
        amount = side(saved, gain.low_amount, gain.high_amount, bar.floor)
        sides[FLOOR] = share if amount == OPEN else amount
    return sides


def rungs(gains: Gains) -> tuple[str, ...]:
    """Procedures that were scored, in the order of LADDER."""
    return tuple(rung for rung in LADDER if any(rung in pair for pair in gains))


def apart(gains: Gains) -> list[tuple[str, str]]:
    """Pairs of scored rungs, (simpler, richer), without a gain: no test row compares them."""
    return [pair for pair in combinations(rungs(gains), 2) if pair not in gains]


def state_of(rung: str, gains: Gains, bar: float | Threshold) -> str:
    """OUT if some richer rung's gain over this one lies above the bar (`side_of`), IN if all lie
    below, else OPEN.

    So is one whose gain is not known, as where two were scored on no common row.
    """
    scored = rungs(gains)
    richer = [gains.get((rung, other)) for other in scored[scored.index(rung) + 1 :]]
    sides = {side_of(gain, bar) if gain else OPEN for gain in richer}
    return OUT if ABOVE in sides else OPEN if OPEN in sides else IN


def above_all(over: Mapping[str, Gain], gains: Gains, bar: float | Threshold) -> bool:
    """Whether something beside the rungs is ahead of every one that was scored by more than the
    bar; over: its gain by rung.
    """
    models = rungs(gains)
    return bool(models) and all(
        name in over and side_of(over[name], bar) == ABOVE for name in models
    )


def terms_unsure(gains: Gains, bar: float | Threshold) -> bool:
    """Whether the regression with terms would be the answer, and its own gain over the regression
    may be none.

    That is so where the network alone is sure to be better than the regression, by more than the
    margin: the terms are then within the margin of the network, but that they help was not shown.
    """
    gain = gains.get((REGRESSION, EXTENDED))
    return _walk(gains, bar) == (EXTENDED,) and gain is not None and not gain.low > 0


def standing(gains: Gains, bar: float | Threshold) -> tuple[str, ...]:
    """The rungs that are left: one is the answer, several are what it is undecided between, the
    simplest first.

    Walk up from the simplest rung: pass what is OUT, collect what is OPEN, stop at the first that
    is IN, or at the richest. The regression with terms is an answer only if its gain over the
    regression excludes 0 (`terms_unsure`); else it is collected too, and the walk ends at the
    network. No rung without gains.
    """
    found = _walk(gains, bar)
    return (EXTENDED, NETWORK) if terms_unsure(gains, bar) else found


def _walk(gains: Gains, bar: float | Threshold) -> tuple[str, ...]:
    collected = []
    for rung in rungs(gains):
        state = state_of(rung, gains, bar)
        collected += [rung] if state != OUT else []
        if state == IN:
            break
    return tuple(collected)


def open_pair(gains: Gains, bar: float | Threshold) -> tuple[str, str, float] | None:
    """The pair that keeps an answer undecided, and the bound that its interval would have to leave
    out; None where decided.

    Of several the one of the simplest rung left and the last, if that is open. The bound is the
    margin or the floor, whichever `held_by` says, as a share of the loss that the gain is a share
    of; or 0 (`terms_unsure`).
    """
    bar, left = Threshold.of(bar), standing(gains, bar)
    if len(left) < 2:
        return None
    if terms_unsure(gains, bar):
        return REGRESSION, EXTENDED, 0.0
    found = [
        pair for pair, gain in gains.items() if pair[0] == left[0] and side_of(gain, bar) == OPEN
    ]
    pair = max(found, key=lambda pair: pair[1] == left[-1], default=None)
    if pair is None:
        return None
    own, per = bar.of_gain(gains[pair]), gains[pair].per_loss
    floor = held_by(gains[pair], bar) == FLOOR
    return (*pair, (own.floor / per if per > 0 else math.inf) if floor else own.margin)
