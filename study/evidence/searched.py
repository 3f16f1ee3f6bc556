"""What a search tried beside what it cost: losses that folds can share, the front of loss and cost, where the best lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.evidence.winners import ARM, ROUNDING, baseline, incumbents
from study.schema import ALL_ROWS, CONSTANT, REGRESSIONS, Kind

COSTS = ("seconds", "n_parameters")
"""What a trial costs: seconds of all its replicates, and the parameters of one of them."""
BEST = 0.1
"""Share of the trials of each search that are called its best: at least one."""
WITHIN = 0.1, 0.9
"""Quantiles of a hyperparameter between which the best of all searches are said to lie."""
LEAST = "the least"
"""What losses are shares of where there is neither a regression nor a constant."""


def searched_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Validation losses as shares of a loss of the same fold, so that folds can be shown together, and ranks within the arm.

    Raw losses of different outer folds are of different rows, and differ by more than what a search finds.

    Parameters
    ----------
    trials
        The results dataframe.

    Returns
    -------
    (n, 11) frame, a row a trial of a tested outer fold that did not fail: target, kind, family, depth, outer_fold, number,
    state, relative (its loss as a share of the reference's in that fold; NaN where that is no positive number), reference (the
    family whose incumbent that is: the plain regression, or else the constant; LEAST of the fold where there is neither), rank
    (share of its arm's other trials in the fold that are better: 0 of the best, 1 of the worst), best (whether it is among the
    BEST of them), seconds, n_parameters. A trial that was given up early counts with the loss that it had by then.
    """
    tried = trials[(trials["outer_fold"] != ALL_ROWS) & trials["val_loss"].notna() & (trials["state"] != "FAIL")]
    frame = tried[[*ARM, "number", "state", "val_loss"]].reset_index(drop=True)
    frame["seconds"] = tried["wall_time_s"].to_numpy(float)
    frame["n_parameters"] = tried["n_parameters"].astype("Float64").to_numpy(float, na_value=np.nan)
    parts = [_shares(own, str(target)) for target, own in frame.groupby("target", sort=False)]
    frame = pd.concat(parts) if parts else frame.assign(relative=np.nan, reference="")
    by_arm = frame.groupby(ARM, sort=False)["val_loss"]
    frame["rank"] = (by_arm.rank(method="average") - 1) / np.maximum(by_arm.transform("size") - 1, 1)
    frame["best"] = by_arm.rank(method="first") <= np.maximum(np.floor(BEST * by_arm.transform("size")), 1)
    return frame.sort_index().drop(columns="val_loss")


def _shares(own: pd.DataFrame, target: str) -> pd.DataFrame:
    """One target's rows with `relative` and `reference`."""
    best, folds = incumbents(own.assign(target=target)), own["outer_fold"].unique()
    for family in (REGRESSIONS[Kind(own["kind"].iloc[0])], CONSTANT):
        loss = best[(best["family"] == family) & (best["depth"] == 0)].set_index("outer_fold")["val_loss"].reindex(folds)
        if (loss > 0).all():
            return own.assign(relative=own["val_loss"] / own["outer_fold"].map(loss), reference=family)
    least = own.groupby("outer_fold")["val_loss"].transform("min")
    return own.assign(relative=(own["val_loss"] / least).where(least > 0), reference=LEAST)


def fronts(searched: pd.DataFrame) -> pd.DataFrame:
    """The least loss that is to be had for so much: the Pareto front of loss and cost, of several folds their median one.

    In each outer fold it is the least loss of all complete trials that cost no more; at each cost the median over folds is
    taken, which half of the searches attain (the median attainment surface of Fonseca and Fleming 1996, PPSN IV, section 3).

    Returns
    -------
    (n_corners, 4) frame, from the cheapest to the best of every target and cost: target, cost (of COSTS), at (seconds or
    parameters from which on), relative (a share, as `searched_trials` says). The constant, which costs nothing, is left out.
    """
    complete = searched[(searched["state"] == "COMPLETE") & searched["relative"].notna() & (searched["family"] != CONSTANT)]
    units = {target: ROUNDING * baseline(own, "relative") for target, own in searched.groupby("target")}
    found = [
        _corners(own[own[cost].notna()], cost, units[target]).assign(target=target, cost=cost)
        for target, own in complete.groupby("target", sort=False)
        for cost in COSTS
    ]
    columns = ["target", "cost", "at", "relative"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _corners(own: pd.DataFrame, cost: str, unit: float) -> pd.DataFrame:
    """Corners of one target's median front, in each of which it is less by a `unit`."""
    ordered = own.sort_values([cost, "relative"])
    front = [
        fold[fold["relative"] < fold["relative"].cummin().shift(fill_value=np.inf)] for _, fold in ordered.groupby("outer_fold")
    ]
    at = np.unique(np.concatenate([[], *(fold[cost] for fold in front)]))
    losses = np.full((len(front), len(at)), np.inf)
    for least, row in zip(front, losses, strict=True):
        place = np.searchsorted(least[cost].to_numpy(float), at, side="right") - 1
        row[place >= 0] = least["relative"].to_numpy(float)[place[place >= 0]]
    middle = np.median(losses, axis=0) if len(front) else np.array([])
    rounded = np.round(middle / unit)
    falls = np.isfinite(middle) & (rounded < np.concatenate([[np.inf], rounded[:-1]]))
    return pd.DataFrame({"at": at[falls], "relative": middle[falls]})


def where_best(values: pd.Series, best: pd.Series, low: float, high: float, log: bool) -> tuple[float, float, float]:
    """Where the best trials lie on a range: quantiles WITHIN of them, and how much of the range those take, as a share.

    Both are values of trials, the outer one where a quantile lies between two: of a few best trials none is left out. The
    share is of what even draws would take of it, so that 1 says that the best are no narrower than chance has them.
    """
    own = values[best].to_numpy(float)
    least, most = float(np.quantile(own, WITHIN[0], method="lower")), float(np.quantile(own, WITHIN[1], method="higher"))
    scale = np.log if log else np.asarray
    width = (scale(most) - scale(least)) / ((scale(high) - scale(low)) * (WITHIN[1] - WITHIN[0]))
    return least, most, float(min(width, 1.0))


def choice_of_best(values: pd.Series, best: pd.Series, n_choices: int) -> tuple[str, float, float]:
    """The choice that most of the best trials have, their share, and how much that leaves open: 1 where it is an even one."""
    counts = values[best].astype(str).value_counts(normalize=True).sort_index(kind="stable")
    name, share = str(counts.idxmax()), float(counts.max())
    return name, share, float(min((1 - share) / (1 - 1 / n_choices), 1.0)) if n_choices > 1 else 1.0


def choice_word(value: Any) -> str:
    """A choice as configs and frames tell it apart: 64 and 64.0 are one, True and `True` are."""
    try:
        return str(value) if isinstance(value, bool) else str(float(value))
    except ValueError:
        return str(value)
