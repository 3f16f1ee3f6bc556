"""What is said when something is in the way of a study: of its folder, of what failed in it, and of the job that it runs in."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest
import typer

from study.api import check_folder, run_study, write_report
from study.cli.commands.run import go_on
from study.config import dump_config, make_config
from study.evidence.stored import VERSION, write_verdicts
from study.execution import job
from study.execution.again import retry
from study.execution.cluster import lock, network, others
from study.execution.cluster.allocation import Allocation, Ending, Given, array_share
from study.execution.cluster.network import address_of, check_ports, choose_ports
from study.execution.cluster.note import JobNote, write_note
from study.execution.cluster.others import Others, Step, give_back_nodes
from study.execution.cluster.scratch import scratch_folder
from study.execution.cluster.submit import Request, make_submission
from study.execution.events import Ended, Event, Lost
from study.execution.job import Progressing, begin_run, running
from study.execution.journal import Journal
from study.execution.observer import Interrupted, Observer
from study.execution.pool import Pool
from study.execution.runner import search
from study.execution.tune_hooks import WorkerCallback
from study.plan import prepare
from study.records.delivery import delivery_notes
from study.records.one import find_trial
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import read_outcomes, write_trial, write_winner, write_work
from study.records.results import Results, load_results
from study.records.work import failure_notes
from study.schema import ALL_ROWS, Kind, StudyError
from study.search.cost import Size
from study.search.plan import make_plan
from study.training.task import Task
from tests.execution.cluster.locks import ELSEWHERE
from tests.execution.test_dispatcher import UNSCORED, Script, dispatcher, report
from tests.execution.test_failures import FIRST, Heard, Prompt, died, raised
from tests.records.examples import (
    arm,
    described,
    failed,
    failed_work,
    make_folder,
    scored_trees,
    shortening,
    trees,
    trial,
    winner,
)
from tests.search.bench import small
from tests.search.helpers import config_of
from tests.snapshots.conftest import Approve

CONFIG: dict[str, Any] = {"name": "party", "data": {"source": "balloons", "rows": 60}, "targets": ["balloons"]}
BATCH = {
    "SLURM_JOB_ID": "7", "SLURMD_NODENAME": "n1", "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_CPUS_ON_NODE": "4",
    "SLURM_JOB_NUM_NODES": "2",
}  # fmt: skip


class Told:
    """Everything that was said, each under the case that it was said in."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def of(self, case: str, *said: object) -> None:
        self.parts.append("\n".join([f"# {case}", *map(str, said)]))

    def refusal(self, case: str, ask: Callable[[], object]) -> None:
        with pytest.raises(StudyError) as refused:
            ask()
        self.of(case, refused.value)

    @property
    def text(self) -> str:
        return "\n\n".join(self.parts)


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
    for content in ('[{"target": "y"}]', "{", f'{{"version": {VERSION}, "verdicts": [{{"target": "y"}}]}}'):
        paths.verdicts.write_text(content)
        told.refusal(f"verdicts: {content.replace(str(VERSION), '<version>')}", lambda: load_results(paths.root).verdicts)
    told.refusal("a version before", lambda: load_results(paths.root).scores)
    told.parts[-4:] = [each.replace(f"version {VERSION}", "version <version>") for each in told.parts[-4:]]
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
    told.refusal("no folder can be made", lambda: run_study(own, root.parent / "file", report=False))


class Hired(Script):
    """Workers in place of a pool."""

    def start(self, wanted: int) -> None:
        self.wanted = wanted

    def serve(self, data: object) -> None:
        """All is known to them."""

    def finish(self, done: bool = False) -> None:
        """All leave."""

    @contextmanager
    def stopped_by_ctrl_c(self) -> Iterator[None]:
        yield


class Rows:
    """As long as an arm's training rows, all that a search asks of its data."""

    train = ([0] * 80,)


def searched(folder: Path, workers: Script, **more: Any) -> list[str]:
    """What a run says, its end included: of one regression on one fold and all rows."""
    plan = make_plan(config_of(families=["linear"], protocol="holdout", **more), [Size("y", Kind.CONTINUOUS, 80, 3)])
    heard, data = Heard(), cast(Any, {("y", own.outer_fold): Rows() for own in plan.arms})
    try:
        search(plan, data, StudyPaths(folder), cast(Pool, workers), heard)
    except StudyError as error:
        heard.notes.append(f"Error: {error}")
    return heard.notes


def test_what_is_said_of_what_failed_and_of_what_is_tried_again(tmp_path: Path, approve: Approve) -> None:
    told = Told()
    of_runs(told, tmp_path)
    of_nodes(told, tmp_path)
    of_deaths(told, tmp_path)
    of_retries(told, make_folder(tmp_path / "retried", done=True))
    of_the_end(told, make_folder(tmp_path / "ended", done=True))
    approve(told.text)


def of_runs(told: Told, folder: Path) -> None:
    """Runs whose records were broken, whose driver died, or in which all failed or nothing began."""
    own = arm()
    paths = StudyPaths(folder / "broken")
    write_atomic(paths.trial(own, 0), "{")
    write_atomic(paths.journal, f'{{"out": "{own.trial_id(0)}"}}\n{{"out": "y-trees-o0"}}\n')
    told.of("a broken record and a driver that died", *searched(paths.root, Hired(report)))

    def act(worker: str, task: Task) -> list[Event]:
        return raised(worker, "Traceback\nValueError: no.\n") if "linear" in task.key else report(worker, task)

    told.of("every trial fails", *searched(folder / "failing", Hired(act), search={"max_tries": 1}))
    told.of("no time", *searched(folder / "late", Hired(report), time_budget_min=1e-9))
    late = StudyPaths(folder / "all rows")
    write_trial(late, trial(own))
    told.of("no time for all rows", *searched(late.root, Hired(report), time_budget_min=1e-9))


def of_nodes(told: Told, folder: Path) -> None:
    """Nodes of no use, beside others and alone."""
    bad = {f"w{n}" for n in range(1, 40, 2)}

    def notes(workers: Script, name: str) -> list[str]:
        dispatched = dispatcher(folder / name, [small(trials=12)], workers)
        heard = dispatched.recorder.observer = Heard()
        try:
            dispatched.run()
        except StudyError as error:
            heard.notes.append(f"Error: {error}")
        return [note for note in heard.notes if UNSCORED not in note]

    def failing(worker: str, task: Task) -> list[Event]:
        return raised(worker, "Traceback\nOSError: full\n") if worker in bad else report(worker, task)

    told.of("a node fails at all it is given", *notes(Prompt(failing, "bad", "good"), "one"))
    unfit = Script(lambda worker, _: [Lost(worker, "Traceback\nImportError: libcuda\n", died=False)])
    told.of("the only node cannot train", *notes(unfit, "only"))
    alone = dispatcher(folder / "nowhere", [small(trials=1)], Script(report))
    alone.faults.add_node("n", "here")
    alone.faults.left_out["n"] = "Traceback\nImportError: libcuda\n"
    told.of("nor where nothing is kept", alone.faults.environment_error(on_disk=False))
    for case, error in {"with a reason": "OSError: full", "without": ""}.items():
        workers = Script(report)
        workers.events = [Ended(f"unborn-{n}", error) for n in range(100)]
        told.of(f"workers end before they begin, {case}", *notes(workers, f"unborn {case}"))
    registry = WorkerCallback(Pool(config_of(), 0), folder / "scratch")
    told.refusal("Ray's files are gone", lambda: registry.on_step_begin(1, []))


def of_deaths(told: Told, folder: Path) -> None:
    """What a trial's record says whose worker died, or whose driver did."""

    def act(worker: str, task: Task) -> list[Event]:
        return died(worker) if task.key == FIRST else report(worker, task)

    for tries in (1, 2):
        search = small(trials=3)
        dispatcher(folder / f"{tries} tries", [search], Script(act), max_tries=tries).run()
        told.of(f"its worker died, and it may die {tries} times", search.records[0].error)
        paths = StudyPaths(folder / f"{tries} deaths")
        write_atomic(paths.journal, f'{{"suspect": "{FIRST}", "deaths": {tries}}}\n')
        with Journal(paths, tries) as journal:
            told.of(
                f"its driver died, and it may die {tries} times",
                journal.final_error(cast(Task, SimpleNamespace(key=FIRST, noun="this trial"))),
            )


def of_retries(told: Told, paths: StudyPaths) -> None:
    """What can be retried, what not, and what is done."""
    write_trial(paths, failed(arm("neural", 1), 0).model_copy(update={"error": "TrainingFailed: in epoch 3."}))
    write_work(paths, failed_work(trees(fold=1)), {})
    told.refusal("what did not fail", lambda: retry(paths.root, "y-linear-o0-0000"))
    told.refusal("what is not there", lambda: retry(paths.root, "y-linear-o0-0007"))
    said: list[str] = []
    retry(paths.root, tell=said.append)
    told.of("all that failed", *said)
    told.refusal("what fails again", lambda: retry(paths.root, tell=lambda _: None))
    retry(paths.root, "y-neural-d1-o0-0000", tell=lambda _: None)
    told.refusal("nothing", lambda: retry(paths.root))


def of_the_end(told: Told, paths: StudyPaths) -> None:
    """What is noted at the end: of work that failed, of cells outside the known range, and of what is delivered."""
    every = failed_work(trees("z", fold=ALL_ROWS)), failed_work(trees(fold=ALL_ROWS))
    for record in (
        scored_trees(),
        failed_work(trees(fold=1)),
        failed_work(trees(fold=2)),
        failed_work(shortening("z")),
        *every,
    ):
        write_work(paths, record, {})
    told.of("work that failed", *failure_notes(read_outcomes(paths)))
    write_winner(paths, winner(models=("y-linear-o0.keras",)), {"y-linear-o0.keras": bytes(2_000_000)})
    write_atomic(paths.delivered("y", "regression"), "model")
    results = Results(paths.root)
    vars(results)["verdicts"] = [SimpleNamespace(target="y")]
    told.of("what is delivered", *delivery_notes(results))


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back what a run in a job sets for good."""
    before = {number: signal.getsignal(number) for number in (signal.SIGUSR2, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_what_is_said_of_a_job_and_its_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], approve: Approve
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


def of_allocations(told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    told.refusal("no job", lambda: Allocation.current({}))
    scontrol(folder, "echo no controller >&2; exit 1")
    told.refusal("no nodes are named", lambda: Allocation.current(BATCH))
    array = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_COUNT": "3"}
    told.refusal("part of an array", lambda: array_share(array))
    for name, value in (BATCH | {"SLURM_JOB_NUM_NODES": "1"}).items():
        monkeypatch.setenv(name, value)
    needy = make_config(CONFIG | {"cluster": {"address": "slurm"}, "resources": {"gpus_per_trial": 0.5}})
    with running(needy, StudyPaths(folder), Observer()):
        told.of("a run begins", capfd.readouterr().out.strip())


def of_job_ends(told: Told, paths: StudyPaths, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Why a job ends, whether it queues again, and why not."""
    allocation = Allocation("7", 1, Given("n1", 1, 0, None), ("n1",))
    for why in Ending:
        for refused in ("", "disabled") if why is Ending.PREEMPTED else ("",):
            monkeypatch.setattr(job, "ending", lambda *_, why=why: why)
            monkeypatch.setattr(job, "requeue", lambda *_, refused=refused: refused)
            Progressing(paths, allocation, Observer()).leave()
            told.of(f"it ends: {why.value}{', ' * bool(refused)}{refused}", capfd.readouterr().err.strip())
    for done, refused in ((3, ""), (3, "disabled")):
        monkeypatch.setattr(job, "requeue", lambda *_, refused=refused: refused)
        watch = Progressing(paths, allocation, Observer())
        watch.done = done
        watch.queue_again()
        told.of(f"its time is over: {refused or 'it queues again'}", capfd.readouterr().err.strip())
    write_note(paths, JobNote(id="7", records=5, idle=1))
    told.refusal("no progress", lambda: begin_run(paths, "7", restarts=2, records=5))
    (paths.root / "file").touch()
    told.refusal("no note can be written", lambda: write_note(StudyPaths(paths.root / "file"), JobNote(id="7")))


def of_other_nodes(told: Told, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
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


def of_commands(told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
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
    go_on(make_config(CONFIG | {"cluster": {"address": "slurm"}}), Path("results"), False, "study run party.yaml")
    told.of("a share is done", capfd.readouterr().out.strip())
