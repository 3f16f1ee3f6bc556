"""What is said of the job that a study runs in, and of its nodes."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import typer

from study.cli.commands.run import go_on
from study.config import make_config
from study.execution import job
from study.execution.cluster import network, others
from study.execution.cluster.allocation import Allocation, Ending, Given, array_share
from study.execution.cluster.network import address_of, check_ports, choose_ports
from study.execution.cluster.note import JobNote, write_note
from study.execution.cluster.others import Others, Step, give_back_nodes
from study.execution.cluster.scratch import scratch_folder
from study.execution.cluster.submit import Request, make_submission
from study.execution.job import Progressing, begin_run, running
from study.execution.observer import Interrupted, Observer
from study.records.paths import StudyPaths
from tests.snapshots.conftest import Approve
from tests.snapshots.told import CONFIG, Told

BATCH = {
    "SLURM_JOB_ID": "7", "SLURMD_NODENAME": "n1", "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_CPUS_ON_NODE": "4",
    "SLURM_JOB_NUM_NODES": "2",
}  # fmt: skip


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back what a run in a job sets for good."""
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR2, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_what_is_said_of_a_job_and_its_nodes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    approve: Approve,
) -> None:
    told = Told()
    monkeypatch.setattr(socket, "gethostname", lambda: "n1")
    monkeypatch.setattr("platform.node", lambda: "n1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    of_allocations(told, tmp_path, monkeypatch, capfd)
    of_job_ends(told, StudyPaths(tmp_path / "party"), monkeypatch, capfd)
    of_other_nodes(told, tmp_path, monkeypatch, capfd)
    of_networks(told, monkeypatch)
    of_submissions(told)
    of_commands(told, monkeypatch, capfd)
    approve(told.text.replace(sys.executable, "<python>"))


def scontrol(folder: Path, body: str) -> None:
    (folder / "scontrol").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "scontrol").chmod(0o755)


def of_allocations(
    told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told.refusal("no job", lambda: Allocation.current({}))
    scontrol(folder, "echo no controller >&2; exit 1")
    told.refusal("no nodes are named", lambda: Allocation.current(BATCH))
    array = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_COUNT": "3"}
    told.refusal("part of an array", lambda: array_share(array))
    for name, value in (BATCH | {"SLURM_JOB_NUM_NODES": "1"}).items():
        monkeypatch.setenv(name, value)
    needy = make_config(
        CONFIG | {"cluster": {"address": "slurm"}, "resources": {"gpus_per_trial": 0.5}}
    )
    with running(needy, StudyPaths(folder), Observer()):
        told.of("a run begins", capfd.readouterr().out.strip())


def of_job_ends(
    told: Told,
    paths: StudyPaths,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Why a job ends, whether it queues again, and why not."""
    allocation = Allocation("7", 1, Given("n1", 1, 0, None), ("n1",))
    for why in Ending:
        for refused in ("", "disabled") if why is Ending.PREEMPTED else ("",):
            monkeypatch.setattr(job, "ending", lambda *_, why=why: why)
            monkeypatch.setattr(job, "requeue", lambda *_, refused=refused: refused)
            Progressing(paths, allocation, Observer()).leave()
            told.of(
                f"it ends: {why.value}{', ' * bool(refused)}{refused}",
                capfd.readouterr().err.strip(),
            )
    for done, refused in ((3, ""), (3, "disabled")):
        monkeypatch.setattr(job, "requeue", lambda *_, refused=refused: refused)
        watch = Progressing(paths, allocation, Observer())
        watch.done = done
        watch.queue_again()
        told.of(f"its time is over: {refused or 'it queues again'}", capfd.readouterr().err.strip())
    write_note(paths, JobNote(id="7", records=5, idle=1))
    told.refusal("no progress", lambda: begin_run(paths, "7", restarts=2, records=5))
    (paths.root / "file").touch()
    told.refusal(
        "no note can be written",
        lambda: write_note(StudyPaths(paths.root / "file"), JobNote(id="7")),
    )


def of_other_nodes(
    told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nodes that do not come, come later, and are given back."""
    allocation = Allocation("7", 0, Given("n1", 1, 0, None), ("n1", "n2", "n3"))
    said: list[str] = []
    steps = [
        Step("n2", ["sh", "-c", "read line; echo no disk; exit 1"], "", folder / "n2"),
        Step("n3", ["sh", "-c", "exec cat >/dev/null"], "", folder / "n3"),
    ]
    steps[0].process.wait(timeout=10)
    both = Others(allocation, steps, said.append)
    both._look({"n1"})
    both.until = 0.0
    both._look({"n1"})
    both._look({"n1", "n2", "n3"})
    steps[1].process.kill()
    both.end()
    told.of("nodes that end, are silent, and come", *said)
    with monkeypatch.context() as patch:
        patch.setattr(others.Allocation, "current", lambda: allocation)
        for body in ("exit 0", "echo not permitted >&2; exit 1"):
            scontrol(folder, body)
            give_back_nodes()
            told.of(f"nodes are given back: {body}", capfd.readouterr().err.strip())


def of_networks(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses, ports and scratch folders that are not there."""
    with monkeypatch.context() as patch:
        patch.setattr(psutil, "net_if_addrs", lambda: {"lo": [], "ib0": []})
        patch.setattr(network, "_is_free", lambda port: port % 10 == 0)
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
        told.refusal("no way to a node", lambda: network.address_towards("n9"))
        told.refusal("no such card", lambda: address_of("ib7"))
        told.refusal("too few free ports", lambda: choose_ports("20000-20099", 4, 7))
        told.refusal("too few ports", lambda: check_ports("20000-20025", 4))
        told.refusal("too few ports for one core", lambda: check_ports("20000-20009", 1))
        for place in ("/no/such/folder", "/local/scratch/of-this-cluster"):
            told.refusal(f"scratch: {place}", lambda: scratch_folder(place).__enter__())  # noqa: B023 -- called at once


def of_submissions(told: Told) -> None:
    """Jobs that would be of no use."""

    def submit(request: Request, **more: object) -> Callable[[], object]:
        return lambda: make_submission(make_config(CONFIG | more), request, ["a.yaml"])

    told.refusal("a Ray that runs already", submit(Request(), cluster={"address": "n1:6379"}))
    told.refusal("no number of GPUs", submit(Request(gpus_per_node="two")))
    told.refusal("GPUs that lie idle", submit(Request(gpus_per_node="2")))
    told.refusal("too few ports", submit(Request(cpus_per_task=8), slurm={"ports": "20000-20009"}))


def of_commands(
    told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """How `study run` ends that was stopped, and that of one share."""

    def stopped(*_: object) -> None:
        raise Interrupted

    monkeypatch.setattr("study.api.run_study", stopped)
    monkeypatch.setattr("study.api.run_share", lambda *_: None)
    with pytest.raises(typer.Exit):
        go_on(make_config(CONFIG), Path("results"), False, "study run party.yaml")
    told.of("it is stopped", capfd.readouterr().err.strip())
    for name, value in {"ID": "2", "MAX": "8", "COUNT": "9"}.items():
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "7")
    go_on(
        make_config(CONFIG | {"cluster": {"address": "slurm"}}),
        Path("results"),
        False,
        "study run party.yaml",
    )
    told.of("a share is done", capfd.readouterr().out.strip())
