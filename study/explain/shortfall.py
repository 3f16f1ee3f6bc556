"""Why the network wins: which interactions and curved terms the regression lacks, and the smallest one that has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from study.data.encoding import Encoded
from study.data.splits import IntArray
from study.evidence.findings import RankedTerm, Shortfall, Step
from study.explain.newton import NewtonFit, derivatives, predictor_losses, regress
from study.explain.terms import Columns, Extra, formula
from study.families.heads import HEADS, FloatArray
from study.schema import NOUNS, REGRESSIONS

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


def shortfall(
    data: Mapping[int, Encoded], regression_loss: Mapping[int, float], network_loss: Mapping[int, float], margin: float
) -> Shortfall:
    """Rank what the regression of one target misses, and look for the smallest regression that does as well as the network.

    Candidates are the products of terms of different columns, and squares, cubes and hinges at the median of measured ones.
    Ranking: the MOST_RANKED terms of largest robust score statistic are each added alone, refitted on the development rows
    and scored on the test rows of every outer fold; a term that a fold did not rank closes nothing there. Steps: in every
    outer fold, as long as it helps, the term of least validation loss over the inner folds is added, among those whose score
    test is significant (LEVEL, Bonferroni); the penalty is chosen anew by validation loss. Development rows alone choose;
    test rows say when to stop: where loss <= network's loss + margin * regression's loss, means over the outer folds.

    The score test is that of Rao with the sandwich variance of White (1982, Econometrica 50): with residuals r of the fitted
    regression and a candidate z, made orthogonal to the terms in it under the weights of the fit, |z'r| / sqrt(sum z² r²).
    The regressions minimise mean loss + l2 * ||w||², w per standard deviation, by Newton's method in float64.

    Parameters
    ----------
    data : outer fold to its encoded rows, all of one target.
    regression_loss, network_loss : outer fold to mean test loss, in the units of `LOSS_NAMES`.
    margin : smallest gain that matters, a share of the regression's loss.

    Raises
    ------
    ValueError
        The three mappings have different outer folds, or none.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if not data or not set(data) == set(regression_loss) == set(network_loss):
        have = ", ".join(str(sorted(folds)) for folds in (data, regression_loss, network_loss))
        raise ValueError(f"Data and losses must have the same outer folds, at least one, but have {have}.")
    with threadpool_limits(1):
        folds = [_Fold(data[fold]) for fold in sorted(data)]
        network, given = (float(np.mean(list(losses.values()))) for losses in (network_loss, regression_loss))
        bound = network + margin * given
        base = float(np.mean([fold.test_loss for fold in folds]))
        gap = base - network if base > network else np.nan
        ranking, steps = _ranking(folds, gap), [_step(folds, base, gap)]
        while steps[-1].loss > bound and steps[-1].n_terms < MOST_TERMS:
            if sum(fold.extend() for fold in folds) == 0:
                break
            steps.append(_step(folds, base, gap))
        written = None
        if gap > 0 and steps[-1].loss <= bound and 2 * steps[-1].n_agree > len(folds):
            first, rows = _modal(folds)[0], np.unique(np.concatenate([fold.encoded.development for fold in folds]))
            written = formula(first.columns, first.chosen, rows, first.l2, 0.1 * margin * base)
    noun = f"the {NOUNS[REGRESSIONS[folds[0].encoded.kind]]} of {folds[0].encoded.target}"
    sentence = _sentence(noun, steps, len(folds), network, bound, f"{100 * margin:.3g} % margin")
    return Shortfall(
        base_loss=base,
        network_loss=network,
        ranking=ranking,
        steps=tuple(steps),
        terms=steps[-1].terms if written else (),
        formula=written,
        sentence=sentence,
    )


class _Fold:
    """The regression of one outer fold as terms are added to it.

    chosen, l2, fit: the terms added so far, the penalty, and the regression fitted on the development rows.
    val_loss, test_loss: of that regression; base_val_loss, base_loss: of the one without added terms.
    """

    def __init__(self, encoded: Encoded) -> None:
        self.encoded, self.head, self.columns = encoded, HEADS[encoded.kind], Columns(encoded)
        self.chosen: tuple[Extra, ...] = ()
        self.l2, self.val_loss = self._penalty(self.chosen)
        self._refit()
        self.base_loss, self.base_val_loss = self.test_loss, self.val_loss
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
        bound = stats.norm.isf(LEVEL / 2 / (len(scores) * self.encoded.n_outputs))
        best = [i for i in np.argsort(-scores, kind="stable")[:CONTENDERS] if scores[i] > bound]
        tried = {self.candidates[i]: self.validation_loss([*self.chosen, self.candidates[i]], self.l2) for i in best}
        winner = min(tried, key=lambda extra: tried[extra], default=None)
        if winner is None or tried[winner] >= self.val_loss:
            return False
        self.chosen = (*self.chosen, winner)
        self.l2, self.val_loss = self._penalty(self.chosen)
        self._refit()
        return True


def _modal(folds: Sequence[_Fold]) -> tuple[_Fold, int]:
    """The first outer fold whose terms are those that most folds chose, in whatever order, and how many did."""
    sets = [frozenset(fold.chosen) for fold in folds]
    counts = Counter(sets)
    winner = max(sets, key=lambda chosen: counts[chosen])
    return folds[sets.index(winner)], counts[winner]


def _step(folds: Sequence[_Fold], base: float, gap: float) -> Step:
    first, agree = _modal(folds)
    val_loss, loss = (float(np.mean(v)) for v in zip(*[(f.val_loss, f.test_loss) for f in folds], strict=True))
    names = tuple(extra.name for extra in first.chosen)
    most, closed = max(len(f.chosen) for f in folds), (base - loss) / gap
    return Step(n_terms=most, terms=names, n_agree=agree, val_loss=val_loss, loss=loss, share_closed=closed)


def _ranking(folds: Sequence[_Fold], gap: float) -> tuple[RankedTerm, ...]:
    losses = [fold.ranked() for fold in folds]
    rows = []
    for extra in dict.fromkeys(extra for found in losses for extra in found):
        pairs = [(fold.base_loss, found.get(extra, fold.base_loss)) for fold, found in zip(folds, losses, strict=True)]
        base, loss = (float(value) for value in np.mean(pairs, axis=0))
        closed = (base - loss) / gap
        rows.append(RankedTerm(term=extra.name, form=extra.form, columns=extra.names, loss=loss, share_closed=closed))
    return tuple(sorted(rows, key=lambda row: row.loss))


def _sentence(noun: str, steps: Sequence[Step], n_folds: int, network: float, bound: float, margin: str) -> str:
    base, last = steps[0].loss, steps[-1]
    names, n, within, agreed = _listed(last.terms), len(last.terms), last.loss <= bound, 2 * last.n_agree > n_folds
    if not base > network:
        return f"The network has no less loss than {noun}, so there is nothing that the regression misses."
    if within and last.n_terms == 0:
        return f"{noun[0].upper()}{noun[1:]} is within the {margin} of the network without further terms."
    if agreed and not n:
        return f"No interaction and no curved term makes {noun} reliably better, so what the network gains lies elsewhere."
    if not agreed:
        names, n = "terms that differ from one outer fold to the next", 2
    falls = f"test loss falls from {base:.3g} to {last.loss:.3g}, within the {margin} of the network's {network:.3g}"
    if within and not agreed:
        return f"What {noun} misses has no one formula: with {names}, its {falls}."
    chosen = f", which {last.n_agree} of {n_folds} outer folds chose" if n_folds > 1 and agreed else ""
    if within:
        return f"What {noun} misses is {names}{chosen}: with {'it' if n == 1 else 'them'}, its {falls}."
    share = max(100 * last.share_closed, 0)
    why = "more were not tried" if last.n_terms >= MOST_TERMS else "no further term helps"
    return (
        f"Added to {noun}, {names}{chosen and chosen + ','} close{'s' if n == 1 else ''} {share:.0f} % of the gap to the "
        f"network, and {why}: no regression within the {margin} was found."
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
