"""How often the intervals of a difference of metrics hold the true one.

On one split two models of known faults are drawn without training any, by independent rows and by
groups; the true difference is that of very many rows. In two repeats of five folds, and in five
folds in time order, a regression and the same with squares and products are fitted to every table
(`regressions`); the true difference is that of the procedures, on very many other tables. It takes
some minutes, and writes the table of docs/calibration-tables.md.

    scripts/calibration metrics
"""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special
from sklearn.model_selection import KFold, StratifiedKFold

from calibrations.coefficients import Scenario, in_time, target
from calibrations.regressions import designs, predicted
from calibrations.report import PAGE, share
from harness.predicted import FOLDS, made
from pages.marks import put_tables
from study.data.splits import time_folds
from study.evidence.intervals import METHODS, Rows, default_method
from study.evidence.measure import measure
from study.evidence.metrics import metrics_of
from study.evidence.pairs import FINE, FloatArray, paired
from study.schema import Kind

DRAWS, ROUND = 400, 25
"""The standard error of a share of 95 % is then 1.1 points. Every round of all schemes writes the
table."""
MANY = 1_000
"""Tables of the true difference, whose standard error is then 3 % of that of one table."""
BATCH = 250
"""Tables fitted at once."""
BETTER, WORSE = 0.5, 1.0
"""Noise of the two models that are not trained."""
COLUMNS = 4
Sides = tuple[pd.DataFrame, pd.DataFrame]
"""Predictions of two procedures, (n, ...) frames as `study.evidence.metrics.measure` takes them."""


@dataclass(frozen=True)
class Drawn:
    """One split of tables that two models of known faults predict. groups: of rows that are alike;
    0 for independent rows.
    """

    groups: int
    rows: int = 300

    def tables(self, kind: Kind, seed: int, number: int) -> Iterator[Sides]:
        """So many tables."""
        for table in range(number):
            worse, better = (
                made(kind, np.random.default_rng([seed, table]), noise, self.groups, self.rows)
                for noise in (WORSE, BETTER)
            )
            yield worse, better

    def many(self, kind: Kind, number: int) -> Sides:
        """A table of as many rows as so many have."""
        worse, better = (
            made(kind, np.random.default_rng(1), noise, 0, number * self.rows)
            for noise in (WORSE, BETTER)
        )
        return worse, better


@dataclass(frozen=True)
class Fitted:
    """Tables to which two regressions are fitted, without and with squares and products of COLUMNS
    columns.

    effect: of a product in the linear predictor, beside columns that make its standard deviation 1.
    rho: correlation of columns and noise with those of the row before; rows are in time order then,
    and folds too; else folds are drawn `repeats` times.
    """

    rows: int
    repeats: int
    effect: float
    rho: float = 0.0

    def tables(self, kind: Kind, seed: int, number: int) -> Iterator[Sides]:
        """So many tables."""
        for first in range(0, number, BATCH):
            yield from self._batch(
                kind, np.random.default_rng([seed, first]), min(BATCH, number - first)
            )

    def many(self, kind: Kind, number: int) -> Sides:
        """The rows of so many other tables, in one repeat, as one table whose folds are theirs."""
        once, shift = (
            Fitted(self.rows, 1, self.effect, self.rho),
            {"row": self.rows, "group": self.rows, "outer_fold": FOLDS},
        )
        found = [
            [
                side.assign(**{name: side[name] + table * step for name, step in shift.items()})
                for side in sides
            ]
            for table, sides in enumerate(once.tables(kind, 1, number))
        ]
        plain, more = (pd.concat(side, ignore_index=True) for side in zip(*found, strict=True))
        return plain, more

    def _batch(self, kind: Kind, rng: np.random.Generator, tables: int) -> Iterator[Sides]:
        shape = tables, self.rows
        x = 12**0.5 * (
            special.ndtr(in_time(rng.normal(size=(self.rows, tables, COLUMNS)), self.rho)) - 0.5
        ).swapaxes(0, 1)
        noise = in_time(rng.normal(size=shape[::-1]), self.rho).T
        eta = x.sum(axis=-1) / COLUMNS**0.5 + self.effect * x[..., 0] * x[..., 1]
        eta = 1 + 0.4 * eta if kind is Kind.COUNT else eta
        y = target(Scenario("", kind, self.rows), eta.ravel(), noise.ravel(), rng).reshape(shape)
        folds = np.stack([self._folds(kind, own, rng) for own in y], axis=1)
        found = [
            np.full((self.repeats, *y.shape, 1 + (kind is Kind.MULTICLASS)), np.nan)
            for _ in range(2)
        ]
        for repeat, fold in np.ndindex(self.repeats, FOLDS):
            tested = folds[repeat] == fold
            kept = folds[repeat] < fold if self.rho else ~tested
            for design, side in zip(designs(x), found, strict=True):
                side[repeat][tested] = predicted(kind, design, y, kept)[tested]
        for table in range(tables):
            plain, more = (
                self._frame(kind, y[table], folds[:, table], side[:, table]) for side in found
            )
            yield plain, more

    def _folds(self, kind: Kind, y: FloatArray, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """The fold (repeats, n) that tests each row, as `study.data.splits` cuts a table; -1 of
        rows that none tests.
        """
        rows, found = np.arange(self.rows), np.full((self.repeats, self.rows), -1)
        for repeat in range(self.repeats):
            splitter = StratifiedKFold if kind in (Kind.BINARY, Kind.MULTICLASS) else KFold
            drawn = splitter(FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
            for fold, (_, held) in enumerate(
                time_folds(rows, rows, FOLDS) if self.rho else drawn.split(rows, y)
            ):
                found[repeat, held] = fold
        return found

    def _frame(
        self, kind: Kind, y: FloatArray, folds: npt.NDArray[np.int64], mean: FloatArray
    ) -> pd.DataFrame:
        repeat, row = np.nonzero(folds >= 0)
        own, mean = y[row], mean[repeat, row]
        places = {"row": row, "group": row, "outer_fold": repeat * FOLDS + folds[repeat, row]}
        about = {
            "target": "y",
            "kind": kind.value,
            "family": "linear",
            "depth": 0,
            "candidate": "refit",
            "seed": 0,
        }
        shares: dict[str, FloatArray] = {}
        if kind is Kind.MULTICLASS:
            whole = np.column_stack([1 - mean.sum(axis=1), mean])
            shares = {f"p_{name}": whole[:, k] for k, name in enumerate("abc")}
            told = whole[np.arange(len(own)), own.astype(int)]
        else:
            told = mean[:, 0]
        scored = {"observed": own, "predicted": told, "loss": _loss(kind, own, told)}
        return pd.DataFrame(places | ({"time": row} if self.rho else {}) | about | scored | shares)


def _loss(kind: Kind, y: FloatArray, told: FloatArray) -> FloatArray:
    if kind is Kind.CONTINUOUS:
        return np.asarray((y - told) ** 2)
    if kind is Kind.COUNT:
        return np.asarray(special.xlogy(y, y / told) - (y - told))
    return np.asarray(-np.log(np.where(y > 0.5, told, 1 - told) if kind is Kind.BINARY else told))


SCHEMES: dict[str, Drawn | Fitted] = {
    "one split": Drawn(0),
    "in 60 groups": Drawn(60),
    "two repeats": Fitted(300, 2, 0.6),
    "two repeats, no effect": Fitted(300, 2, 0.0),
    "in time order": Fitted(600, 1, 0.6, 0.5),
}


def shortfalls(rows: pd.DataFrame, kind: Kind) -> list[pd.DataFrame]:
    """What each row adds to each metric of the kind; the loss, of which the intervals are, is
    judged elsewhere on the page.
    """
    asked = [measure(metric.name, kind, rows) for metric in metrics_of(kind)[1:]]
    kept = ["outer_fold", "group", "time", "row", "loss", FINE]
    return [
        each.finish(each.predictions[each.predictions.columns.intersection(kept)]) for each in asked
    ]


def truth(kind: Kind, scheme: Drawn | Fitted, many: int = MANY) -> FloatArray:
    """The true difference of each metric of the kind, the worse less the better."""
    sides = [shortfalls(side, kind) for side in scheme.many(kind, many)]
    return np.array(
        [float(one["loss"].mean() - two["loss"].mean()) for one, two in zip(*sides, strict=True)]
    )


def held(
    kind: Kind, scheme: Drawn | Fitted, true: FloatArray, draws: int = ROUND, seed: int = 2
) -> npt.NDArray[np.bool_]:
    """Whether the 95 % interval of each draw and metric of the kind holds the true difference,
    (draws, metrics).

    seed: of the draws; that of the truth is 1.
    """
    found = np.zeros((draws, len(true)), bool)
    for draw, both in enumerate(scheme.tables(kind, seed, draws)):
        method = (
            METHODS[default_method(both[0]["outer_fold"], FOLDS)]
            if isinstance(scheme, Fitted)
            else Rows()
        )
        one_by_one = zip(*(shortfalls(side, kind) for side in both), strict=True)
        for place, (one, two) in enumerate(one_by_one):
            interval = method(paired(one, two, FOLDS), "difference")
            found[draw, place] = interval.low <= true[place] <= interval.high
    return found


def tables(draws: int = DRAWS, many: int = MANY) -> Iterator[pd.DataFrame]:
    """The table after every round, a row a kind and metric: of so many draws of each scheme, the
    share that holds the truth.
    """
    true = {
        (kind, name): truth(kind, scheme, many) for kind in Kind for name, scheme in SCHEMES.items()
    }
    found = {cell: np.zeros((0, len(metrics)), bool) for cell, metrics in true.items()}
    for done in range(0, draws, ROUND):
        for kind, name in true:
            more = held(kind, SCHEMES[name], true[kind, name], min(ROUND, draws - done), 2 + done)
            found[kind, name] = np.concatenate([found[kind, name], more])
        rows: list[dict[str, object]] = []
        for kind in Kind:
            for place, metric in enumerate(metrics_of(kind)[1:]):
                told = {name: share(pd.Series(found[kind, name][:, place])) for name in SCHEMES}
                rows.append(
                    {"kind": kind.value, "metric": metric.label, "draws": min(done + ROUND, draws)}
                    | told
                )
        yield pd.DataFrame(rows)


def main() -> None:
    """Parse the command line."""
    parser = ArgumentParser(
        "scripts/calibration metrics",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--draws", type=int, default=DRAWS, help="tables a kind and scheme")
    parser.add_argument("--many", type=int, default=MANY, help="tables of the true difference")
    for found in tables(**vars(parser.parse_args())):
        put_tables(PAGE, {"metrics": found})


if __name__ == "__main__":
    main()
