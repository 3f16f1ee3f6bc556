"""At how many rows, or repeats of the outer split, an undecided comparison would likely be decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.evidence.findings import CurvePoint, DecidedAt
from study.evidence.intervals import Interval, Method
from study.evidence.pairs import contributions, mean_covariance, paired, row_means, size_of
from study.evidence.scores import UNIT, with_groups
from study.evidence.winners import ARM
from study.schema import PART

MOST_TIMES = 100.0
"""No answer is sought beyond this many times the rows, or repeats."""


@dataclass(frozen=True)
class GainCurve:
    """How the improvement r changes with the rows: r(k) = r + slope * (1 / k - 1) at k times the rows.

    slope: per 1 / k, below 0 where the gain grows with rows. slope_error: its standard error before it was shrunk.
    points: the gain at each fraction of the rows.
    """

    slope: float
    slope_error: float
    points: tuple[CurvePoint, ...]


def subset_losses(predictions: pd.DataFrame, n_train: float) -> pd.DataFrame:
    """Test losses of refits on parts of the development rows, and of those on all of them, averaged over seeds.

    predictions: of one target, whose outer folds leave n_train rows. Returns an (n, 10) frame of ARM, fraction, group, time,
    row, loss and n_rows: a fraction of 1 is the refit itself.
    """
    is_part = predictions["candidate"].str.startswith(PART)
    own = predictions[is_part | (predictions["candidate"] == "refit")]
    share = own["candidate"].str.removeprefix(PART).where(own["candidate"] != "refit", "1").astype(float)
    keys = [*ARM, "fraction", "group", "time", "row"]
    losses = with_groups(own).assign(fraction=share).groupby(keys, dropna=False)["loss"].mean().reset_index()
    losses = losses.merge(predictions.loc[is_part, ARM].drop_duplicates(), on=ARM)
    return losses.assign(n_rows=(n_train * losses["fraction"]).round())


def gain_curve(curve: pd.DataFrame, base: pd.DataFrame, other: pd.DataFrame, per: pd.DataFrame, folds: int) -> GainCurve | None:
    """Fit the improvement of one procedure over another against 1 / rows, from refits on parts of the rows.

    The improvements r_f at fractions f share their test rows, so with U (n_rows, n_fractions) the contributions of each row
    (`study.evidence.pairs.contributions`) their covariance S is that of the means of U, `mean_covariance`. Weighted least
    squares with weights 1 / S_ff gives r_f = a + slope / f, the usual learning curve of a loss whose excess falls as 1 / n.
    The variance of the slope is that of a linear map of r under S, plus what the weighted residuals show of the noise that
    every refit adds of its own. The slope b with error e is shrunk to b * max(0, 1 - e² / b²), so that noise reads as flat.

    Parameters
    ----------
    curve : frame of `subset_losses`.
    base, other : ARM columns of the arms to compare.
    per : the same of those whose loss the improvement is a share of.
    folds : outer folds a repeat.

    Returns
    -------
    None where fewer than three fractions, with 1 among them, were scored for all.
    """
    sides = [curve.merge(arms[ARM[2:]].drop_duplicates(), on=ARM[2:]) for arms in (base, other, per)]
    found = []
    n_rows = {float(str(fraction)): float(rows.mean()) for fraction, rows in sides[0].groupby("fraction")["n_rows"]}
    columns: dict[float, pd.Series] = {}
    for fraction in sorted(set.intersection(*(set(side["fraction"]) for side in sides))):
        losses = [side.loc[side["fraction"] == fraction, UNIT] for side in sides]
        pairs = paired(losses[0], losses[1], folds, losses[2])
        estimate, share = contributions(pairs, "improvement")
        if not np.isfinite(estimate):
            continue
        columns[fraction] = row_means(pairs, share)
        found.append({"fraction": fraction, "n_rows": n_rows[fraction], "improvement": estimate})
    points, rows = pd.DataFrame(found), pd.DataFrame(columns).dropna()
    if len(points) < 3 or 1.0 not in columns or len(rows) < 3:
        return None
    covariance = mean_covariance(rows)
    errors = np.sqrt(np.diag(covariance))
    points = points.assign(std_error=errors)
    if not (errors > 0).all():
        return None
    design = np.column_stack([np.ones(len(points)), 1 / points["fraction"].to_numpy(float)]) / errors[:, None]
    solve = np.linalg.pinv(design) / errors
    r = points["improvement"].to_numpy(float)
    fitted = solve @ r
    residual = (r / errors - design @ fitted) ** 2
    own_noise = residual.sum() / (len(points) - 2) * np.linalg.inv(design.T @ design)
    error = float(np.sqrt(max((solve @ covariance @ solve.T + own_noise)[1, 1], 0.0)))
    slope = float(fitted[1])
    told = tuple(CurvePoint.model_validate(point) for point in points.to_dict("records"))
    return GainCurve(slope * max(0.0, 1 - (error / slope) ** 2) if slope else 0.0, error, told)


def width_exponent(pairs: pd.DataFrame, method: Method, draws: int = 12, seed: int = 0) -> float:
    """How an interval's width scales with rows, measured on halves and quarters of the tested groups: width ~ n^exponent.

    Least squares of log standard error on log share of the rows; kept within -0.5, which independent rows reach, and -0.25.
    """
    rng, rows = np.random.default_rng(seed), pairs["group"].unique()
    points = []
    for share in (1.0, 0.5, 0.25):
        for _ in range(draws if share < 1 else 1):
            kept = rng.choice(rows, max(round(share * len(rows)), 2), replace=False)
            error = method(pairs[pairs["group"].isin(kept)]).std_error
            if error > 0:
                points.append((np.log(len(kept)), np.log(error)))
    x, y = np.array(points).T if points else (np.zeros(1), np.zeros(1))
    spread = ((x - x.mean()) ** 2).sum()
    slope = ((x - x.mean()) * y).sum() / spread if spread > 0 else -0.5
    return float(np.clip(slope, -0.5, -0.25))


def times_to_decide(
    gain: Interval, margin: float, slope: float, exponent: float, shift: float = 0.0
) -> tuple[float, str | None]:
    """Least k >= 1 at which the interval leaves out the margin, as improvement and width are expected at k times the rows.

    Improvement r + shift + slope * (1 / k - 1), at most 1; ends at their present distance times k^exponent. Gives k and
    `above` or `below`, or infinity and None where that is beyond MOST_TIMES.
    """
    k = np.geomspace(1, MOST_TIMES, 400)
    r = np.minimum(gain.estimate + shift + slope * (1 / k - 1), 1.0)
    above = r - (gain.estimate - gain.low) * k**exponent > margin
    below = r + (gain.high - gain.estimate) * k**exponent < margin
    decided = above | below
    if not decided.any():
        return np.inf, None
    first = int(decided.argmax())
    return float(k[first]), "above" if above[first] else "below"


def repeats_to_decide(pairs: pd.DataFrame, method: Method, margin: float) -> tuple[float, float]:
    """Least number of repeats of the outer split at which the interval leaves out the margin, if the gain stays.

    Gives it, infinite beyond MOST_TIMES, and half the interval's width with endless repeats; NaN where that cannot be told.
    """
    now = pairs["repeat"].nunique()
    numbers = np.append(np.arange(now + 1, int(MOST_TIMES) + 1), np.inf)
    halves = method.halves(pairs, numbers)
    if np.isnan(halves).any():
        return np.nan, np.nan
    enough = np.flatnonzero(halves[:-1] < abs(method(pairs).estimate - margin))
    return float(numbers[enough[0]]) if len(enough) else np.inf, float(halves[-1])


def decided_at(
    pairs: pd.DataFrame, method: Method, pair: tuple[str, str, float], curve: GainCurve | None, rows_now: float
) -> DecidedAt:
    """Find rows and repeats at which the interval of `pairs` would leave out a bound.

    A curve whose slope is known less well than the gain itself tells nothing of more rows. pair: names of base and other, and
    the bound. rows_now: of the table.
    """
    base, other, bound = pair
    gain = method(pairs)
    times = low = high = limit = np.nan
    side = None
    if curve is not None and curve.slope_error <= (gain.high - gain.low) / 2:
        exponent = width_exponent(pairs, method)
        times, side = times_to_decide(gain, bound, curve.slope, exponent)
        shifts = (-gain.std_error, gain.std_error)
        around = [times, *(times_to_decide(gain, bound, curve.slope, exponent, shift)[0] for shift in shifts)]
        low, high, limit = min(around), max(around), gain.estimate - curve.slope
    nested = size_of(pairs).n_folds > 1
    repeats, repeats_limit = repeats_to_decide(pairs, method, bound) if nested else (np.nan, np.nan)
    return DecidedAt(
        base=base,
        other=other,
        bound=bound,
        rows=times * rows_now,
        times=times,
        times_low=low,
        times_high=high,
        side=side,
        limit=limit,
        slope_error=curve.slope_error if curve else np.nan,
        repeats=repeats,
        repeats_limit=repeats_limit,
        curve=curve.points if curve else (),
    )
