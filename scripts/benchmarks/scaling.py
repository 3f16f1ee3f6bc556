"""How records, searches and the driver grow with the number of trials: `scripts/benchmark scaling`.

Every line is measured in a process of its own. Peak memory is what a step adds to that process; a
growth of 1.00 between two lines means proportional.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.synthetic import GENERATION, REPEAT, TRIALS, config_of, plan_of, records_of

WORKERS = 64
"""Trials that are out at once where searches are measured without Ray."""


def write(folder: Path, trials: int) -> None:
    """Write the records of a study that has come so far, and what `study status` needs beside them."""
    from study.config import dump_config
    from study.records.paths import StudyPaths, write_atomic
    from study.records.reading import write_trial
    from study.schema import Kind, StudyData, Target

    plan, _ = plan_of(config_of(trials))
    paths = StudyPaths(folder)
    write_atomic(paths.config, dump_config(plan.config))
    target = Target(
        name="balloons", kind=Kind.CONTINUOUS, classes={}, reason="synthetic", missing=0
    )
    data = StudyData(rows=0, digest="", features=(), targets=(target,))
    write_atomic(paths.data, data.model_dump_json())
    for record in records_of(plan, trials):
        write_trial(paths, record)


def read(folder: Path, _: int) -> None:
    """Read every record whole."""
    from study.records.paths import StudyPaths
    from study.records.reading import read_records

    read_records(StudyPaths(folder))


def gather(folder: Path, _: int) -> None:
    """Write every dataframe from the records."""
    from study.records import gathering
    from study.records.paths import StudyPaths

    gathering.gather(StudyPaths(folder))


def load(folder: Path, _: int) -> None:
    """Load the frames of trials and folds."""
    from study import load_results

    _ = load_results(folder).trials, load_results(folder).folds


def status(folder: Path, _: int) -> None:
    """Run `study status`."""
    from study.cli import main as cli

    cli.status(folder)


def resume(folder: Path, trials: int) -> None:
    """Make every search from the records."""
    from study.execution.observer import Observer
    from study.execution.runner import make_searches
    from study.records.paths import StudyPaths

    plan, data = plan_of(config_of(trials))
    make_searches(plan, data, StudyPaths(folder), Observer())


STEPS = (write, read, gather, load, status, resume)


def _peak() -> float:
    """Most megabytes this process has held."""
    line = next(
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def _timed(job: tuple[Callable[[Path, int], None], Path, int]) -> tuple[float, float, float]:
    import os
    import sys

    import study.cli.main  # noqa: F401 -- what is imported before is not measured

    step, folder, trials = job
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 -- for the rest of this process
    before, begin, cpu = _peak(), time.perf_counter(), time.process_time()
    step(folder, trials)
    return time.perf_counter() - begin, time.process_time() - cpu, _peak() - before


def _alone(function: Callable[[Any], Any], job: Any) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, (job,))


def records(sizes: list[int]) -> None:
    """Print seconds and peak memory of every step on so many records."""
    before: dict[str, tuple[int, float]] = {}
    print(
        "| step | trials | seconds | CPU ms a trial | growth | peak MB |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for trials in sizes:
        folder = Path(tempfile.mkdtemp(prefix="scaling-"))
        try:
            for step in STEPS:
                name = step.__name__
                seconds, cpu, peak = _alone(_timed, (step, folder, trials))
                last, was = before.get(name, (trials, cpu))
                growth = (
                    f"{math.log(cpu / was) / math.log(trials / last):.2f}" if trials > last else ""
                )
                print(
                    f"| {name} | {trials:,} | {seconds:.1f} | {1e3 * cpu / trials:.2f} | {growth} | {peak:,.0f} |",
                    flush=True,
                )
                before[name] = trials, cpu
        finally:
            shutil.rmtree(folder)


def _drive(trials: int) -> dict[str, float]:
    import psutil
    from rich.console import Console

    from study.execution.cluster.checks import quiet

    quiet(verbose=False)  # Ray reads its settings when it is imported
    from benchmarks.empty_worker import EmptyWorker
    from study.cli.progress import Progress
    from study.execution import runner, worker
    from study.execution.pool import Pool
    from study.records.paths import StudyPaths
    from study.records.trial import TrialRecord

    worker.StudyWorker = EmptyWorker
    few = (
        {"search": {"trials": max(1, trials // (REPEAT // TRIALS)), "generation": GENERATION}}
        if trials < REPEAT
        else {}
    )
    plan, data = plan_of(config_of(trials, **few))
    marks: list[tuple[float, float, float]] = []

    class Clock(Progress):
        def finished(self, record: Any) -> None:
            super().finished(record)
            if isinstance(record, TrialRecord):
                marks.append(
                    (
                        time.perf_counter(),
                        time.process_time(),
                        psutil.Process().memory_info().rss / 1e6,
                    )
                )
            else:
                self.last = time.perf_counter()

    folder = Path(tempfile.mkdtemp(prefix="scaling-"))
    try:
        with Path(folder / "log").open("w") as log, Clock(Console(file=log)) as clock:
            with Pool(plan.config, 0) as pool:
                runner.search(plan, data, StudyPaths(folder), pool, clock)
            end = time.perf_counter()
    finally:
        shutil.rmtree(folder)
    n = len(marks)
    part = max(1, n // 4)

    def rate(column: int, low: int, high: int) -> float:
        return (marks[high - 1][column] - marks[low][column]) / (high - 1 - low)

    return {
        "searches": len(plan.searches),
        "trials": n,
        "wall_ms": 1e3 * rate(0, part, n),
        "wall_ms_last": 1e3 * rate(0, n - part, n),
        "cpu_ms": 1e3 * rate(1, part, n),
        "cpu_ms_last": 1e3 * rate(1, n - part, n),
        "kb": 1e3 * rate(2, part, n),
        "end_s": end - clock.last,
    }


def driver(sizes: list[int]) -> None:
    """Print what empty trials take on two workers, without the first quarter, and what the driver
    spends on each.
    """
    print(
        "| searches | trials | ms a trial | in the last quarter | driver's CPU ms | in the last quarter | its kB | s after |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for trials in sizes:
        found = _alone(_drive, trials)
        row = "| {searches:,} | {trials:,} | {wall_ms:.1f} | {wall_ms_last:.1f} | {cpu_ms:.1f} | {cpu_ms_last:.1f} | {kb:.1f} |"
        row += " {end_s:.1f} |"
        print(row.format(**found), flush=True)


def _read_back(task: Any, val_loss: float) -> Any:
    """The record of a trial as it comes from a worker, without curves and replicates, which no
    search keeps.
    """
    from study.records.trial import TrialRecord

    record = task.record(
        state="COMPLETE",
        val_loss=val_loss,
        wall_time_s=1.0,
        node="node",
        device="cpu",
        n_parameters=100,
    )
    return TrialRecord.model_validate_json(record.model_dump_json())


def _searches(job: tuple[int, int, str]) -> tuple[float, float, float]:
    import psutil

    from study.execution.queue import FoldQueue
    from study.execution.tasks import Tasks
    from study.search.state import SearchState
    from study.training.task import Task, WinnerTask

    n_searches, trials, sampler = job
    config = config_of(
        (n_searches + 1) * TRIALS,
        search={"trials": trials, "generation": GENERATION, "sampler": sampler},
    )
    plan, _ = plan_of(config)
    networks = [search for search in plan.searches if search.depth][: n_searches + 1]
    first, *searches = (SearchState(plan.config, search, 80, trials, {}) for search in networks)
    first.next_trial(), first.next_trial()  # what is imported is not measured
    process = psutil.Process()

    def held() -> float:
        return process.memory_info().rss / 1e3

    by_key = {search.spec.key: search for search in searches}
    tasks = Tasks(plan.config, by_key, FoldQueue(()), lambda task, error: None)
    out: list[Task] = []
    asked = told = 0.0
    rng, number, before, most = np.random.default_rng(0), 0, held(), 0.0
    while True:
        begin = time.process_time()
        task = tasks.next() if len(out) < WORKERS else None
        asked += time.process_time() - begin
        if task is not None:
            out.append(task)
            number += 1
            continue
        if not out:
            return 1e3 * asked / number, 1e3 * told / number, (most - before) / number
        done: Any = out.pop(int(rng.integers(len(out))))
        search = by_key[done.search.key]
        winner = isinstance(done, WinnerTask)
        record = None if winner else _read_back(done, rng.uniform())
        begin = time.process_time()
        if winner:
            search.score(done.number)
        else:
            search.tell(record)
        tasks.ended(done)
        told += time.process_time() - begin
        if number % 10 == 0:
            most = max(most, held())


def searches(sizes: list[int]) -> None:
    """Print what asking and telling cost without Ray, and what it holds: of so many trials of
    networks, 30 or 90 a search.
    """
    print(
        "| sampler | searches | trials a search | ask, CPU ms a trial | tell, CPU ms a trial | most kB a trial |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for size, (sampler, trials) in itertools.product(
        sizes, [("tpe", TRIALS), ("tpe", 3 * TRIALS), ("random", TRIALS)]
    ):
        n_searches = math.ceil(size / trials)
        ask, tell, kb = _alone(_searches, (n_searches, trials, sampler))
        print(
            f"| {sampler} | {n_searches:,} | {trials} | {ask:.2f} | {tell:.3f} | {kb:.1f} |",
            flush=True,
        )
