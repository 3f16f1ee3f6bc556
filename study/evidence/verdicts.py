"""The answer for every target: is the regression enough, does it lack terms, or is the network
worth it?
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.findings import FormulaTerms
from study.evidence.judge import Judge
from study.evidence.thresholds import EvaluationSpec
from study.evidence.winners import best_trials
from study.schema import Kind


def judges(
    predictions: pd.DataFrame,
    trials: pd.DataFrame,
    folds: int,
    questions: Mapping[str, EvaluationSpec],
    n_train: Mapping[str, float],
) -> list[Judge]:
    """A judge of every target, of whom several things can be asked.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows, those of boosted trees and of the short
        formula among them.
    trials : (n_trials, ...) results dataframe.
    folds : outer folds a repeat.
    questions : by target what is asked.
    n_train : by target the rows that an outer fold leaves.
    """
    winners = best_trials(trials)
    found = []
    for target, kind in trials[["target", "kind"]].drop_duplicates().itertuples(index=False):
        own, best = (frame[frame["target"] == target] for frame in (predictions, winners))
        asked = questions[target]
        found.append(Judge(target, Kind(kind), own, best, asked, folds, n_train[target]))
    return found


def answers(
    asked: Iterable[Judge],
    formulas: Mapping[str, FormulaTerms] | None = None,
) -> list[Verdict]:
    """The verdict of every judge; formulas: the terms of the simple formula, by target.

    The gains between the refitted regression, the refitted regression with terms and the network
    (`network_procedure`, the mean of its replicates' predictions) decide, by
    `study.evidence.rule.standing`.
    """
    return [judge.verdict((formulas or {}).get(judge.target)) for judge in asked]


def margin_curves(asked: Iterable[Judge]) -> pd.DataFrame:
    """P(gain > m) at every margin m, of every gain of every verdict.

    Returns an (n_gains * POINTS, 7) frame: target, kind, base, other, margin and above
    (`Judge.curves`), bound (the larger of margin and minimum margin, as the
    margin of which this gain has to pass as much; NaN where it has none). A margin is told as a
    share of the regression's loss, of a gain over the regression.
    """
    pieces = [judge.curves() for judge in asked]
    columns = ["target", "kind", "base", "other", "margin", "above", "bound"]
    return pd.concat(
        [pd.DataFrame(columns=columns).astype(dict.fromkeys(columns[4:], float)), *pieces],
        ignore_index=True,
    )


def pair_table(asked: Iterable[Judge]) -> pd.DataFrame:
    """Every model of every target against every simpler one.

    Returns an (n_pairs, ...) frame: target, kind, metric (that the verdict is asked of, and the
    losses are of), and the columns of `study.evidence.compare.pairwise`.
    """
    return pd.concat([pd.DataFrame(), *(judge.pairs() for judge in asked)], ignore_index=True)
