"""What stops or hurts a whole study: it loses nothing, repeats nothing, leaves nothing behind, and
ends as if undisturbed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.faults import FILLER, KILLS, OTHERS, Run
from harness.studies import (
    STUDY,
    Process,
    descendants,
    digest_of,
    drive,
    records,
    run,
    started,
    wait_for_records,
    workers,
)
from study import load_results
from study.api import run_study
from study.cli.status import status_json
from study.config import load_config
from study.execution.cluster.scratch import scratch_folder
from study.execution.observer import Interrupted, Observer, interruptible
from tests.runs.conftest import SLOWER

STOPS = ("SIGTERM", "Ctrl-C", "Ctrl-C twice")
FAULTS = {
    name: OTHERS[name] for name in (*STOPS, "disk full", "Ray's and Optuna's state deleted")
} | {
    name: KILLS[name][1]
    for name in (
        "kill -9 of the driver",
        "kill -9 of the raylet",
        "kill -9 of Ray's control server",
    )
}
"""Without its control server Ray trains on for a while, so that little may be left after the last.
"""
COMMAND = ("run", "tiny.yaml", *(word for key in SLOWER for word in ("--set", key)))
AGAIN = f"study {' '.join(COMMAND)}"
SAID = {
    "SIGTERM": rf".*results/tiny.*{AGAIN}\n",
    "Ctrl-C": rf".*results/tiny.*{AGAIN}\n",
    "Ray's and Optuna's state deleted": r".*Error: .*/tmp/study-.*",
    "disk full": r"Error: [^\n]*results/tiny/trials/balloons-[^\n]*\.part\b[^\n]*No space left[^\n]*--results[^\n]*\n",
}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")


@pytest.fixture
def disk(results: Path) -> Iterator[Path]:
    """Where the results folder lies: a disk of its own that has room for the study and not for much
    more.
    """
    results.parent.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "small", results.parent], check=True)
    yield results.parent
    subprocess.run(["umount", results.parent], check=True)


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


def scratch_of(below: list[psutil.Process]) -> set[Path]:
    """Scratch folders that these processes were told of."""
    words: list[str] = []
    for process in below:
        with suppress(psutil.Error):  # it has ended
            words += process.cmdline()
    return {Path(found) for found in re.findall(r"/tmp/study-[^/\s]+", " ".join(words))}


@needs_root
@pytest.mark.slow
@pytest.mark.faults
def test_after_one_fault_upon_another_the_study_goes_on_loses_nothing_and_repeats_nothing(
    undisturbed: Path, config: Path, results: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "5")  # instead of a minute
    with pytest.raises(Interrupted):
        run_study(load_config(config, SLOWER), results.parent, Stopped("before Ray starts"))
    kept: dict[str, bytes] = {}
    for fault, inject in FAULTS.items():
        with started(STUDY, *COMMAND, cwd=config.parent) as process:
            wait_for_records(process, results, more_than=len(kept))
            if not kept:
                goes_on_with_a_worker_killed(process, config, results)
            below = descendants(process)
            scratch = scratch_of(below)
            assert inject(Run(process, results, random.Random(0))), fault
            _, said = process.communicate(timeout=240)
        (disk / FILLER).unlink(missing_ok=True)
        found = records(results)
        assert process.returncode != 0, f"{fault} came too late"
        assert (process.returncode == 130) is (fault in STOPS), fault
        assert kept.items() <= found.items(), f"{fault} changed a record"
        assert re.fullmatch(SAID.get(fault, ".*"), said, re.DOTALL), said
        assert scratch, fault
        assert psutil.wait_procs(below, timeout=120)[1] == [], f"{fault} left a process"
        with scratch_folder():  # as the next run does
            assert [folder for folder in scratch if folder.exists()] == [], fault
        kept = found

    drive(config, results.parent, *SLOWER)

    assert kept.items() <= records(results).items()
    assert digest_of(results) == digest_of(undisturbed)
    assert (
        results.joinpath("verdicts.json").read_bytes()
        == undisturbed.joinpath("verdicts.json").read_bytes()
    )
    assert "FAIL" not in set(load_results(results).trials["state"])
    assert [found.name for found in results.rglob(".*")] == [".study"]


def goes_on_with_a_worker_killed(process: Process, config: Path, results: Path) -> None:
    """Kill the workers of a study that is running, and see that it goes on, and that a second run
    is refused meanwhile.
    """
    killed = workers(process)
    for worker in killed:
        worker.kill()
    second = run(STUDY, *COMMAND, cwd=config.parent)
    working = status_json(load_results(results))["running"]
    wait_for_records(process, results, more_than=len(records(results)))
    assert len(killed) >= 1
    assert (second.returncode, second.stdout) == (2, "")
    for said in (second.stderr, *working):
        assert re.search(rf"\b{process.pid}\b.*{os.uname().nodename}", said)
    assert len(working) == 1


@pytest.mark.faults
def test_sigterm_before_the_report_or_while_it_is_executed_stops_it(
    undisturbed: Path, config: Path, results: Path
) -> None:
    shutil.copytree(undisturbed, results)
    with pytest.raises(Interrupted):
        run_study(load_config(config, SLOWER), results.parent, Stopped("before the report"))
    assert digest_of(results) == digest_of(undisturbed)
    assert not (results / "report.html").exists()

    with started(STUDY, *COMMAND, cwd=config.parent) as process:
        wait_for_verdicts(process, results, since=time.time())
        process.terminate()
        _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert re.fullmatch(SAID["SIGTERM"], err, re.DOTALL), err
    assert not (results / "report.html").exists()


def wait_for_verdicts(process: Process, results: Path, since: float) -> None:
    """Until they are written again, which the report follows."""
    while (results / "verdicts.json").stat().st_mtime < since:
        assert process.poll() is None
        time.sleep(0.05)


def test_the_scratch_of_a_living_owner_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scratch_folder() as first, scratch_folder() as second:
        kept = first.exists() and second.exists()

    assert kept
    assert not first.exists()
    assert not second.exists()


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
