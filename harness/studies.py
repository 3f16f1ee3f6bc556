"""Real studies in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from harness.kept import kept
from study import load_results
from study.records.reading import digest

DRIVE = Path(__file__).with_name("drive.py")
DEADLY = Path(__file__).with_name("deadly.py")
STUDY = Path(sys.executable).with_name("study")
TIMEOUT_S = 300
TINY = """
data: {source: balloons, rows: 300}
targets: [balloons]
families: [linear, neural]
depths: [1]
search: {trials: 12, generation: 2}
effort: quick
protocol: holdout
inner: {folds: 2, seeds: 1}
training: {epochs: 10}
space: {neural: {width: 8, batch_size: 64, activation: silu, dropout: 0}}
"""
SLOW = """
# A network trains about a second, so that there is time to hurt the study.
data: {source: balloons, rows: 300}
protocol: holdout
targets: [balloons]
families: [linear, neural]
depths: [1]
search: {trials: 12, generation: 4}
inner: {folds: 2, seeds: 1}
training: {epochs: 8000, patience: 8000}
space: {neural: {width: 8, batch_size: 64, activation: silu, dropout: 0}}
"""
N_TRIALS = 12
N_SEARCHED = 2 * (1 + N_TRIALS)
"""Trials of either study, for its one fold and for all rows: the regression's one and a network's
twelve."""
N_RECORDS = N_SEARCHED + 2 * (2 + 2)
"""Those, and for each of the two the winners, trees and a simple formula."""

Process = subprocess.Popen[str]


def run(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command from start to end."""
    return subprocess.run(
        [str(arg) for arg in args],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def drive(config: Path, results: Path, *overrides: str) -> str:
    """Run a study without its report; gives its notes."""
    ended = run(sys.executable, DRIVE, config, results, *overrides, cwd=config.parent)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@contextmanager
def started(*args: str | Path, cwd: Path, output: int = subprocess.PIPE) -> Iterator[Process]:
    """A command that is running, in a process group of its own; ended at the latest with the block."""
    process = subprocess.Popen(
        [str(arg) for arg in args],
        cwd=cwd,
        stdout=output,
        stderr=output,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def records(folder: Path) -> dict[str, bytes]:
    """Every record of a results folder by its place below `trials/` where each has a file."""
    return {name: record.content for name, record in kept(folder).items()}


def wait_for_records(process: Process, folder: Path, more_than: int) -> None:
    """Wait until a running study has left more than so many records."""
    until = time.monotonic() + TIMEOUT_S
    while len(records(folder)) <= more_than:
        assert process.poll() is None, f"it ended before its next record: {process.communicate()}"
        assert time.monotonic() < until, "no record in time"
        time.sleep(0.01)


def descendants(process: Process) -> list[psutil.Process]:
    """Every process below a driver: Ray's servers and the workers."""
    return psutil.Process(process.pid).children(recursive=True)


def workers(process: Process) -> list[psutil.Process]:
    """Processes of a driver's Ray that train."""
    found = []
    for child in descendants(process):
        with suppress(psutil.Error):
            if (
                "".join(child.cmdline()[:1]).startswith("ray::StudyWorker")
                and child.parent().name() == "raylet"
            ):
                found.append(child)
    return found


def undisturbed_digest(folder: Path, *overrides: str) -> str:
    """Digest of the study SLOW on one worker of this machine."""
    (folder / "tiny.yaml").write_text(SLOW)
    drive(folder / "tiny.yaml", folder / "results", "resources.max_concurrent=1", *overrides)
    return digest(load_results(folder / "results" / "tiny").trials)


def digest_of(folder: Path) -> str:
    """Digest of a finished study of the config TINY or SLOW."""
    assert len(records(folder)) == N_RECORDS
    return digest(load_results(folder).trials)
