"""The real pipeline on simulated tables: what is asked of them, and one file of losses a table.

Fresh rows of the same truth, which nothing of the pipeline trains on or selects by, tell what the
difference truly is.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from calibrations.cells import HARD, SHIPPED
from harness.truths import STRENGTHS, Cell, Effect, Noise, expected_loss, simulate
from study.evidence.winners import SEARCH

if TYPE_CHECKING:
    from study.config import StudyConfig

FRESH, FEWER = 2_000, 700
"""Rows on which every model's expected loss is measured; fewer where the truth of a cell is a mean
over hundreds of tables."""
FOLDS = 5
DEPTHS = [1, 2]
REGRESSIONS = ["linear", "logistic", "poisson"]
"""Of these a table has the one that serves its kind."""
KINDS: tuple[Literal["continuous", "binary"], ...] = ("continuous", "binary")
NULL = [
    Cell(kind, rows, features, noise)
    for kind, rows, features, noise in product(KINDS, (100, 300, 1_000), (3, 10), STRENGTHS)
]
"""Cells where the regression is the truth."""
GAINS = (0.03, 0.08, 0.2, 0.5)
EFFECTS = [
    Cell(kind, rows, 3, "low", effect, gain)
    for kind, rows, effect, gain in product(
        KINDS, (300, 1_000), ("interaction", "smooth", "deep"), GAINS
    )
]
"""Cells where it is not, with effects around the margin."""
RUNGS: list[tuple[int, Noise, Effect, float]] = [
    (3, "low", "none", 0.0),
    (10, "high", "none", 0.0),
    (3, "low", "interaction", 0.15),
    (3, "low", "smooth", 0.15),
    (3, "low", "both", 0.3),
    (3, "low", "deep", 0.3),
    (3, "low", "deep", 0.6),
]
LADDER = [Cell(kind, rows, *rung) for kind, rows, rung in product(KINDS, (300, 1_000), RUNGS)]
"""Cells of each sort of truth: linear, with terms, and deeper."""


@dataclass(frozen=True)
class Question:
    """What is asked of simulated tables.

    families: beside the regression. repeats: of the outer folds; in time order, and on one split,
    there is one, and 0 is one split for all but rows in time order. shipped: families and budgets
    are those of a config that sets nothing, and not the small ones.
    """

    families: list[str]
    repeats: int
    cells: list[Cell]
    shipped: bool = False
    fresh: int = FRESH


QUESTIONS = {
    "intervals": Question(["neural"], 3, NULL + EFFECTS),
    "answers": Question(["terms", "neural"], 2, LADDER),
    "hardest": Question(["terms", "neural"], 2, [hard.cell for hard in HARD], fresh=FEWER),
    "shipped": Question([], 0, [hard.cell for hard in SHIPPED], shipped=True, fresh=FEWER),
}
"""How the intervals of one gain behave, which of the three answers is said, and both where that is
hardest."""


def config_of(cell: Cell, number: int, question: Question, source: Path) -> StudyConfig:
    """The config of a table that lies in `source`; from NESTED_BELOW rows on it has one split
    unless all is as shipped.
    """
    from study.config import make_config
    from study.search.plan import NESTED_BELOW

    content: dict[str, Any] = {
        "name": cell.key,
        "data": {"source": str(source)},
        "targets": {"y": cell.kind},
        "seed": number,
    }
    content |= (
        {"groups": "group"}
        if cell.together == "groups"
        else {"time": "time"}
        if cell.together == "time"
        else {}
    )
    if question.shipped:
        return make_config(content)
    repeats = 1 if cell.together == "time" else question.repeats
    small = {
        "families": [*REGRESSIONS, *question.families],
        "depths": DEPTHS,
        "protocol": "nested" if cell.rows < NESTED_BELOW and repeats else "holdout",
        "outer": {"folds": FOLDS, "repeats": repeats or 1},
        "inner": {"seeds": 1},
        "search": {"trials": 4},
        "training": {"epochs": 100, "patience": 20},
        "space": {"neural": {"width": 32, "batch_size": 32, "activation": "silu", "dropout": 0.0}},
    }
    return make_config(content | small)


def run_table(cell: Cell, number: int, question: Question) -> pd.DataFrame:
    """Run the pipeline on one table.

    Returns
    -------
    frame of part, target, kind, family, depth, outer_fold, candidate, row, group, time, loss,
    seconds. part `test`: loss of each test row, averaged over seeds; `fresh`: mean expected loss on
    fresh rows (row is -1); `validation`: the best trial's loss in an inner fold (row). group: code
    of a test row's group, or the row. time: how many rows are earlier, NaN without an order.
    seconds: core-seconds that the table took.
    """
    from study.data.encode import encode_all
    from study.data.splits import make_splits
    from study.data.tables import read_table
    from study.evidence.scores import row_losses
    from study.evidence.winners import CANDIDATES, best_trials
    from study.execution.in_process import search_in_process
    from study.records.frames import folds_frame, predictions_frame, trials_frame
    from study.schema import ALL_ROWS, CURVES, PRODUCTS
    from study.search.cost import Size
    from study.search.plan import make_plan, resolve_outer

    begin = time.process_time()
    frame, truth = simulate(cell, number, question.fresh)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "table.parquet"
        frame.to_parquet(source)
        config = config_of(cell, number, question, source)
        table = read_table(config)
    target = table.targets[0]
    outputs = target.n_outputs
    config = resolve_outer(config, [Size("y", target.kind, cell.rows, cell.features, outputs)])
    known = replace(
        table, frame=table.frame.assign(y=table.frame["y"].where(table.frame.index < cell.rows))
    )
    fresh = np.arange(cell.rows, len(frame))
    *judged, _ = make_splits(known, target, config)
    splits = [
        (target, replace(split, test=np.concatenate([split.test, fresh]), parts=()))
        for split in judged
    ]
    data = encode_all(table, splits)
    shape = Size("y", target.kind, len(data["y", 0].development), cell.features, outputs)
    plan = make_plan(config, [shape])
    judged_arms = tuple(search for search in plan.searches if search.outer_fold != ALL_ROWS)
    found = search_in_process(replace(plan, searches=judged_arms, beside=()), data)
    if found.unscored:
        raise RuntimeError(found.unscored[0].error)
    trials, winners = found.trials, found.winners
    best = best_trials(trials_frame(trials))
    scored = predictions_frame(winners, {"y": list(target.classes)})
    is_fresh = scored["row"] >= cell.rows
    predicted = (
        scored[[f"p_{name}" for name in target.classes]]
        if cell.kind == "multiclass"
        else scored["predicted"]
    )
    scored.loc[is_fresh, "loss"] = expected_loss(
        cell.kind, truth[scored.loc[is_fresh, "row"]], predicted[is_fresh].to_numpy(float)
    )
    parts = [
        inner_losses(folds_frame(trials), best)
        .rename(columns={"inner_fold": "row"})
        .assign(part="validation")
    ]
    for candidate in (*CANDIDATES, PRODUCTS, CURVES):
        losses = row_losses(scored, candidate)
        tested, new = losses[losses["row"] < cell.rows], losses[losses["row"] >= cell.rows]
        parts += [
            tested.assign(part="test"),
            new.groupby(SEARCH)["loss"].mean().reset_index().assign(part="fresh", row=-1),
        ]
        parts[-2:] = [part.assign(candidate=candidate) for part in parts[-2:]]
    return pd.concat(parts, ignore_index=True).assign(seconds=time.process_time() - begin)


def inner_losses(folds: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """Validation losses of every search's best trial in its inner folds, averaged over seeds:
    SEARCH columns, inner_fold, loss.

    folds: (n_replicates, ...) frame of trials (`study.records.frames.folds_frame`).
    """
    own = folds.merge(winners[[*SEARCH, "number"]], on=[*SEARCH, "number"])
    return own.groupby([*SEARCH, "inner_fold"])["val_loss"].mean().rename("loss").reset_index()


def simulate_all(
    question: Question,
    tables: int,
    folder: Path,
    workers: int,
    kept: Collection[tuple[str, int]] = frozenset(),
) -> None:
    """Run what has no file yet of `tables` tables a cell, one of each in turn, so that any stop
    leaves as many of each.

    kept: key of the cell and number of tables that need no file.
    """
    from study.records.paths import write_atomic

    wanted = [
        (cell, number, folder / f"{cell.key}-{number}.parquet")
        for cell, number in product(question.cells, range(tables))
    ]
    wanted.sort(
        key=lambda job: (job[1], job[0].kind, job[0].rows, job[0].features)
    )  # tables of one size share programs
    left = [job for job in wanted if not job[2].exists() and (job[0].key, job[1]) not in kept]
    print(f"{len(wanted) - len(left)} of {len(wanted)} tables are done.")
    paths = {(cell, number): path for cell, number, path in left}
    for job, frame in each_done(run_table, [(*job, question) for job in paths], workers):
        write_atomic(paths[job[:2]], frame.to_parquet(index=False))


def each_done(
    run: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Run a function for every job, so many at once in processes of their own; gives jobs and
    results as they are done.
    """
    from study.config import make_config
    from study.execution.cluster.ray import ray_cluster

    with ray_cluster(
        make_config({"name": "calibration", "data": {"source": "balloons"}, "targets": "balloons"}),
        0,
    ):
        import ray  # reads at its import what ray_cluster sets

        remote = ray.remote(num_cpus=1, max_calls=100)(run)
        left = iter(jobs)
        running = {remote.remote(*job): job for job in islice(left, workers)}
        for done in range(1, len(jobs) + 1):
            (first,), _ = ray.wait(list(running))
            yield running.pop(first), ray.get(first)
            running |= {remote.remote(*job): job for job in islice(left, 1)}
            print(f"\r{done} of {len(jobs)}", end="", flush=True)
    print()
