"""What is said of a results folder that cannot be used as it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from study.api import check_folder, run_study, write_report
from study.config import dump_config, make_config
from study.evidence.stored import VERSION, write_verdicts
from study.execution.cluster import lock
from study.plan import prepare
from study.records.one import find_trial
from study.records.paths import StudyPaths, write_atomic
from study.records.results import load_results
from study.schema import Kind
from tests.execution.cluster.locks import ELSEWHERE
from tests.records.examples import (
    described,
    make_folder,
)
from tests.snapshots.conftest import Approve
from tests.snapshots.told import CONFIG, Told


def hold(paths: StudyPaths) -> None:
    with lock.locked(paths):
        pass


def test_what_is_said_of_a_results_folder_that_cannot_be_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, approve: Approve
) -> None:
    told = Told()
    monkeypatch.setattr(lock, "BEAT_S", 0.2)
    of_locks(told, make_folder(tmp_path / "locked"))
    of_contents(told, tmp_path)
    of_another_study(told, tmp_path / "results" / "party")
    approve(told.text)


def of_locks(told: Told, paths: StudyPaths) -> None:
    """A run of another host that lives, known and not; and one that takes over."""

    def beside_a_living_one(content: str) -> None:
        write_atomic(paths.lock, content)
        alive = threading.Timer(0.1, os.utime, (paths.lock, (1_002, 1_002)))
        alive.start()
        try:
            hold(paths)
        finally:
            alive.join()

    of_elsewhere = ELSEWHERE.format(lock.LEASE_S)
    told.refusal("a run is at work", lambda: beside_a_living_one(of_elsewhere))
    write_atomic(paths.environment, '{"pid": 4711, "started": "2026-11-24 21:00:00+00:00"}')
    told.refusal("it has said since when", lambda: beside_a_living_one(of_elsewhere))
    told.refusal("it has not said who it is", lambda: beside_a_living_one(""))
    paths.lock.unlink()

    def lose() -> None:
        with lock.locked(paths):
            paths.lock.unlink()
            write_atomic(paths.lock, of_elsewhere)
            threading.Event().wait(30)  # until the next beat

    told.refusal("its lock was taken", lose)


def of_contents(told: Told, folder: Path) -> None:
    """What is not there, or not as this version writes it."""
    told.refusal("no study", lambda: load_results(folder / "none"))
    told.refusal("a path that is too long", lambda: load_results("x" * 300))
    empty = StudyPaths(folder / "empty")
    write_atomic(empty.config, dump_config(make_config(CONFIG | {"name": "empty"})))
    told.refusal("nothing to report", lambda: write_report(empty))
    paths = make_folder(folder / "unfinished")
    told.refusal("not finished", lambda: load_results(paths.root).predictions)
    write_atomic(paths.data, '{"rows": 40, "features": [], "targets": []}')
    told.refusal("a description of another form", lambda: load_results(paths.root).data)
    for content in (
        '[{"target": "y"}]',
        "{",
        f'{{"version": {VERSION}, "verdicts": [{{"target": "y"}}]}}',
    ):
        paths.verdicts.write_text(content)
        told.refusal(
            f"verdicts: {content.replace(str(VERSION), '<version>')}",
            lambda: load_results(paths.root).verdicts,
        )
    told.refusal("a version before", lambda: load_results(paths.root).scores)
    told.parts[-4:] = [
        each.replace(f"version {VERSION}", "version <version>") for each in told.parts[-4:]
    ]
    told.refusal("no such trial, and one like it", lambda: find_trial(paths, "y-linear-o0-0007"))
    told.refusal("no such trial, and none like it", lambda: find_trial(paths, "what"))
    told.refusal("no trial at all", lambda: find_trial(empty, "what"))


def of_another_study(told: Told, root: Path) -> None:
    """A folder of another config, question or table, and one that cannot be written to."""
    paths, own = StudyPaths(root), make_config(CONFIG)
    prepared = prepare(own)
    write_atomic(paths.config, dump_config(prepared.plan.config))
    others = {"another config": {"seed": 1}, "another question": {"margin": 0.2}}
    write_atomic(paths.verdicts, write_verdicts([]))
    for case, more in others.items():
        told.refusal(case, lambda: check_folder(paths, prepare(make_config(CONFIG | more))))  # noqa: B023 -- called at once
    write_atomic(paths.data, described({"balloons": Kind.CONTINUOUS}).model_dump_json())
    told.refusal("another table", lambda: check_folder(paths, prepared))
    (root.parent / "file").touch()
    told.refusal(
        "no folder can be made", lambda: run_study(own, root.parent / "file", report=False)
    )
