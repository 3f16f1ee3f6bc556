from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.faults import FILLER, KILLS, OTHERS, Run
from harness.studies import STUDY, descendants, digest_of, drive, records, run, started, undisturbed_digest, wait_for_records
from study.api import run_study
from study.config import load_config
from study.machines.scratch import scratch_folder
from study.running.observer import Interrupted, Observer, interruptible

FAULTS = {name: OTHERS[name] for name in ("SIGTERM", "Ctrl-C twice", "disk full", "Ray's and Optuna's state deleted")} | {
    name: KILLS[name][1] for name in ("kill -9 of the raylet", "kill -9 of Ray's control server")
}
SAID = {
    "Ray's and Optuna's state deleted": r".*Error: Ray's files in /tmp/study-.*",
    "disk full": r"Error: Cannot write results/tiny/trials/balloons-.*\.part: No space left on device\. Free the place, or "
    r"choose another with --results; finished trials are kept and the same command goes on\.\n",
}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")


@pytest.fixture
def disk(results: Path) -> Iterator[Path]:
    """Where the results folder lies: a disk of its own that has room for the study and not for much more."""
    results.parent.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "small", results.parent], check=True)
    yield results.parent
    subprocess.run(["umount", results.parent], check=True)


def written(folder: Path) -> dict[str, bytes]:
    """Every record, in which the seconds that it took tell a second one apart."""
    return records(folder)


@needs_root
@pytest.mark.faults
def test_after_one_fault_upon_another_the_study_goes_on_loses_nothing_and_repeats_nothing(
    tmp_path: Path, results: Path, disk: Path
) -> None:
    config = tmp_path / "tiny.yaml"
    slower = ("training.epochs=20000", "training.patience=20000")
    expected = undisturbed_digest(tmp_path, *slower)
    shutil.rmtree(results)
    kept: dict[str, bytes] = {}
    for fault, inject in FAULTS.items():
        with started(STUDY, "run", "tiny.yaml", *(word for key in slower for word in ("--set", key)), cwd=tmp_path) as process:
            wait_for_records(process, results, more_than=len(kept))
            assert inject(Run(process, results, random.Random(0))), fault
            _, said = process.communicate(timeout=240)
        (disk / FILLER).unlink(missing_ok=True)
        found = written(results)
        assert process.returncode != 0, f"{fault} came too late"
        assert kept.items() <= found.items(), f"{fault} changed a record"
        assert re.fullmatch(SAID.get(fault, ".*"), said, re.DOTALL), said
        kept = found

    drive(config, results.parent, *slower)

    assert kept.items() <= written(results).items()
    assert digest_of(results) == expected
    assert not list(results.rglob(".*"))


@pytest.mark.faults
def test_of_a_killed_driver_nothing_stays_and_the_next_run_clears_its_scratch(config: Path, results: Path) -> None:
    with started(STUDY, "run", "tiny.yaml", cwd=config.parent) as process:
        wait_for_records(process, results, more_than=0)
        below = descendants(process)
        commands = " ".join(word for child in below for word in child.cmdline())
        scratch = {Path(found) for found in re.findall(r"/tmp/study-[^/\s]+", commands)}
        process.kill()
    _, alive = psutil.wait_procs(below, timeout=120)
    with scratch_folder():
        left = [folder for folder in scratch if folder.exists()]

    assert (alive, left) == ([], [])
    assert scratch


def test_the_scratch_of_a_living_owner_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scratch_folder() as first, scratch_folder() as second:
        kept = first.exists() and second.exists()

    assert kept
    assert not first.exists()
    assert not second.exists()


@pytest.mark.faults
def test_a_second_run_on_a_results_folder_is_refused_while_status_is_not(
    undisturbed: Path, config: Path, results: Path
) -> None:
    with started(STUDY, "run", "tiny.yaml", cwd=config.parent) as process:
        wait_for_records(process, results, more_than=0)
        second = run(STUDY, "run", "tiny.yaml", cwd=config.parent)
        status = run(STUDY, "status", "results/tiny", cwd=config.parent)
        process.communicate(timeout=240)

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr.startswith(
        f"Error: One run at a time on a results folder, but process {process.pid} on {os.uname().nodename} since 20"
    )
    assert (status.returncode, status.stderr) == (0, "")
    assert digest_of(results) == digest_of(undisturbed)


class Stopped(Observer):
    """Is told to stop, as by a scheduler, at one moment of a run."""

    def __init__(self, moment: str) -> None:
        self.moment = moment

    def started(self, *_: Any) -> None:
        if self.moment == "before Ray starts":
            os.kill(os.getpid(), signal.SIGTERM)

    def concluded(self, *_: Any) -> None:
        if self.moment == "before the report":
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.faults
@pytest.mark.parametrize("moment", ["before Ray starts", "before the report"])
def test_sigterm_at_another_time_than_the_search_stops_it_too(
    undisturbed: Path, config: Path, results: Path, moment: str
) -> None:
    if moment == "before the report":
        shutil.copytree(undisturbed, results)

    with pytest.raises(Interrupted):
        run_study(load_config(config), results.parent, Stopped(moment))

    drive(config, results.parent)
    assert digest_of(results) == digest_of(undisturbed)
    assert not (results / "report.html").exists()


@pytest.mark.faults
def test_sigterm_while_the_report_is_executed_ends_its_kernel_too(undisturbed: Path, config: Path, results: Path) -> None:
    shutil.copytree(undisturbed, results)
    with started(STUDY, "run", "tiny.yaml", cwd=config.parent) as process:
        while not (kernels := [c for c in descendants(process) if "ipykernel_launcher" in c.cmdline()]):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(2)
        process.terminate()
        _, err = process.communicate(timeout=60)

    _, alive = psutil.wait_procs(kernels, timeout=10)
    said = "Stopped. Every finished trial is kept in results/tiny; go on with: study run tiny.yaml"
    assert (process.returncode, err.strip(), alive) == (130, said, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_and_its_handler_is_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with pytest.raises(Interrupted), interruptible():
        os.kill(os.getpid(), number)

    assert signal.getsignal(number) is before


def test_a_run_in_the_background_that_ignores_ctrl_c_hears_sigterm() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(Interrupted), interruptible():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before)


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
            ignored = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert ignored is signal.SIG_IGN
