"""Faults that depend on no moment: an environment in which nothing can be trained, and a trial that
kills its driver.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.studies import DEADLY, STUDY, TINY, drive, records, run
from study.records.paths import StudyPaths
from study.records.reading import digest, read_trials
from study.records.results import load_results
from study.records.trial import TrialRecord
from study.schema import TrialState

MOST_DRIVERS = 9


def scenarios(place: Path) -> bool:
    """Run both and print a table; whether nothing was blamed that is not to blame."""
    print(
        "| fault | exit codes | FAIL records | all else equal |\n| --- | --- | ---: | --- |",
        flush=True,
    )
    sound = True
    for name, play, fails in (
        ("TensorFlow cannot be imported, then can", broken_environment, 0),
        ("a trial that kills its driver", deadly_trial, 1),
    ):
        codes, failed, equal = play(place)
        print(
            f"| {name} | {', '.join(map(str, codes))} | {failed} | {'yes' if equal else 'NO'} |",
            flush=True,
        )
        sound &= equal and failed == fails and codes[-1] == 0
    return sound


def broken_environment(place: Path) -> tuple[list[int], int, bool]:
    """Exit codes of a run in a broken environment and of the next, FAIL records, and whether the
    digest is the usual one.
    """
    (place / "tiny.yaml").write_text(TINY, encoding="utf-8")
    drive(place / "tiny.yaml", place / "undisturbed")
    with _broken_tensorflow(place / "broken"):
        codes = [run(STUDY, "run", "tiny.yaml", cwd=place).returncode]
    left = records(place / "results" / "tiny")
    codes.append(run(STUDY, "run", "tiny.yaml", cwd=place).returncode)
    trials, undisturbed = (
        load_results(place / folder / "tiny").trials for folder in ("results", "undisturbed")
    )
    return (
        codes,
        int((trials["state"] == "FAIL").sum()),
        not left and digest(trials) == digest(undisturbed),
    )


def deadly_trial(place: Path) -> tuple[list[int], int, bool]:
    """Exit codes of all runs, FAIL records, and whether the other trials are those of a run without
    a deadly one.
    """
    run(sys.executable, DEADLY, place / "healthy", "nothing", cwd=place)
    codes: list[int] = []
    while not codes or (codes[-1] and len(codes) < MOST_DRIVERS):
        codes.append(run(sys.executable, DEADLY, place / "deadly", "driver", cwd=place).returncode)
    found, healthy = (
        {each.trial_id: each for each in read_trials(StudyPaths(place / name))}
        for name in ("deadly", "healthy")
    )
    failed = [name for name, record in found.items() if record.state is TrialState.FAIL]
    same = all(
        _kept(record) == _kept(healthy[name])
        for name, record in found.items()
        if name not in failed
    )
    return codes, len(failed), same and found.keys() == healthy.keys()


def _kept(record: TrialRecord) -> TrialRecord:
    return record.model_copy(update={"wall_time_s": 0.0, "node": ""})


@contextmanager
def _broken_tensorflow(folder: Path) -> Iterator[None]:
    """Let processes that start in the block find a TensorFlow that lacks a library."""
    (folder / "tensorflow").mkdir(parents=True)
    (folder / "tensorflow" / "__init__.py").write_text(
        "raise ImportError('libcuda.so.1: cannot open shared object file')\n"
    )
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *filter(None, [before])])
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before
