"""One target, judged: its verdict, its pairs and its curves, from the test rows of all models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from study.evidence.answer import Verdict
from study.evidence.compare import Model
from study.evidence.curve import ByFraction, gain_curve, on_parts
from study.evidence.decided import decided_at
from study.evidence.findings import (
    Architecture,
    DecidedAt,
    DepthGain,
    FormulaLine,
    FormulaTerms,
    Gain,
    RungGain,
    Sources,
    TermCount,
    TreesLine,
)
from study.evidence.intervals import method_at
from study.evidence.rule import held_by, open_pair
from study.evidence.scale import meaning
from study.evidence.scored_target import ScoredTarget
from study.evidence.scores import at_clip
from study.evidence.sources import sources
from study.evidence.thresholds import MARGIN, MIN_MARGIN
from study.evidence.winners import ROUNDING, SEARCH
from study.schema import BASELINE, FORMULA, LOSS, NETWORK, TERMS, TREES


@dataclass(frozen=True, eq=False)
class Judge(ScoredTarget):
    """Judges one target."""

    def verdict(self, formula: FormulaTerms | None) -> Verdict:
        over = self._over_baseline()
        return Verdict(
            target=self.target,
            kind=self.kind,
            margin=self.margin,
            regression=self.plain.family if self.plain else None,
            chosen={
                search.outer_fold: Architecture(family=search.family, depth=search.depth)
                for search in self.chosen.itertuples()
            },
            gains=tuple(
                RungGain(base=base, other=other, gain=gain)
                for (base, other), gain in self.gains.items()
            ),
            beats_baseline=any(gain.low > ROUNDING for gain in over) if over else None,
            over_baseline=max(
                (gain.high if gain.bounded else np.nan for gain in over), default=np.nan
            ),
            n_train=self.n_train,
            decided_at=self._decided_at(),
            sources=self._sources(),
            depths=self._depths(),
            trees=self._trees(),
            formula_line=self._formula_line(formula),
            clipped=self._clipped(),
            question=self.question,
            bound=None if self._undefined else self.bound,
            meaning=meaning(self) if self.gains else None,
            undefined=self._undefined,
        )

    @cached_property
    def _undefined(self) -> bool:
        """As R² of rows of one value, AUC of rows of one class, or deviance explained of counts
        that are all 0.
        """
        scored = self.asked.predictions if self.plain is None else self.plain.losses
        return (
            self.question.metric != LOSS
            and len(self.predictions) > 0
            and bool(scored["loss"].isna().all())
        )

    def _over_baseline(self) -> list[Gain]:
        """What each model improves over the baseline, where that is known."""
        baseline = next((model for model in self.models if model.family == BASELINE), None)
        if baseline is None or not self.ladder or self._undefined:
            return []
        compared = replace(self.compared, per=None)
        gains = [compared.gain(baseline, rival) for rival in self.ladder.values()]
        return [gain for gain in gains if gain.known or gain.base_loss == 0]

    def _decided_at(self) -> DecidedAt | None:
        """Of the loss, and of a metric that is a mean over rows, as parts of the rows are scored.

        Where margin and minimum margin both leave it open, of the larger one: passing that is
        nearly passing both.
        """
        pair = open_pair(self.gains, self.threshold)
        if pair is None or self.plain is None or np.isnan(self.gains[pair[:2]].std_error):
            return None
        if self.asked.metric.root or np.isnan(self.margin):
            return None
        gain = self.gains[pair[:2]]
        base = self.ladder[pair[0]]
        other = self.ladder[pair[1]]
        held = held_by(gain, self.threshold) if pair[2] else MARGIN
        unit = self.amounts if held == MIN_MARGIN else self.per
        pairs = replace(self.compared, per=unit).pairs(base, other)
        losses, gained, per = (self._curve(model) for model in (base, other, self.plain))
        if unit is not self.plain:  # gains are amounts, whatever the regression's loss is on a part
            per = {
                part: rows.assign(loss=float(self.plain.losses["loss"].mean()))
                for part, rows in per.items()
            }
        method = method_at(gain.method, gain.level)
        fitted = gain_curve(losses, gained, per, self.folds, self.n_train, method)
        rows_now = self.n_train + len(pairs) / gain.n_folds
        if "time" in pairs:  # the last fold alone leaves all that are earlier
            rows_now = float(pairs["time"].max() + (pairs["time"] == pairs["time"].max()).sum())
        parts = min(losses.keys() & gained.keys(), default=1.0) < 1
        return decided_at(pairs, method, pair, fitted, rows_now, held, parts)

    def _curve(self, model: Model) -> ByFraction:
        parts = on_parts(self.asked.predictions, model.family, model.depth)
        return {fraction: self.asked.finish(losses) for fraction, losses in parts.items()} | {
            1.0: model.losses
        }

    def _sources(self) -> Sources | None:
        if self.plain is None or TERMS not in self.ladder:
            return None
        both, finish = self.ladder[TERMS], self.asked.finish
        return sources(self.asked.predictions, self.plain, both, self.compared, finish)

    def _depths(self) -> tuple[DepthGain, ...]:
        """Only where the network had a choice."""
        deep = [model for model in self.models if model.depth > 0]
        if NETWORK not in self.ladder or len(deep) < 2:
            return ()
        models = [
            (Architecture(family=m.family, depth=m.depth), self.gain(m, self.ladder[NETWORK]))
            for m in deep
        ]
        return tuple(
            DepthGain(architecture=model, gain=gain) for model, gain in models if gain.n_rows
        )

    def _trees(self) -> TreesLine | None:
        """Boosted trees beside the procedures that were scored."""
        trees = self.line(TREES)
        over = {name: self.gain(side, trees) for name, side in self.ladder.items()} if trees else {}
        told = {name: gain for name, gain in over.items() if np.isfinite(gain.improvement)}
        return (
            TreesLine(loss=float(trees.losses["loss"].mean()), over=told)
            if trees and told
            else None
        )

    def _formula_line(self, terms: FormulaTerms | None) -> FormulaLine | None:
        line, richer = self.line(FORMULA), self.ladder.get(TERMS)
        if line is None or self._undefined:
            return None
        folds = [terms.folds[fold] for fold in sorted(terms.folds)] if terms else []
        return FormulaLine(
            loss=float(line.losses["loss"].mean()),
            gain=self.gain(self.plain, line) if self.plain else None,
            left=self.gain(line, richer) if richer else None,
            counts=counted(folds),
            n_terms=tuple(len(fold) for fold in folds),
            formula=terms.formula if terms else None,
        )

    def _clipped(self) -> dict[str, int]:
        """Test rows whose log loss is clipped, of every procedure that has any, of trees and of
        the simple formula.
        """
        rows = at_clip(self.used)
        networks = rows[rows["depth"] > 0].merge(self.chosen, on=SEARCH)
        of = {name: rows[rows["family"] == name] for name in (BASELINE, FORMULA, TREES)}
        of |= {name: rows[rows["family"] == model.family] for name, model in self.ladder.items()}
        of |= {NETWORK: networks} if NETWORK in self.ladder else {}
        order = (BASELINE, *self.ladder, FORMULA, TREES)
        return {name: n for name in order if (n := int(of[name]["row"].nunique()))}


def counted(folds: Iterable[Iterable[str]]) -> tuple[TermCount, ...]:
    """In how many outer folds each term was found, those of most folds first."""
    counts = Counter(term for fold in folds for term in dict.fromkeys(fold))
    return tuple(
        TermCount(term=term, n_folds=n)
        for term, n in sorted(counts.items(), key=lambda item: -item[1])
    )
