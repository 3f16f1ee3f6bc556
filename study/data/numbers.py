"""Text as numbers, as people write them: with separators, currencies and units."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

CURRENCIES = frozenset("$€£")
_SPACES = " \u00a0\u2009\u202f'\N{RIGHT SINGLE QUOTATION MARK}"
_CELLS = {
    decimal: re.compile(
        r"(\()?[+\N{MINUS SIGN}-]?(?P<before>[$€£]?)\s*[+\N{MINUS SIGN}-]?(?P<body>"
        rf"[1-9][0-9]{{0,2}}(?P<apart>[{group}{_SPACES}])[0-9]{{3}}(?:(?P=apart)[0-9]{{3}})*(?:\{decimal}[0-9]*)?"
        rf"|[0-9]+(?:\{decimal}[0-9]*)?|\{decimal}[0-9]+|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)"
        r"(?P<power>(?:[eE][+-]?[0-9]+)?)\s*"
        r"(?P<after>(?:(?:[^\W\d_]|[%‰°$€£])[^\s,;()]*(?: [^\W\d_]+)?)?)(?(1)\))"
    )
    for decimal, group in (".,", ",.")
}
"""A number with its sign, currency and unit, by decimal sign; the other sign, spaces or apostrophes
part thousands."""
_BELOW = re.compile(r"[$€£]?\s*[(\N{MINUS SIGN}-]")
"""How a number below zero begins."""
_PATTERN = re.compile(r"1(?P<group>.?)234(?P<decimal>.)5 ?(?P<unit>.*)")
GAPS = " or gaps"
"""Behind a pattern: cells that are no numbers are missing."""
PLAIN = "1234.5"
"""The pattern of numbers as Python reads them."""


def is_number(cell: str) -> bool:
    """Whether a cell is a number in any style and unit."""
    return any(style.fullmatch(cell) for style in _CELLS.values())


def read_numbers(
    cells: Sequence[str], counts: npt.NDArray[np.int64], decimal: str, pattern: str = ""
) -> tuple[list[str | None], str, npt.NDArray[np.bool_]]:
    """Read distinct cells in the style and unit of most of their `counts`; the unit is that of
    `pattern` if there is one, and may be left out as a currency may.

    Where all cells fit either style, `pattern` decides, else `decimal`.

    Returns
    -------
    list (n,), str, bool (n,)
        Numbers as Python reads them, None where a cell is none; how 1234.5 would be written; and
        which cells would be another number if their sign were the other one.
    """
    known = _PATTERN.fullmatch(pattern.removesuffix(GAPS))
    matches = {sign: [cell.fullmatch(text) for text in cells] for sign, cell in _CELLS.items()}
    units = [
        match["before"] + match["after"] if (match := one or other) else None
        for one, other in zip(*matches.values(), strict=True)
    ]
    cells_of = pd.Series(counts).groupby(pd.Series(units, dtype="object")).sum()
    if CURRENCIES & {*cells_of.index}:
        cells_of = cells_of.drop("", errors="ignore")
    unit = known["unit"] if known else str(cells_of.idxmax()) if len(cells_of) else ""
    bare = {""} if known or unit in CURRENCIES else set()
    alike = np.isin(np.array(units, dtype=object), [unit, *bare])
    fits = {
        sign: alike & np.array([m is not None for m in found], bool)
        for sign, found in matches.items()
    }
    n_fits = {sign: counts[fit].sum() for sign, fit in fits.items()}
    has = {
        sign: fits["."] & fits[","] & np.array([sign in cell for cell in cells], bool)
        for sign in ".,"
    }
    point, unclear = max(fits, key=lambda sign: n_fits[sign]), np.zeros(len(units), bool)
    if n_fits["."] == n_fits[","]:  # a sign before three digits may be either
        signs = {sign for sign in has if has[sign].any()}
        if known and signs & {known["group"], known["decimal"]}:
            point = known["decimal"]
        else:
            point, either = decimal if "," in signs else ".", has["."] | has[","]
            named = decimal == "," or unit not in {"", "%"}
            written = decimal == "." or bool((either == fits["."]).all())  # each to three decimals
            sure = (signs == {","} and named) or (signs == {"."} and written)
            unclear = either & (not sure)
    group, good = ",."[point == ","], fits[point] & ~(unclear & (known is not None))
    read = [match if fit else None for match, fit in zip(matches[point], good, strict=True)]
    plain = [
        match
        and "-" * bool(_BELOW.match(match.string))
        + re.sub(f"[{group}{_SPACES}]", "", match["body"]).replace(point, ".")
        + match["power"]
        for match in read
    ]
    apart = next((match["apart"] for match in read if match and match["apart"]), "")
    commas = point == "," and any("," in match["body"] for match in read if match)
    style = f"1{apart}234{',' if commas else '.'}5 {unit * (unit in units)}".strip()
    return plain, style, unclear
