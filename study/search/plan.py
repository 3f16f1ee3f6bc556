"""Which searches a study has, the budget they all get, and what it will cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from study.config import StudyConfig
from study.config.options import Space
from study.config.samplers import check_sampler
from study.families import (
    check_space,
    first_params,
    get_family,
    resolve_space,
    shaping,
)
from study.families.chosen import (
    DEPTHS,
    depths_of,
    families_of,
    has_formula,
    search_trials,
    search_window,
)
from study.records.formula import FormulaWork
from study.records.trees import Trees
from study.records.work import FoldWork
from study.schema import ALL_ROWS, ModelData, Search, Share
from study.search.cost import Size
from study.search.effort import (
    FEWEST_EPOCHS,
    FEWEST_TRIALS,
    Amounts,
    amounts_of,
    effort_of,
    least_before,
    most_repeats,
    steps,
)
from study.search.estimate import Cost, study_cost

NESTED_BELOW = 5_000
"""Rows below which a table is tested in nested folds, whatever that costs (docs/calibration.md),
and"""
NESTED_TO = 50_000
"""rows up to which it is where effort affords them."""
SMALL = 600, 0.2
"""Rows of a table up to which a study may cost this share of its effort's cap, and"""
LARGE = 9_000
"""rows from which on it may cost all of it; in proportion in between."""


@dataclass(frozen=True)
class Plan:
    """All that a study will do, decided before anything is trained. It depends on config and table,
    never on the machine.

    config: the given one with every number that `effort` decides filled in.
    beside: the work beside the searches, of each sort once a target and outer fold.
    cost: as it is modelled.
    """

    config: StudyConfig
    searches: tuple[Search, ...]
    beside: tuple[FoldWork, ...]
    cost: Cost

    def trials(self, search: Search) -> int:
        """Trials of one search: the same budget for all, and one where there is nothing to search."""
        return search_trials(self.config, search)

    def replicates(self, search: Search) -> int:
        """Replicates of each of its trials: inner folds x seeds, or inner folds where seeds change
        nothing.
        """
        seeds = 1 if get_family(search.family).convex else self.config.inner.seeds or 1
        return self.config.inner.folds * seeds

    def share(self, share: Share) -> Plan:
        """What one of several runs does that divide the searches, dealt deepest first so that
        shares cost much the same.

        The work beside them is dealt from the last share on, which has the fewest searches.
        """
        dealt = sorted(self.searches, key=lambda search: -search.depth)[share.number :: share.count]
        beside = self.beside[share.count - 1 - share.number :: share.count]
        return replace(
            self, searches=tuple(dealt), beside=beside, cost=self.cost.share(share.count)
        )

    @property
    def seconds(self) -> float:
        """Core-seconds of all workers, as modelled."""
        return self.cost.seconds

    @property
    def models(self) -> tuple[ModelData, ...]:
        """Families at their depths, each once, as figures and tables call them."""
        models = dict.fromkeys((search.family, search.depth) for search in self.searches)
        return tuple(ModelData(family=f, depth=d, label=get_family(f).label(d)) for f, d in models)

    @property
    def slots(self) -> int:
        """Trials that may be out at once: what the windows of all searches can fill."""
        return sum(
            min(self.trials(search), search_window(self.config, search)) for search in self.searches
        )

    @property
    def n_trials(self) -> int:
        return sum(self.trials(search) for search in self.searches)

    @property
    def n_fits(self) -> int:
        """Models trained by all trials."""
        return sum(self.trials(search) * self.replicates(search) for search in self.searches)


def searches_of(config: StudyConfig, sizes: Sequence[Size]) -> tuple[Search, ...]:
    """Every (target, family, depth, outer fold), regressions first, and the last searches, on all
    rows, behind all folds.
    """
    return tuple(
        Search(target=size.target, kind=size.kind, family=family, depth=depth, outer_fold=fold)
        for folds in (range(config.n_outer), [ALL_ROWS])
        for size in sizes
        for fold in folds
        for family in families_of(config, size.kind)
        for depth in depths_of(config, family)
    )


def make_beside(config: StudyConfig, sizes: Sequence[Size]) -> tuple[FoldWork, ...]:
    """Every (sort, target, outer fold), the last search among them."""
    return tuple(
        sort(target=size.target, kind=size.kind, outer_fold=fold)
        for sort in (Trees, FormulaWork)
        for size in sizes
        for fold in (*range(config.n_outer), ALL_ROWS)
        if sort is Trees or has_formula(config, size.kind)
    )


def most_cost(config: StudyConfig, sizes: Sequence[Size]) -> float:
    """Core-seconds that a study may be modelled to cost: its budget, or what its effort means for a
    table of this size.
    """
    if config.budget_core_hours is not None:
        return 3_600 * config.budget_core_hours
    few, least = SMALL
    rows = _most_rows(sizes)
    share = least + (1 - least) * (rows - few) / (LARGE - few)
    return effort_of(config).cap_s * min(1.0, max(least, share))


def make_plan(config: StudyConfig, sizes: Sequence[Size]) -> Plan:
    """Fill in what `effort` or a budget decides and lay out the searches. What the config sets
    itself is never touched.

    Small tables get more epochs, large ones fewer (in proportion to the root of their rows). Of an
    effort, until the modelled cost is under its cap, seeds go first, trials next and epochs last. A
    budget buys the last of the `steps` that it affords.

    Raises
    ------
    StudyError
        A family or hyperparameter that does not exist, or a sampler whose package is missing.
    """
    for name, override in config.space.items():
        check_space(get_family(name), override)
    check_sampler(config.search.sampler)
    resolved = _cut(config, sizes) if config.budget_core_hours is None else _bought(config, sizes)
    cost = study_cost(resolved, sizes)
    return Plan(resolved, searches_of(resolved, sizes), make_beside(resolved, sizes), cost)


def _cut(config: StudyConfig, sizes: Sequence[Size]) -> StudyConfig:
    """`config` with what its effort means, cut until it fits under the cap."""
    most = most_cost(config, sizes)
    now = amounts_of(config).on(_most_rows(sizes))
    while study_cost(resolved := _filled(config, now, sizes), sizes).seconds > most:
        if now.seeds > 1 and config.inner.seeds is None:
            now = replace(now, seeds=now.seeds - 1)
        elif now.trials > FEWEST_TRIALS and config.search.trials is None:
            now = replace(now, trials=max(FEWEST_TRIALS, int(now.trials * 0.9)))
        elif now.epochs > FEWEST_EPOCHS and config.training.epochs is None:
            now = replace(now, epochs=max(FEWEST_EPOCHS, int(now.epochs * 0.9)))
        else:
            break
    return resolved


def _most_rows(sizes: Sequence[Size]) -> int:
    return max(size.rows for size in sizes)


def _bought(config: StudyConfig, sizes: Sequence[Size]) -> StudyConfig:
    """`config` with the last of the steps that its budget affords, or the first where it affords
    none.
    """
    ladder = [step.on(_most_rows(sizes)) for step in steps()]
    above = bisect_right(
        ladder,
        most_cost(config, sizes),
        key=lambda step: study_cost(_filled(config, step, sizes), sizes).seconds,
    )
    return _filled(config, ladder[max(0, above - 1)], sizes)


def _filled(config: StudyConfig, amounts: Amounts, sizes: Sequence[Size]) -> StudyConfig:
    """`config` with what it leaves open set to these amounts."""
    inner, search, training = (
        part.model_dump() for part in (config.inner, config.search, config.training)
    )
    most = training["epochs"] or int(amounts.epochs)
    return config.replace(
        depths=[*DEPTHS[: amounts.depths]] if config.depths is None else config.depths,
        inner=inner | {"seeds": inner["seeds"] or amounts.seeds},
        search=search | {"trials": search["trials"] or amounts.trials},
        training=training | {"epochs": most, "patience": training["patience"] or max(5, most // 8)},
        space={
            **config.space,
            **(_one_shape(config, sizes) if effort_of(config).one_shape else {}),
        },
    )


def _one_shape(config: StudyConfig, sizes: Sequence[Size]) -> dict[str, Space]:
    """Spaces of networks in which everything that shapes a program is what it is in a search's
    first trial.
    """
    rows, fixed = _most_rows(sizes), {}
    for name in dict.fromkeys(name for size in sizes for name in families_of(config, size.kind)):
        family, override = get_family(name), config.space.get(name, {})
        if not family.convex:
            space = resolve_space(family, rows, override)
            first = first_params(family, space)
            fixed[name] = {
                **override,
                **{
                    shaped: first[shaped]
                    for shaped in shaping(family, space)
                    if shaped not in override
                },
            }
    return {name: space for name, space in fixed.items() if space}


def resolve_outer(config: StudyConfig, sizes: Sequence[Size]) -> StudyConfig:
    """Fill in `protocol: auto` and the outer repeats, from the table's size and the cost model.

    Nested where the largest target has fewer than NESTED_BELOW rows, and up to NESTED_TO where one
    pass leaves each search FEWEST_TRIALS at all their epochs under the cap of `effort`, or within
    the budget. Repeats: as many as leave each search WORTHWHILE_TRIALS, since repeats narrow a
    verdict's interval more than longer searches do; a budget buys more of them once each of those
    searches is a `normal` one.
    """
    rows = _most_rows(sizes)
    developed = [replace(size, rows=size.rows - size.rows // config.outer.folds) for size in sizes]

    def nested(repeats: int) -> StudyConfig:
        own = config.outer.repeats or repeats
        return config.replace(protocol="nested", outer=config.outer.model_dump() | {"repeats": own})

    def affords(repeats: int) -> bool:
        amounts = least_before(config, repeats).on(_most_rows(developed))
        filled = _filled(nested(repeats), amounts, developed)
        return study_cost(filled, developed).seconds <= most_cost(config, developed)

    one_split = config.protocol == "holdout"
    if config.protocol == "auto":
        one_split = rows >= NESTED_BELOW and (rows > NESTED_TO or not affords(1))
    if one_split:
        return config.replace(protocol="holdout")
    return nested(max(filter(affords, range(2, most_repeats(config) + 1)), default=1))
