"""Comparisons of the models of a finished study on the same test rows: pairs, ranks and where their spread comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.intervals import DEFAULT_HOLDOUT, DEFAULT_NESTED, DEFAULT_ONE_PASS, METHODS, CorrectedT, Rows
from study.evidence.pairs import paired
from study.evidence.scores import ARM, CHOSEN, MODEL, UNIT, chosen_depths, network_procedure, row_losses
from study.evidence.spread import spread
from study.schema import NETWORK, TREES

INNER = ["outer_fold", "inner_fold", "loss"]
FAMILIES, DEPTHS = "families", "depths"
"""The two questions of a target, each with its own Holm adjustment: constant, regression and *the network*, which chooses its
own depth; and the ladder of depths, whose lowest rung is the regression."""


def default_method(outer_folds: pd.Series, folds: int) -> str:
    """Name of the method for rows of these outer folds, so many a repeat: one outer fold is a holdout, several are nested.

    One pass of nested folds tells nothing of the spread between repeats, without which row-level intervals are too narrow.
    """
    n = len(outer_folds.unique())
    return DEFAULT_HOLDOUT if n <= 1 else DEFAULT_NESTED if n > folds else DEFAULT_ONE_PASS


def paired_gain(
    base: pd.DataFrame,
    other: pd.DataFrame,
    margin: float,
    folds: int,
    method: str | None = None,
    inner: pd.DataFrame | None = None,
) -> dict[str, Any]:
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
    inner : (n, 4) frame of outer_fold, inner_fold, base, other: validation losses, for nested cross-validation's interval.

    Returns
    -------
    dict of base_loss, other_loss (means over the pairs), improvement, low, high (at most 1, since no loss is below 0),
    std_error, difference, difference_low, difference_high (base less other), df, p_value (of no improvement), better, equal,
    worse, n_rows, n_groups, n_folds, n_repeats, method. Numbers are NaN where `base` has no loss or there are fewer than two
    rows.
    """
    pairs = paired(base, other, folds)
    n_folds = len(pairs[["repeat", "fold"]].drop_duplicates())
    interval = METHODS[method or default_method(base["outer_fold"], folds)]
    gain, saved = interval(pairs, "improvement", inner), interval(pairs, "difference", inner)
    posterior = (CorrectedT() if n_folds > 1 else Rows())(pairs, "improvement")
    better, not_worse = posterior.above(margin), posterior.above(-margin)
    return {
        "base_loss": float(pairs["base"].mean()),
        "other_loss": float(pairs["other"].mean()),
        "improvement": gain.estimate,
        "low": gain.low,
        "high": min(gain.high, 1.0),
        "std_error": gain.std_error,
        "difference": saved.estimate,
        "difference_low": saved.low,
        "difference_high": saved.high,
        "df": gain.df,
        "p_value": gain.p_value,
        "better": better,
        "equal": not_worse - better,
        "worse": 1 - not_worse,
        "n_rows": pairs["row"].nunique(),
        "n_groups": pairs["group"].nunique(),
        "n_folds": n_folds,
        "n_repeats": pairs["repeat"].nunique(),
        "method": gain.method,
    }


@dataclass(frozen=True, eq=False)
class Model:
    """One side of a comparison: (n, 4) test losses of UNIT and (m, 3) validation losses of INNER."""

    family: str
    depth: int
    losses: pd.DataFrame
    inner: pd.DataFrame | None = None


def models(losses: pd.DataFrame, winners: pd.DataFrame | None, inner: pd.DataFrame | None) -> list[Model]:
    """Models of one target from the simplest to the deepest, then *the network* where `winners` tell its depths.

    losses: `row_losses` of the target. inner: `inner_losses`. The reference line is no model.
    """
    own = losses[losses["family"] != TREES]
    groups = sorted(own.groupby(["family", "depth"]), key=lambda model: (model[0][1], model[0][0] != "constant"))

    def validation(arms: pd.DataFrame) -> pd.DataFrame | None:
        return None if inner is None else inner.merge(arms[ARM].drop_duplicates(), on=ARM)[INNER]

    found = [Model(str(key[0]), int(str(key[1])), rows[UNIT], validation(rows)) for key, rows in groups]
    if winners is not None and any(model.depth > 0 for model in found):
        network = network_procedure(own, winners)
        if len(network):
            found.append(Model(NETWORK, CHOSEN, network[UNIT], validation(chosen_depths(own, winners))))
    return found


def pairwise(
    predictions: pd.DataFrame,
    margin: float,
    folds: int,
    winners: pd.DataFrame | None = None,
    methods: Sequence[str] | None = None,
    candidate: str = "default",
    inner: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Paired gain of every model over every simpler one of its target (`paired_gain`), and Holm's p-values.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    margin, folds : as in `paired_gain`.
    winners : `incumbents(trials)`; without it *the network* is not among the models.
    methods : names of METHODS, a row a pair and name; by default that of the protocol.
    candidate : as in `select_candidate`.
    inner : `inner_losses(folds, winners)`, which nested cross-validation's interval needs.

    Returns
    -------
    (n_pairs * n_methods, ...) frame: target, kind, question (FAMILIES or DEPTHS), base, base_depth, other, other_depth
    (families and hidden layers; CHOSEN for the network), the values of `paired_gain`, and p_holm, adjusted over the pairs of
    the target, question and method (Holm 1979, Scand. J. Statist. 6).
    """
    found: list[dict[str, Any]] = []
    for (target, kind), rows in row_losses(predictions, candidate).groupby(["target", "kind"], sort=False):
        sides = models(rows, winners, inner)
        named = methods or [default_method(rows["outer_fold"], folds)]
        asked = [
            (FAMILIES, [side for side in sides if side.depth <= 0]),
            (DEPTHS, [side for side in sides if side.depth >= 0 and side.family != "constant"]),
        ]
        for method in named:
            for question, members in asked:
                pairs = [
                    {
                        "target": target, "kind": kind, "question": question, "base": base.family, "base_depth": base.depth,
                        "other": other.family, "other_depth": other.depth,
                        **paired_gain(base.losses, other.losses, margin, folds, method, validation_pairs(base, other)),
                    }
                    for i, base in enumerate(members)
                    for other in members[i + 1 :]
                ]  # fmt: skip
                adjusted = holm([pair["p_value"] for pair in pairs])
                found += [pair | {"p_holm": p} for pair, p in zip(pairs, adjusted, strict=True)]
    return pd.DataFrame(found)


def validation_pairs(base: Model, other: Model) -> pd.DataFrame | None:
    """(n, 4) frame of outer_fold, inner_fold, base, other: what nested cross-validation's interval needs; None without."""
    if base.inner is None or other.inner is None:
        return None
    both = base.inner.merge(other.inner, on=["outer_fold", "inner_fold"], suffixes=("_base", "_other"))
    return both.rename(columns={"loss_base": "base", "loss_other": "other"})


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values; those that are NaN stay so and count for nothing."""
    p = np.asarray(p_values, float)
    told = np.flatnonzero(np.isfinite(p))
    order = told[np.argsort(p[told], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return [float(value) for value in adjusted]


def family_scores(predictions: pd.DataFrame, winners: pd.DataFrame, folds: int, method: str | None = None) -> pd.DataFrame:
    """Rank, test loss, optimism and spread of every model and of *the network*.

    Parameters
    ----------
    predictions, winners, folds, method : as in `pairwise`. Nested cross-validation's interval is not for single losses.

    Returns
    -------
    (n_models, ...) frame of MODEL, rank (1 is the least test loss of the target; the reference line has none and is left
    out), test_loss, std_error, low, high (of the method, as for a pair whose other loss is 0), val_loss, optimism (validation
    less test: far below 0, the search flattered itself), sd_splits, sd_seeds, sd_rows (`study.evidence.spread.spread`), n_rows,
    n_folds, n_repeats, method.
    """
    found: list[dict[str, Any]] = []
    refits = predictions[predictions["candidate"] == "refit"]
    validation = winners.set_index(["family", "depth", "target", "outer_fold"])["val_loss"]
    for (target, kind), rows in row_losses(predictions).groupby(["target", "kind"], sort=False):
        depths = chosen_depths(rows, winners)
        interval = METHODS[method or default_method(rows["outer_fold"], folds)]
        for model in models(rows, winners, None):
            is_network = model.family == NETWORK
            arms = depths if is_network else rows[(rows["family"] == model.family) & (rows["depth"] == model.depth)][ARM]
            arms = arms.drop_duplicates()
            pairs = paired(model.losses, model.losses.assign(loss=0.0), folds)
            loss = interval(pairs, "difference")
            places = pd.MultiIndex.from_frame(arms[["family", "depth", "target", "outer_fold"]])
            val_loss = float(validation.reindex(places).mean())
            of_loss = {"test_loss": loss.estimate, "std_error": loss.std_error, "low": loss.low, "high": loss.high}
            size = {"n_rows": pairs["row"].nunique(), "n_folds": len(arms), "n_repeats": pairs["repeat"].nunique()}
            found.append(
                dict(zip(MODEL, (target, kind, model.family, model.depth), strict=True))
                | of_loss
                | {"val_loss": val_loss, "optimism": val_loss - loss.estimate}
                | spread(pairs, refits.merge(arms, on=ARM))
                | size
                | {"method": loss.method}
            )
    scores = pd.DataFrame(found)
    if scores.empty:
        return scores
    ranks = scores.groupby("target")["test_loss"].rank(method="min")
    scores.insert(len(MODEL), "rank", ranks.astype("Int64"))
    return scores
