from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.inputs import BAD_INPUTS, PRICE, files, write_good
from tests.cli.conftest import Command

STUDY = Path(sys.executable).with_name("study")


@pytest.mark.parametrize("case", ["a ragged CSV", "an unknown key", "an unknown family"])
def test_check_finds_the_same_mistake_as_run(case: str, folder: Path, command: Command) -> None:
    bad = BAD_INPUTS[case]
    bad.spoil(folder)

    ended, checked = command(*bad.args), command("check", *bad.args[1:])

    assert bad.args[0] == "run"
    assert (checked.code, checked.err) == (2, ended.err)


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is there")
def test_a_sampler_that_is_not_installed_is_named_with_another(
    folder: Path, command: Command
) -> None:
    write_good(folder)

    ended = command("run", "good.csv", *PRICE, "--set", "search.sampler=gp")

    assert (ended.code, ended.out) == (2, "")
    assert re.search(r"'gp'.*torch.*--with gp.*'tpe'", ended.err)
    assert files(folder) == {"good.csv"}


def test_the_executable_ends_in_one_plain_message_too(folder: Path) -> None:
    write_good(folder)

    ended = subprocess.run(
        [STUDY, "run", "good.csv", "-t", "prize"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"Error: [^\n\x1b]*'prize'[^\n\x1b]*'price'[^\n\x1b]*\n", ended.stderr)
    assert files(folder) == {"good.csv"}


@pytest.mark.parametrize(
    ("place", "args", "way"),
    [
        ("study.api.run_study", ("run", "good.csv", *PRICE), "study run good.csv"),
        ("study.plan.prepare", ("check", "good.csv", *PRICE), "again"),
    ],
)
def test_ctrl_c_ends_every_command_in_one_sentence_with_the_way_on(
    place: str,
    args: tuple[str, ...],
    way: str,
    folder: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    write_good(folder)
    monkeypatch.setattr(place, press)

    ended = command(*args)

    assert (ended.code, ended.out) == (130, "")
    assert re.fullmatch(rf"\nStopped\. [^\n]*{way}[^\n]*\n", ended.err)


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
    args = [
        STUDY,
        "run",
        "good.csv",
        "-t",
        "price",
        *(part for setting in settings for part in ("--set", setting)),
    ]

    ended = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    again = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )

    named = ["price-neural-d1-o0-0000", "TrainingFailed", "10³⁰", "results/good/trials", "--name"]
    assert re.fullmatch(rf"Error: .*{'.*'.join(map(re.escape, named))}.*\n", ended.stderr)
    assert re.search(r"price-neural-d1-o0-0001.*TrainingFailed", ended.stdout)
    assert (ended.returncode, again.returncode, again.stderr) == (2, 2, ended.stderr)
    assert {f for f in files(folder / "results" / "good") if ".json" in f} == {
        ".study/data.json",
        "environment.json",
        "models/price.json",
        "models/folds/price-o0.json",
        *(
            f"trials/price-{done}"
            for fold in ("o0", "all")
            for done in (f"neural-d1-{fold}/trials.jsonl", f"trees-{fold}/trees.json")
        ),
    }


@pytest.mark.faults
def test_a_time_budget_in_which_nothing_could_start_is_named_and_can_be_raised(
    folder: Path,
) -> None:
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
    assert re.fullmatch(r"Error: .*time_budget_min.*\b0\.0001\b.*\n", ended.stderr)
    assert not (folder / "results" / "good" / "trials").exists()
