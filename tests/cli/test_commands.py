from __future__ import annotations

import json
import os
import re
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import make_frame, write_good
from study.cli import progress
from study.cli.main import COMMANDS
from study.execution.cluster import lock
from study.records.environment import Environment
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import write_trial
from study.records.trial import TrialRecord
from study.schema import Kind, Search, TrialState
from tests.cli.conftest import Command
from tests.records.examples import described

WEIRD = "Grüße an 'alle' \"hier\" & $HOME #1 (neu)"
"""A folder name as people have."""
PRICE = ("good.csv", "--target", "price")


def test_help_names_no_value_beside_an_option_that_takes_none(command: Command) -> None:
    for words in ((), *((each.__name__,) for each in COMMANDS)):
        ended = command(*words, "--help")

        assert ended.code == 0
        assert "--help " in ended.out
        assert "<bool>" not in ended.out


def test_the_version_is_that_of_the_installed_package(command: Command) -> None:
    ended = command("--version")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"family-study {metadata.version('family-study')}\n"


def test_a_shell_can_complete_commands(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    script = command("--show-completion", "bash")
    monkeypatch.setenv("_STUDY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "study st")
    monkeypatch.setenv("COMP_CWORD", "1")

    assert "_STUDY_COMPLETE=complete_" in script.out
    assert command().out.split() == ["status"]


def told(command: Command, *args: str) -> dict[str, Any]:
    """What a command prints for programs."""
    ended = command(*args, "--json")
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def test_check_counts_what_would_be_done_and_does_nothing(folder: Path, command: Command) -> None:
    frame = make_frame().assign(row=range(40), house=lambda own: own.index // 4)
    frame.loc[:2, "size"] = float("nan")
    frame.to_csv(folder / "good.csv", index=False)
    settings = ("--set", "depths=[1, 2]", "--set", "search.trials=7", "--set", "groups=house")

    found = told(command, "check", *PRICE, *settings)
    shown = command("check", *PRICE, *settings)

    assert (found["rows"], found["source"]) == (40, str(folder / "good.csv"))
    assert [(each["name"], each["kind"]) for each in found["targets"]] == [("price", "continuous")]
    assert [(each["name"], each["type"], each["missing"]) for each in found["features"]] == [
        ("size", "numeric", 3),
        ("town", "category", 0),
    ]
    assert [tuple(each.values()) for each in found["models"]] == [
        ("price", "baseline", 15, 1, 5),
        ("price", "linear", 15, 1, 5),
        ("price", "terms", 15, 7, 5),
        ("price", "neural-d1", 15, 7, 10),
        ("price", "neural-d2", 15, 7, 10),
    ]
    assert (found["searches"], found["trials"], found["fits"], found["epochs"]) == (
        80,
        368,
        2960,
        200,
    )
    assert re.search(r"'house'.*\b10\b", found["splitting"])
    assert (shown.code, shown.err) == (0, "")
    assert re.search(r"\b368 trials, 2,960 fits\b", shown.out)
    assert [path.name for path in folder.iterdir()] == ["good.csv"]


def test_check_lists_the_first_and_last_of_many_columns_and_counts_the_others(
    folder: Path, command: Command
) -> None:
    words = {f"w{i}": list("ab") * 20 for i in range(30)}
    flags = {f"f{i}": ["yes", "no"] * 20 for i in range(20)}
    make_frame().assign(**words, **flags).to_csv(folder / "good.csv", index=False)

    lines = command("check", *PRICE, "--set=protocol=holdout").out.splitlines()

    listed = [line.split()[0] for line in lines if line.startswith(("  w", "  f", "  ..."))]
    assert listed == [*(f"w{i}" for i in range(29)), "...", *(f"f{i}" for i in range(10, 20))]
    (between,) = [line for line in lines if line.startswith("  ...")]
    assert re.findall(r"\d+", between) == ["11"]


def test_check_names_no_more_workers_than_there_are_cores(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "available_cpus", lambda: 3)
    make_frame().to_csv(folder / "good.csv", index=False)
    resources = "resources.max_concurrent=512"

    assert told(command, "check", *PRICE, "--set", resources)["workers"] == 3


def test_check_offers_no_further_repeat_of_folds_in_time_order(
    folder: Path, command: Command
) -> None:
    make_frame().assign(day=range(40)).to_csv(folder / "good.csv", index=False)

    at_random, in_time = (
        command("check", *PRICE, "--set=depths=1", *more).out for more in ((), ("--set=time=day",))
    )

    assert "repeats" in at_random
    assert "repeats" not in in_time


@pytest.mark.parametrize("more", ["protocol=nested", "families=[linear]"])
def test_a_budget_that_check_names_as_the_least_is_enough(
    more: str, folder: Path, command: Command
) -> None:
    write_good(folder)

    def planned(hours: float) -> dict[str, Any]:
        return told(command, "check", *PRICE, "--set", f"budget_core_hours={hours}", "--set", more)

    few = planned(1e-4)
    least = float(re.findall(r"\d+\.\d+", few["budget"])[-1])
    enough = planned(least)

    assert few["core_seconds"] / 3600 > 1e-4
    assert enough["core_seconds"] / 3600 <= least


def test_any_path_and_any_column_name_is_printed_as_it_is(folder: Path, command: Command) -> None:
    (folder / WEIRD).mkdir()
    make_frame().rename(columns={"size": "size [m]", "price": "price [/b]"}).to_csv(
        folder / WEIRD / "a b.csv", index=False
    )

    ended = command("check", f"{WEIRD}/a b.csv", "-t", "price [/b]", "--set=depths=1")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("a b.csv: ")
    assert " price [/b] " in ended.out


def test_status_of_a_study_that_has_just_begun_counts_what_is_left_and_how_to_go_on(
    folder: Path, command: Command
) -> None:
    paths = StudyPaths(folder / "results" / "my study")
    config = "name: my study\ndata: {source: balloons}\ntarget: y\ndepths: 1\nprotocol: holdout\nsearch: {trials: 3}\n"
    write_atomic(paths.config, config)
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    search = Search(target="y", kind=Kind.CONTINUOUS, family="terms", depth=0, outer_fold=0)
    own = {
        "study": "my study",
        "search": search,
        "generation": 0,
        "params": {"products": 0.0, "curves": 0.0, "l2": 0.0},
    }
    write_trial(
        paths, TrialRecord(number=0, trial_id="a", state=TrialState.COMPLETE, val_loss=0.25, **own)
    )
    write_trial(
        paths, TrialRecord(number=1, trial_id="b", state=TrialState.FAIL, error="no", **own)
    )
    write_atomic(paths.trial(search, 2), "{")

    found = told(command, "status", "results/my study")
    shown = command("status", "results/my study")

    counts = {
        (each["model"], each["outer_fold"]): (each["trials"], each["budget"])
        for each in found["searches"]
    }
    budgets = {"baseline": 1, "linear": 1, "terms": 3, "neural-d1": 3}
    assert counts == {(name, fold): (0, n) for name, n in budgets.items() for fold in (0, -1)} | {
        ("terms", 0): (2, 3)
    }
    assert [(each["failed"], each["val_loss"]) for each in found["searches"] if each["trials"]] == [
        (1, 0.25)
    ]
    assert found["remaining"] == {"trials": 14, "winners": 8, "trees": 2, "simple formulas": 2}
    assert found["broken"] == ["results/my study/trials/y-terms-o0/0002.json"]
    assert (found["failed"], found["resume"]) == (1, "study run 'results/my study/config.yaml'")
    assert next(line.split() for line in shown.out.splitlines() if "terms" in line)[-4:] == [
        "0/2", "2/6", "\N{EN DASH}", "1",
    ]  # fmt: skip
    assert all(
        way in shown.out
        for way in (found["broken"][0], "study retry 'results/my study'", found["resume"])
    )
    assert paths.trial(search, 2).exists()


def test_status_names_who_is_at_work_in_place_of_how_to_go_on(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT_S", 0.2)
    paths = StudyPaths(folder / "results" / "party")
    write_atomic(
        paths.config,
        "name: party\ndata: {source: balloons}\ntarget: y\ndepths: 1\nsearch: {trials: 3}\n",
    )
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    environment = Environment.here(seed=0)
    write_atomic(paths.environment, environment.model_dump_json())

    with lock.locked(paths):
        during = told(command, "status", "results/party")
    after = told(command, "status", "results/party")
    paths.root.rename(folder / "kept")
    moved = told(command, "status", "kept")

    (worker,) = during["running"]
    assert all(
        part in worker
        for part in (str(os.getpid()), socket.gethostname(), str(environment.started))
    )
    assert during["resume"] is None
    assert (after["running"], after["resume"]) == ([], "study run results/party/config.yaml")
    assert moved["resume"] == "study run kept/config.yaml --results . --name kept"
