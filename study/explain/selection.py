"""Forward selection: which terms the regression of one outer fold is given one after the other, and what each gives alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from study.data.encoding import Encoded
from study.data.splits import IntArray
from study.explain.newton import NewtonFit, derivatives, predictor_losses, regress
from study.explain.terms import Columns
from study.families.heads import HEADS, FloatArray
from study.records.selection import Extra, Selection

PENALTIES = (1.0, 1e-1, 1e-2, 1e-3, 1e-5, 1e-8)
"""Penalties tried on the inner folds, as l2 of `reference_coefficients`; the last one is none, but for collinear columns."""
MOST_TERMS = 6
"""Most terms that are added: a longer formula explains nothing."""
MOST_COLUMNS = 40
"""Most columns that are combined and bent, those of largest weight in the regression."""
MOST_RANKED = 60
"""Most terms of an outer fold that are added alone and refitted; the score test chooses them."""
CONTENDERS = 6
"""Terms of largest score statistic that are compared on the inner folds before one is added."""
EFFORT = 1e11
"""Multiplications that the ranking of an outer fold may take, roughly: with many outputs fewer terms are ranked."""
LEVEL = 0.05
"""Chance that a term is added to a regression that lacks none: p-values below it, after Bonferroni over all terms, count."""
EXACT = 1e-10
"""Share of the regression's loss below which what is left is rounding."""


def select_terms(encoded: Encoded) -> Selection:
    """Add terms to the regression of one outer fold as long as that helps, and rank those that could be added first.

    Candidates are the products of terms of different columns, and squares, cubes and hinges at the median of measured ones.
    Ranking: the MOST_RANKED terms of largest robust score statistic are each added alone, refitted on the development rows
    and scored on the test rows. Steps: the term of least validation loss over the inner folds is added, among those whose
    score test is significant (LEVEL, Bonferroni); the penalty is chosen anew by validation loss. Development rows alone choose.

    The score test is that of Rao with the sandwich variance of White (1982, Econometrica 50): with residuals r of the fitted
    regression and a candidate z, made orthogonal to the terms in it under the weights of the fit, |z'r| / sqrt(sum z² r²).
    The regressions minimise mean loss + l2 * ||w||², w per standard deviation, by Newton's method in float64. One thread; the
    rows alone decide, no random number.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        fold = _Fold(encoded)
        alone = fold.ranked()
        path = [(fold.l2, fold.val_loss, fold.test_loss)]
        while len(fold.chosen) < MOST_TERMS and fold.extend():
            path.append((fold.l2, fold.val_loss, fold.test_loss))
    l2, val_losses, losses = zip(*path, strict=True)
    return Selection(
        target=encoded.target,
        outer_fold=encoded.outer_fold,
        terms=fold.chosen,
        l2=l2,
        val_losses=val_losses,
        losses=losses,
        alone=tuple(alone.items()),
    )


class _Fold:
    """The regression of one outer fold as terms are added to it.

    chosen, l2, fit: the terms added so far, the penalty, and the regression fitted on the development rows.
    val_loss, test_loss: of that regression; base_val_loss: of the one without added terms.
    """

    def __init__(self, encoded: Encoded) -> None:
        self.encoded, self.head, self.columns = encoded, HEADS[encoded.kind], Columns(encoded)
        self.chosen: tuple[Extra, ...] = ()
        self.l2, self.val_loss = self._penalty(self.chosen)
        self._refit()
        self.base_val_loss = self.val_loss
        size = np.abs(self.fit.weights[1:]).max(axis=1)
        self.candidates = self.columns.extras(np.sort(np.argsort(-size, kind="stable")[:MOST_COLUMNS]))

    def regress(self, x: FloatArray, rows: IntArray, l2: float, start: FloatArray | None = None) -> NewtonFit:
        return regress(x[rows], self.encoded.y[rows], self.head, self.encoded.n_outputs, l2, start)

    def loss(self, fit: NewtonFit, x: FloatArray, rows: IntArray) -> float:
        return float(predictor_losses(self.head, fit.predictor(x[rows]), self.encoded.y[rows]).mean())

    def validation_loss(self, extras: Sequence[Extra], l2: float) -> float:
        """Mean over the inner folds."""
        x, pairs = self.columns.matrix(extras), zip(self.encoded.train, self.encoded.validation, strict=True)
        return float(np.mean([self.loss(self.regress(x, train, l2), x, validation) for train, validation in pairs]))

    def _penalty(self, extras: Sequence[Extra]) -> tuple[float, float]:
        """Penalty of least validation loss, and that loss, the mean over the inner folds."""
        x, losses = self.columns.matrix(extras), np.zeros(len(PENALTIES))
        for train, validation in zip(self.encoded.train, self.encoded.validation, strict=True):
            start = None
            for i, l2 in enumerate(PENALTIES):
                fit = self.regress(x, train, l2, start)
                losses[i] += self.loss(fit, x, validation) / len(self.encoded.train)
                start = fit.weights
        return PENALTIES[int(np.argmin(losses))], float(losses.min())

    def _refit(self) -> None:
        x = self.columns.matrix(self.chosen)
        self.fit = self.regress(x, self.encoded.development, self.l2)
        self.test_loss = self.loss(self.fit, x, self.encoded.test)

    def scores(self) -> FloatArray:
        """Robust score statistic of each candidate, (n_candidates,), the largest over outputs; 0 where it adds nothing."""
        rows, y = self.encoded.development, self.encoded.y[self.encoded.development]
        x = self.columns.matrix(self.chosen)[rows]
        z = self.fit.standardised(x)
        residual, curvature = derivatives(self.head, self.fit.predictor(x), y)
        found = np.zeros(len(self.candidates))
        for k in range(self.encoded.n_outputs):
            weighted = z * curvature[:, k, k, None]
            gram = weighted.T @ z + 1e-10 * len(z) * np.eye(z.shape[1])
            for i, extra in enumerate(self.candidates):
                column = self.columns.column(extra)[rows]
                column = (column - column.mean()) / (column.std() or 1.0)
                rest = column - z @ np.linalg.solve(gram, weighted.T @ column)
                noise = np.sqrt(np.square(rest * residual[:, k]).sum())
                if extra not in self.chosen and np.square(rest).mean() > 1e-8 and noise > 0:
                    found[i] = max(found[i], abs(rest @ residual[:, k]) / noise)
        return found

    def ranked(self) -> dict[Extra, float]:
        """Test loss with each of the most promising terms added alone."""
        width = (len(self.encoded.terms) + 2) * self.encoded.n_outputs
        most = int(np.clip(EFFORT / (8 * len(self.encoded.development) * width**2), 8, MOST_RANKED))
        scores, found = self.scores(), {}
        for i in np.argsort(-scores, kind="stable")[:most]:
            x = self.columns.matrix([self.candidates[i]])
            start = np.vstack([self.fit.weights, np.zeros(self.encoded.n_outputs)])
            found[self.candidates[i]] = self.loss(
                self.regress(x, self.encoded.development, self.l2, start), x, self.encoded.test
            )
        return found

    def extend(self) -> bool:
        """Add the next term; False where none helps."""
        if self.val_loss <= EXACT * self.base_val_loss or not self.candidates:
            return False
        scores = self.scores()
        bound = -special.ndtri(LEVEL / 2 / (len(scores) * self.encoded.n_outputs))
        best = [i for i in np.argsort(-scores, kind="stable")[:CONTENDERS] if scores[i] > bound]
        tried = {self.candidates[i]: self.validation_loss([*self.chosen, self.candidates[i]], self.l2) for i in best}
        winner = min(tried, key=lambda extra: tried[extra], default=None)
        if winner is None or tried[winner] >= self.val_loss:
            return False
        self.chosen = (*self.chosen, winner)
        self.l2, self.val_loss = self._penalty(self.chosen)
        self._refit()
        return True
