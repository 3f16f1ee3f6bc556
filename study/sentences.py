"""Verdicts in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from study.scores import NOUNS


def percent(share: float) -> str:
    """A share in per cent for a sentence: one decimal, and as many as it takes to tell 99.98 from 100."""
    value = 100 * share
    if 99.5 <= value < 100:
        text = f"{value:.{min(int(np.ceil(-np.log10(100 - value))), 6)}f}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
    return text.replace("-", "\N{MINUS SIGN}")


def judged(target: str, family: str, depths: list[int], gain: dict[str, Any], margin: float) -> tuple[str, str, str]:
    """Verdict, its sentence and what to do."""
    noun = NOUNS.get(family, family)
    layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
    r, low, high = gain["improvement"], gain["low"], gain["high"]
    if np.isnan(r):
        sentence = f"Nothing can be gained on {target}, which {noun} predicts without any loss: the regression is enough."
        return "regression is enough", sentence, f"Use {noun}."
    size, interval = f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than", f"{percent(low)} to {percent(high)} %"
    if r < 0:
        interval = f"of the gain {interval}"
    if r < -1:
        size, interval = f"{1 - r:,.3g} times the loss of", f"{max(1 - high, 0):,.3g} to {1 - low:,.3g} times"
    start = f"A network with {layers} hidden layer{'' if layers == '1' else 's'} predicts {target} with {size} {noun}"
    start, bound = f"{start} (95 % interval {interval})", f"{100 * margin:.3g} % margin"
    if low > margin:
        far = "far " if low > 3 * margin else ""
        return "network is worth it", f"{start}, {far}beyond the {bound}: the network is worth it.", "Use the network."
    if high < margin:
        return "regression is enough", f"{start}, a gain below the {bound}: the regression is enough.", f"Use {noun}."
    action = f"Keep {noun}, the simpler model; more rows, or repeats of the outer split, can decide it."
    return "undecided", f"{start}, which lies on both sides of the {bound}: undecided.", action
