"""How hard a study tries: what `effort` means, and what a budget of core-hours buys, a step at a
time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from study.config import StudyConfig
from study.families.chosen import DEPTHS


@dataclass(frozen=True)
class Effort:
    """What an effort level means for a table of 5,000 rows, and where it gives way on larger ones.

    trials: a search. tree_trials: of boosted trees in an outer fold. seeds: a network and inner
    fold. epochs: most epochs of a network. cap_s: most core-seconds a study may be modelled to
    cost; trials are cut until it fits. one_shape: whether what shapes a program stays as it is in
    an search's first trial, since to compile another takes longer than to train it.
    """

    trials: int
    tree_trials: int
    seeds: int
    epochs: int
    cap_s: float
    one_shape: bool = False


EFFORTS = {
    "quick": Effort(trials=8, tree_trials=2, seeds=1, epochs=60, cap_s=150, one_shape=True),
    "normal": Effort(trials=30, tree_trials=4, seeds=2, epochs=100, cap_s=960),
    "thorough": Effort(trials=90, tree_trials=8, seeds=4, epochs=200, cap_s=4_800),
}
FEWEST_TRIALS = 4
"""Trials that no cap takes away, and"""
FEWEST_EPOCHS = 10
"""epochs."""
WORTHWHILE_TRIALS = 8
"""Trials a search that go before a further repeat."""
MOST_REPEATS = 3
"""Outer repeats that are taken unasked, and"""
MOST_BOUGHT_REPEATS = 10
"""those that a budget may buy."""


@dataclass(frozen=True)
class Amounts:
    """What a config may leave open beside the outer folds. depths: so many of DEPTHS. epochs: on a
    table of 4,000 rows.
    """

    depths: int
    seeds: int
    epochs: float
    trials: int

    def on(self, rows: int) -> Amounts:
        """The same with the most epochs of a network on a table of so many rows."""
        epochs = round(self.epochs * min(2.0, max(0.25, math.sqrt(4_000 / rows))))
        return replace(self, epochs=max(FEWEST_EPOCHS, epochs))


BOUGHT = (
    Amounts(depths=1, seeds=1, epochs=10, trials=FEWEST_TRIALS),
    Amounts(depths=1, seeds=1, epochs=60, trials=FEWEST_TRIALS),
    Amounts(depths=3, seeds=1, epochs=100, trials=WORTHWHILE_TRIALS),
    Amounts(depths=3, seeds=2, epochs=100, trials=30),
    Amounts(depths=3, seeds=4, epochs=200, trials=90),
    Amounts(depths=3, seeds=10, epochs=200, trials=300),
)
"""What more and more core-hours buy: between two of these one thing at a time grows, in the order
of the fields."""


def effort_of(config: StudyConfig) -> Effort:
    """The effort of a config; with a budget what that leaves open is as for `normal`."""
    return EFFORTS["normal" if config.budget_core_hours is not None else config.effort]


def steps() -> Iterator[Amounts]:
    """All that a budget can buy from the least on, none less than the one before in anything."""
    now = BOUGHT[0]
    yield now
    for goal in BOUGHT[1:]:
        for name in ("depths", "seeds", "epochs", "trials"):
            while (amount := getattr(now, name)) < getattr(goal, name):
                more = (
                    amount + 1
                    if name in ("depths", "seeds")
                    else max(amount + 1, int(1.1 * amount))
                )
                now = replace(now, **{name: min(more, getattr(goal, name))})
                yield now


def amounts_of(config: StudyConfig) -> Amounts:
    """What the effort of a config means before a cap cuts it."""
    effort = effort_of(config)
    return Amounts(len(DEPTHS), effort.seeds, effort.epochs, effort.trials)


def least_before(config: StudyConfig, repeats: int) -> Amounts:
    """What goes before so many outer repeats: a search that is worth while, above MOST_REPEATS a
    `normal` one.
    """
    if repeats > MOST_REPEATS:
        return amounts_of(config)
    return replace(
        amounts_of(config), seeds=1, trials=FEWEST_TRIALS if repeats == 1 else WORTHWHILE_TRIALS
    )


def most_repeats(config: StudyConfig) -> int:
    """Outer repeats that are taken unasked; folds in time order are never repeated."""
    if config.time is not None:
        return 1
    return MOST_REPEATS if config.budget_core_hours is None else MOST_BOUGHT_REPEATS
