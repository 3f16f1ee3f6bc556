"""Text as numbers, as people write them: with separators, currencies and units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

CURRENCIES = frozenset("$€£")
_SPACES = " \u00a0\u2009\u202f'\N{RIGHT SINGLE QUOTATION MARK}"
_INFINITE = "[iI][nN][fF](?:[iI][nN][iI][tT][yY])?"
_SIGN = r"[+\N{MINUS SIGN}-]?"
_CELL = re.compile(
    rf"(\()?(?P<sign>{_SIGN})(?P<before>[$€£]?)\s*(?P<minus>{_SIGN})"
    rf"(?P<body>[0-9](?:[0-9.,{_SPACES}]*[0-9])?[.,]?|[.,][0-9]+|{_INFINITE})"
    r"(?P<power>(?:[eE][+-]?[0-9]+)?)\s*"
    r"(?P<after>(?:(?:[^\W\d_]|[%‰°$€£])[^\s,;()]*(?: [^\W\d_]+)?)?)(?(1)\))"
)
"""One number with its sign, currency and unit; in brackets it is below zero."""
_STYLES = {
    decimal: re.compile(
        rf"[1-9][0-9]{{0,2}}([{group}{_SPACES}])[0-9]{{3}}(?:\1[0-9]{{3}})*(?:\{decimal}[0-9]*)?"
        rf"|[0-9]+(?:\{decimal}[0-9]*)?|\{decimal}[0-9]+|{_INFINITE}"
    )
    for decimal, group in (".,", ",.")
}
"""Digits by decimal sign; the other sign, spaces or apostrophes part thousands."""
_SAID = {",": "thousands commas", ".": "thousands points", _SPACES: "thousands spaces"}
_PATTERN = re.compile(r"1(?P<group>.?)234(?P<decimal>.)5(?P<unit>.*?)(?P<gaps> or gaps)?")
GAPS = " or gaps"
"""Behind a pattern: cells that are no numbers are missing."""
PLAIN = "1234.5"
"""The pattern of numbers as Python reads them."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Distinct cells as numbers.

    plain: as Python reads them; None where a cell is none. pattern: how 1234.5 would be written.
    said: what they are written with, in words. unclear: cells that are another number if their sign
    is the other one.
    """

    plain: list[str | None]
    pattern: str
    said: list[str]
    unclear: npt.NDArray[np.bool_]


def read_numbers(
    cells: Sequence[str], counts: npt.NDArray[np.int64], decimal: str, pattern: str = ""
) -> Numbers:
    """Read distinct cells in one style and unit: that of most of their `counts`, the unit of
    `pattern` if there is one.

    Where all cells fit either style, `pattern` decides, else `decimal`.
    """
    known = _PATTERN.fullmatch(pattern)
    matches = [_CELL.fullmatch(cell) for cell in cells]
    units = [match["before"] + match["after"] if match else None for match in matches]
    unit = known["unit"] if known else _unit(units, counts)
    alike = {unit, ""} if known or unit in CURRENCIES else {unit}
    bodies = [
        match["body"] if match and own in alike else ""
        for match, own in zip(matches, units, strict=True)
    ]
    fits = {
        sign: np.array([style.fullmatch(body) is not None for body in bodies], bool)
        for sign, style in _STYLES.items()
    }
    has = {sign: np.array([sign in body for body in bodies], bool) for sign in ".,"}
    n_fits = {sign: counts[fit].sum() for sign, fit in fits.items()}
    point, unclear = max(fits, key=lambda sign: n_fits[sign]), np.zeros(len(bodies), bool)
    if n_fits["."] == n_fits[","]:  # a sign before three digits may be either
        signs = {sign for sign in ".," if (fits["."] & has[sign]).any()}
        if known and signs & {known["group"], known["decimal"]}:
            point = known["decimal"]
        else:
            point = "," if "," in {decimal} & signs else "."
            asked = decimal == "." and unit in {"", "%"} if "," in signs else decimal == ","
            for sign in signs if asked or len(signs) > 1 else ():
                unclear |= fits["."] & has[sign]
            if signs == {"."} and unclear.sum() == fits["."].sum():
                unclear[:] = False  # all have three decimals, as a program writes them
    group = "." if point == "," else ","
    good = fits[point] & ~(unclear & (known is not None))
    plain = [
        _plain(match, group, point) if match and fit else None
        for match, fit in zip(matches, good, strict=True)
    ]
    apart = [
        sign
        for sign in (group, _SPACES)
        if any({*sign} & {*bodies[i]} for i in np.flatnonzero(good))
    ]
    commas = point == "," and (good & has[","]).any()
    said = [unit] * bool(unit) + [_SAID[sign] for sign in apart]
    said += ["decimal commas"] * bool(commas and decimal == ".")
    written = f"1{group if group in apart else ''}234{',' if commas else '.'}5{unit}"
    return Numbers(plain, written, said, unclear)


def _unit(units: Sequence[str | None], counts: npt.NDArray[np.int64]) -> str:
    """The unit of most cells; a currency of some where most have none."""
    cells: Counter[str] = Counter()
    for unit, n in zip(units, counts, strict=True):
        if unit is not None:
            cells[unit] += int(n)
    named = [unit for unit, _ in cells.most_common()]
    return (
        next((unit for unit in named if unit in CURRENCIES), "")
        if named[:1] == [""]
        else "".join(named[:1])
    )


def _plain(match: re.Match[str], group: str, point: str) -> str:
    body = re.sub(f"[{group}{_SPACES}]", "", match["body"]).replace(point, ".")
    below = (match[1] is not None) != bool({*match["sign"], *match["minus"]} & {*"-\N{MINUS SIGN}"})
    return "-" * below + body + match["power"]


def merged(cells: pd.Series[Any], values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Positions of numbers, `cells` as they are and `values` as float64, that others share their
    value with but are not.
    """
    shared = pd.Series(values).duplicated(keep=False).to_numpy() & ~np.isnan(values)
    twice = np.flatnonzero(shared)
    exact = [Decimal(cell) if isinstance(cell, str) else cell for cell in cells.iloc[twice]]
    pairs = pd.DataFrame({"value": values[twice], "exact": pd.Series(exact, dtype=object)})
    pairs = pairs.drop_duplicates()
    return twice[pairs.index[pairs["value"].duplicated(keep=False)]]
