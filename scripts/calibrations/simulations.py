"""How often intervals hold the truth where that is hardest, before and after they were solved for
the gain.

Losses are drawn whose true gain is known, without any model: heavy tails, groups, time order,
repeats, and gains near all of the loss. It takes a few minutes, and writes the table of
docs/design/0007-evidence.md.

    scripts/calibration simulations
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from calibrations.report import ROOT
from pages.marks import put_tables
from study.evidence.intervals import CorrectedT
from study.evidence.moments import moments
from study.evidence.pairs import FloatArray
from study.evidence.ratio import ConfidenceDistribution, Ratio
from study.evidence.warnings.limits import FEW_CARRY, FEW_SHARE

PAGE = ROOT / "docs" / "design" / "0007-evidence.md"
DRAWS = 4_000
"""The standard error of a share of 95 % is then 0.3 points."""
FOLDS = 5
WIDTHS = 300
"""Draws whose width is measured."""
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Drawn:
    """Losses base, other (R, n) of n rows in R repeats; units (n,) of their groups or times, codes
    0..; the true gain.
    """

    base: FloatArray
    other: FloatArray
    units: np.ndarray
    truth: float
    in_time: bool = False

    @property
    def gain(self) -> float:
        return 1 - float(self.other.mean() / self.base.mean())

    @property
    def own(self) -> FloatArray:
        """(R, n) of base - other - gain * base."""
        return (1 - self.gain) * self.base - self.other

    def sure(self) -> tuple[ConfidenceDistribution, tuple[float, float]]:
        """How sure the gain is and the ends of its 95 % interval, as the package has it."""
        rows = np.column_stack([self.own.mean(axis=0), self.base.mean(axis=0)])
        repeats = np.column_stack([self.own.mean(axis=1), self.base.mean(axis=1)])
        sure = Ratio(
            moments(self.gain, float(self.base.mean()), rows, self.units, repeats, self.in_time)
        )
        return sure, sure.ends(0.95)

    @property
    def half_carried_by(self) -> int:
        """Fewest units whose squared contributions make half of the sum."""
        rows = self.own.mean(axis=0)
        squares = np.sort(np.bincount(self.units, rows - rows.mean()) ** 2)[::-1].cumsum()
        return int(np.searchsorted(squares, squares[-1] / 2)) + 1

    def before(self) -> tuple[float, float]:
        """Standard error and degrees of freedom as they were: linearised, groups as units, time
        order not known.
        """
        share = self.own / self.base.mean()
        rows = share.mean(axis=0) - share.mean()
        units = np.arange(len(rows)) if self.in_time else self.units
        sums = np.bincount(units, rows) / len(rows)
        variance = (sums**2).sum() * len(sums) / (len(sums) - 1)
        repeats = share.mean(axis=1)
        variance += repeats.var(ddof=1) / len(repeats) if len(repeats) > 1 else 0.0
        return float(np.sqrt(variance)), len(sums) - 1


@dataclass(frozen=True, eq=False)
class InFolds(Drawn):
    """Of a table in time order whose rows after the first sixth are tested in FOLDS outer folds, by
    the corrected t.

    Before, it took all tested rows less a fold's for the rows that a fold leaves.
    """

    @property
    def size(self) -> int:
        return self.base.size // FOLDS

    def sure(self) -> tuple[ConfidenceDistribution, tuple[float, float]]:
        rows = np.arange(self.base.size)
        places = {
            "repeat": 0,
            "fold": rows // self.size,
            "row": rows,
            "group": rows,
            "time": rows + float(self.size),
        }
        found = CorrectedT()(pd.DataFrame(places | {"base": self.base[0], "other": self.other[0]}))
        return found.sure, (found.low, found.high)

    def before(self) -> tuple[float, float]:
        share = (self.own[0] / self.base.mean()).reshape(FOLDS, -1).mean(axis=1)
        return float(np.sqrt((1 / FOLDS + 1 / (FOLDS - 1)) * share.var(ddof=1))), FOLDS - 1


def normal(n: int) -> Callable[[Rng], Drawn]:
    """Squared errors, of which the other model has a fifth less."""

    def draw(rng: Rng) -> Drawn:
        error = rng.normal(size=(1, n))
        return Drawn((error + 0.5 * rng.normal(size=(1, n))) ** 2, error**2, np.arange(n), 0.2)

    return draw


def lognormal(n: int, sigma: float, spread: float, shared: bool) -> Callable[[Rng], Drawn]:
    """Losses of a log standard deviation; the other's are 0.9 of them times, or are like them
    beside, lognormal noise.
    """

    def draw(rng: Rng) -> Drawn:
        base, noise = (
            np.exp(sigma * rng.normal(size=(1, n))),
            np.exp(spread * rng.normal(size=(1, n)) - spread**2 / 2),
        )
        return Drawn(
            base, 0.9 * noise * (base if shared else np.exp(sigma**2 / 2)), np.arange(n), 0.1
        )

    return draw


def groups(sizes: Callable[[Rng], FloatArray], rho: float) -> Callable[[Rng], Drawn]:
    """Squared errors of rows in groups that share a part rho of what the models differ by."""

    def draw(rng: Rng) -> Drawn:
        units = np.repeat(np.arange(len(own := sizes(rng))), own.astype(int))
        shift = np.sqrt(rho) * rng.normal(size=len(own))[units] + np.sqrt(1 - rho) * rng.normal(
            size=len(units)
        )
        base = 2 + 0.3 * rng.normal(size=len(units))
        return Drawn(base[None], (0.9 * base + 0.5 * shift)[None], units, 0.1)

    return draw


def series(n: int, rho: float, drawn: type[Drawn] = Drawn) -> Callable[[Rng], Drawn]:
    """Rows in time order whose difference of losses is autoregressive."""

    def draw(rng: Rng) -> Drawn:
        steps, values = rng.normal(size=n), np.empty(n)
        values[0] = steps[0]
        for t in range(1, n):
            values[t] = rho * values[t - 1] + np.sqrt(1 - rho**2) * steps[t]
        base = 2 + 0.3 * rng.normal(size=n)
        return drawn(base[None], (0.9 * base + 0.5 * values)[None], np.arange(n), 0.1, in_time=True)

    return draw


def repeats(n: int, number: int) -> Callable[[Rng], Drawn]:
    """Repeats whose mean differs from each other's as much as that of other rows would."""

    def draw(rng: Rng) -> Drawn:
        base = np.tile(2 + 0.3 * rng.normal(size=n), (number, 1))
        rows, shift = (
            rng.normal(size=n) * np.ones((number, 1)),
            rng.normal(size=(number, 1)) * np.sqrt(number / n),
        )
        return Drawn(base, 0.9 * base + 0.5 * (rows + shift), np.arange(n), 0.1)

    return draw


def near_all(n: int) -> Callable[[Rng], Drawn]:
    """The other model has a thousandth of the loss, with heavy tails: no bound by clipping."""

    def draw(rng: Rng) -> Drawn:
        base, other = (
            rng.exponential(size=(1, n)),
            1e-3 * np.exp(1.5 * rng.normal(size=(1, n)) - 1.125),
        )
        return Drawn(base, other, np.arange(n), 1 - 1e-3)

    return draw


SCENARIOS = {
    "normal errors, 100 rows": normal(100),
    "normal errors, 400 rows": normal(400),
    "lognormal losses (1), 178 rows": lognormal(178, 1.0, 0.7, shared=True),
    "lognormal losses (1.5), 178 rows": lognormal(178, 1.5, 1.0, shared=True),
    "lognormal losses of their own, 178 rows": lognormal(178, 1.0, 1.0, shared=False),
    "a gain of 99.9%, 178 rows": near_all(178),
    "60 groups of 5, 0.7 shared": groups(lambda rng: np.full(60, 5), 0.7),
    "30 groups of 1 to 60, 0.7 shared": groups(lambda rng: np.ceil(60 * rng.random(30) ** 3), 0.7),
    "time order, rho 0, 178 rows": series(178, 0.0),
    "time order, rho 0.5, 60 rows": series(60, 0.5),
    "time order, rho 0.5, 178 rows": series(178, 0.5),
    "time order, rho 0.5, 500 rows": series(500, 0.5),
    "time order, rho 0.8, 178 rows": series(178, 0.8),
    "time order, rho 0.8, 500 rows": series(500, 0.8),
    "five folds in time order, rho 0.5, 180 rows": series(150, 0.5, InFolds),
    "five folds in time order, rho 0.8, 180 rows": series(150, 0.8, InFolds),
    "two repeats that differ, 100 rows": repeats(100, 2),
    "three repeats that differ, 100 rows": repeats(100, 3),
}


def judge(
    draw: Callable[[Rng], Drawn], draws: int = DRAWS, widths: int = WIDTHS, seed: int = 0
) -> dict[str, float]:
    """Shares of draws whose 95 % interval holds the truth, lies above it, and below it, before and
    now; how much wider it is.

    `p before`: with a margin at the true gain, in how many p was below 5 % when it tested 0; now p
    tests the margin, and is below 5 % where the interval leaves out the truth. `few`: in how many
    few units carry half of the variance.
    """
    rng = np.random.default_rng(seed)
    before, now, nought, wider, few = np.empty(draws), np.empty(draws), np.empty(draws), [], []
    for place in range(draws):
        drawn = draw(rng)
        error, df = drawn.before()
        sure, (low, high) = drawn.sure()
        before[place] = special.stdtr(df, (drawn.gain - drawn.truth) / error)
        nought[place] = special.stdtr(df, drawn.gain / error)
        now[place] = sure.above(drawn.truth)
        if place < widths:
            wider.append((high - low) / (2 * special.stdtrit(df, 0.975) * error))
            few.append(drawn.half_carried_by <= max(FEW_CARRY, FEW_SHARE * (drawn.units.max() + 1)))
    found = {}
    for name, above in (("before", before), ("now", now)):
        over, under = float((above > 0.975).mean()), float((above < 0.025).mean())
        found |= {name: 1 - over - under, f"{name}, above": over, f"{name}, below": under}
    p = 2 * np.minimum(nought, 1 - nought)
    return found | {
        "width": float(np.nanmedian(wider)),
        "few": float(np.mean(few)),
        "p before": float(np.mean(p < 0.05)),
    }


def table() -> pd.DataFrame:
    """A row a scenario, shares of draws in per cent."""
    rows = []
    for name, draw in SCENARIOS.items():
        found = {
            key: value if key == "width" else 100 * value for key, value in judge(draw).items()
        }
        row = {"losses": name}
        for when in ("before", "now"):
            row[f"{when}: held (above, below)"] = (
                f"{found[when]:.1f} ({found[f'{when}, above']:.1f}, {found[f'{when}, below']:.1f})"
            )
        row["width, now / before"] = f"{found['width']:.2f}"
        row["p < 5 % at the margin, before / now"] = (
            f"{found['p before']:.0f} / {100 - found['now']:.0f}"
        )
        rows.append(row | {"rests on few": f"{found['few']:.0f}"})
    return pd.DataFrame(rows)


def main() -> None:
    """Put the table on its page."""
    put_tables(PAGE, {"simulations": table()})


if __name__ == "__main__":
    main()
