from __future__ import annotations

import os
import re
import socket
from importlib import metadata
from pathlib import Path

import pytest

from harness.inputs import make_frame
from study.machines import lock
from study.records.environment import Environment
from study.records.paths import StudyPaths, write_atomic
from study.records.results import write_trial
from study.records.trial import TrialRecord
from study.schema import Arm, Kind, TrialState
from tests.records.examples import described, trial
from tests.screen.conftest import Command

WEIRD = "Grüße an 'alle' \"hier\" & $HOME #1 (neu)"
"""A folder name as people have."""


def test_help_names_every_command(command: Command) -> None:
    ended = command("--help")

    assert ended.code == 0
    assert all(f" {name} " in ended.out for name in ("init", "check", "run", "status", "report"))


@pytest.mark.parametrize("words", [(), ("run",), ("submit",)])
def test_help_names_no_value_beside_an_option_that_takes_none(words: tuple[str, ...], command: Command) -> None:
    ended = command(*words, "--help")

    assert ended.code == 0
    assert "--help " in ended.out
    assert "<bool>" not in ended.out
    assert words == () or "<str>" in ended.out


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


def test_a_word_that_is_no_command_is_answered_with_the_nearest(command: Command) -> None:
    ended = command("rum", "good.csv")

    assert ended.code == 2
    assert "No such command 'rum'. Did you mean 'run'?" in ended.err


def test_check_counts_empty_cells_hints_at_codes_and_confirms_groups(folder: Path, command: Command) -> None:
    frame = make_frame().assign(zip=lambda frame: [10_115 + 7 * (row % 4) for row in frame.index], house=lambda f: f.index // 4)
    frame.loc[:2, "size"] = float("nan")
    frame.to_csv(folder / "good.csv", index=False)

    ended = command("check", "good.csv", "-t", "price", "--set", "groups=house")

    lines = {" ".join(line.split()) for line in ended.out.splitlines()}
    assert lines >= {
        "Rows of one 'house' (10 groups) stay together in every split.",
        "size numeric 3 numbers, 37 distinct values",
        "Warning S013: 'zip' is read as numbers and looks like a code: 4 whole numbers from 10115 to 10136. If it names "
        "something and measures nothing, set data.types.zip to category.",
        "Note: 3 of 120 cells of the features are empty, in 1 of 3 columns; most in 'size' (3 of 40 rows).",
    }


def test_check_prints_what_would_be_done_and_does_nothing(folder: Path, command: Command) -> None:
    make_frame().assign(row=range(40)).to_csv(folder / "good.csv", index=False)

    ended = command("check", "good.csv", "-t", "price", "--set", "depths=[1, 2]", "--set", "search.trials=7")

    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert (ended.code, ended.err) == (0, "")
    assert lines[:3] == [
        f"good: 40 rows from {folder}/good.csv",
        "Target price is continuous: numeric, 40 distinct values.",
        "The verdict on price is asked of the mean squared error: the margin is 5 % of linear regression's loss, and a "
        "difference below 0.01 standard deviations of price in the error cannot matter (floor).",
    ]
    assert {"size numeric - numbers, 40 distinct values", "town category - text, 2 distinct values"} <= set(lines)
    assert "Note: Left out, since consecutive numbers count the rows: row." in lines
    assert lines[-8:-2] == [
        "target model outer folds trials fits a trial",
        "price constant 15 and all rows 1 5",
        "price linear 15 and all rows 1 5",
        "price extended 15 and all rows 7 5",
        "price neural-d1 15 and all rows 7 10",
        "price neural-d2 15 and all rows 7 10",
    ]
    assert lines[-2].startswith("80 arms, 368 trials, 2,960 fits, at most 200 epochs; about ")
    assert lines[-1].startswith("Every target is tested in 5 outer folds, drawn 3 times; a further repeat (outer.repeats) ")
    assert [path.name for path in folder.iterdir()] == ["good.csv"]


def test_check_offers_no_further_repeat_of_folds_in_time_order(folder: Path, command: Command) -> None:
    make_frame().assign(day=range(40)).to_csv(folder / "good.csv", index=False)

    ended = command("check", "good.csv", "-t", "price", "--set", "time=day", "--set", "protocol=nested")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "Every target is tested in 5 outer folds, in the order of time."


@pytest.mark.parametrize(
    ("hours", "more", "said"),
    [
        ("0.05", "", "0.05 buys 6 times 5 outer folds, 30 trials an arm, 2 seeds, 200 epochs, depth 1, 2 and 3: about 0.0"),
        ("10000", "", "More than that must be asked for by its keys (search.trials, inner.seeds, outer.repeats)."),
        ("10000", "protocol=holdout", "More than that must be asked for by its keys (search.trials, inner.seeds)."),
        ("0.02", "families=[linear]", "0.02 buys 10 times 5 outer folds: about 0.0"),
        ("0.001", "", "budget_core_hours: 0.001 is too little: the plan takes about "),
    ],
)
def test_check_says_what_a_budget_buys(hours: str, more: str, said: str, folder: Path, command: Command) -> None:
    make_frame().to_csv(folder / "good.csv", index=False)

    settings = [f"--set={key}" for key in (f"budget_core_hours={hours}", more) if key]
    ended = command("check", "good.csv", "-t", "price", *settings)

    assert (ended.code, ended.err) == (0, "")
    assert said in ended.out


@pytest.mark.parametrize("more", ["protocol=nested", "protocol=holdout", "families=[linear]"])
def test_a_budget_that_check_names_as_the_least_is_enough(more: str, folder: Path, command: Command) -> None:
    make_frame().to_csv(folder / "good.csv", index=False)

    def said(hours: str) -> str:
        return command("check", "good.csv", "-t", "price", "--set", f"budget_core_hours={hours}", "--set", more).out

    least = re.search(r"takes about (\S+) core-hours", said("0.0001"))

    assert least is not None
    assert f"budget_core_hours: {least[1]} buys " in said(least[1])


def test_a_column_name_with_brackets_is_printed_as_it_is(folder: Path, command: Command) -> None:
    make_frame().rename(columns={"size": "size [m]", "price": "price [/b]"}).to_csv(folder / "good.csv", index=False)

    ended = command("check", "good.csv", "-t", "price [/b]")

    assert (ended.code, ended.err) == (0, "")
    assert " size [m] " in ended.out
    assert " price [/b] " in ended.out


def test_check_takes_a_table_at_any_path(folder: Path, command: Command) -> None:
    (folder / WEIRD).mkdir()
    make_frame().to_csv(folder / WEIRD / "a b.csv", index=False)

    ended = command("check", f"{WEIRD}/a b.csv", "--target", "price")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("a_b~")
    assert f": 40 rows from {folder}/{WEIRD}/a b.csv\n" in ended.out


def test_status_of_a_study_that_has_just_begun_names_what_is_left_and_how_to_go_on(folder: Path, command: Command) -> None:
    paths = StudyPaths(folder / "results" / "my study")
    config = "name: my study\ndata: {source: balloons}\ntarget: y\ndepths: 1\nprotocol: holdout\nsearch: {trials: 3}\n"
    write_atomic(paths.config, config)
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    arm = Arm(target="y", kind=Kind.CONTINUOUS, family="extended", depth=0, outer_fold=0)
    told = {"study": "my study", "arm": arm, "generation": 0, "params": {"products": 0.0, "curves": 0.0, "l2": 0.0}}
    write_trial(paths, TrialRecord(number=0, trial_id="a", state=TrialState.COMPLETE, val_loss=0.25, **told))
    write_trial(paths, TrialRecord(number=1, trial_id="b", state=TrialState.FAIL, error="no", **told))
    write_atomic(paths.trial(arm, 2), "{")

    ended = command("status", "results/my study")

    assert (ended.code, ended.err) == (0, "")
    assert [line.split() for line in ended.out.splitlines()[1:9]] == [
        ["y", "constant", "0", "0/1", "\N{EN DASH}"],
        ["y", "linear", "0", "0/1", "\N{EN DASH}"],
        ["y", "extended", "0", "2/3", "1", "0.2500"],
        ["y", "neural-d1", "0", "0/3", "\N{EN DASH}"],
        ["y", "constant", "all", "rows", "0/1", "\N{EN DASH}"],
        ["y", "linear", "all", "rows", "0/1", "\N{EN DASH}"],
        ["y", "extended", "all", "rows", "0/3", "\N{EN DASH}"],
        ["y", "neural-d1", "all", "rows", "0/3", "\N{EN DASH}"],
    ]
    assert ended.out.splitlines()[9:] == [
        "Broken record, which the next run sets aside and runs again: results/my study/trials/y-extended-o0/0002.json",
        "1 of 2 trials failed; their records say why. `study retry 'results/my study'` runs them again.",
        "Not finished: 14 trials, 8 winners, 2 trees and 2 short formulas to go. "
        "Go on with: study run 'results/my study/config.yaml'",
    ]
    assert paths.trial(arm, 2).exists()


def test_status_names_who_is_at_work_in_place_of_how_to_go_on(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT_S", 0.2)
    paths = StudyPaths(folder / "results" / "party")
    write_atomic(paths.config, "name: party\ndata: {source: balloons}\ntarget: y\ndepths: 1\nsearch: {trials: 3}\n")
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    environment = Environment.here(seed=0)
    write_atomic(paths.environment, environment.model_dump_json())

    with lock.locked(paths):
        during = command("status", "results/party").out.splitlines()[-1]
    after = command("status", "results/party").out.splitlines()[-1]

    to_go = "48 trials, 24 winners, 6 trees and 6 short formulas to go"
    assert during == f"At work: process {os.getpid()} on {socket.gethostname()} since {environment.started}; {to_go}."
    assert after == f"Not finished: {to_go}. Go on with: study run results/party/config.yaml"
    paths.root.rename(folder / "kept")
    assert command("status", "kept").out.splitlines()[-1].endswith("study run kept/config.yaml --results . --name kept")


def test_report_of_a_study_without_a_trial_says_how_to_go_on(folder: Path, command: Command) -> None:
    write_atomic(folder / "results" / "party" / "config.yaml", "name: party\ndata: {source: balloons}\ntarget: y\n")

    ended = command("report", "results/party")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "Error: results/party has no trial yet, so there is nothing to report; `study run results/party/config.yaml` goes on.\n"
    )


def test_report_of_an_unfinished_study_shows_its_search_alone(folder: Path, command: Command) -> None:
    paths = StudyPaths(folder / "results" / "party")
    write_atomic(paths.config, "name: party\ndata: {source: balloons}\ntarget: y\n")
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    write_atomic(paths.environment, Environment.here(seed=0).model_dump_json())
    write_trial(paths, trial())

    ended = command("report", "results/party")

    assert (ended.code, ended.out, ended.err) == (0, "results/party/report.html\n", "")
    assert {path.stem for path in paths.figures.iterdir()} == {"loss_by_family", "best_so_far", "learning_curves"}
    assert "The study is not finished" in paths.html.read_text(encoding="utf-8")
