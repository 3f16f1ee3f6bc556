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

from harness.faults import FILLER, OTHERS, Run
from harness.studies import STUDY, descendants, digest_of, drive, run, started, wait_for_records
from study.api import run_study
from study.config import load_config
from study.machines.scratch import scratch_folder
from study.running.observer import Interrupted, Silent, interruptible

FAULTS = {name: OTHERS[name] for name in ("Ctrl-C twice", "disk full", "Ray's and Optuna's state deleted")} | {
    "raylet killed": lambda run: run.kill(run.named("raylet")),
    "Ray's control server killed": lambda run: run.kill(run.named("gcs_server")),
}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")


@pytest.fixture
def disk(results: Path) -> Iterator[Path]:
    """Where the results folder lies: a disk of its own that has room for the study and not for much more."""
    results.parent.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "small", results.parent], check=True)
    yield results.parent
    subprocess.run(["umount", results.parent], check=True)


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of every record, which a second writing changes."""
    return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.glob("trials/*/*.json")}


@needs_root
@pytest.mark.faults
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_study_goes_on_loses_nothing_and_repeats_nothing(
    undisturbed: Path, config: Path, results: Path, disk: Path, fault: str
) -> None:
    with started(STUDY, "run", "tiny.yaml", cwd=config.parent) as process:
        wait_for_records(process, results, more_than=0)
        assert FAULTS[fault](Run(process, results, random.Random(0)))
        _, said = process.communicate(timeout=240)
    assert ("Error: Ray's files in /tmp/study-" in said) == ("state deleted" in fault)
    (disk / FILLER).unlink(missing_ok=True)
    kept = written(results)
    drive(config, results.parent)

    assert kept.items() <= written(results).items()
    assert digest_of(results) == digest_of(undisturbed)
    assert not list(results.rglob(".*"))


@needs_root
@pytest.mark.faults
def test_a_full_disk_is_an_error_that_names_the_record(config: Path, results: Path, disk: Path) -> None:
    with started(STUDY, "run", "tiny.yaml", cwd=config.parent) as process:
        wait_for_records(process, results, more_than=0)
        Run(process, results, random.Random(0)).fill_disk()
        _, err = process.communicate(timeout=240)

    assert process.returncode == 2
    assert err.startswith("Error: Cannot write results/tiny/trials/balloons-")
    assert err.endswith(
        ".part: No space left on device. Free the place, or choose another with --results; "
        "finished trials are kept and the same command goes on.\n"
    )


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


class Stopped(Silent):
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


def test_what_ray_makes_of_sigterm_while_it_starts_interrupts_too() -> None:
    with pytest.raises(Interrupted), interruptible():
        raise SystemExit(signal.SIGTERM)


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
