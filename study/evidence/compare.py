"""Comparisons of the models of a finished study on the same test rows: pairs, ranks and where their spread comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.findings import Gain
from study.evidence.intervals import METHODS, CorrectedT, Rows, default_method
from study.evidence.pairs import FloatArray, paired, size_of
from study.evidence.scores import UNIT, chosen_networks, network_procedure, row_losses
from study.evidence.spread import spread
from study.evidence.winners import ARM, CHOSEN, MODEL
from study.schema import NETWORK, TREES

PROCEDURES, DEPTHS = "procedures", "depths"
"""The two questions of a target, each with its own Holm adjustment: constant, regression and *the network*, which chooses its
own family and depth; and the ladder of depths of each family of networks, whose lowest rung is the regression."""


def paired_gain(base: pd.DataFrame, other: pd.DataFrame, margin: float, folds: int, method: str | None = None) -> Gain:
    """How much less loss `other` has than `base` on the same test rows, and how sure that is.

    The probabilities better, equal and worse are shares of a t distribution about the improvement: above `margin`, within
    +- `margin`, below. Several outer folds: the Bayesian correlated t-test (`Interval.above` of `CorrectedT`). One: the
    posterior of the mean over test rows under a flat prior (Benavoli et al. 2017, *Time for a Change*, JMLR 18(77)).

    Parameters
    ----------
    base, other : (n_rows, 4) frames of UNIT; only rows that both have are compared.
    margin : smallest relative gain that matters, a share of `base`'s loss.
    folds : outer folds a repeat.
    method : a name of METHODS; by default that of `default_method`.
    """
    pairs = paired(base, other, folds)
    size = size_of(pairs)
    interval = METHODS[method or default_method(base["outer_fold"], folds)]
    gain = interval(pairs)
    posterior = (CorrectedT() if size.n_folds > 1 else Rows())(pairs, "improvement")
    better, not_worse = posterior.above(margin), posterior.above(-margin)
    return Gain(
        **size.model_dump(),
        base_loss=float(pairs["base"].mean()),
        other_loss=float(pairs["other"].mean()),
        improvement=gain.estimate,
        low=gain.low,
        high=min(gain.high, 1.0),
        std_error=gain.std_error,
        df=gain.df,
        p_value=gain.p_value,
        better=better,
        equal=not_worse - better,
        worse=1 - not_worse,
        method=gain.method,
    )


@dataclass(frozen=True, eq=False)
class Model:
    """One side of a comparison: (n, 4) test losses of UNIT."""

    family: str
    depth: int
    losses: pd.DataFrame


def models(losses: pd.DataFrame, winners: pd.DataFrame | None) -> list[Model]:
    """Models of one target from the simplest to the deepest, then *the network* where `winners` tell its depths.

    losses: `row_losses` of the target. Boosted trees are no model.
    """
    own = losses[losses["family"] != TREES]
    groups = sorted(own.groupby(["family", "depth"]), key=lambda model: (model[0][1], model[0][0] != "constant"))
    found = [Model(str(key[0]), int(str(key[1])), rows[UNIT]) for key, rows in groups]
    if winners is not None and any(model.depth > 0 for model in found):
        network = network_procedure(own, winners)
        if len(network):
            found.append(Model(NETWORK, CHOSEN, network[UNIT]))
    return found


def pairwise(
    predictions: pd.DataFrame,
    margin: float,
    folds: int,
    winners: pd.DataFrame | None = None,
    method: str | None = None,
) -> pd.DataFrame:
    """Paired gain of every model over every simpler one of its target (`paired_gain`), and Holm's p-values.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    margin, folds, method : as in `paired_gain`.
    winners : `incumbents(trials)`; without it *the network* is not among the models.

    Returns
    -------
    (n_pairs, ...) frame: target, kind, question (PROCEDURES or DEPTHS), base, base_depth, other, other_depth
    (families and hidden layers; CHOSEN for the network), the values of `paired_gain`, and p_holm, adjusted over the pairs of
    the target and question (Holm 1979, Scand. J. Statist. 6).
    """
    found: list[dict[str, Any]] = []
    for (target, kind), rows in row_losses(predictions).groupby(["target", "kind"], sort=False):
        sides = models(rows, winners)
        used = method or default_method(rows["outer_fold"], folds)
        asked = [
            (PROCEDURES, [side for side in sides if side.depth <= 0]),
            (DEPTHS, [side for side in sides if side.depth >= 0 and side.family != "constant"]),
        ]
        for question, members in asked:
            pairs = [
                {
                    "target": target, "kind": kind, "question": question, "base": base.family, "base_depth": base.depth,
                    "other": other.family, "other_depth": other.depth,
                    **paired_gain(base.losses, other.losses, margin, folds, used).model_dump(),
                }
                for base, other in combinations(members, 2)
                if question == PROCEDURES or base.depth == 0 or base.family == other.family
            ]  # fmt: skip
            adjusted = holm([pair["p_value"] for pair in pairs])
            found += [pair | {"p_holm": p} for pair, p in zip(pairs, adjusted.tolist(), strict=True)]
    return pd.DataFrame(found)


def holm(p_values: Sequence[float]) -> FloatArray:
    """Holm's adjusted p-values, (n,); those that are NaN stay so and count for nothing.

    The k-th smallest of m p-values becomes the largest of (m - j + 1) p_(j) over j <= k, at most 1.
    """
    adjusted = np.array(p_values, float)
    order = np.argsort(adjusted)[: np.isfinite(adjusted).sum()]  # NaN come last
    times = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(adjusted[order] * times), 1.0)
    return adjusted


def family_scores(predictions: pd.DataFrame, winners: pd.DataFrame, folds: int, method: str | None = None) -> pd.DataFrame:
    """Rank, test loss, optimism and spread of every model and of *the network*.

    Parameters
    ----------
    predictions, winners, folds, method : as in `pairwise`.

    Returns
    -------
    (n_models, ...) frame of MODEL, rank (1 is the least test loss of the target; boosted trees have none and are left
    out), test_loss, std_error, low, high (of the method, as for a pair whose other loss is 0), val_loss, optimism (validation
    less test: far below 0, the search flattered itself), sd_splits, sd_seeds, sd_rows (`study.evidence.spread.spread`), n_rows,
    n_folds, n_repeats, method.
    """
    found: list[dict[str, Any]] = []
    refits = predictions[predictions["candidate"] == "refit"]
    validation = winners.set_index(["family", "depth", "target", "outer_fold"])["val_loss"]
    for (target, kind), rows in row_losses(predictions).groupby(["target", "kind"], sort=False):
        chosen = chosen_networks(rows, winners)
        interval = METHODS[method or default_method(rows["outer_fold"], folds)]
        for model in models(rows, winners):
            is_network = model.family == NETWORK
            arms = chosen if is_network else rows[(rows["family"] == model.family) & (rows["depth"] == model.depth)][ARM]
            arms = arms.drop_duplicates()
            pairs = paired(model.losses, model.losses.assign(loss=0.0), folds)
            loss = interval(pairs, "difference")
            places = pd.MultiIndex.from_frame(arms[["family", "depth", "target", "outer_fold"]])
            val_loss = float(validation.reindex(places).mean())
            found.append(
                {
                    "target": target, "kind": kind, "family": model.family, "depth": model.depth,
                    "test_loss": loss.estimate, "std_error": loss.std_error, "low": loss.low, "high": loss.high,
                    "val_loss": val_loss, "optimism": val_loss - loss.estimate,
                    **spread(pairs, refits.merge(arms, on=ARM)),
                    "n_rows": pairs["row"].nunique(), "n_folds": len(arms), "n_repeats": pairs["repeat"].nunique(),
                    "method": loss.method,
                }
            )  # fmt: skip
    scores = pd.DataFrame(found)
    if scores.empty:
        return scores
    ranks = scores.groupby("target")["test_loss"].rank(method="min")
    scores.insert(len(MODEL), "rank", ranks.astype("Int64"))
    return scores
