"""Search two targets, one of whose data ends every process that unpickles it: deadly.py RESULTS_FOLDER."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

from study.api import prepare
from study.config import dump_config, make_config
from study.data.encoding import Encoded
from study.paths import StudyPaths, write_atomic
from study.results import gather
from study.runner import Silent, search
from study.schema import TrialRecord


class Deadly(Encoded):
    """Data that a worker does not survive."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)


class Failures(Silent):
    """Prints the error of every failed trial."""

    def finished_trial(self, record: TrialRecord) -> None:
        if record.error:
            print(f"{record.trial_id}: {record.error}", flush=True)


if __name__ == "__main__":
    config = make_config(
        {
            "name": "deadly",
            "data": {"source": "balloons", "rows": 100},
            "targets": ["balloons", "colour"],
            "families": ["constant"],
            "search": {"max_tries": 2},
        }
    )
    paths, prepared = StudyPaths(Path(sys.argv[1])), prepare(config)
    healthy = prepared.data["colour", 0]
    deadly = Deadly(**{field.name: getattr(healthy, field.name) for field in dataclasses.fields(Encoded)})
    write_atomic(paths.config, dump_config(config))
    search(prepared.plan, {**prepared.data, ("colour", 0): deadly}, paths, Failures())
    write_atomic(paths.data, '{"targets": [{"name": "balloons", "classes": {}}, {"name": "colour", "classes": {}}]}')
    gather(paths)
