"""The strict score test: which terms a regression surely lacks, by sums over what is independent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from study.data.encoding import Encoded
from study.data.terms import Terms
from study.data.units import Units
from study.evidence.findings import LEAST_UNITS, FoldMissing
from study.families.heads import HEADS, FloatArray
from study.records.trial import term_name
from study.schema import Kind
from study.training.columns import Columns
from study.training.lasso import Rest, importance, slopes
from study.training.path import Directions, separated, walk
from study.training.regression import EXACT

PATH = (1.0, 1e-2, 1e-4, 1e-7)
"""Ridge penalties by which the regression is approached under next to none, the last of them."""
LEVEL = 0.05
"""Chance that a term is named where none is missing: p-values below it, after Bonferroni over all terms, count."""
MOST_NAMED = 6
"""Most terms that are named, one after the other."""
MOST_BLOCKS, LEAST_TIMES = 60, 5
"""Blocks of rows in time order at most, and fewest distinct times of each: long blocks are nearly independent."""


def blocks(moments: int) -> int:
    """Into how many blocks so many times in order are cut."""
    return max(1, min(MOST_BLOCKS, moments // LEAST_TIMES))


def missing_terms(encoded: Encoded, columns: Columns, iterations: int) -> FoldMissing:
    """Name terms that the regression of columns lacks, from the fitted rows of `columns` alone.

    The score test of Rao with the variance of White (1982, Econometrica 50), summed over independent units as in Liang and
    Zeger (1986, Biometrika 73, eq. 7): with residuals r of the fitted regression and a term z, made orthogonal to what is in it
    under the weights of the fit, |sum of s| / sqrt(sum of s²), s the sum of z r over a unit. The term of largest statistic is
    named and added as long as it is significant (LEVEL, Bonferroni over terms and outputs). Fewer units than LEAST_UNITS name
    nothing; nor does a regression that has not arrived, or whose rows are separated: its residuals are the penalty's.
    """
    units = Units.of(encoded, columns.rows, blocks)
    unit, codes, n_units = units.sort, units.codes, units.count
    if n_units < LEAST_UNITS or not sum(columns.terms.sizes[1:]):
        return FoldMissing(terms=(), n_units=n_units, unit=unit)
    values, y, n_columns = columns.whole(columns.rows), columns.target(columns.rows), len(encoded.terms)
    head, chosen = HEADS[encoded.kind], list(range(n_columns))
    bound = -special.ndtri(LEVEL / 2 / ((values.shape[1] - n_columns) * encoded.n_outputs))
    names = tuple(_names(encoded, columns.terms))
    for _ in range(MOST_NAMED):
        own = values[:, chosen]
        directions = Directions.of(own)
        *_, point = walk(directions, y, head, encoded.n_outputs, PATH, iterations, EXACT)
        if not point.converged or (head.kind is not Kind.CONTINUOUS and separated(directions, head, point.bias, point.weights)):
            break
        eta = own @ directions.back @ point.weights + point.bias
        residual = slopes(head, eta, y)
        if encoded.kind not in ("binary", "multiclass") and np.square(residual).mean() < 1e-20:
            break  # what is left is rounding
        rest = Rest.of(values[:, n_columns:], own, importance(head, eta)).values
        scores = np.max([_statistic(rest, residual[:, k], codes, n_units) for k in range(encoded.n_outputs)], axis=0)
        best = int(scores.argmax())
        if scores[best] <= bound or n_columns + best in chosen:
            break
        chosen.append(n_columns + best)
    named = dict.fromkeys(names[place - n_columns] for place in chosen[n_columns:])
    return FoldMissing(terms=tuple(named), n_units=n_units, unit=unit)


def _statistic(rest: FloatArray, residual: FloatArray, codes: npt.NDArray[np.int64], n_units: int) -> FloatArray:
    """Of each term, (n_terms,); 0 where it tells nothing new."""
    sums = rest * residual[:, None]
    if n_units < len(rest):
        order = np.argsort(codes, kind="stable")
        sums = np.add.reduceat(sums[order], np.searchsorted(codes[order], np.arange(n_units)), axis=0)
    noise = np.sqrt(np.square(sums).sum(axis=0))
    return np.asarray(np.divide(np.abs(sums.sum(axis=0)), noise, out=np.zeros_like(noise), where=noise > 0))


def _names(encoded: Encoded, terms: Terms) -> Iterator[str]:
    columns = [term.name for term in encoded.terms]
    for pair in terms.products.tolist():
        yield term_name("product", [columns[i] for i in pair])
    for i in terms.hinges.tolist():
        yield term_name("hinge", [columns[i]])
