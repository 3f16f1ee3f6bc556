"""Search two targets, one of whose data ends every process that unpickles it: deadly.py RESULTS
HOW.

HOW is `crash`, or a control group's folder, into which the process moves before it takes memory
without end. With `driver` it takes the driver along, and with `nothing` the data are harmless; then
there is no work beside the searches.
"""

from __future__ import annotations

import ctypes
import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

import psutil

from study.config import dump_config, make_config
from study.data.encoding import Encoded
from study.execution.observer import Observer
from study.execution.pool import Pool
from study.execution.runner import run_searches
from study.plan import prepare
from study.records.gathering import gather
from study.records.paths import StudyPaths, write_atomic
from study.records.trial import TrialRecord


def die(how: str) -> None:
    """End this process."""
    if how == "crash":
        ctypes.string_at(0)
    if how == "driver":
        psutil.Process().parent().parent().kill()
        os._exit(1)
    Path(how, "cgroup.procs").write_text(str(os.getpid()))
    taken = []
    while True:
        taken.append(bytearray(10_000_000))


class Deadly(Encoded):
    """Data that a worker does not survive."""

    def __reduce__(self) -> Any:
        return die, (sys.argv[2],)


class Failures(Observer):
    """Prints the error of every failed trial, and every note."""

    def note(self, text: str) -> None:
        print(text, flush=True)

    def finished(self, record: object) -> None:
        if isinstance(record, TrialRecord) and record.error:
            print(f"{record.trial_id}: {record.error}", flush=True)


if __name__ == "__main__":
    config = make_config(
        {
            "name": "deadly",
            "data": {"source": "balloons", "rows": 100},
            "targets": ["balloons", "colour"],
            "protocol": "holdout",
            "families": ["baseline"],
            "search": {"max_tries": 2},
        }
    )
    paths, prepared = StudyPaths(Path(sys.argv[1])), prepare(config)
    healthy = prepared.data["colour", 0]
    deadly = (
        healthy
        if sys.argv[2] == "nothing"
        else Deadly(
            **{field.name: getattr(healthy, field.name) for field in dataclasses.fields(Encoded)}
        )
    )
    write_atomic(paths.config, dump_config(config))
    plan = (
        dataclasses.replace(prepared.plan, beside=())
        if sys.argv[2] in {"driver", "nothing"}
        else prepared.plan
    )
    with Pool(config, 0) as pool:
        run_searches(plan, {**prepared.data, ("colour", 0): deadly}, paths, pool, Failures())
    write_atomic(paths.data, prepared.table.summary().model_dump_json())
    gather(paths)
