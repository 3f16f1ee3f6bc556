"""Which arms a study has, the budget they all get, and what it will cost."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from study.config import StudyConfig
from study.config.options import InnerConfig, Range, SearchConfig, TrainingConfig
from study.families import FAMILIES, get_family, resolve_space
from study.schema import Arm, Kind, Share, StudyError


@dataclass(frozen=True)
class Shape:
    """Size of what one target's arms learn from: development rows, encoded terms and outer folds."""

    target: str
    kind: Kind
    n_development: int
    n_terms: int
    n_outer: int


@dataclass(frozen=True)
class Effort:
    """What an effort level means for a table of 5,000 rows, and where it gives way on larger ones.

    trials: an arm. seeds: a network and inner fold. epochs: most epochs of a network. cap_s: most core-seconds a study may
    be modelled to cost; trials are cut until it fits.
    """

    trials: int
    seeds: int
    epochs: int
    cap_s: float


EFFORTS = {
    "quick": Effort(trials=8, seeds=1, epochs=60, cap_s=120),
    "normal": Effort(trials=30, seeds=2, epochs=100, cap_s=960),
    "thorough": Effort(trials=90, seeds=4, epochs=200, cap_s=4_800),
}
FEWEST_TRIALS = 4
"""Trials that no cap takes away."""
NESTED_BELOW = 5_000
"""Rows from which one split decides as well as nested folds do (docs/calibration.md)."""
MOST_REPEATS = 3
"""Outer repeats that are taken unasked."""
WORTHWHILE_TRIALS = 8
"""Trials an arm that go before a further repeat."""
COMPILE_S = 1.2
"""Core-seconds a network's trial spends on compiling, averaged over those that find their program in the cache."""
ROW_LAYER_S = 0.4e-6
"""Core-seconds a network needs for one row, one hidden layer and one replicate of an epoch, averaged over the space."""
WIDE = 64
"""Terms that cost as much as one hidden layer."""
ITERATIONS = 60
"""Iterations that a regression's trial needs."""
ITERATION_S = 8e-9
"""Core-seconds a regression needs for one row, one term, one output and one replicate of an iteration."""


@dataclass(frozen=True)
class Plan:
    """All that a study will do, decided before anything is trained. It depends on config and table, never on the machine.

    config: the given one with every number that `effort` decides filled in.
    seconds: modelled core-seconds of the whole search, winners included.
    """

    config: StudyConfig
    arms: tuple[Arm, ...]
    seconds: float

    def trials(self, arm: Arm) -> int:
        """Trials of one arm: the same budget for all, and one where there is nothing to search."""
        return arm_trials(self.config, arm)

    def replicates(self, arm: Arm) -> int:
        """Replicates of each of its trials: inner folds x seeds, or inner folds where seeds change nothing."""
        seeds = 1 if get_family(arm.family).convex else self.config.inner.seeds or 1
        return self.config.inner.folds * seeds

    def share(self, share: Share) -> Plan:
        """What one of several runs does that divide the arms, dealt deepest first so that shares cost much the same."""
        dealt = sorted(self.arms, key=lambda arm: -arm.depth)[share.number :: share.count]
        return replace(self, arms=tuple(dealt), seconds=self.seconds / share.count)

    @property
    def n_trials(self) -> int:
        """Trials of all arms."""
        return sum(self.trials(arm) for arm in self.arms)

    @property
    def n_fits(self) -> int:
        """Models trained by all trials."""
        return sum(self.trials(arm) * self.replicates(arm) for arm in self.arms)


def arm_trials(config: StudyConfig, arm: Arm) -> int:
    """Trials of one arm under a config whose budget is filled in."""
    space = resolve_space(get_family(arm.family), 1, config.space.get(arm.family, {}))
    searchable = any(form.low < form.high if isinstance(form, Range) else isinstance(form, list) for form in space.values())
    return (config.search.trials or 1) if searchable else 1


def families_of(config: StudyConfig, kind: Kind) -> list[str]:
    """Families that serve a kind, the simplest first; an explicit list must serve it with at least one."""
    if config.families == "auto":
        serving = [name for name, family in FAMILIES.items() if kind in family.kinds]
        return sorted(serving, key=lambda name: (not FAMILIES[name].convex, FAMILIES[name].inputs))
    named = [get_family(name).name for name in config.families]
    serving = [name for name in named if kind in FAMILIES[name].kinds]
    if not serving:
        fit = ", ".join(name for name, family in FAMILIES.items() if kind in family.kinds)
        raise StudyError(f"No family of {config.families} serves a {kind.value} target. These do: {fit}.")
    return serving


def make_arms(config: StudyConfig, shapes: Sequence[Shape]) -> tuple[Arm, ...]:
    """Every (target, family, depth, outer fold), regressions first."""
    return tuple(
        Arm(target=shape.target, kind=shape.kind, family=family, depth=depth, outer_fold=fold)
        for shape in shapes
        for fold in range(shape.n_outer)
        for family in families_of(config, shape.kind)
        for depth in ([0] if FAMILIES[family].convex else config.depths)
    )


def trial_cost(config: StudyConfig, arm: Arm, shape: Shape) -> float:
    """Core-seconds one trial of an arm is modelled to take: a fixed function of sizes, fitted once to measured trials."""
    folds, seeds = config.inner.folds, config.inner.seeds or 1
    rows = shape.n_development * (1 - 1 / folds)
    family = FAMILIES[arm.family]
    if family.convex:
        iterations = ITERATIONS if family.inputs else 1
        return 0.05 + iterations * rows * folds * (shape.n_terms + 1) * ITERATION_S
    epochs = config.training.epochs or 1
    return COMPILE_S + epochs * rows * folds * seeds * (arm.depth + shape.n_terms / WIDE) * ROW_LAYER_S


def study_cost(config: StudyConfig, shapes: Sequence[Shape]) -> float:
    """Core-seconds of all trials, and of the winners, each of which costs about two trials."""
    by_target = {shape.target: shape for shape in shapes}
    return sum(
        (arm_trials(config, arm) + 2) * trial_cost(config, arm, by_target[arm.target]) for arm in make_arms(config, shapes)
    )


def make_plan(config: StudyConfig, shapes: Sequence[Shape]) -> Plan:
    """Fill in what `effort` decides and lay out the arms.

    Small tables get more epochs, large ones fewer (in proportion to the root of their rows); then, until the modelled cost
    is under the cap, seeds go first, trials next and epochs last. What the config sets itself is never touched.

    Raises
    ------
    StudyError
        A family or hyperparameter that does not exist, or a sampler whose package is missing.
    """
    for name, override in config.space.items():
        resolve_space(get_family(name), 1, override)
    if config.search.sampler == "gp" and importlib.util.find_spec("torch") is None:
        raise StudyError(
            "search.sampler 'gp' needs PyTorch, which is not installed: install family-study[gp], or choose 'tpe'."
        )
    effort = EFFORTS[config.effort]
    seeds, trials, epochs = effort.seeds, effort.trials, _epochs(config, shapes)
    while (cost := study_cost(resolved := _filled(config, seeds, trials, epochs), shapes)) > effort.cap_s:
        if seeds > 1 and config.inner.seeds is None:
            seeds -= 1
        elif trials > FEWEST_TRIALS and config.search.trials is None:
            trials = max(FEWEST_TRIALS, int(trials * 0.9))
        elif epochs > 10 and config.training.epochs is None:
            epochs = max(10, int(epochs * 0.9))
        else:
            break
    return Plan(resolved, make_arms(resolved, shapes), cost)


def _epochs(config: StudyConfig, shapes: Sequence[Shape]) -> int:
    rows = max(shape.n_development for shape in shapes)
    return round(EFFORTS[config.effort].epochs * min(2.0, max(0.25, math.sqrt(4_000 / rows))))


def _filled(config: StudyConfig, seeds: int, trials: int, epochs: int) -> StudyConfig:
    """`config` with what it leaves open set so."""
    inner, search, training = config.inner, config.search, config.training
    most = training.epochs or epochs
    return config.replace(
        inner=InnerConfig(folds=inner.folds, seeds=inner.seeds or seeds),
        search=SearchConfig(**{**search.model_dump(), "trials": search.trials or trials}),
        training=TrainingConfig(epochs=most, patience=training.patience or max(5, most // 4), iterations=training.iterations),
    )


def resolve_outer(config: StudyConfig, shapes: Sequence[Shape]) -> StudyConfig:
    """Fill in `protocol: auto` and the outer repeats, from the table's size and the cost model.

    Nested where the largest target has fewer than NESTED_BELOW rows. Repeats: as many, up to MOST_REPEATS, as leave each arm
    WORTHWHILE_TRIALS under the cap of `effort`, since repeats narrow a verdict's interval more than longer searches do. Folds
    in time order have one.

    shapes: one a target; n_development counts all its rows, n_outer is not read.
    """
    rows = max(shape.n_development for shape in shapes)
    protocol = config.protocol if config.protocol != "auto" else "nested" if rows < NESTED_BELOW else "holdout"
    config = config.replace(protocol=protocol)
    if config.protocol == "holdout" or config.outer.repeats is not None:
        return config

    def repeated(repeats: int) -> StudyConfig:
        return config.replace(outer={**config.outer.model_dump(), "repeats": repeats})

    def cost(repeats: int) -> float:
        planned = _filled(repeated(repeats), 1, WORTHWHILE_TRIALS, _epochs(config, shapes))
        return study_cost(planned, [replace(shape, n_outer=planned.n_outer) for shape in shapes])

    affordable = [r for r in range(2, MOST_REPEATS + 1) if config.time is None and cost(r) <= EFFORTS[config.effort].cap_s]
    return repeated(max(affordable, default=1))
