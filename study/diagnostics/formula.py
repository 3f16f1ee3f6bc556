"""A regression with terms as a formula: its value for rows of a table, and its text in original
units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.data.encoding import Encoded, design
from study.evidence.wording.amounts import listed
from study.families.heads import HEADS, FloatArray
from study.formatting import given, significant
from study.records.trial import TermRow
from study.schema import Kind, derive_seed

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MIDDLE DOT}"
MOST_CELLS = 2_000_000
"""Rows x terms of the most that digits are chosen by."""

LEAST_TOLERANCE = 1e-6
"""Standard deviations of the target, or logarithms of odds or rates, to whose square a loss is told
where a fit is exact."""


def value_of(row: TermRow, frame: pd.DataFrame) -> FloatArray:
    """A term without its weight, (n,), for columns of the encoder's terms in original units, NaN at
    gaps.
    """
    if row.form == "intercept":
        return np.ones(len(frame))
    cells = [frame[name].to_numpy(np.float64) for name in row.columns]
    x = [np.where(np.isnan(cell), fill, cell) for cell, fill in zip(cells, row.fill, strict=True)]
    if row.form == "column":
        return x[0]
    inside = [
        np.clip(cell, low, high) for cell, low, high in zip(x, row.low, row.high, strict=True)
    ]
    if row.knot is not None:
        return np.maximum(inside[0] - row.knot, 0.0)
    parts = [cell - center for cell, center in zip(inside, row.centers, strict=True)]
    return np.asarray(np.prod(parts, axis=0))


def formula(rows: Sequence[TermRow], encoded: Encoded, tolerance: float) -> str:
    """A regression with terms in original units: a line an output, then one for each range, and one
    for dates.

    Numbers have as few digits, from two, as keep the mean loss on the development rows within
    `tolerance`, or what follows from LEAST_TOLERANCE, of what it is without rounding; what rounds
    to nothing beside the largest weight per standard deviation, in so many digits, is left out.
    Products are not expanded. Each class is compared with the first. Of a long table rows are
    drawn.
    """
    kept = encoded.drawn(
        encoded.development,
        MOST_CELLS,
        len(rows),
        derive_seed(0, "formula", encoded.target, encoded.outer_fold),
    )
    frame, y, head = design(encoded, kept), encoded.y[kept], HEADS[encoded.kind]
    sizes = {
        term.name: float(scale)
        for term, scale in zip(encoded.terms, encoded.scale[-1], strict=True)
    }
    outputs = {row.output for row in rows}
    every = np.reshape([row.weight for row in rows], (len(outputs), -1)).T  # the intercepts first
    terms = rows[1 : len(every)]
    if encoded.kind is Kind.MULTICLASS:
        every = every - every[:, :1]
    weights = every[1:]

    def columns(own: Sequence[TermRow]) -> FloatArray:
        cells = [value_of(row, frame) for row in own]
        return np.column_stack([np.zeros((len(kept), 0)), *cells])

    values = columns(terms)
    eta = values @ weights + every[0]
    exact = float(head.loss(eta, y).mean())
    tolerance = max(
        tolerance,
        LEAST_TOLERANCE**2 * (float(np.var(y)) if encoded.kind is Kind.CONTINUOUS else 1.0),
    )
    size = np.abs(weights) * values.std(axis=0)[:, None]
    places = -np.floor(np.log10(np.maximum(eta.std(axis=0), 1e-300))).astype(int)
    for digits in range(2, 16):
        least = 0.5 * 10.0 ** (1 - digits) * size.max(axis=0, initial=0.0)
        slopes = significant(np.where(size < least, 0.0, weights), digits)
        short = [_short(row, digits + 1, sizes) for row in terms]
        rest = columns(short) @ slopes
        means = (eta - rest).mean(axis=0)
        ends = zip(means, places + digits - 1, strict=True)
        intercepts = np.array([round(float(mean), int(place)) for mean, place in ends])
        if head.loss(rest + intercepts, y).mean() <= exact + tolerance:
            break
    used = [row for row, own in zip(short, slopes, strict=True) if own.any()]
    texts = [_text(row) for row in short]
    said = [
        f"{left} \N{ALMOST EQUAL TO} {_sum(float(intercept), own, texts)}"
        for left, intercept, own in zip(_left(encoded), intercepts, slopes.T, strict=True)
        if left
    ]
    return "\n".join([*said, *_ranges(used), *_dates(encoded, used)])


def _measured(row: TermRow, place: int) -> bool:
    """Whether a factor can leave its range: not one that is 0 or 1."""
    return row.form == "hinge" or (row.low[place], row.high[place], row.centers[place]) != (
        0.0,
        1.0,
        0.0,
    )


def _short(row: TermRow, digits: int, sizes: dict[str, float]) -> TermRow:
    """A term whose numbers have so many digits of its column's standard deviation."""
    if row.form == "column":
        return row
    places = [digits - 1 - int(np.floor(np.log10(sizes[name]))) for name in row.columns]
    numbers = {n: tuple(map(round, getattr(row, n), places)) for n in ("centers", "low", "high")}
    knot = None if row.knot is None else round(row.knot, places[0])
    return row.model_copy(update={**numbers, "knot": knot})


def _left(encoded: Encoded) -> list[str]:
    """What each output's formula is of; empty for the class that the others are compared with."""
    target, classes = encoded.target, encoded.classes
    if encoded.kind is Kind.MULTICLASS:
        return ["", *(f"log-odds({target} = {name} against {classes[0]})" for name in classes[1:])]
    if encoded.kind is Kind.BINARY:
        return [f"log-odds({target} = {classes[1]})"]
    logged = encoded.kind is Kind.COUNT or encoded.measured is not None
    return [f"log({target})" if logged else target]


def _text(row: TermRow) -> str:
    if row.form == "column":
        return row.columns[0]
    names = [
        f"clip({name})" if _measured(row, place) else name for place, name in enumerate(row.columns)
    ]
    if row.knot is not None:
        return f"max({_less(names[0], row.knot)}, 0)"
    factors = [
        f"({_less(name, m)})" if m else name for name, m in zip(names, row.centers, strict=True)
    ]
    return TIMES.join(factors)


def _ranges(used: Sequence[TermRow]) -> list[str]:
    """What each clip holds: the columns of each range."""
    found: dict[str, dict[str, None]] = {}
    for row in used:
        for place, name in enumerate(row.columns):
            if row.form in {"product", "hinge"} and _measured(row, place):
                span = f"{_signed(row.low[place])} to {_signed(row.high[place])}"
                found.setdefault(span, {})[name] = None
    held = [f"{listed(list(names))} within {span}" for span, names in found.items()]
    return [f"where clip holds {listed(held)}"] if held else []


def _dates(encoded: Encoded, used: Sequence[TermRow]) -> list[str]:
    names = {name for row in used for name in row.columns}
    dates = [term.name for term in encoded.terms if term.unit == "day" and term.name in names]
    return [f"with {listed(dates)} in days since 1970-01-01"] if dates else []


def _sum(intercept: float, slopes: FloatArray, texts: Sequence[str]) -> str:
    parts = [(intercept, _number(intercept))]
    parts += [
        (float(v), text if abs(v) == 1 else f"{_number(v)}{TIMES}{text}")
        for v, text in zip(slopes, texts, strict=True)
    ]
    written = [f"{'-' if value < 0 else '+'} {text}" for value, text in parts if value]
    line = " ".join(written).removeprefix("+ ") or "0"
    first, rest = line[:2].replace("- ", MINUS), line[2:].replace(" - ", f" {MINUS} ")
    return first + rest


def _number(value: float) -> str:
    size = abs(value)
    return np.format_float_positional(size, trim="-") if 1e-6 <= size < 1e7 else given(size, 15)


def _signed(value: float) -> str:
    return f"{MINUS if value < 0 else ''}{_number(value) if value else '0'}"


def _less(name: str, value: float) -> str:
    return f"{name} {MINUS if value > 0 else '+'} {_number(value)}" if value else name
