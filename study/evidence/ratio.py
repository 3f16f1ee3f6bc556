"""How sure a ratio of means is: one distribution, from which intervals, probabilities and p-values
are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import brentq

from study.evidence.moments import Moments
from study.evidence.pairs import FloatArray

REACH = np.geomspace(0.01, 1e4, 180)
"""How far from the estimate, in standard errors, an end is looked for."""


@dataclass(frozen=True)
class Student:
    """The t distribution about an estimate; all or nothing where it has no width."""

    estimate: float
    std_error: float
    df: float

    def above(self, bound: float) -> float:
        """P(quantity > bound); NaN of a bound that is none."""
        if self.std_error == 0:
            return math.nan if math.isnan(bound) else float(self.estimate > bound)
        return float(special.stdtr(self.df, (self.estimate - bound) / self.std_error))


@dataclass(frozen=True, eq=False)
class Ratio:
    """The quantity whose `Moments` these are, as a confidence distribution.

    P(quantity > v) is the share below g(m / s) of the t distribution with the degrees of freedom at
    v, with m and s² the mean of the contributions at v and its variance. With k the skewness of
    that mean, g(t) = t + k (t² / 3 + 1 / 6) + k² t³ / 27 takes the skewness out of a studentised
    mean and is monotone (Hall 1992, *On the removal of skewness by transformation*, JRSS B 54,
    section 2). It is used where it is nearer to 0 than t, so that it widens: a skewness that few
    rows show too small must not shorten the other side (`scripts/calibration simulations`).
    """

    moments: Moments

    @property
    def std_error(self) -> float:
        """At the estimate."""
        per = self.moments.per
        return float(np.sqrt(self.moments.variance(np.zeros(1))[0])) / per if per > 0 else np.nan

    @property
    def df(self) -> float:
        """At the estimate."""
        return float(self.moments.df(np.zeros(1))[0])

    def above(self, bound: float) -> float:
        """P(quantity > bound). It never rises from the estimate outwards: what a nearer bound has
        excluded stays so. NaN of a bound that is none."""
        if math.isnan(bound):
            return math.nan
        w = bound - self.moments.estimate
        if not self.std_error > 0:
            return float(w < 0) if self.std_error == 0 else np.nan
        reach = np.copysign(self.std_error * REACH, w)
        found = self._above(np.append(reach[np.abs(reach) < abs(w)], w))
        return float(found.min() if w > 0 else found.max())

    def ends(self, level: float) -> tuple[float, float]:
        """Where P(quantity > v) is (1 + level) / 2 and (1 - level) / 2, nearest to the estimate.

        NaN for an end that does not exist: the rows cannot exclude any value on that side.
        """
        error = self.std_error
        if not error > 0:
            return (self.moments.estimate,) * 2 if error == 0 else (np.nan, np.nan)
        return self._end(-error, (1 + level) / 2), self._end(error, (1 - level) / 2)

    def _end(self, step: float, share: float) -> float:
        reach = step * REACH
        passed = (self._above(reach) - share) * np.sign(step) < 0
        if not passed.any():
            return np.nan
        first = int(passed.argmax())
        near = reach[first - 1] if first else 0.0
        w = brentq(
            lambda x: float(self._above(np.array([x]))[0]) - share,
            near,
            reach[first],
            xtol=abs(step) * 1e-10,
        )
        return self.moments.estimate + float(w)

    def _above(self, w: FloatArray) -> FloatArray:
        """P(quantity > estimate + w), (n,)."""
        mean = self.moments.mean(w)
        variance = self.moments.variance(w)
        skewness = self.moments.skewness(w)
        t = np.divide(mean, np.sqrt(variance), out=np.copysign(np.inf, mean), where=variance > 0)
        with np.errstate(invalid="ignore", over="ignore"):
            straight = t + skewness * (t**2 / 3 + 1 / 6) + skewness**2 * t**3 / 27
        straight = np.where(np.abs(straight) < np.abs(t), straight, t)
        return np.asarray(special.stdtr(self.moments.df(w), straight))


ConfidenceDistribution = Student | Ratio
"""How sure a quantity is."""
