"""Numbers as people read them: one way of writing them for sentences, tables, figures and the
terminal.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
YEARS = 1500, 2200
"""First and last."""
NOTHING = 5e-6
"""A smaller share is none, whatever its sign."""
NEARLY_ALL = 0.9999
"""A larger share that is not all is told as over it."""


def human(value: Any, digits: int = 3) -> str:
    """A number with `digits` significant digits; integers whole; a dash where there is none."""
    if _missing(value):
        return DASH
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | float | np.integer | np.floating
    ):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        text = "\N{INFINITY}" if number > 0 else "-\N{INFINITY}"
    elif isinstance(value, int | np.integer) or (number.is_integer() and abs(number) < 1e7):
        text = f"{int(number):,}"
    else:
        mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
        place = int(exponent)
        if -4 <= place < 7:
            text = f"{number:,.{max(digits - 1 - place, 0)}f}"
        else:
            text = f"{mantissa} \N{MULTIPLICATION SIGN} 10{str(place).translate(_SUPERSCRIPTS)}"
    return text.replace("-", MINUS)


def _missing(value: Any) -> bool:
    """Whether it is None, NaN, or the NA of pandas, which this module does not import."""
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ == "NAType"
    )


def significant(values: npt.ArrayLike, digits: int) -> npt.NDArray[np.float64]:
    """Numbers (...) with so many significant digits."""
    array = np.asarray(values, np.float64)
    return np.array([float(f"{value:.{digits}g}") for value in array.flat]).reshape(array.shape)


def given(value: Any, digits: int = 3) -> str:
    """A number without zeros at its end, as one that was chosen is given, or one that a sentence
    tells.
    """
    text, times, power = human(value, digits).partition(" \N{MULTIPLICATION SIGN}")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return power.strip() if times and text == "1" else text + times + power


def are_years(values: Any, name: str) -> bool:
    """Whether numbers of a column are years: within YEARS, and whole unless it is called so."""
    inside = YEARS[0] <= np.nanmin(values) and np.nanmax(values) <= YEARS[1]
    whole = np.allclose(values, np.round(values), rtol=0, atol=1e-3, equal_nan=True)
    return bool(inside and (whole or "year" in name.lower()))


def year(value: float, _: object = None) -> str:
    """A year, or a moment of one: without a separator."""
    return f"{value:g}"


def given_percent(share: float, digits: int = 3) -> str:
    """A share that somebody chose, or one of an axis: `5%`, `97.5%`."""
    return f"{given(100 * share, digits)}%"


def percent(share: float) -> str:
    """A share that was measured in per cent, without the sign: one decimal, two near 100, `over
    99.99`; 0 for NOTHING.
    """
    value = round(100 * share, 6) if abs(share) >= NOTHING else 0.0
    if NEARLY_ALL < share < 1 - 1e-12:
        return f"over {100 * NEARLY_ALL:.2f}"
    if 99.5 <= value < 100:
        text = f"{value:.{min(math.ceil(-math.log10(100 - value)), 2)}f}"
    else:
        text = (
            f"{value:,.0f}"
            if abs(value) >= 100
            else f"{value:.1f}"
            if abs(value) >= 1
            else f"{value:.2g}"
        )
    return text.replace("-", MINUS)


def chance(share: float) -> str:
    """A probability: `<1%`, `37%`, `>99%`; a dash where there is none."""
    if _missing(share):
        return DASH
    return ">99%" if share > 0.99 else "<1%" if share < 0.01 else f"{100 * share:.0f}%"


def about(number: float) -> str:
    """A number to two significant digits: 1,600 for 1,583."""
    return f"{float(f'{number:.2g}'):,.0f}" if abs(number) >= 10 else given(number, 2)


def count(n: int, noun: str) -> str:
    """`1 trial`, `1,200 trials`."""
    return f"{n:,} {noun}{'' if n == 1 else 'es' if noun.endswith('ch') else 's'}"


def some(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    return ", ".join(names[:most]) + f" and {len(names) - most:,} more" * (len(names) > most)


def times(n: int) -> str:
    """How often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def unique(names: Iterable[str], taken: Collection[str] = ()) -> list[str]:
    """Names with ` (2)`, ` (3)`... after one that is taken or that an earlier one has."""
    own, used = list(names), set(taken)
    for place, name in enumerate(own):
        number = 1
        while own[place] in used or (number > 1 and own.count(own[place]) > 1):
            number += 1
            own[place] = f"{name} ({number})"
        used.add(own[place])
    return own


_SUPERSCRIPTS = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)
