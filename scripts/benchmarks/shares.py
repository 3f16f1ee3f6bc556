"""A study divided over very many shares, simulated on disk: `scripts/benchmark shares`.

Every record but those of one share is there, packed, as are the locks and notes of all shares,
whose nodes are gone. The start of that share is measured in a process that has imported everything;
Ray is not started.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROWS, COLUMNS, SEARCHED = 500, 8, 44
"""Of the table, and trials of a network's search."""
FOLDS, REPEATS, DEPTHS = 5, 3, [1, 2, 3]
PLACES = FOLDS * REPEATS + 1
A_TARGET = PLACES * (1 + len(DEPTHS) * SEARCHED)
"""Trials of one target: in each of its outer folds and on all rows, one of a regression and those
of three networks."""
SHARE = 3
"""The one that is measured."""
DEAD = 2**22
"""A number that no process has."""


def _table(folder: Path, targets: int) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, COLUMNS))
    y = x[:, np.arange(targets) % COLUMNS] + rng.normal(size=(ROWS, targets))
    names = [*(f"x{i}" for i in range(COLUMNS)), *(f"y{i}" for i in range(targets))]
    path = folder / "table.parquet"
    pd.DataFrame(np.hstack([x, y]), columns=names).to_parquet(path)
    return path


def _config(table: Path, targets: int) -> Any:
    from study.config import make_config

    return make_config(
        {
            "name": "shares",
            "data": {"source": str(table)},
            "targets": {f"y{i}": "continuous" for i in range(targets)},
            "families": ["linear", "neural"],
            "depths": DEPTHS,
            "protocol": "nested",
            "outer": {"folds": FOLDS, "repeats": REPEATS},
            "search": {"trials": SEARCHED},
            "inner": {"folds": 5, "seeds": 2},
            "training": {"epochs": 100},
        }
    )


def _lines(search: Any, trials: int) -> Iterator[str]:
    """Records of a search's trials as text, short ones."""
    from study.records.trial import TrialRecord
    from study.schema import TrialState

    params = {
        "learning_rate": 0.01,
        "batch_size": 32,
        "weight_decay": 1e-4,
        "width": 32,
        "activation": "silu",
        "dropout": 0.0,
    }
    losses = {
        "val_loss": 0.5,
        "val_loss_se": 0.01,
        "train_loss": 0.4,
        "best_epoch": 80,
        "n_parameters": 100,
        "n_replicates": 10,
    }
    text = TrialRecord(
        study="shares", trial_id=search.trial_id(0), search=search, number=0, generation=0, state=TrialState.COMPLETE,
        params=params if search.depth else {"l2": 0.1}, wall_time_s=1.0, node="node", device="cpu", **losses,
    ).model_dump_json()  # fmt: skip
    for n in range(trials):
        numbered = text.replace(search.trial_id(0), search.trial_id(n)).replace(
            '"val_loss":0.5', f'"val_loss":{0.5 + n / 1e3}'
        )
        yield numbered.replace('"number":0,"generation":0', f'"number":{n},"generation":{n // 6}')


def _fill(paths: Any, plan: Any, own: Any) -> int:
    """Write every record and model but those of the plan's part `own`; gives the number of trials."""
    from study.records.trial import WinnerRecord

    left = {search.key for search in own.searches} | {work.key for work in own.beside}
    paths.fold_models.mkdir(parents=True)
    written = 0
    for search in plan.searches:
        if search.key in left:
            continue
        trials = plan.trials(search)
        winner = WinnerRecord(
            study="shares", search=search, number=0, params={}, val_loss=0.5, rows=[], observed=[], candidates=(),
            coefficients=(),
        )  # fmt: skip
        paths.search(search).mkdir(parents=True)
        paths.pack(search).write_text("".join(f"{line}\n" for line in _lines(search, trials)))
        paths.winner(search).write_text(winner.model_dump_json())
        paths.model(search).write_text("a model")
        written += trials
    for work in plan.beside:
        if work.key not in left:
            paths.work(work).parent.mkdir(parents=True)
            paths.work(work).write_text(
                work.record("shares", "FAIL", error="ValueError: none").model_dump_json()
            )
    return written


def _begin(job: tuple[Any, Path, int]) -> tuple[float, float, float, float]:
    """Seconds of reading the table, of all else before a share hands out its first task, CPU
    seconds of that, and megabytes.
    """
    import study.cli.main
    import study.execution.runner
    from study import api
    from study.data.leaks import leaks  # noqa: F401
    from study.execution.observer import Observer
    from study.records.paths import StudyPaths
    from study.schema import Share

    config, root, count = job
    import sklearn.impute
    import sklearn.model_selection
    import sklearn.preprocessing  # noqa: F401

    share = Share(number=SHARE, count=count)
    read, read_cpu, inner = 0.0, 0.0, api.read_table

    def reading(config: Any) -> Any:
        nonlocal read, read_cpu
        begin, cpu = time.perf_counter(), time.process_time()
        table = inner(config)
        read, read_cpu = time.perf_counter() - begin, time.process_time() - cpu
        return table

    api.read_table = reading
    begin, cpu = time.perf_counter(), time.process_time()
    paths = StudyPaths(root, share)
    with api._at_work(config, paths, False) as (prepared, _):
        study.execution.runner.make_searches(
            prepared.plan.share(share), prepared.data, paths, Observer()
        )
        spent, spent_cpu = time.perf_counter() - begin, time.process_time() - cpu
    line = next(
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return read, spent - read, spent_cpu - read_cpu, int(line.split()[1]) / 1024


def _lock_left(paths: Any, count: int) -> None:
    """Locks and notes of shares: of half of them the processes of this host are gone, of the others
    the nodes.
    """
    from study.execution.cluster.lock import LEASE_S
    from study.execution.cluster.note import JobNote, write_note
    from study.records.paths import StudyPaths
    from study.schema import Share

    for number in range(count):
        share = StudyPaths(paths.root, Share(number=number, count=count))
        host = socket.gethostname() if number % 2 else f"node{number}"
        lines = [
            "filelock/2",
            f"pid={DEAD}",
            f"host={host}",
            "mode=lease",
            "token=1",
            f"duration={LEASE_S!r}",
            "start=1",
        ]
        write_note(share, JobNote(id=f"70_{number}"))
        share.lock.write_text("\n".join(lines) + "\n")


def _gather(root: Path) -> tuple[float, int, int]:
    """Seconds until a run on all searches holds the folder, locks there are then, and threads that
    it needs.
    """
    from study.execution.cluster.lock import locked
    from study.records.paths import StudyPaths

    begin, threads = time.perf_counter(), threading.active_count()
    with locked(StudyPaths(root)):
        return (
            time.perf_counter() - begin,
            len(list(root.glob(".study/lock*"))),
            threading.active_count() - threads,
        )


def _status(root: Path, count: int) -> tuple[int, float]:
    """How often a status asks SLURM, which knows of all shares' tasks, and the seconds that takes."""
    from study.execution.cluster.submit import queued
    from study.records.paths import StudyPaths

    with tempfile.TemporaryDirectory() as folder:
        answer = "".join(f"70_{n}|{71 + n}|RUNNING|None|node{n}|1:00:00\n" for n in range(count))
        (Path(folder) / "answer").write_text(answer)
        squeue = Path(folder) / "squeue"
        squeue.write_text(f"#!/bin/sh\necho >> '{folder}/asked'\ncat '{folder}/answer'\n")
        squeue.chmod(0o755)
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
        begin = time.perf_counter()
        assert str(count) in queued(StudyPaths(root))
        return len((Path(folder) / "asked").read_text().splitlines()), time.perf_counter() - begin


def _alone(function: Callable[[Any], Any], job: Any) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, (job,))


def shares(count: int, trials: int) -> None:
    """Print what a study of so many shares and trials asks of a disk, a share and the run that
    gathers.
    """
    from study import api
    from study.config import dump_config
    from study.records.paths import StudyPaths, write_atomic
    from study.schema import Kind, Share
    from study.search.cost import Size
    from study.search.plan import make_plan

    folder = Path(tempfile.mkdtemp(prefix="shares-"))
    try:
        targets = math.ceil(trials / A_TARGET)
        config = _config(_table(folder, targets), targets)
        sizes = [
            Size(f"y{i}", Kind.CONTINUOUS, ROWS - ROWS // FOLDS, COLUMNS) for i in range(targets)
        ]
        plan = make_plan(config, sizes)
        paths = StudyPaths(folder / "shares")
        write_atomic(paths.config, dump_config(plan.config.replace(cluster=api.ClusterConfig())))
        begin = time.perf_counter()
        own = plan.share(Share(number=SHARE, count=count))
        written = _fill(paths, plan, own)
        print(
            f"{written:,} trials of {len(plan.searches):,} searches written in {time.perf_counter() - begin:.0f} s",
            flush=True,
        )
        rows = [
            ("trials", f"{plan.n_trials:,}"),
            ("searches", f"{len(plan.searches):,}"),
            ("shares", f"{count:,}"),
        ]
        places = {(each.target, each.outer_fold) for each in (*own.searches, *own.beside)}
        rows.append(("searches and places of a share", f"{len(own.searches)} and {len(places)}"))
        for name in ("its start", "its start again"):
            read, spent, cpu, most = _alone(_begin, (config, paths.root, count))
            told = f"{spent:.1f} s ({cpu:.1f} of CPU), {most:,.0f} MB"
            rows.append((f"{name} beyond imports and reading the table ({read:.1f} s)", told))
        _lock_left(paths, count)
        asked, seconds = _status(paths.root, count)
        rows.append(("times that a status asks SLURM", f"{asked}, in {seconds:.1f} s"))
        seconds, locks, threads = _gather(paths.root)
        rows.append(("locks, and threads for them, of the run that gathers", f"{locks}, {threads}"))
        rows.append(("seconds until it has it", f"{seconds:.0f}"))
        found = Counter(
            path.name if path.parent.parent == paths.trials else path.suffix
            for path in paths.root.rglob("*")
            if path.is_file()
        )
        rows.append(("files of trials", f"{found['trials.jsonl']:,}"))
        beside = found["trees.json"] + found["formula.json"]
        rows.append(
            (
                "of winners, models, work beside",
                f"{found['winner.json']:,}, {found['.keras']:,}, {beside:,}",
            )
        )
        rows.append(("all files", f"{found.total():,}"))
        taken = sum(path.stat().st_size for path in paths.trials.rglob("*"))
        rows.append(("megabytes of records, short ones", f"{taken / 1e6:,.0f}"))
        print("| what | |\n| --- | ---: |")
        for name, value in rows:
            print(f"| {name} | {value} |")
    finally:
        shutil.rmtree(folder)
