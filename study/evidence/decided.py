"""At how many rows an undecided comparison would likely be decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from study.evidence.curve import GainCurve
from study.evidence.findings import DecidedAt
from study.evidence.intervals import Interval, Method
from study.evidence.pairs import FloatArray, contributions, size_of
from study.evidence.thresholds import MARGIN

MOST_TIMES = 100.0
"""No answer is sought beyond this many times the rows."""
LIKELY = 0.8
"""Chance from which on a study of so many rows is said to be likely decided."""
SLOPE = 0.06
"""Standard deviation, about 0, of slopes (`GainCurve`) before any is measured: those that the true
gains of docs/calibration.md, *Three answers*, have between 300 and 1,000 rows have a root mean
square of 0.058."""
LAW = 0.4
"""Standard deviation of a slope as a share of it, because the law 1 / n is a guess: where gains go
as n^-0.5, or n^-1.5, a line through a quarter, a half and all of the rows foretells about half, or
twice, of what more rows bring."""
DRAWS = 12
"""Subsets of each share of the rows by which the width of an interval is seen to change."""
NODES = 40
"""Standard errors that a chance is averaged over."""
ONE_PASS, MOST_KEPT = 0.5, 0.9
"""Share of an interval's variance that counts as the rows' own where one pass of the folds cannot
tell, and the most of it where a few repeats happen to agree."""


@dataclass(frozen=True)
class Forecast:
    """What is known of a gain and of how it changes with rows, as far as a study of k times the
    rows follows from it.

    gain: its interval now. curve: over parts of the rows. exponent: the interval's width goes with
    k^exponent. kept: share q of its variance that is noise of the rows now, which a study with
    these among its rows has in it again. law: as LAW.

    At k times the rows the gain is g + s (1 / k - 1). The interval's estimate r is g with standard
    error e, the curve's slope b is s with standard error d, law b in it, correlated with r by rho;
    before them g is anything and s normal about 0 with t = SLOPE. The posterior is that of two
    normal means: with w = t² / (t² + d²) and v = d² / (t² + d²) = 1 - w

        E s = w b, var s = w d², E g = r - v b rho e / d, var g = e² - v rho² e², cov = w rho e d.

    The estimate of the larger study is the gain there, plus (q / k) (r - g), which is what its rows
    now are off, plus noise of variance e² (k^(2 exponent) - q² / k²); each end of its interval is
    as far from it as now, times k^exponent. e is known with df degrees of freedom only, so all is
    averaged over NODES equally likely e² df / chi².
    """

    gain: Interval
    curve: GainCurve
    exponent: float
    kept: float
    law: float = LAW

    def chances(self, bound: float, k: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Chance (n,) that the interval of a study of k (n,) times the rows lies wholly above the
        bound, and wholly below.
        """
        gain = self.gain
        d = float(np.hypot(self.curve.slope_error, self.law * self.curve.slope))
        rho = self.curve.correlation * self.curve.slope_error / d if d else 0.0
        nodes = (np.arange(NODES) + 0.5) / NODES
        e = gain.std_error * np.sqrt(gain.df / stats.chi2.ppf(nodes, gain.df))[:, None]
        total = SLOPE**2 + d**2
        w = SLOPE**2 / total
        own = 1 - self.kept / k
        changed = 1 / k - 1
        mean = (
            gain.estimate
            - own * self.curve.slope * rho * e * d / total
            + changed * w * self.curve.slope
        )
        known = (
            own**2 * e**2 * (1 - rho**2 * d**2 / total)
            + changed**2 * w * d**2
            + 2 * own * changed * w * rho * e * d
        )
        noise = e**2 * (k ** (2 * self.exponent) - (self.kept / k) ** 2)
        deviation = np.sqrt(np.maximum(known + noise, 1e-18))
        shrunk = e / gain.std_error * k**self.exponent
        above = stats.norm.cdf((mean - (gain.estimate - gain.low) * shrunk - bound) / deviation)
        below = stats.norm.cdf((bound - mean - (gain.high - gain.estimate) * shrunk) / deviation)
        return np.nan_to_num(above.mean(axis=0)), np.nan_to_num(
            below.mean(axis=0)
        )  # NaN: an end that does not exist

    def times(self, bound: float) -> tuple[float, str | None, float, float]:
        """Least k >= 1 at which one side has a chance of LIKELY, that side, and both chances there.

        Infinity and None where no k up to MOST_TIMES has, with the chances at MOST_TIMES.
        """
        k = np.geomspace(1, MOST_TIMES, 400)
        above, below = self.chances(bound, k)
        enough = np.flatnonzero(np.maximum(above, below) >= LIKELY)
        if not len(enough):
            return np.inf, None, float(above[-1]), float(below[-1])
        first = enough[0]
        side = "above" if above[first] >= LIKELY else "below"
        return float(k[first]), side, float(above[first]), float(below[first])


def width_exponent(pairs: pd.DataFrame, method: Method) -> float:
    """How an interval's width scales with rows, measured on halves and quarters of the tested
    groups: width ~ n^exponent.

    Groups are drawn; of rows in time order a stretch, since rows that are far apart are less alike
    than neighbours. Least squares of log standard error on log share of the rows; kept within -0.5,
    which independent rows reach, and -0.25.
    """
    rng, unit, some = (
        np.random.default_rng(0),
        *(("time", _stretch) if "time" in pairs else ("group", _groups)),
    )
    points = []
    for share in (1.0, 0.5, 0.25):
        for _ in range(DRAWS if share < 1 else 1):
            kept = some(pairs, share, rng)
            error = method(kept).std_error
            if error > 0:
                points.append((np.log(kept[unit].nunique()), np.log(error)))
    x, y = np.array(points).T if points else (np.zeros(1), np.zeros(1))
    spread = ((x - x.mean()) ** 2).sum()
    slope = ((x - x.mean()) * y).sum() / spread if spread > 0 else -0.5
    return float(np.clip(slope, -0.5, -0.25))


def _groups(pairs: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Pairs of a share of the groups, two at least."""
    groups = pairs["group"].unique()
    return pairs[
        pairs["group"].isin(rng.choice(groups, max(round(share * len(groups)), 2), replace=False))
    ]


def _stretch(pairs: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Pairs of a share of the times without a gap between them, cut into as many folds, after that
    share of earlier rows.
    """
    times = np.unique(pairs["time"])
    number = min(max(round(share * len(times)), 2), len(times))
    start = rng.integers(len(times) - number + 1)
    kept = pairs[pairs["time"].between(times[start], times[start + number - 1])]
    fold = np.searchsorted(times[start:], kept["time"]) * pairs["fold"].nunique() // number
    return kept.assign(fold=fold, time=kept["time"] - times[start] + share * times[0])


def kept_share(pairs: pd.DataFrame, std_error: float, rows_now: float) -> float:
    """Share of an interval's variance that these rows would bring into a study of more rows again.

    It is what is left without the variance of the mean over repeats, of which a new study draws
    others, MOST_KEPT at most; of one pass ONE_PASS is taken. Rows that are not tested count for as
    little as they are likely to be tested again.
    """
    size = size_of(pairs)
    own = 1.0 if size.n_folds == 1 else ONE_PASS
    if size.n_repeats > 1:
        means = contributions(pairs, "improvement")[1].groupby(pairs["repeat"]).mean()
        own = 1 - float(means.var()) / size.n_repeats / std_error**2
    return float(np.clip(own, 0, MOST_KEPT) * min(size.n_rows / rows_now, 1.0))


def decided_at(
    pairs: pd.DataFrame,
    method: Method,
    pair: tuple[str, str, float],
    curve: GainCurve | None,
    rows_now: float,
    held: str = MARGIN,
    parts: bool = False,
) -> DecidedAt:
    """Find the number of rows at which the interval of `pairs` would likely leave out a bound.

    pair: names of base and other, and the bound. rows_now: of the table; NaN where it is not known,
    with one split. held: MARGIN or MIN_MARGIN, whose bound it is. parts: whether both were trained
    on parts of the rows.
    """
    base, other, bound = pair
    gain = method(pairs)
    times, side, above, below = np.nan, None, np.nan, np.nan
    if curve is not None and gain.std_error > 0 and np.isfinite(gain.df):
        kept = kept_share(pairs, gain.std_error, rows_now if np.isfinite(rows_now) else len(pairs))
        forecast = Forecast(gain, curve, width_exponent(pairs, method), kept)
        times, side, above, below = forecast.times(bound)
    return DecidedAt(
        base=base,
        other=other,
        bound=bound,
        rows=times * rows_now,
        times=times,
        side=side,
        above=above,
        below=below,
        slope=curve.slope if curve else np.nan,
        slope_error=curve.slope_error if curve else np.nan,
        curve=curve.points if curve else (),
        held=held,
        parts=parts,
    )
