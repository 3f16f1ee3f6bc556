"""Warnings of a search: best trials at the edge of their space, trials that still brought much at
the end, many that failed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binom

from study.evidence.warnings.limits import EDGE, EDGE_CHANCE, FAILED, LAST, PART_OF_MARGIN
from study.evidence.winners import best_trials
from study.evidence.wording.amounts import listed, share
from study.schema import ALL_ROWS, NETWORK, NOUNS, StudyWarning

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LEAST_FOLDS = 1 / 3
"""Part of the outer folds in which the last trials have to bring something: of one fold it is its
luck."""
LEAST_CHOICES = 3
"""Choices from which on one of them is an edge."""


@dataclass(frozen=True)
class Axis:
    """A hyperparameter that was searched. choices: numbers in order; empty where it is a range from
    low to high.

    closed: edges beyond which nothing lies or something else was tried, `low`, `high` or both.
    integer, zero: as the config has a range.
    """

    family: str
    name: str
    low: float
    high: float
    log: bool = False
    choices: tuple[float, ...] = ()
    closed: tuple[str, ...] = ()
    integer: bool = False
    zero: bool = False

    def place(self, values: FloatArray) -> FloatArray:
        """(n,) values to 0 at the low edge to 1 at the high one."""
        scale = np.log if self.log else np.asarray
        low, high = (float(scale(end)) for end in (self.low, self.high))
        return (np.asarray(scale(values), float) - low) / (high - low)

    def at(self, values: FloatArray, edge: str, within: float = EDGE) -> BoolArray:
        """(n,) whether values lie at an edge, of a range in its outermost share `within`."""
        if self.choices:
            return np.isclose(values, self.choices[0 if edge == "low" else -1])
        place = self.place(values)
        return np.asarray(place <= within if edge == "low" else place >= 1 - within)

    @property
    def chance(self) -> float:
        """Probability that a value drawn at random lies at one edge."""
        return 1 / len(self.choices) if self.choices else EDGE

    def key(self, edge: str) -> str:
        """The line of the config that widens it there."""
        if self.choices:
            first, *_, before, last = self.choices
            longer = (
                [first / 2, *self.choices] if edge == "low" else [*self.choices, 2 * last - before]
            )
            return f"`space.{self.family}.{self.name}: {list(map(_plain, longer))}`"
        low, high = self.low, self.high
        if edge == "low":
            wider = low / 3 if self.log else low - (high - low) / 2
            wider = wider if low < 0 else max(wider, 0.0)
            low = max(math.floor(wider), int(self.log)) if self.integer else wider
        else:
            wider = high * 3 if self.log else high + (high - low) / 2
            high = math.ceil(wider) if self.integer else wider
        kept = "".join(f", {key}: true" for key in ("log", "integer", "zero") if getattr(self, key))
        return (
            f"`space.{self.family}.{self.name}: {{low: {_plain(low)}, high: {_plain(high)}{kept}}}`"
        )


def at_edges(trials: pd.DataFrame, target: str, axes: Sequence[Axis]) -> StudyWarning | None:
    """S002 where a target's best trials lie at one edge of what was searched in most outer folds,
    and not by chance.

    trials: (n_trials, ...) results dataframe with params_*. That so many folds lie there if
    best trials fall anywhere has, by the binomial distribution, a probability of EDGE_CHANCE over
    all edges (Bonferroni); of one fold, that it lies so far out.
    """
    best = best_trials(trials[trials["target"] == target])
    looked = [
        (axis, edge, int(str(depth)), values)
        for axis in axes
        for depth, own in best[best["family"] == axis.family].groupby("depth")
        if len(
            values := own.get(f"params_{axis.name}", pd.Series(dtype=float))
            .dropna()
            .to_numpy(float)
        )
        for edge in ("low", "high")
        if edge not in axis.closed
    ]
    told, keys = list[str](), list[str]()
    for axis, edge, depth, values in looked:
        n, most = len(values), EDGE_CHANCE / len(looked)
        count = int(axis.at(values, edge, EDGE if n > 1 else most).sum())
        chance = float(binom.sf(count - 1, n, axis.chance)) if n > 1 or axis.choices else most
        if 2 * count > n and chance <= most:
            folds = f", {count} of {n} folds" if n > 1 else ""
            end = _plain(axis.low if edge == "low" else axis.high)
            told.append(f"{axis.name} near {end} ({model_words(axis.family, depth)}{folds})")
            keys.append(axis.key(edge))
    if not told:
        return None
    return StudyWarning(
        id="S002",
        target=target,
        text=f"The best trials lie at the edge of the search space: {listed(told)}.",
        todo=f"Widen it under another `name`: {listed(list(dict.fromkeys(keys)))}.",
    )


def still_improving(
    trials: pd.DataFrame,
    target: str,
    regression_loss: float,
    threshold: float,
    budgets: Mapping[str, int],
) -> StudyWarning | None:
    """S003 where the last LAST of a procedure's trials lowered its best validation loss by
    PART_OF_MARGIN of what matters.

    The mean over outer folds counts, and LEAST_FOLDS of them.

    Parameters
    ----------
    regression_loss, threshold : the regression's mean test loss, and what has to be saved of it to
        matter, a share.
    budgets : trials a search, by procedure (TERMS, NETWORK), where more of them could be had.
    """
    own = trials[(trials["target"] == target) & (trials["outer_fold"] != ALL_ROWS)]
    told, double = [], 0
    for procedure, budget in budgets.items():
        searches = (
            own[own["depth"] > 0] if procedure == NETWORK else own[own["family"] == procedure]
        )
        brought = last_brought(searches, budget) / regression_loss
        mean, folds = float(brought.mean()), int((brought > 0).sum())
        if mean > PART_OF_MARGIN * threshold and folds >= LEAST_FOLDS * len(brought):
            last = f"the last {math.ceil(LAST * budget)} of {budget} trials"
            told.append(
                f"{last} improved {NOUNS[procedure]} by {share(mean)} of the regression's loss"
            )
            double = max(double, 2 * budget)
    if not told:
        return None
    return StudyWarning(
        id="S003",
        target=target,
        text=f"The search was still improving: {listed(told)}.",
        todo=f"Search longer under another `name`: `search.trials: {double}`.",
    )


def last_brought(searches: pd.DataFrame, budget: int) -> pd.Series:
    """By outer fold, how far the last LAST of `budget` trials lowered the least validation loss;
    nothing of budgets below 4.
    """
    complete = searches[(searches["state"] == "COMPLETE") & searches["val_loss"].notna()]
    if budget < 1 / LAST:
        return pd.Series(dtype=float)
    before = complete[complete["number"] < budget - math.ceil(LAST * budget)]
    least = [frame.groupby("outer_fold")["val_loss"].min() for frame in (before, complete)]
    return (least[0] - least[1]).dropna()


def failing(trials: pd.DataFrame, target: str) -> StudyWarning | None:
    """S005 where FAILED or more of the trials of a model of the target failed."""
    own = trials[trials["target"] == target]
    told = []
    for (family, depth), rows in own.groupby(["family", "depth"]):
        failed = int((rows["state"] == "FAIL").sum())
        if failed and failed >= FAILED * len(rows):
            told.append(
                f"{failed:,} of {len(rows):,} trials of {model_words(str(family), int(str(depth)))}"
            )
    if not told:
        return None
    return StudyWarning(
        id="S005",
        target=target,
        text=f"Failed: {listed(told)}.",
        todo="`study retry` runs them again. If they fail again, lower the learning rates in `space`.",
    )


def model_words(family: str, depth: int) -> str:
    """A model in a sentence: `networks with 2 hidden layers`, or the noun of its family."""
    if not depth:
        return NOUNS.get(family, family)
    named = "" if family == "neural" else f" ({family})"
    return f"networks{named} with {depth} hidden layer{'s' * (depth > 1)}"


def _plain(value: float) -> float | int:
    """A number as a config has it, without digits that rounding left."""
    rounded = float(f"{value:.3g}")
    return int(rounded) if rounded.is_integer() else rounded
