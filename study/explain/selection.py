"""Forward selection: which terms the regression of one outer fold is given one after the other, and what each gives alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from study.data.encoding import Encoded
from study.data.splits import IntArray
from study.explain.newton import NewtonFit, derivatives, predictor_losses, regress
from study.explain.terms import Columns
from study.explain.trees import shuffled
from study.families.heads import HEADS, FloatArray
from study.records.selection import Extra, Selection, most_rows
from study.seeds import derive_seed

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
EFFORT = 2.5e10
"""Multiplications that the ranking of an outer fold may take, roughly: with many outputs fewer terms are ranked."""
BLOCK = 2_000_000
"""Numbers of candidates that are held at once."""
LEVEL = 0.05
"""Chance that a term is added to a regression that lacks none: p-values below it, after Bonferroni over all terms, count."""
EXACT = 1e-10
"""Share of the regression's loss below which what is left is rounding."""


def select_terms(encoded: Encoded) -> Selection:
    """Add terms to the regression of one outer fold as long as that helps, and rank those that could be added first.

    Candidates are the products of terms of different columns, and squares, cubes and hinges at the median of measured ones.
    Ranking: the MOST_RANKED terms of largest robust score statistic are each added alone, refitted on the development rows
    and scored on the test rows. Steps: the term of least validation loss over the inner folds is added, among those whose
    score test is significant (LEVEL, Bonferroni); the penalty is chosen anew, the strongest first until validation loss rises.
    Development rows alone choose; of a long table as many as `most_rows` says, drawn at random, by which the regressions are
    fitted too. All test rows are scored.

    The score test is that of Rao with the sandwich variance of White (1982, Econometrica 50): with residuals r of the fitted
    regression and a candidate z, made orthogonal to the terms in it under the weights of the fit, |z'r| / sqrt(sum z² r²).
    The regressions minimise mean loss + l2 * ||w||², w per standard deviation, by Newton's method in float64. One thread; the
    rows alone decide, and which are drawn follows from target and outer fold.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        fold = _Fold(thinned(encoded))
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


def thinned(encoded: Encoded) -> Encoded:
    """The same with no more development rows than terms are selected by, one of each class among them, and all test rows."""
    development, most = encoded.development, most_rows(len(encoded.terms), encoded.n_outputs)
    if len(development) <= most:
        return encoded
    drawn = shuffled(development, encoded, derive_seed(0, "selection", encoded.target, encoded.outer_fold))[:most]
    kept = np.sort(np.concatenate([drawn, encoded.test]))
    place = np.full(len(encoded.rows), -1)
    place[kept] = np.arange(len(kept))

    def own(positions: IntArray) -> IntArray:
        found = place[positions]
        return found[found >= 0]

    return replace(
        encoded,
        rows=encoded.rows[kept],
        y=encoded.y[kept],
        groups=None,
        train=tuple(map(own, encoded.train)),
        validation=tuple(map(own, encoded.validation)),
        development=own(development),
        test=own(encoded.test),
        parts=(),
    )


class _Fold:
    """The regression of one outer fold as terms are added to it.

    chosen, l2, fit: the terms added so far, the penalty, and the regression fitted on the development rows. inner: its weights
    on the training rows of each inner fold. val_loss, test_loss: of that regression; base_val_loss: of the one without added
    terms.
    """

    def __init__(self, encoded: Encoded) -> None:
        self.encoded, self.head, self.columns = encoded, HEADS[encoded.kind], Columns(encoded)
        self.chosen: tuple[Extra, ...] = ()
        self._fit()
        self.base_val_loss = self.val_loss
        size = np.abs(self.fit.weights[1:]).max(axis=1)
        self.candidates = self.columns.extras(np.sort(np.argsort(-size, kind="stable")[:MOST_COLUMNS]))

    def regress(self, x: FloatArray, rows: IntArray, l2: float, start: FloatArray | None = None) -> NewtonFit:
        return regress(x[rows], self.encoded.y[rows], self.head, self.encoded.n_outputs, l2, start)

    def loss(self, fit: NewtonFit, x: FloatArray, rows: IntArray) -> float:
        return float(predictor_losses(self.head, fit.predictor(x[rows]), self.encoded.y[rows]).mean())

    def _validated(self, x: FloatArray, l2: float, starts: Sequence[FloatArray | None]) -> tuple[float, list[FloatArray]]:
        """Validation loss of columns x, the mean over the inner folds, and the weights of each."""
        fits = [self.regress(x, train, l2, start) for train, start in zip(self.encoded.train, starts, strict=True)]
        pairs = zip(fits, self.encoded.validation, strict=True)
        return float(np.mean([self.loss(fit, x, rows) for fit, rows in pairs])), [fit.weights for fit in fits]

    def _fit(self) -> None:
        """Choose the penalty, the strongest first until validation loss rises, and fit the development rows."""
        x, self.val_loss = self.columns.matrix(self.chosen), np.inf
        weights: Sequence[FloatArray | None] = [None] * len(self.encoded.train)
        for l2 in PENALTIES:
            loss, weights = self._validated(x, l2, weights)
            if loss >= self.val_loss < np.inf:
                break
            self.l2, self.val_loss, self.inner = l2, loss, weights
        self.fit = self.regress(x, self.encoded.development, self.l2)
        self.test_loss = self.loss(self.fit, x, self.encoded.test)

    def validation_loss(self, extra: Extra) -> float:
        """With one more term, under the same penalty."""
        x, new = self.columns.matrix([*self.chosen, extra]), np.zeros(self.encoded.n_outputs)
        return self._validated(x, self.l2, [np.vstack([weights, new]) for weights in self.inner])[0]

    def scores(self) -> FloatArray:
        """Robust score statistic of each candidate, (n_candidates,), the largest over outputs; 0 where it adds nothing."""
        rows, y = self.encoded.development, self.encoded.y[self.encoded.development]
        x = self.columns.matrix(self.chosen)[rows]
        z = self.fit.standardised(x)
        residual, curvature = derivatives(self.head, self.fit.predictor(x), y)
        weighted = [z * curvature[:, k, k, None] for k in range(self.encoded.n_outputs)]
        ridge = 1e-10 * len(z) * np.eye(z.shape[1])
        projections = [np.linalg.solve(own.T @ z + ridge, own.T) for own in weighted]
        found = np.zeros(len(self.candidates))
        block = max(1, BLOCK // len(rows))
        for start in range(0, len(found), block):
            part = slice(start, start + block)
            columns = np.column_stack([self.columns.column(extra)[rows] for extra in self.candidates[part]])
            deviation = columns.std(axis=0)
            columns = (columns - columns.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
            for k, projection in enumerate(projections):
                rest = columns - z @ (projection @ columns)
                noise = np.sqrt(np.square(rest * residual[:, k, None]).sum(axis=0))
                new = (np.square(rest).mean(axis=0) > 1e-8) & (noise > 0)
                score = np.divide(np.abs(residual[:, k] @ rest), noise, out=np.zeros_like(noise), where=new)
                found[part] = np.maximum(found[part], score)
        found[[extra in self.chosen for extra in self.candidates]] = 0.0
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
        tried = {self.candidates[i]: self.validation_loss(self.candidates[i]) for i in best}
        winner = min(tried, key=lambda extra: tried[extra], default=None)
        if winner is None or tried[winner] >= self.val_loss:
            return False
        self.chosen = (*self.chosen, winner)
        self._fit()
        return True
