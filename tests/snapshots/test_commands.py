"""What the commands print, each as a person reads it on a screen of 100 columns."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from harness.inputs import make_frame
from study.api import study_beside, study_searches
from study.config import dump_config, load_config, make_config
from study.evidence.stored import write_verdicts
from study.execution.cluster import lock
from study.execution.cluster.note import JobNote, read_note, write_note
from study.execution.cluster.submit import MOST_LINES
from study.plan import prepare
from study.records.gathering import gather
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import read_records, write_trial, write_winner, write_work
from study.records.results import Results, load_results
from study.records.trees import Trees
from study.records.trial import TrialRecord
from study.schema import ALL_ROWS, Kind, Share, TrialState
from tests.cli.conftest import Ended, call
from tests.cli.shown import Clock, finish, finish_work, make_study, plain, winner as shown_winner
from tests.evidence.losses import only_verdict, three
from tests.records.examples import (
    described,
    failed,
    failed_work,
    make_folder,
    scored_trees,
    search,
    shortened,
    trial,
    winner,
)
from tests.report.synthetic import write_results
from tests.snapshots.conftest import Approve

PRICE = ("good.csv", "--target", "price")
TWO = "--set=resources.max_concurrent=2"
"""So that a study has two workers on any machine."""
IN_TIME = (
    "--set=time=day",
    "--set=depths=1",
    "--set=margin_of=unit",
    "--set=margin=2",
    "--set=metric=rmse",
)
LARGE = "--set=budget_core_hours=10000"


def typed(*args: str) -> Ended:
    return call(*args, columns=100)


def screen(cases: Iterable[tuple[str, Ended]]) -> str:
    return "\n".join(f"# {case}\n{ended.shown}" for case, ended in cases)


def test_what_check_prints(folder: Path, approve: Approve) -> None:
    codes = make_frame().assign(
        zip=lambda own: [10_115 + 7 * (row % 4) for row in own.index],
        house=lambda own: own.index // 4,
    )
    codes.loc[:2, "size"] = float("nan")
    codes.to_csv(folder / "codes.csv", index=False)
    make_frame().assign(row=range(40), day=range(40)).to_csv(folder / "good.csv", index=False)
    (folder / "party.yaml").write_text(
        "data: {source: good.csv, types: {day: numeric}}\ntargets: {price: auto, town: auto}\nmetric: {town: auc}\n"
        "margin_of: unit\nmargin: 0.1\nprotocol: holdout\nterms: [size]\nseed: 3\n"
    )
    cases = {
        "codes, empty cells and groups": (
            "check",
            "codes.csv",
            "-t",
            "price",
            "--set=groups=house",
            TWO,
        ),
        "a config of two targets": ("check", "party.yaml", TWO),
        "in the order of time, with a margin of its own unit": ("check", *PRICE, *IN_TIME, TWO),
        "a budget": ("check", *PRICE, "--set=budget_core_hours=0.05", TWO),
        "one of a single split, more than its plan takes": (
            "check",
            *PRICE,
            LARGE,
            "--set=protocol=holdout",
            TWO,
        ),
        "one of a regression, more than its plan takes": (
            "check",
            *PRICE,
            LARGE,
            "--set=families=[linear]",
            TWO,
        ),
        "one that is too small": (
            "check",
            *PRICE,
            "--set=budget_core_hours=0.001",
            "--set=depths=1",
            TWO,
        ),
    }
    approve(screen((case, typed(*args)) for case, args in cases.items()))


def begin(root: Path) -> StudyPaths:
    """A study of which a trial and the boosted trees failed, and one record is broken."""
    paths = make_folder(root)
    config = {"name": "party", "data": {"source": "balloons"}, "targets": {"y": "continuous"}}
    more = {"depths": 1, "protocol": "holdout", "search": {"trials": 3}}
    write_atomic(paths.config, dump_config(make_config(config | more)))
    write_work(paths, failed_work(Trees(target="y", kind=Kind.CONTINUOUS, outer_fold=0)), {})
    write_atomic(paths.trial(search("terms"), 2), "{")
    return paths


def complete(root: Path) -> None:
    """A study of a regression alone that has all of its records, and a verdict."""
    paths = StudyPaths(root)
    config = {
        "name": "party",
        "data": {"source": "balloons"},
        "targets": {"y": "continuous"},
        "families": ["linear"],
    }
    write_atomic(paths.config, dump_config(make_config(config | {"protocol": "holdout"})))
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    results = load_results(root)
    for own, budget in study_searches(results):
        for number in range(budget):
            write_trial(paths, trial(own, number))
        write_winner(paths, winner(own, models=()), {})
    for work in study_beside(results, ()).left:
        write_work(paths, scored_trees(work) if isinstance(work, Trees) else shortened(work), {})
    gather(paths)
    write_atomic(
        paths.verdicts, write_verdicts([only_verdict(three(np.random.default_rng(0), 0.99, 1.02))])
    )


def test_what_status_prints(slurm: Path, approve: Approve, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = begin(slurm / "results" / "my party")
    complete(slurm / "results" / "done")
    write_atomic(
        StudyPaths(slurm / "results" / "new").config,
        "name: new\ndata: {source: balloons}\ntarget: y\n",
    )
    write_note(StudyPaths(slurm / "results" / "queued"), JobNote(id="42"))
    for number in range(MOST_LINES + 1):
        share = Share(number=number, count=MOST_LINES + 1)
        write_note(StudyPaths(slurm / "results" / "array", share), JobNote(id=f"70_{number}"))
    (slurm / "state").write_text(
        "42|42|PENDING|Resources||2:00:00\n42|42|RUNNING|None|n[1-3]|1:58:02\n"
    )
    cases = [
        ("queued and not begun", typed("status", "results/queued")),
        ("running on a cluster and not begun", typed("status", "results/queued")),
        ("no job any more, and never begun", typed("status", "results/queued")),
        ("begun without a word of its table", typed("status", "results/new")),
        ("begun, with failures and a broken record", typed("status", "results/my party")),
    ]
    monkeypatch.setattr(lock, "BEAT_S", 0.2)
    with lock.locked(paths):
        cases.append(("somebody at work", typed("status", "results/my party")))
    write_note(paths, JobNote(id="42"))
    (slurm / "state").write_text("42|42|PENDING|Priority||\n")
    cases.append(("a job in the queue that goes on", typed("status", "results/my party")))
    cases.append(("finished", typed("status", "results/done")))
    (slurm / "bin" / "squeue").write_text(f"#!/bin/sh\ncat '{slurm}/state'\n")
    running, waiting = "RUNNING|None|n1|1:00:00", "PENDING|Priority||2:00:00"
    states = [
        f"70_{number}|{71 + number}|{running if number < 4 else waiting}\n"
        for number in range(MOST_LINES + 1)
    ]
    (slurm / "state").write_text("".join(states))
    cases.append(("an array of many tasks", typed("status", "results/array")))
    approve(
        screen(cases).replace(
            f"process {os.getpid()} on {socket.gethostname()}", "process <number> on <host>"
        )
    )


def test_what_show_prints(folder: Path, finished: Results, approve: Approve) -> None:
    paths = make_folder(folder / "my party")
    write_winner(paths, winner(), {})
    network = search("neural", 1, fold=ALL_ROWS)
    write_trial(
        paths,
        trial(
            network, state=TrialState.PRUNED, rungs=(0.5, 0.4), coefficients={}, wall_time_s=75.0
        ),
    )
    shutil.copytree(finished.root, folder / "party")
    cases = {
        "a finished study": ("party",),
        "a trial that won its search": ("my party", "--trial", "y-linear-o0-0000"),
        "one that failed": ("my party", "--trial", "y-linear-o0-0001"),
        "one that was given up": ("my party", "--trial", network.trial_id(0)),
        "one that is not there": ("my party", "--trial", "y-linear-o0-0011"),
        "an unfinished study": ("my party",),
    }
    ended = {case: typed("show", *args) for case, args in cases.items()}
    assert [case for case, each in ended.items() if each.code and each.out] == []
    approve(screen(ended.items()))


def test_what_compare_prints(folder: Path, finished: Results, approve: Approve) -> None:
    shutil.copytree(finished.root, folder / "shallow")
    deep = write_results(folder / "deep [2]", ["balloons"], n_trials=1, depths=(2,))
    deep.paths.config.write_text(
        deep.paths.config.read_text().replace("depths: null", "depths: [2]"), encoding="utf-8"
    )
    own = deep.verdicts[0]
    write_atomic(
        deep.paths.verdicts, write_verdicts([own, own.model_copy(update={"target": "colour"})])
    )
    make_folder(folder / "begun")
    cases = {
        "two studies": ("shallow", "deep [2]"),
        "by another metric": ("shallow", "deep [2]", "--metric", "rmse"),
        "a study and itself": ("shallow", "shallow"),
        "one alone": ("shallow",),
        "one that is not finished": ("shallow", "begun"),
    }
    approve(screen((case, typed("compare", *args)) for case, args in cases.items()))


def test_what_report_refuses(folder: Path, approve: Approve) -> None:
    write_atomic(
        folder / "results" / "new" / "config.yaml",
        "name: new\ndata: {source: balloons}\ntarget: y\n",
    )
    make_folder(folder / "results" / "begun")
    cases = {
        "a study without a trial": ("results/new",),
        "no results": ("results/none",),
        "two studies": ("results/begun", "results/my other"),
    }
    ended = [(case, typed("report", *args)) for case, args in cases.items()]

    assert all(each.code == 2 and not each.out for _, each in ended)
    assert not list(folder.rglob("*.html"))
    approve(screen(ended))


def test_what_init_writes(folder: Path, approve: Approve) -> None:
    codes = make_frame().assign(
        zip=lambda own: [10_115 + 7 * (row % 4) for row in own.index], row=range(40)
    )
    codes.to_csv(folder / "my table.csv", index=False)
    args = ("my table.csv", "-t", "price", "-t", "town", "-o", "good.yaml")
    cases = [("a table", typed("init", *args)), ("once more", typed("init", *args))]
    cases.append(("a folder that is not there", typed("init", *args[:-1], "none/good.yaml")))
    approve(f"{screen(cases)}\n# good.yaml\n{Path('good.yaml').read_text(encoding='utf-8')}")


def test_what_retry_says(folder: Path, approve: Approve) -> None:
    def study(name: str, *records: TrialRecord) -> StudyPaths:
        paths = StudyPaths(folder / "results" / name)
        config = make_config(
            {"name": name, "data": {"source": "balloons"}, "targets": {"y": "continuous"}}
        )
        write_atomic(paths.config, dump_config(config))
        for record in records:
            write_trial(paths, record)
        return paths

    study("fine", trial())
    paths, taken = (
        study(name, trial(), failed(number=1), trial(number=2)) for name in ("party", "taken")
    )
    taken.retried.write_text("in the way")
    refused = {
        "a trial that did not fail": ("results/party", "--trial", "y-linear-o0-0002"),
        "one that is not there": ("results/party", "--trial=y-linear-o0-0011"),
        "a table that has changed": ("results/party",),
        "an unknown key": ("results/party", "--set", "seeds=1"),
        "no results": ("results/none",),
        "nothing that failed": ("results/fine", "--no-run"),
        "no place for what failed": ("results/taken", "--no-run"),
    }
    cases = [(case, typed("retry", *args)) for case, args in refused.items()]
    assert all(ended.code == 2 and not ended.out for _, ended in cases)
    assert [len(read_records(own).trials) for own in (paths, taken)] == [3, 3]

    cases.append(("what failed, put aside", typed("retry", "results/party", "--no-run")))
    assert [outcome.number for outcome in read_records(paths).trials] == [0]
    approve(screen(cases))


def test_what_submit_says_and_queues(
    slurm: Path, approve: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    (slurm / "party.yaml").write_text(
        "data: {source: good.csv}\ntarget: price\nprotocol: holdout\n"
    )
    other = prepare(load_config("party.yaml", ["name=other", "seed=1"])).plan.config
    write_atomic(StudyPaths(slurm / "results" / "other").config, dump_config(other))
    refused = {
        "too few ports": ("--set", "slurm.ports=20000-20010"),
        "GPUs for nothing": ("--gpus-per-node=a100:2",),
        "no GPUs": ("--set", "resources.gpus_per_trial=1"),
        "no number of GPUs": ("--gpus-per-node=two",),
        "none of them": ("--gpus-per-node=0",),
        "a cluster of another": ("--set", "cluster.address=head:6379"),
        "an array": ("--sbatch", "--array=0-9"),
        "what is no shell": ("--sbatch", "--comment='x"),
        "no place for results": ("--results", "good.csv"),
        "a folder of another study": ("--name", "other"),
    }
    cases = [(case, typed("submit", "party.yaml", *more)) for case, more in refused.items()]
    assert all(ended.code == 2 and not ended.out for _, ended in cases)
    asked = (
        "party.yaml",
        "--name",
        "it's one",
        "--nodes=3",
        "--time=02:00:00",
        "--partition=long",
        "--sbatch",
        "--qos=high",
    )
    setup = ("--set", "slurm.setup=['module load python', 'ulimit -n 4096']")
    cases.append(("what would be queued", typed("submit", *asked, *setup, "--dry-run")))
    assert {path.name for path in slurm.iterdir()} == {"bin", "good.csv", "party.yaml", "results"}
    assert {path.name for path in (slurm / "results").iterdir()} == {"other"}

    cases.append(("a job", typed("submit", *asked)))
    (slurm / "state").write_text("42|42|PENDING|Priority||2:00:00\n")
    cases.append(("a second job for the same results", typed("submit", *asked)))
    assert [ended.code for _, ended in cases[-2:]] == [0, 2]

    monkeypatch.setattr("study.execution.cluster.submit.LOOK_EVERY_S", 0)
    write_atomic(StudyPaths(slurm / "results" / "done").verdicts, "[]")
    for case, name in (("a job that is waited for", "done"), ("one that is lost", "lost")):
        (slurm / "state").write_text(
            "42|42|PENDING|Resources||2:00\n" + "42|42|RUNNING|None|n1|2:00\n" * 2
        )
        cases.append((case, typed("submit", "party.yaml", f"--name={name}", "--wait")))
    assert [ended.code for _, ended in cases[-2:]] == [0, 2]

    (slurm / "bin" / "sbatch").write_text(
        "#!/bin/sh\necho 'sbatch: error: invalid partition specified: none' >&2\nexit 1\n"
    )
    cases.append(("what sbatch refuses", typed("submit", "party.yaml", "--partition=none")))
    assert read_note(StudyPaths(slurm / "results" / "party")) is None
    monkeypatch.setenv("PATH", str(slurm / "none"))
    cases.append(("no sbatch", typed("submit", "party.yaml")))
    assert [ended.code for _, ended in cases[-2:]] == [2, 2]
    approve(screen(cases).replace(str(Path(sys.executable).parent), "<environment>"))


def test_what_explain_and_help_print(approve: Approve) -> None:
    cases = {
        "every warning": ("explain",),
        "one": ("explain", "S003"),
        "the program": ("--help",),
        "a study": ("run", "--help"),
        "no such command": ("rum", *PRICE),
        "no such option": ("run", *PRICE, "--tarquet", "price"),
    }
    approve(screen((case, typed(*args)) for case, args in cases.items()))


def test_what_is_seen_of_a_run_without_a_terminal(clock: Clock, approve: Approve) -> None:
    parts = []
    for case, more in (("from the start", {}), ("with a budget of time", {"time_budget_min": 1.5})):
        plan, searches, beside = make_study(**more)
        shown, out = plain()
        with shown:
            shown.started(plan, searches, beside)
            for key in searches:
                clock.now += 2
                finish(shown, searches, key, range(3))
            finish(shown, searches, "y [m]-neural-d1-o1", range(3, 4), loss=None)
            parts.append(f"# {case}\n{out.getvalue()}")
    shown, out = plain()
    shown.started(plan, searches, beside)
    for key in searches:
        finish(shown, searches, key, range(3, 4))
    for number, state in enumerate(
        [TrialState.FAIL, *[TrialState.COMPLETE] * 2, TrialState.FAIL, *[TrialState.COMPLETE] * 2]
    ):
        clock.now += 2
        error = "Traceback\nValueError: [no] luck\n" if state is TrialState.FAIL else None
        finish_work(shown, beside, number, state, error=error)
    for search_state in searches.values():
        search_state.score(0)
        clock.now += 2
        shown.finished(shown_winner(search_state.spec))
    parts.append(f"# going on\n{out.getvalue()}")
    shown, out = plain()
    shown.started(plan, searches, beside)
    parts.append(f"# with nothing left\n{out.getvalue()}")
    approve("\n".join(parts))
