"""The recipe that the extended regression was sketched by: a plain grid of penalties and weights, by scikit-learn's solvers."""

from __future__ import annotations

import warnings
from itertools import combinations, product

import numpy as np
from searched import WEIGHTS, second_class

from study.data.encoding import Encoded
from study.families import HEADS
from study.schema import Kind

PENALTIES = {Kind.CONTINUOUS: np.logspace(-7, 2, 28)}
OTHER_PENALTIES = np.logspace(-5, 0.5, 12)
"""Of the mean of losses; as many for classes and counts, which take a fit each."""
OTHER_WEIGHTS = (0.0, 0.03, 0.3, 1.0)
CELLS = 4_000_000
"""Of rows x terms, above which classes and counts take minutes."""


class _Design:
    """Terms of some raw columns x (n, n_columns), standardised on them."""

    def __init__(self, encoded: Encoded, encoder: int, rows: np.ndarray) -> None:
        x = encoded.original(encoder, rows)
        self.mean, self.deviation = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
        x = (x - self.mean) / self.deviation
        self.low, self.high = x.min(axis=0), x.max(axis=0)
        names = [term.column for term in encoded.terms]
        pairs = [(i, j) for i, j in combinations(range(len(names)), 2) if names[i] != names[j]]
        self.pairs = np.array(pairs, int).reshape(-1, 2)
        bends = [
            (i, knot)
            for i in range(len(names))
            if len(np.unique(x[:, i])) > 2
            for knot in np.unique(np.quantile(x[:, i], np.arange(1, 8) / 8))
        ]
        self.bent, self.knots = np.array([i for i, _ in bends], int), np.array([knot for _, knot in bends])
        own = self._terms(x)
        self.center, self.scale = own.mean(axis=0), np.where(own.std(axis=0) > 1e-9, own.std(axis=0), 1.0)
        self.sizes = len(names), len(self.pairs), len(self.bent)

    def _terms(self, x: np.ndarray) -> np.ndarray:
        inside = np.clip(x, self.low, self.high)
        products = inside[:, self.pairs[:, 0]] * inside[:, self.pairs[:, 1]]
        return np.hstack([x, products, np.maximum(inside[:, self.bent] - self.knots, 0)])

    def values(self, encoded: Encoded, encoder: int, rows: np.ndarray) -> np.ndarray:
        x = (encoded.original(encoder, rows) - self.mean) / self.deviation
        return (self._terms(x) - self.center) / self.scale


def _path(a: np.ndarray, y: np.ndarray, b: np.ndarray, encoded: Encoded, penalties: np.ndarray) -> list[np.ndarray]:
    """What is predicted for rows b at each penalty, fitted on rows a."""
    from sklearn.linear_model import LogisticRegression, PoissonRegressor

    if encoded.kind is Kind.CONTINUOUS:
        u, d, v = np.linalg.svd(a - a.mean(axis=0), full_matrices=False)
        along, inner = (b - a.mean(axis=0)) @ v.T, u.T @ (y - y.mean())
        return [y.mean() + along @ (d / (d**2 + penalty * len(y)) * inner) for penalty in penalties]
    if encoded.kind is Kind.COUNT:
        fits = [PoissonRegressor(alpha=penalty, solver="newton-cholesky", max_iter=200).fit(a, y) for penalty in penalties]
        return [fit.predict(b) for fit in fits]
    solver = "newton-cholesky" if encoded.kind is Kind.BINARY else "lbfgs"
    found = [LogisticRegression(C=1 / (p * len(y)), solver=solver, max_iter=500).fit(a, y).predict_proba(b) for p in penalties]
    return [second_class(encoded, each) for each in found]


def sketch(encoded: Encoded) -> np.ndarray | None:
    """Predictions of the test rows; None where it would take minutes."""
    n_terms = len(encoded.terms) * (len(encoded.terms) + 15) // 2
    if encoded.kind is not Kind.CONTINUOUS and len(encoded.development) * n_terms * encoded.n_outputs > CELLS:
        return None
    head, penalties = HEADS[encoded.kind], PENALTIES.get(encoded.kind, OTHER_PENALTIES)
    weights = WEIGHTS if encoded.kind is Kind.CONTINUOUS else OTHER_WEIGHTS
    pairs, total = list(product(weights, repeat=2)), 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that has not quite arrived is ranked all the same
        for e, (train, validation) in enumerate(zip(encoded.train, encoded.validation, strict=True)):
            design = _Design(encoded, e, train)
            values, held = (design.values(encoded, e, rows) for rows in (train, validation))
            found = []
            for pair in pairs:
                own = np.repeat([1.0, *pair], design.sizes)
                predicted = _path((values * own)[:, own > 0], encoded.y[train], (held * own)[:, own > 0], encoded, penalties)
                found.append([float(head.response_loss(each, encoded.y[validation]).mean()) for each in predicted])
            total = total + np.array(found)
        place, number = np.unravel_index(np.argmin(total), np.shape(total))
        design = _Design(encoded, -1, encoded.development)
        own = np.repeat([1.0, *pairs[place]], design.sizes)
        values, tested = (design.values(encoded, -1, rows) * own for rows in (encoded.development, encoded.test))
        y = encoded.y[encoded.development]
        return _path(values[:, own > 0], y, tested[:, own > 0], encoded, penalties[[number]])[0]
