"""What a study of a long table takes beside the table: `scripts/benchmark memory`."""

from __future__ import annotations

import multiprocessing
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS, SMALL, LARGE = 50, 1_000, 1_000_000
"""Columns, and the rows whose peaks are compared."""
CASES: dict[str, dict[str, Any]] = {
    "holdout": {"protocol": "holdout"},
    "5 outer folds": {"protocol": "nested", "outer": {"folds": 5, "repeats": 1}},
}
SEARCHES, CANDIDATES = 4, 8
"""Searches of an outer fold and candidates of each, whose predictions are gathered."""
DRIVER = ("predictions",)
TASKS = (
    *DRIVER,
    "regression",
    "network",
    "regression's winner",
    "network's winner",
    "trees",
    "terms",
)
"""What the driver does when all trials are done, and what workers do."""
SHORTER = {
    "study.training.trees": {"MOST_ITERATIONS": 5},
    "study.training.formula": {"STEPS": 2},
}
"""Constants of modules that make trees and selected terms as large as ever, and sooner done."""


def make_table(
    rows: int, kind: str, gaps: bool, n_columns: int = COLUMNS, n_classes: int = 10
) -> Any:
    """A table of normal columns whose target needs a product; classes are equally frequent."""
    import pandas as pd

    from study.data.tables import Table
    from study.schema import Feature, Kind, Target

    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, n_columns))
    eta = values[:, 0] - values[:, 1] + values[:, 2] * values[:, 3] + rng.normal(size=rows)
    classes = {"binary": ["a", "b"], "multiclass": [f"c{i}" for i in range(n_classes)]}.get(
        kind, []
    )
    if gaps:
        values[rng.random(values.shape) < 0.01] = np.nan
    frame = pd.DataFrame(values, columns=[f"x{i}" for i in range(n_columns)])
    codes = (
        np.searchsorted(np.quantile(eta, np.linspace(0, 1, len(classes) + 1)[1:-1]), eta)
        if classes
        else None
    )
    frame["y"] = eta if codes is None else pd.Series(np.array(classes)[codes], dtype="str")
    counts = {name: int((codes == i).sum()) for i, name in enumerate(classes)}
    target = Target(name="y", kind=Kind(kind), classes=counts, reason="", missing=0)
    features = tuple(
        Feature(name=f"x{i}", type="numeric", reason="", missing=0) for i in range(n_columns)
    )
    return Table(frame, features, (target,), None, None, (), "0")


def _status(key: str) -> int:
    """Bytes of this process by a key of /proc/self/status."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def own() -> int:
    """Bytes that this process holds, what it shares by Ray's object store left out."""
    return _status("VmRSS") - _status("RssShmem")


def peak(work: Callable[[], Any]) -> tuple[int, Any]:
    """Most bytes of its own (what it shares by Ray's object store is not) that this process takes
    in a piece of work.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = work()
    return _status("VmHWM") - _status("RssShmem"), found


def _driver(
    rows: int, kind: str, gaps: bool, case: str, folder: str, tasks: list[str], pipe: Any
) -> None:
    """Peaks of the driver by its steps and bytes that go to the object store; leaves what a worker
    is sent in `folder`.
    """
    from study.config import make_config
    from study.data.reader import make_reader
    from study.data.splits import make_splits
    from study.plan import Surveyed, prepare
    from study.records.frames import predictions_frame
    from study.search.cost import Size
    from study.search.plan import make_plan

    config = make_config(
        {
            "name": "memory",
            "data": {"source": "table.parquet"},
            "targets": {"y": kind},
            **CASES[case],
        }
    )
    table = make_table(rows, kind, gaps)
    before = own()

    def prepared() -> Any:
        plan = make_plan(config, [Size("y", table.targets[0].kind, rows, COLUMNS)])
        found = prepare(
            config,
            Surveyed(
                table, table.summary(), plan, {"y": make_splits(table, table.targets[0], config)}
            ),
        )
        for encoded in found.data.values():
            make_reader(found.table, encoded).model_dump_json()
        return found

    peaks: dict[str, int] = {}
    peaks["prepare"], found = peak(prepared)
    peaks["held"] = own()
    first, *_ = found.data.values()
    for i, encoded in enumerate([first.matrix, *(each.apart() for each in found.data.values())]):
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(encoded, protocol=5, buffer_callback=buffers.append)
        peaks["store"] = (
            peaks.get("store", 0) + len(body) + sum(buffer.raw().nbytes for buffer in buffers)
        )
        if i < 2:
            Path(folder, str(i)).write_bytes(pickle.dumps(encoded, protocol=5))
    if "predictions" in tasks:
        peaks["predictions"], _ = peak(
            lambda: predictions_frame(_winners(found.data), {"y": list(first.classes)})
        )
    pipe.send({name: size - (before if name != "store" else 0) for name, size in peaks.items()})


def _winners(data: Any) -> Iterator[Any]:
    """Records of winners, as they are read one by one: predictions of all outer folds, searches and
    candidates.
    """
    from study.records.trial import Candidate, WinnerRecord
    from study.schema import Search

    rng = np.random.default_rng(0)
    for encoded in data.values():
        n = len(encoded.test)
        shape = (n, encoded.n_outputs) if encoded.n_outputs > 1 else (n,)
        for depth in range(SEARCHES):
            candidates = tuple(
                Candidate(
                    name="refit",
                    seed=i,
                    predicted=rng.random(shape).tolist(),
                    loss=rng.random(n).tolist(),
                )
                for i in range(CANDIDATES)
            )
            search = Search(
                target="y",
                kind=encoded.kind,
                family="neural",
                depth=depth,
                outer_fold=encoded.outer_fold,
            )
            yield WinnerRecord(
                study="memory",
                search=search,
                number=0,
                params={},
                val_loss=1.0,
                rows=encoded.rows[encoded.test].tolist(),
                observed=encoded.y[encoded.test].tolist(),
                candidates=candidates,
                coefficients=(),
            )


def _tasks(encoded: Any) -> dict[str, Callable[[], Any]]:
    """What a worker does, by name."""
    from study.families import first_params, get_family, penalties, resolve_space
    from study.records.formula import FormulaWork
    from study.schema import Search
    from study.training.formula import run_formula
    from study.training.task import FoldTask, TrialTask
    from study.training.trees import score_trees
    from study.training.trial import run_trial
    from study.training.winner import run_winner

    def task(family: str, **more: Any) -> TrialTask:
        own = get_family(family)
        space = resolve_space(own, len(encoded.development), {})
        search = Search(
            target="y", kind=encoded.kind, family=family, depth=0 if own.convex else 2, outer_fold=0
        )
        rest: dict[str, Any] = {"inner_seeds": 1, "epochs": 1, "patience": 1, "iterations": 50}
        rest["penalties"] = penalties(own, space) if own.convex else ()
        params = first_params(own, space) | more
        return TrialTask(
            study="memory", seed=0, search=search, number=0, generation=0, params=params, **rest
        )

    regression = task("linear" if encoded.kind == "continuous" else "logistic", l2=1.0)
    network = task("neural", width=64)
    work = FormulaWork(target="y", kind=encoded.kind, outer_fold=0)
    formula = FoldTask(study="memory", seed=0, work=work, tree_trials=1)
    return {
        "regression": lambda: run_trial(regression, encoded)[0].model_dump_json(),
        "network": lambda: run_trial(network, encoded)[0].model_dump_json(),
        "regression's winner": lambda: run_winner(regression.as_winner(1.0), encoded)[
            0
        ].model_dump_json(),
        "network's winner": lambda: run_winner(network.as_winner(1.0), encoded)[
            0
        ].model_dump_json(),
        "trees": lambda: score_trees(encoded, "memory", 0, 1)[0].model_dump_json(),
        "terms": lambda: run_formula(formula, encoded)[0].model_dump_json(),
    }


def _work(name: str, matrix: Any, apart: Any) -> int:
    """Peak of one task in a worker of Ray, whose data lie in the object store."""
    import importlib
    from dataclasses import replace

    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    for module, constants in SHORTER.items():
        for constant, value in constants.items():
            setattr(importlib.import_module(module), constant, value)
    encoded = replace(apart, matrix=matrix)
    pickle.dumps(
        matrix, protocol=5, buffer_callback=lambda buffer: np.asarray(buffer).sum()
    )  # all that is shared is here
    tasks = _tasks(encoded)
    before = own()
    return peak(tasks[name])[0] - before


def _workers(folder: str, tasks: list[str], pipe: Any) -> None:
    """Peaks of workers by their tasks, each in a process of its own."""
    import ray

    from study.config import make_config
    from study.execution.cluster.ray import ray_cluster

    config = make_config(
        {"name": "memory", "data": {"source": "balloons", "rows": 100}, "targets": ["balloons"]}
    )
    with ray_cluster(config, 400_000_000):
        work = ray.remote(num_cpus=2, max_calls=1, max_retries=0)(_work)
        data = [ray.put(pickle.loads(Path(folder, str(i)).read_bytes())) for i in range(2)]
        pipe.send({name: ray.get(work.remote(name, *data)) for name in tasks})


def _fresh(work: Callable[..., None], *arguments: Any) -> dict[str, int]:
    """What a function sends from a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(*arguments, there))
    process.start()
    there.close()
    try:
        found: dict[str, int] = here.recv()
    finally:
        process.join()
    return found


def _measured(rows: int, kind: str, gaps: bool, case: str, tasks: list[str]) -> dict[str, int]:
    own = [task for task in tasks if task not in DRIVER]
    with tempfile.TemporaryDirectory() as folder:
        found = _fresh(_driver, rows, kind, gaps, case, folder, tasks)
        return found | (_fresh(_workers, folder, own) if own else {})


def memory(
    rows: int, kind: str, gaps: bool, cases: list[str] | None = None, tasks: Sequence[str] = ()
) -> None:
    """Print peaks above those of the same with few rows, as multiples of the table in float32.

    Workers see one outer fold at a time, whatever their number, so that tasks are measured in the
    last case alone.
    """
    cases, tasks, table = cases or [*CASES], tasks or TASKS, 4 * rows * COLUMNS
    for case in cases:
        own = [*tasks] if case == cases[-1] else []
        print(
            f"| {kind}{', gaps' if gaps else ''}, {case}, {rows:,} x {COLUMNS} | of float32 |\n| --- | ---: |",
            flush=True,
        )
        few, many = (_measured(n, kind, gaps, case, own) for n in (SMALL, rows))
        found = {name: (size - few[name]) / table for name, size in many.items()}
        for name, size in (found | {"held and store": found["held"] + found["store"]}).items():
            print(f"| {name} | {size:.2f} |", flush=True)
