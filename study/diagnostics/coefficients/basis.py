"""Independent directions of a regression's columns, and what their collinearity forbids to claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.formatting import about, given
from study.schema import INTERCEPT, Kind

MOST_CONDITION = 1e3
"""Condition number of the standardised columns above which no standard error is claimed."""
MOST_VIF = 30.0
"""Variance inflation factor above which a term's standard error is not claimed."""
MOST_LOG_ODDS = 30.0
"""Estimate or standard error per standard deviation of a column that only a diverging likelihood
reaches."""
SEPARATED = "separated or diverging: the likelihood has no maximum, so the estimates mean nothing but their signs"
FAILED = "the maximum-likelihood fit failed: no estimate"


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit by maximum likelihood, squared errors for values.

    weights: (1 + rank, n_outputs), intercepts, then those of a basis's directions. loss: summed
    over rows, in nats where there are classes. arrived: whether the fit converged.
    """

    weights: np.ndarray
    loss: float
    arrived: bool


@dataclass(frozen=True)
class Basis:
    """Columns standardised and turned into independent directions, and the exact linear way back to
    original units.

    The columns are (x - mean) / deviation = z, and z @ directions (n_terms, rank) has full rank.
    Weights g per direction and an intercept a give weights directions @ g / deviation per original
    unit, the least-norm ones per standard deviation where columns are collinear, and the intercept
    a - mean @ weights.
    """

    mean: np.ndarray
    deviation: np.ndarray  # infinite where a column is constant, but for rounding
    directions: np.ndarray
    singular: np.ndarray  # (rank,) lengths of z's directions
    columns: np.ndarray  # (n, 1 + rank) ones, then z @ directions
    notes: dict[str, list[str]]  # intercept and terms, each with what is to be said of it
    sure: np.ndarray  # (1 + n_terms,) whether the data determine intercept and weights well enough for a standard error

    @classmethod
    def of(cls, terms: list[str], x: np.ndarray) -> Basis:
        """Basis of columns (n, n_terms) in original units, and what to say of them."""
        mean, deviation, n = x.mean(axis=0), x.std(axis=0), len(x)
        constant = deviation <= 1e-12 * np.maximum(np.abs(mean), 1)
        deviation = np.where(constant, np.inf, deviation)
        # The whole of `rows`, whose last ones span what is collinear; the whole of the other side
        # would be n x n.
        z = (x - mean) / deviation
        _, singular, rows = np.linalg.svd(z, full_matrices=n < len(terms))
        rank = int((singular > 1e-9 * max(singular.max(initial=0), 1)).sum())
        notes: dict[str, list[str]] = {term: [] for term in [INTERCEPT, *terms]}
        unsure, of_all = constant.copy(), list[str]()
        every = np.array(terms, dtype=object)
        for term in every[constant]:
            notes[term].append("constant column: its weight is set to 0")
        tied = (np.abs(rows[rank:]).max(axis=0, initial=0) > 1e-6) & ~constant
        if tied.any():
            names = list(every[tied])
            for term in [INTERCEPT, *names]:
                notes[term].append(
                    f"collinear ({_names(names)}): least-norm weights, no standard error"
                )
            unsure |= tied
        elif rank and (condition := singular[:rank].max() / singular[:rank].min()) > MOST_CONDITION:
            of_all.append(f"collinear (condition number {about(condition)}): no standard error")
        if n <= len(terms) + 1:
            of_all.append(f"{n} rows for {len(terms) + 1} coefficients: no standard error")
        for said in notes.values():
            said += of_all
        unsure |= bool(of_all)
        if not unsure.all():
            inflation = np.square(rows[:rank] / singular[:rank, None]).sum(axis=0) * n
            inflated = (inflation > MOST_VIF) & ~unsure
            names = list(every[inflated])
            for term in names:
                notes[term].append(
                    f"variance inflation above {given(MOST_VIF)} ({_names(names)}): no standard error"
                )
            unsure |= inflated
        sure = ~np.concatenate([[(unsure & ~constant).any()], unsure])
        directions = rows[:rank].T
        columns = np.column_stack([np.ones(n), z @ directions])
        return cls(mean, deviation, directions, singular[:rank], columns, notes, sure)

    @property
    def back(self) -> np.ndarray:
        """(1 + n_terms, 1 + rank) matrix from (intercept, direction weights) to (intercept, weights
        per original unit).
        """
        weights = self.directions / self.deviation[:, None]
        top = np.concatenate([[1.0], -self.mean @ weights])
        return np.vstack([top, np.column_stack([np.zeros(len(weights)), weights])])

    def trouble(self, kind: Kind, n: int, fit: Fit, covariance: np.ndarray) -> str:
        """What is to be said where the likelihood of n rows has no maximum; else nothing.

        covariance: (n_outputs * (1 + rank),) squared, of the weights, one output after another,
        were the likelihood the truth.
        """
        if kind == Kind.CONTINUOUS:
            return ""
        per_deviation = np.abs(self.directions @ fit.weights[1:]).max(initial=0)
        spread = np.sqrt(np.abs(np.diag(covariance))).max(initial=0)
        certain = kind != Kind.COUNT and fit.loss < 1e-6 * n
        return (
            SEPARATED
            if certain or not fit.arrived or not (max(per_deviation, spread) < MOST_LOG_ODDS)
            else ""
        )


def _names(terms: list[str]) -> str:
    return (
        ", ".join(terms) if len(terms) <= 6 else f"{', '.join(terms[:5])} and {len(terms) - 5} more"
    )
