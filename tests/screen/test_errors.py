from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.inputs import BAD_INPUTS, PRICE, files, write_good
from tests.screen.conftest import Command

STUDY = Path(sys.executable).with_name("study")
PAGE = Path(__file__).parents[2] / "docs/inputs.md"


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_a_mistake_ends_in_one_message_and_leaves_nothing_behind(case: str, folder: Path, command: Command) -> None:
    bad = BAD_INPUTS[case]
    bad.spoil(folder)
    before = files(folder)

    ended = command(*bad.args)

    assert ended.err == bad.message(folder)
    assert (ended.code, ended.out) == (2, "")
    assert files(folder) == before


@pytest.mark.parametrize("case", ["a ragged CSV", "an unknown key", "an unknown family"])
def test_check_finds_the_same_mistake(case: str, folder: Path, command: Command) -> None:
    bad = BAD_INPUTS[case]
    bad.spoil(folder)

    ended = command("check", *bad.args[1:])

    assert (ended.code, ended.err) == (2, bad.message(folder))


def test_the_page_of_bad_inputs_shows_every_one_with_its_exit_code() -> None:
    rows = re.findall(r"^\| ([^|]+) \|.*\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert rows == [(name, "2") for name in BAD_INPUTS], "write it anew: scripts/inputs > docs/inputs.md"


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is there")
def test_a_sampler_that_is_not_installed_is_named_with_another(folder: Path, command: Command) -> None:
    write_good(folder)

    ended = command("run", "good.csv", *PRICE, "--set", "search.sampler=gp")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "Error: search.sampler 'gp' needs torch, which is not installed: install family-study[gp], or choose 'tpe'.\n"
    )
    assert files(folder) == {"good.csv"}


@pytest.mark.parametrize("name", ["status", "report"])
def test_a_folder_without_results_is_refused(name: str, folder: Path, command: Command) -> None:
    ended = command(name, "results/none")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == ("Error: results/none is not a results folder: it has no config.yaml. `study run CONFIG` makes one.\n")


def test_the_executable_ends_in_one_message_too(folder: Path) -> None:
    write_good(folder)

    ended = subprocess.run([STUDY, "run", "good.csv", "-t", "prize"], cwd=folder, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "Error: targets must name columns of good.csv, but it has no column 'prize'. Did you mean 'price'?\n"
    )
    assert files(folder) == {"good.csv"}


@pytest.mark.slow
@pytest.mark.faults
def test_a_study_whose_every_trial_fails_says_why_and_keeps_the_records(folder: Path) -> None:
    write_good(folder)
    hopeless = "{learning_rate: 1.0e+30, width: 8, batch_size: 32, activation: silu, dropout: 0}"
    settings = [
        f"space.neural={hopeless}",
        "families=[neural]",
        "depths=1",
        "effort=quick",
        "protocol=holdout",
        "inner.folds=2",
        "inner.seeds=1",
        "search.trials=2",
    ]
    args = [STUDY, "run", "good.csv", "-t", "price", *(part for setting in settings for part in ("--set", setting))]

    ended = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    again = subprocess.run(args, cwd=folder, capture_output=True, text=True, check=False, timeout=300)

    assert ended.stderr == (
        "Error: Every trial failed, so there is nothing to compare. The first one, price-neural-d1-o0-0000, says: "
        "TrainingFailed: the loss is not finite after epoch 1; a smaller learning rate than 10³⁰ may help. "
        "The records are in results/good/trials; with another seed or space, choose another --name.\n"
    )
    assert "Trial price-neural-d1-o0-0001 failed and the study goes on: TrainingFailed: the loss is not finite" in ended.stdout
    assert (ended.returncode, again.returncode, again.stderr) == (2, 2, ended.stderr)
    assert {f for f in files(folder / "results" / "good") if ".json" in f} == {
        "data.json",
        "environment.json",
        "models/price.json",
        "models/folds/price-o0.json",
        *(
            f"trials/price-{done}"
            for fold in ("o0", "all")
            for done in (f"neural-d1-{fold}/trials.jsonl", f"trees-{fold}/trees.json")
        ),
    }


def test_a_time_budget_in_which_nothing_could_start_is_named_and_can_be_raised(folder: Path) -> None:
    write_good(folder)

    ended = subprocess.run(
        [STUDY, "run", "good.csv", "-t", "price", "--set", "time_budget_min=0.0001"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert ended.returncode == 2
    assert ended.stderr == ("Error: No trial was started within time_budget_min, which is 0.0001; raise it, then go on.\n")
    assert not (folder / "results" / "good" / "trials").exists()
