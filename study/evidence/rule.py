"""The rule of the verdict: which procedures the gains between them leave standing, from the
simplest up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

from study.evidence.findings import Gain
from study.evidence.thresholds import MARGIN, MIN_MARGIN, Threshold
from study.schema import NETWORK, REGRESSION, TERMS

LADDER = (REGRESSION, TERMS, NETWORK)
"""Procedures from the simplest to the richest."""
ABOVE, BELOW, OPEN = "above", "below", "open"
"""Where an interval lies: wholly above a bound, wholly below, or neither."""
OUT, IN = "out", "in"

Gains = Mapping[tuple[str, str], Gain]
"""Gains of richer models over simpler ones by (simpler, richer), all as shares of the regression's
loss."""


def side(improvement: float, low: float, high: float, bound: float) -> str:
    """ABOVE, BELOW or OPEN, where the interval of an improvement lies; BELOW where it is none, as
    there is no loss to save.
    """
    if math.isnan(improvement) or high < bound:
        return BELOW
    return ABOVE if low > bound else OPEN


def side_of(gain: Gain, threshold: Threshold) -> str:
    """ABOVE if a gain lies wholly above margin and minimum margin, BELOW if wholly below either,
    else OPEN.

    It lies on a side of the minimum margin by its amount, or by its share of the loss that was
    measured: where the loss is small the amount is the surer of the two, and where it is large the
    share. Of a count of which there was none the amount alone is held against the minimum margin,
    and nothing is decided without one; of another loss of 0 nothing can be saved.
    """
    sides = _sides(gain, threshold).values()
    return BELOW if BELOW in sides else OPEN if OPEN in sides else ABOVE


def held_by(gain: Gain, threshold: Threshold) -> str:
    """MARGIN or MIN_MARGIN, which of the two puts a gain on its side; where both do, the one that
    is larger on these rows.
    """
    sides = _sides(gain, threshold)
    whole = side_of(gain, threshold)
    own = threshold.of_gain(gain)
    found = [name for name, side in sides.items() if side == whole]
    return (
        found[0]
        if len(found) == 1
        else MIN_MARGIN
        if own.min_margin > own.margin * gain.per_loss
        else MARGIN
    )


def _sides(gain: Gain, threshold: Threshold) -> dict[str, str]:
    threshold = threshold.of_gain(gain)
    saved = 0.0 if gain.counted else gain.improvement
    sides = {MARGIN: side(saved, gain.low, gain.high, threshold.margin)}
    if threshold.min_margin > 0 and not math.isnan(
        threshold.margin
    ):  # without a margin nothing is decided
        if gain.counted and gain.per_loss == 0:
            return {
                MIN_MARGIN: side(saved, gain.low_amount, gain.high_amount, threshold.min_margin)
            }  # of no wrong row there is no share
        share = side(
            saved,
            gain.low,
            gain.high,
            threshold.min_margin / gain.per_loss if gain.per_loss > 0 else math.inf,
        )
        amount = side(saved, gain.low_amount, gain.high_amount, threshold.min_margin)
        sides[MIN_MARGIN] = share if amount == OPEN else amount
    return sides


def scored_models(gains: Gains) -> tuple[str, ...]:
    """Procedures that were scored, in the order of LADDER."""
    return tuple(model for model in LADDER if any(model in pair for pair in gains))


def apart(gains: Gains) -> list[tuple[str, str]]:
    """Pairs of scored models, (simpler, richer), without a gain: no test row compares them."""
    return [pair for pair in combinations(scored_models(gains), 2) if pair not in gains]


def state_of(model: str, gains: Gains, threshold: Threshold) -> str:
    """OUT if some richer model's gain over this one lies above the threshold (`side_of`), IN if all
    lie below, else OPEN.

    So is one whose gain is not known, as where two were scored on no common row.
    """
    scored = scored_models(gains)
    richer = [gains.get((model, other)) for other in scored[scored.index(model) + 1 :]]
    sides = {side_of(gain, threshold) if gain else OPEN for gain in richer}
    return OUT if ABOVE in sides else OPEN if OPEN in sides else IN


def above_all(over: Mapping[str, Gain], gains: Gains, threshold: Threshold) -> bool:
    """Whether something beside the models is ahead of every one that was scored by more than the
    threshold; over: its gain by model.
    """
    models = scored_models(gains)
    return bool(models) and all(
        name in over and side_of(over[name], threshold) == ABOVE for name in models
    )


def terms_unsure(gains: Gains, threshold: Threshold) -> bool:
    """Whether the regression with terms would be the answer, and its own gain over the regression
    may be none.

    That is so where the network alone is sure to be better than the regression, by more than the
    margin: the terms are then within the margin of the network, but that they help was not shown.
    """
    gain = gains.get((REGRESSION, TERMS))
    return _walk(gains, threshold) == (TERMS,) and gain is not None and not gain.low > 0


def standing(gains: Gains, threshold: Threshold) -> tuple[str, ...]:
    """The models that are left: one is the answer, several are what it is undecided between, the
    simplest first.

    Walk up from the simplest model: pass what is OUT, collect what is OPEN, stop at the first that
    is IN, or at the richest. The regression with terms is an answer only if its gain over the
    regression excludes 0 (`terms_unsure`); else it is collected too, and the walk ends at the
    network. No model without gains.
    """
    found = _walk(gains, threshold)
    return (TERMS, NETWORK) if terms_unsure(gains, threshold) else found


def _walk(gains: Gains, threshold: Threshold) -> tuple[str, ...]:
    collected = []
    for model in scored_models(gains):
        state = state_of(model, gains, threshold)
        collected += [model] if state != OUT else []
        if state == IN:
            break
    return tuple(collected)


def open_pair(gains: Gains, threshold: Threshold) -> tuple[str, str, float] | None:
    """The pair that keeps an answer undecided, and the bound that its interval would have to leave
    out; None where decided.

    Of several the one of the simplest model left and the last, if that is open. The bound is the
    margin or the minimum margin, whichever `held_by` says, as a share of the loss that the gain is
    a share of; or 0 (`terms_unsure`).
    """
    left = standing(gains, threshold)
    if len(left) < 2:
        return None
    if terms_unsure(gains, threshold):
        return REGRESSION, TERMS, 0.0
    found = [
        pair
        for pair, gain in gains.items()
        if pair[0] == left[0] and side_of(gain, threshold) == OPEN
    ]
    pair = max(found, key=lambda pair: pair[1] == left[-1], default=None)
    if pair is None:
        return None
    own, per = threshold.of_gain(gains[pair]), gains[pair].per_loss
    min_margin = held_by(gains[pair], threshold) == MIN_MARGIN
    return (*pair, (own.min_margin / per if per > 0 else math.inf) if min_margin else own.margin)
