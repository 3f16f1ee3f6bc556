"""What a whole study costs, and how long it lasts on some workers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from study.config import StudyConfig
from study.families import count_programs, get_family, resolve_space
from study.families.chosen import depths_of, families_of, has_formula, search_trials, search_window
from study.schema import ALL_ROWS, FORMULA, REGRESSIONS, TREES, Search
from study.search.cost import (
    CELL_S,
    COMPILE_S,
    END_S,
    RECORD_S,
    START_S,
    WINNER_S,
    Size,
    formula_cost,
    trees_cost,
    trial_cost,
)
from study.search.effort import effort_of


@dataclass(frozen=True)
class Cost:
    """What a study is modelled to cost.

    seconds: core-seconds of all workers. compiling: seconds of each of two of them in that. last:
    core-seconds of the searches on all rows and of the work beside them, which come last. chain:
    seconds of the longest of these, one task after the other. start: seconds from the command to
    the first task, the table read and encoded. end: from the last record to the report. tasks:
    core-seconds of a trial, or of the work beside the searches, by target, family or sort, and
    depth.
    """

    seconds: float
    compiling: float
    last: float
    chain: float
    start: float
    end: float
    tasks: Mapping[tuple[str, str, int], float]

    def lasts(self, workers: int) -> float:
        """Seconds from the command to the report."""
        work = self.seconds - 2 * self.compiling
        return self.start + self.compiling + self.left(work, workers)

    def left(self, work: float, workers: float) -> float:
        """Seconds to the report with so many core-seconds to go. Workers are busy until the last
        searches, which may have too few tasks.
        """
        last = min(work, self.last)
        alone = max(last / workers, self.chain * last / self.last)
        return (work - last) / workers + alone + self.end

    def share(self, count: int) -> Cost:
        """That of one of so many runs that divide the searches, none of which concludes."""
        return replace(self, seconds=self.seconds / count, last=self.last / count, end=0.0)


def study_cost(config: StudyConfig, sizes: Sequence[Size]) -> Cost:
    """Cost of all trials, winners and work beside, and of two workers' compiling.

    A winner, refitted and made of two parts of the rows, takes as long as two trials.
    """
    last, chains, trials = 0.0, [0.0], 0
    tasks: dict[tuple[str, str, int], float] = {}
    for size in sizes:
        trees = tasks[size.target, TREES, 0] = trees_cost(size, effort_of(config).tree_trials)
        formula = tasks[size.target, FORMULA, 0] = formula_cost(size)
        beside = [trees, formula * has_formula(config, size.kind)]
        last += sum(beside)
        chains += beside
        plain = Search(
            target=size.target,
            kind=size.kind,
            family=REGRESSIONS[size.kind],
            depth=0,
            outer_fold=ALL_ROWS,
        )
        starts = trial_cost(config, plain, size)  # the regressions that networks start as
        for name in families_of(config, size.kind):
            last += starts * (not get_family(name).convex)
            for depth in depths_of(config, name):
                search = plain.model_copy(update={"family": name, "depth": depth})
                own = search_trials(config, search)
                trial = tasks[size.target, name, depth] = trial_cost(config, search, size)
                last += (own + 2) * trial + WINNER_S
                chains.append(
                    (math.ceil(own / search_window(config, search)) + 2) * trial + WINNER_S
                )
                trials += own
    places = config.n_outer + 1
    compiling = COMPILE_S * count_all_programs(config, sizes)
    cells = CELL_S * max(size.rows * size.terms for size in sizes)
    end, target = END_S
    return Cost(
        seconds=2 * compiling + places * last,
        compiling=compiling,
        last=last,
        chain=max(chains),
        start=START_S + cells,
        end=end + target * len(sizes) + RECORD_S * places * trials + 3 * cells,
        tasks=tasks,
    )


def count_all_programs(config: StudyConfig, sizes: Sequence[Size]) -> int:
    """Programs of networks that a worker compiles at most: those of each target."""
    found = 0
    for size in sizes:
        networks = [
            family
            for name in families_of(config, size.kind)
            if not (family := get_family(name)).convex
        ]
        spaces = [
            (family, resolve_space(family, size.rows, config.space.get(family.name, {})))
            for family in networks
        ]
        found += sum(
            len(depths_of(config, family.name)) * count_programs(family, space)
            for family, space in spaces
        )
    return found
