"""How often does a forecast come true, asked of two learners that cost nothing:
`scripts/calibration learners`.

Least squares with and without all squares and products of four columns, on tables whose effect
beside the plain columns is nothing at first and ever larger, in two repeats of five outer folds
with a half and a quarter of the development rows beside them. Intervals and forecasts are the
package's own. Beside the forecast stand one that takes the law 1 / n for sure, and the rule before
it: where half the interval's width, shrunk as 1 / root n, equals what is left between the gain, as
its curve goes on, and the bound.
"""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter

import numpy as np
import numpy.typing as npt
import pandas as pd

from calibrations.regressions import designs
from calibrations.report import MARGIN, PAGE, share
from pages.marks import put_tables
from study.evidence.curve import ByFraction, gain_curve
from study.evidence.decided import LAW, Forecast, kept_share, width_exponent
from study.evidence.intervals import DEFAULT_NESTED, Interval, method_at
from study.evidence.pairs import paired
from study.evidence.rule import OPEN, side

FEW, MANY, FOLDS, REPEATS, COLUMNS = 300, 1_000, 5, 2, 4
MOST = 0.3
"""Largest share of the plain columns' loss that an effect explains."""
FRACTIONS = (1.0, 0.5, 0.25)
LAWS = {"forecast": LAW, "1 / n as if known": 0.0}
"""Rules by what share of a slope it is unsure by, because gains may go otherwise than as 1 / n."""
FloatArray = npt.NDArray[np.float64]


def table(number: int) -> tuple[FloatArray, FloatArray]:
    """Columns (100 * FEW, COLUMNS) and target of a table, of which any number of first rows is one
    too.
    """
    rng = np.random.default_rng([11, number])
    x = rng.standard_normal((100 * FEW, COLUMNS))
    gain = MOST * rng.random()
    effect = rng.choice(
        [x[:, 0] * x[:, 1], (x[:, 2] ** 2 - 1) / 2**0.5, np.sin(2 * x[:, 0]) * x[:, 3] * 2**0.5]
    )
    return x, x.sum(axis=1) + (gain / (1 - gain)) ** 0.5 * effect + rng.standard_normal(len(x))


def losses(x: FloatArray, y: FloatArray, seed: int, parts: bool) -> tuple[ByFraction, ByFraction]:
    """Test losses of least squares without and with squares and products, by the fraction of the
    development rows.
    """
    rng = np.random.default_rng(seed)
    both = designs(x)
    found: tuple[dict[float, list[pd.DataFrame]], ...] = ({}, {})
    for repeat in range(REPEATS):
        for fold, test in enumerate(np.array_split(rng.permutation(len(x)), FOLDS)):
            development = rng.permutation(np.setdiff1d(np.arange(len(x)), test))
            for fraction in FRACTIONS if parts else FRACTIONS[:1]:
                rows = development[: round(fraction * len(development))]
                for design, own in zip(both, found, strict=True):
                    weights = np.linalg.lstsq(design[rows], y[rows], rcond=None)[0]
                    loss = (y[test] - design[test] @ weights) ** 2
                    piece = {
                        "outer_fold": repeat * FOLDS + fold,
                        "group": test,
                        "row": test,
                        "loss": loss,
                    }
                    own.setdefault(fraction, []).append(pd.DataFrame(piece))
    base, other = (
        {fraction: pd.concat(pieces) for fraction, pieces in own.items()} for own in found
    )
    return base, other


def half_a_width(gain: Interval, slope: float) -> float:
    """Times the rows at which half the interval's width is what is left to the bound; infinite
    beyond 100.
    """
    k = np.geomspace(1, 100, 400)
    r = gain.estimate + slope * (1 / k - 1)
    enough = np.abs(r - MARGIN) > (gain.high - gain.estimate) * k**-0.5
    return float(k[enough.argmax()]) if enough.any() else np.inf


def back_test(tables: int) -> pd.DataFrame:
    """One row a rule and undecided table: way, rows named, there (whether it ends on that side with
    them), many (with MANY).
    """
    method = method_at(DEFAULT_NESTED, 0.95)
    found = []
    for number in range(tables):
        x, y = table(number)

        def judged(rows: int, number: int = number, x: FloatArray = x, y: FloatArray = y) -> str:
            base, other = losses(x[:rows], y[:rows], number, parts=False)
            gain = method(paired(base[1.0], other[1.0], FOLDS))
            return side(gain.estimate, gain.low, gain.high, MARGIN)

        base, other = losses(x[:FEW], y[:FEW], number, parts=True)
        pairs = paired(base[1.0], other[1.0], FOLDS)
        gain = method(pairs)
        if side(gain.estimate, gain.low, gain.high, MARGIN) != OPEN:
            continue
        curve = gain_curve(base, other, base, FOLDS, FEW * (1 - 1 / FOLDS), method)
        assert curve is not None  # all parts were scored
        exponent, kept = width_exponent(pairs, method), kept_share(pairs, gain.std_error, FEW)
        told = {
            way: Forecast(gain, curve, exponent, kept, law).times(MARGIN)[:2]
            for way, law in LAWS.items()
        }
        told["half a width"] = (
            half_a_width(gain, curve.slope),
            "above" if gain.estimate > MARGIN else "below",
        )
        for way, (times, named) in told.items():
            rows = times * FEW
            known = rows <= 100 * FEW
            there = judged(round(rows)) == named if known and rows <= 4 * MANY else None
            many = judged(MANY) == named if rows <= MANY else None
            found.append(
                {"rule": way, "rows": rows if known else np.nan, "there": there, "many": many}
            )
    return pd.DataFrame(found)


def by_rule(found: pd.DataFrame, tables: int) -> pd.DataFrame:
    """One row a rule: how many could forecast, and how often it came true."""

    def said(own: pd.DataFrame) -> dict[str, object]:
        there, many = (own[name].dropna().astype(bool) for name in ("there", "many"))
        return {
            "tables": tables,
            f"undecided at {FEW}": len(own),
            "of them foreseen": int(own["rows"].notna().sum()),
            "on that side there, %": f"{share(there)} of {len(there)}",
            f"within {MANY:,} rows": len(many),
            f"on that side at {MANY:,}, %": share(many),
        }

    return pd.DataFrame([{"rule": str(way)} | said(own) for way, own in found.groupby("rule")])


def main() -> None:
    """Parse the command line."""
    parser = ArgumentParser(
        "scripts/calibration learners",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tables", type=int, default=600)
    tables = parser.parse_args().tables
    put_tables(PAGE, {"learners": by_rule(back_test(tables), tables)})


if __name__ == "__main__":
    main()
