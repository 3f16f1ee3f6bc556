"""Improvements and their limits as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from study.evidence.findings import Gain
from study.formatting import MINUS

NEARLY_ALL = 0.999


def digits(percents: float) -> str:
    """A number of per cent or points without its sign: one decimal below 10 and from 95 to 100,
    else none.
    """
    size = abs(percents)
    return f"{size:,.{1 if size < 9.95 or 95 <= size < 99.95 else 0}f}"


def share(value: float) -> str:
    """A share without its sign: `41%`, `97.3%`, `>99.9%`."""
    return f">{100 * NEARLY_ALL:g}%" if NEARLY_ALL < value <= 1 else f"{digits(100 * value)}%"


def points(value: float) -> str:
    """A difference of two shares in points, without its sign: `13`, `0.6`."""
    return digits(100 * value)


def signed(value: float, unit: str = "%") -> str:
    """An improvement with its sign: `+3.1%`, `-0.9%`, `>99.9%`; without one where it rounds to 0."""
    if NEARLY_ALL < value <= 1 and unit:
        return share(value)
    text = digits(100 * value)
    return f"{'' if float(text.replace(',', '')) == 0 else '+' if value > 0 else MINUS}{text}{unit}"


def span(low: float, high: float, most: float, unit: str = "%", plain: bool = False) -> str:
    """Limits: `-2.9% to +3.6%`, `up to +17%`, `at least +20%`, `no limits`.

    An upper limit that no model could pass, `most`, is none. unit: empty in points. plain: without
    signs, where both are above 0.
    """
    if unit and low > NEARLY_ALL:
        return share(low)
    first, last = (
        f"{digits(100 * end)}{unit}" if plain and end > 0 else signed(end, unit)
        for end in (low, high)
    )
    if math.isnan(low):
        return f"up to {last}" if high < most else "no limits"
    if not high < most:
        return f"at least {first}"
    return first if first == last else f"{first} to {last}"


def limits(gain: Gain, unit: str = "%", plain: bool = False) -> str:
    """The interval of a gain (`span`)."""
    return span(gain.low, gain.high, gain.most, unit, plain)


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def small(text: str) -> str:
    """`text` as it goes on after a colon; a name keeps its capital."""
    return text if text.startswith("Poisson") else text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """`text` as a sentence begins."""
    return text[:1].upper() + text[1:]
