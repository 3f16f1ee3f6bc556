"""Terms that a regression can be given beside its columns, and its formula in words and original units."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from study.data.encoding import Encoded, design
from study.data.splits import IntArray
from study.data.vocabulary import LEAST_LEVEL_ROWS
from study.explain.newton import predictor_losses, regress
from study.families.heads import HEADS, FloatArray
from study.records.selection import Extra
from study.schema import Kind

MINUS = "\N{MINUS SIGN}"
POWERS = {"square": 2, "cube": 3}
LEAST_DISTINCT = {"square": 3, "cube": 5, "hinge": 5}
"""Fewest distinct values of a column that is bent so."""


class Columns:
    """The columns of one outer fold in original units, and what can be made of them.

    names, values: the terms of the encoder, and their values (n_rows, n_terms) float64.
    centre: column to the round number that products and powers are taken about: near its mean on the development rows, 0
    where the mean is within a standard deviation of 0. Near-collinear powers and long formulas come of powers about 0.
    median: column to its median on the development rows, rounded: where a hinge, max(column - median, 0), bends.
    distinct: column to its number of distinct values there.
    """

    def __init__(self, encoded: Encoded) -> None:
        frame = design(encoded)
        self.encoded, self.names, self.values = encoded, [str(name) for name in frame], frame.to_numpy()
        self.distinct: dict[str, int] = {}
        self.centre: dict[str, float] = {}
        self.median: dict[str, float] = {}
        for name, column in zip(self.names, self.values[encoded.development].T, strict=True):
            mean, spread, self.distinct[name] = float(column.mean()), float(column.std()), len(np.unique(column))
            digits = -int(np.floor(np.log10(spread))) if spread > 0 else 0
            self.centre[name] = 0.0 if self.distinct[name] <= 2 or abs(mean) <= spread else round(mean, digits)
            self.median[name] = round(float(np.median(column)), digits + 1)

    def column(self, extra: Extra) -> FloatArray:
        """Values of a term, (n_rows,)."""
        values = [self.values[:, self.names.index(name)] for name in extra.names]
        if extra.form == "hinge":
            return np.maximum(values[0] - self.median[extra.names[0]], 0.0)
        factors = [value - self.centre[name] for value, name in zip(values, extra.names, strict=True)]
        return np.asarray(np.prod(factors, axis=0) ** POWERS.get(extra.form, 1))

    def matrix(self, extras: Sequence[Extra]) -> FloatArray:
        """The columns and the terms beside them, (n_rows, n_terms + n_extras)."""
        return np.column_stack([self.values, *map(self.column, extras)])

    def extras(self, kept: IntArray) -> list[Extra]:
        """All terms of the columns at `kept` that differ from their most frequent value in LEAST_LEVEL_ROWS rows or more."""
        terms = [self.encoded.terms[i] for i in kept]
        found = [Extra("product", (a.name, b.name)) for a, b in combinations(terms, 2) if a.column != b.column]
        for term in terms:
            bent = [form for form, least in LEAST_DISTINCT.items() if self.distinct[term.name] >= least]
            found += [Extra(form, (term.name,)) for form in bent]
        return [extra for extra in found if self._varies(extra)]

    def _varies(self, extra: Extra) -> bool:
        column = self.column(extra)[self.encoded.development]
        _, counts = np.unique(column, return_counts=True)
        return len(column) - int(counts.max()) >= LEAST_LEVEL_ROWS

    def text(self, extra: Extra) -> str:
        """A term in full, with the numbers that its columns are taken about or bend at."""
        factors = [f"({_less(name, self.centre[name])})" if self.centre[name] else name for name in extra.names]
        return extra.text(factors, f"max({_less(extra.names[0], self.median[extra.names[0]])}, 0)")


def formula(columns: Columns, chosen: Sequence[Extra], rows: IntArray, l2: float, tolerance: float) -> str:
    """The regression of the columns and `chosen` terms on `rows`, in original units: a line an output, and one for dates.

    Numbers have as few digits, from two, as keep the mean loss within `tolerance` of the fit's; what rounds to nothing
    beside the largest weight per standard deviation, in so many digits, is left out. Each class is compared with the first.
    """
    encoded, head = columns.encoded, HEADS[columns.encoded.kind]
    x, y = columns.matrix(chosen)[rows], encoded.y[rows]
    fit = regress(x, y, head, encoded.n_outputs, l2)
    weights, eta = fit.weights[1:], fit.predictor(x)
    if encoded.kind is Kind.MULTICLASS:
        weights, eta = weights - weights[:, :1], eta - eta[:, :1]
    exact = predictor_losses(head, eta, y).mean()
    places = -np.floor(np.log10(np.maximum(eta.std(axis=0), 1e-300))).astype(int)
    for digits in range(2, 16):
        small = np.abs(weights) < 0.5 * 10.0 ** (1 - digits) * np.abs(weights).max(axis=0)
        slopes = _rounded(np.where(small, 0.0, weights / fit.deviation[:, None]), digits)
        means = (eta - x @ slopes).mean(axis=0)
        intercepts = [round(float(mean), int(place) + digits - 1) for mean, place in zip(means, places, strict=True)]
        if predictor_losses(head, x @ slopes + intercepts, y).mean() <= exact + tolerance:
            break
    texts = [*columns.names, *map(columns.text, chosen)]
    lines = [_sum(intercept, slope, texts) for intercept, slope in zip(intercepts, slopes.T, strict=True)]
    sources = [*((name,) for name in columns.names), *(extra.names for extra in chosen)]
    used = {name for names, slope in zip(sources, slopes, strict=True) if slope.any() for name in names}
    dates = [term.name for term in encoded.terms if term.unit == "day" and term.name in used]
    unit = [f"with {' and '.join(dates)} in days since 1970-01-01"] if dates else []
    written = [f"{left} ~ {line}" for left, line in zip(_left(encoded), lines, strict=True) if left]
    return "\n".join(written + unit)


def _rounded(values: FloatArray, digits: int) -> FloatArray:
    """To so many significant digits."""
    return np.array([float(f"{value:.{digits}g}") for value in values.ravel()]).reshape(values.shape)


def _left(encoded: Encoded) -> list[str]:
    """What each output's formula is of; empty for the class that the others are compared with."""
    target, classes = encoded.target, encoded.classes
    if encoded.kind is Kind.MULTICLASS:
        return ["", *(f"log-odds({target} = {name} against {classes[0]})" for name in classes[1:])]
    if encoded.kind is Kind.BINARY:
        return [f"log-odds({target} = {classes[1]})"]
    return [f"log({target})" if encoded.kind is Kind.COUNT else target]


def _sum(intercept: float, slopes: FloatArray, texts: Sequence[str]) -> str:
    parts = [(intercept, _number(intercept))]
    parts += [(float(v), text if abs(v) == 1 else f"{_number(v)}·{text}") for v, text in zip(slopes, texts, strict=True)]
    written = [f"{'-' if value < 0 else '+'} {text}" for value, text in parts if value]
    line = " ".join(written).removeprefix("+ ") or "0"
    first, rest = line[:2].replace("- ", MINUS), line[2:].replace(" - ", f" {MINUS} ")
    return first + rest


def _number(value: float) -> str:
    size = abs(value)
    return np.format_float_positional(size, trim="-") if 1e-4 <= size < 1e7 else f"{size:g}"


def _less(name: str, value: float) -> str:
    return f"{name} {MINUS if value > 0 else '+'} {_number(value)}" if value else name
