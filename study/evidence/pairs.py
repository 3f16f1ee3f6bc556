"""Losses of two procedures on the same test rows, and how sure their mean is where rows come in
groups.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.evidence.series import slow_moves
from study.schema import Frozen

FloatArray = npt.NDArray[np.float64]
Quantity = Literal["improvement", "difference"]
"""`improvement`: (B - O) / P, what the other, with mean loss O, saves of the base's B, as a share
of a third procedure's P, or of B itself where there is no third; `difference`: B - O."""
FINE = "fine"
"""Column beside a loss that is 1 or 0, as where wrong rows are counted: the loss that tells apart
what counts alike."""
SAME = 1e-9
"""Losses that differ by less are of one prediction."""


class Size(Frozen):
    """What a comparison rests on: distinct test rows, groups of them, outer folds of all repeats,
    and repeats; of rows in time order their distinct times, else 0."""

    n_rows: int
    n_groups: int
    n_folds: int
    n_repeats: int
    n_times: int = 0


def paired(
    base: pd.DataFrame, other: pd.DataFrame, folds: int, per: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Losses of two procedures on the test rows that both have.

    Parameters
    ----------
    base, other : (n, 3 to 5) frames of outer_fold, row, loss, one row a test row of an outer fold;
        base may have group, the
        code of what makes rows alike; without it every row is a group of its own. It may have time,
        how many rows of the table are earlier; NaN, as without it, for rows in no order. Both may
        have FINE.
    folds : outer folds a repeat; outer fold `r * folds + f` is fold f of repeat r.
    per : the same of the procedure whose loss the improvement is a share of, where that is not
        base; rows without it are
        left out.

    Returns
    -------
    (n_pairs, 6 to 9) frame of repeat, fold, row, group, time where it is known, base, other, per
    where it is given, and step where both have FINE, the same on all rows: 1, or 0 of two whose
    FINE is alike on every row. The `pairs` of every method.
    """
    place = ["outer_fold", "row"]
    fine = [FINE] if FINE in base and FINE in other else []
    both = base.merge(other[[*place, "loss", *fine]], on=place, suffixes=("_base", "_other"))
    both = (
        both
        if per is None
        else both.merge(per[[*place, "loss"]].rename(columns={"loss": "loss_per"}), on=place)
    )
    places = both["outer_fold"].astype("int64")
    group = both["group"] if "group" in both else both["row"]
    pairs = {"repeat": places // folds, "fold": places % folds, "row": both["row"], "group": group}
    if "time" in both and len(both) and both["time"].notna().all():
        pairs["time"] = both["time"]
    if fine:
        differ = ((both["fine_base"] - both["fine_other"]).abs() > SAME).any()
        pairs["step"] = pd.Series(float(differ), both.index)
    losses = ("base", "other") if per is None else ("base", "other", "per")
    return pd.DataFrame(pairs | {name: both[f"loss_{name}"].astype(float) for name in losses})


def least_variance(pairs: pd.DataFrame) -> float:
    """Least variance of the mean difference of two procedures whose losses are 1 or 0, and which
    are not the same: 2 / n², that of n rows of which each of the two has one right alone.

    Where none was seen, or one, their sample variance is next to nothing, as if no row could ever
    tell the two apart. 0 of other losses.
    """
    if "step" not in pairs or pairs.empty:
        return 0.0
    return float(2 * pairs["step"].iloc[0] ** 2 / pairs["row"].nunique() ** 2)


def per_of(pairs: pd.DataFrame) -> pd.Series:
    """(n_pairs,) losses that the improvement is a share of: of the third procedure, or of base
    where there is none.
    """
    return pairs["per" if "per" in pairs else "base"]


def size_of(pairs: pd.DataFrame) -> Size:
    """Count what is in `paired`."""
    rows, groups, repeats = (pairs[column].nunique() for column in ("row", "group", "repeat"))
    times = pairs["time"].nunique() if "time" in pairs else 0
    folds = len(pairs[["repeat", "fold"]].drop_duplicates())
    return Size(n_rows=rows, n_groups=groups, n_folds=folds, n_repeats=repeats, n_times=times)


def mean_train(pairs: pd.DataFrame) -> float:
    """Rows that an outer fold leaves, the mean over folds: those that it does not test, in time
    order the earlier ones.
    """
    if "time" in pairs:
        return float(pairs.groupby(["repeat", "fold"])["time"].min().mean())
    folds = len(pairs[["repeat", "fold"]].drop_duplicates())
    return pairs["row"].nunique() - len(pairs) / max(folds, 1)


def linearised(pairs: pd.DataFrame, quantity: Quantity) -> tuple[float, float, float]:
    """The quantity q, and (v, scale) of its linearisation: a pair contributes (base - other - v *
    per) / scale.

    For the difference v = 0 and scale = 1, and the contributions' mean is q. For the improvement (B
    - O) / P the delta method on a ratio of means gives v = q and scale = P, and the contributions'
    mean is 0. NaN where P is not above 0 or there are no pairs.
    """
    if pairs.empty:
        return np.nan, np.nan, np.nan
    saved = float(pairs["base"].mean()) - float(pairs["other"].mean())
    per = float(per_of(pairs).mean())
    if quantity == "difference":
        return saved, 0.0, 1.0
    return (saved / per, saved / per, per) if per > 0 else (np.nan, np.nan, np.nan)


def contributions(pairs: pd.DataFrame, quantity: Quantity) -> tuple[float, pd.Series]:
    """The quantity, and (n_pairs,) what each pair adds to it, centred on 0 (`linearised`)."""
    estimate, v, scale = linearised(pairs, quantity)
    share = (pairs["base"] - pairs["other"] - v * per_of(pairs)) / scale
    return estimate, share - (estimate if quantity == "difference" else 0.0)


def mean_covariance(rows: pd.DataFrame, in_time: bool = False) -> FloatArray:
    """Covariance (k, k) of the means of k columns whose rows, indexed by group and row, are
    independent between groups only; in_time: indexed by time and row, a series in that order.

    Of a series it is that of `study.evidence.series.slow_moves`. Else, with u_g the sum over
    group g of the rows' deviations from the mean, n rows and G groups it is G / (G - 1) * sum_g u_g
    u_g' / n²: the sandwich of Liang and Zeger (1986, *Longitudinal data analysis using generalized
    linear models*, Biometrika 73) for a mean, with the factor of Cameron, Gelbach and Miller (2008,
    *Bootstrap-based improvements for inference with clustered errors*, Rev. Econ. Stat. 90, section
    II). It is s² / n where every row is a group of its own; NaN for a single group.
    """
    sums = (rows - rows.mean()).groupby(level=0).sum(min_count=1).to_numpy(float)
    n_units, width = sums.shape
    if n_units < 2:
        return np.full((width, width), np.nan)
    moves, factor = (slow_moves(sums), 1.0) if in_time else (sums, n_units / (n_units - 1))
    return moves.T @ moves * factor / len(rows) ** 2


def by_unit(pairs: pd.DataFrame, share: pd.Series) -> pd.Series:
    """Mean of what each pair adds by unit (time, where rows are in order, else group) and row."""
    return share.groupby([pairs["time" if "time" in pairs else "group"], pairs["row"]]).mean()
