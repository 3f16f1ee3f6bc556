from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.screen.conftest import Command
from tests.screen.tables import make_frame

STUDY = Path(sys.executable).with_name("study")
PRICE = ("--target", "price")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def write_good(folder: Path) -> None:
    make_frame().to_csv(folder / "good.csv", index=False)


def write_infinite(folder: Path) -> None:
    make_frame().assign(size=lambda frame: frame["size"].mask(frame.index == 3, np.inf)).to_csv(
        folder / "infinite.csv", index=False
    )


Spoil = Callable[[Path], object]
CASES: dict[str, tuple[Spoil, tuple[str, ...], str]] = {
    "a config that is not there": (
        lambda folder: None,
        ("none.yaml",),
        "Cannot read the config none.yaml: No such file or directory.",
    ),
    "a table that is not there": (
        lambda folder: None,
        ("none.csv", *PRICE),
        "Cannot read the table {folder}/none.csv: No such file or directory. Check data.source.",
    ),
    "a folder in place of a table": (
        lambda folder: (folder / "folder.csv").mkdir(),
        ("folder.csv", *PRICE),
        "A source is a file, but {folder}/folder.csv is a folder. Name a file in it.",
    ),
    "a file of an unknown format": (
        lambda folder: (folder / "table.xls").touch(),
        ("table.xls", *PRICE),
        "A table file ends in one of .csv, .tsv, .csv.gz, .tsv.gz, .parquet, .feather, .jsonl, .ndjson, but the source is "
        "{folder}/table.xls. Convert it, to CSV say.",
    ),
    "a CSV of binary junk": (
        lambda folder: (folder / "junk.csv").write_bytes(bytes(range(256)) * 4),
        ("junk.csv", *PRICE),
        "A table file must be UTF-8 text, but {folder}/junk.csv is not in line 2. Save it as UTF-8.",
    ),
    "a ragged CSV": (
        lambda folder: (folder / "ragged.csv").write_text("size,price\n1,2\n3\n"),
        ("ragged.csv", *PRICE),
        "Every line of a table needs as many cells as its header, but line 3 of {folder}/ragged.csv has 1 where the header "
        "has 2. Mend that line, or quote cells that hold the separator.",
    ),
    "an empty file": (
        lambda folder: (folder / "empty.csv").touch(),
        ("empty.csv", *PRICE),
        "A table needs a header and rows, but {folder}/empty.csv is empty. Choose another source.",
    ),
    "a header without rows": (
        lambda folder: (folder / "header.csv").write_text("size,price\n"),
        ("header.csv", *PRICE),
        "A table needs rows, but header.csv has none below its header. Add rows or choose another source.",
    ),
    "five rows": (
        lambda folder: make_frame(5).to_csv(folder / "five.csv", index=False),
        ("five.csv", *PRICE),
        "A comparison needs 20 rows, but five.csv has 5. Add rows.",
    ),
    "an unknown key": (
        lambda folder: (folder / "party.yaml").write_text("data: {source: balloons}\ntarget: balloons\nserach: {trials: 3}\n"),
        ("party.yaml",),
        "party.yaml: unknown key 'serach'. Did you mean 'search'?",
    ),
    "an unknown key in --set": (
        write_good,
        ("good.csv", *PRICE, "--set", "search.trails=3"),
        "the command line: unknown key 'search.trails'. Did you mean 'trials'?",
    ),
    "a --set without a value": (
        write_good,
        ("good.csv", *PRICE, "--set", "search.trials"),
        "--set takes key=value, such as search.trials=20, but got 'search.trials'.",
    ),
    "a table without a target": (
        write_good,
        ("good.csv",),
        "A table needs a target: study run good.csv --target COLUMN. (A config is a file that ends in .yaml.)",
    ),
    "a target that is not a column": (
        write_good,
        ("good.csv", "--target", "prize"),
        "targets must name columns of good.csv, but it has no column 'prize'. Did you mean 'price'?",
    ),
    "a target with one value": (
        lambda folder: make_frame().assign(price=1).to_csv(folder / "one.csv", index=False),
        ("one.csv", *PRICE),
        "A target needs two distinct values, but every cell of 'price' is '1'. Choose another.",
    ),
    "a target without a value": (
        lambda folder: make_frame().assign(price=None).to_csv(folder / "none.csv", index=False),
        ("none.csv", *PRICE),
        "A target needs values, but every cell of 'price' is missing. Choose another target.",
    ),
    "a text column declared numeric": (
        write_good,
        ("good.csv", *PRICE, "--set", "data.types={town: numeric}"),
        "A numeric column holds only numbers, but column 'town' has 'Bonn' in row 0. Mend the cell, or set data.types.town to "
        "category.",
    ),
    "an infinite number": (
        write_infinite,
        ("infinite.csv", *PRICE),
        "Numbers must be finite and below 1e+100, but column 'size' has 1 that is not (row 3). Mend the cells, empty them, or "
        "add the column to data.drop.",
    ),
    "a name with a slash": (
        write_good,
        ("good.csv", *PRICE, "--name", "a/b"),
        "the command line: 'name': a name must be one folder name without slashes but got 'a/b'.",
    ),
    "a file in place of the folder of all results": (
        lambda folder: (write_good(folder), (folder / "taken").touch()),
        ("good.csv", *PRICE, "--results", "taken"),
        "Cannot write taken/good: Not a directory. Free the place, or choose another with --results; finished trials are kept "
        "and the same command goes on.",
    ),
    "a file in place of the results folder": (
        lambda folder: (write_good(folder), (folder / "results").mkdir(), (folder / "results" / "good").touch()),
        ("good.csv", *PRICE),
        "Cannot write results/good: File exists. Free the place, or choose another with --results; finished trials are kept "
        "and the same command goes on.",
    ),
    "an unknown family": (
        write_good,
        ("good.csv", *PRICE, "--set", "families=[liner]"),
        "'liner' is not a family. Did you mean 'linear'? Families: constant, linear, logistic, poisson, extended, "
        "neural; packages may bring others.",
    ),
    "a family that does not serve the target": (
        write_good,
        ("good.csv", *PRICE, "--set", "families=[logistic]"),
        "No family of ['logistic'] serves a continuous target. These do: constant, linear, extended, neural.",
    ),
    "an unknown hyperparameter": (
        write_good,
        ("good.csv", *PRICE, "--set", "space.neural.widht=3"),
        "'neural' has no hyperparameter 'widht'. Did you mean 'width'? It has: learning_rate, batch_size, weight_decay, width, "
        "activation, dropout.",
    ),
    "an unknown sampler": (
        write_good,
        ("good.csv", *PRICE, "--set", "search.sampler=tp"),
        "the command line: 'search.sampler': Input should be 'tpe', 'random' or 'gp' (got 'tp'). Did you mean 'tpe'?",
    ),
    "more cores a trial than it uses": (
        write_good,
        ("good.csv", *PRICE, "--set", "resources.cpus_per_trial=2"),
        "the command line: 'resources.cpus_per_trial': a trial trains on one core but got 2; for fewer workers, each with more "
        "memory, raise `resources.worker_memory_gb`.",
    ),
    "more GPUs a trial than it uses": (
        write_good,
        ("good.csv", *PRICE, "--set", "resources.gpus_per_trial=2"),
        "the command line: 'resources.gpus_per_trial': a trial trains on one GPU but got 2; a fraction, such as 0.25, lets "
        "several share one.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_ends_in_one_message_and_leaves_nothing_behind(case: str, folder: Path, command: Command) -> None:
    spoil, args, said = CASES[case]
    spoil(folder)
    before = files(folder)

    ended = command("run", *args)

    assert ended.err == f"Error: {said.format(folder=folder)}\n"
    assert (ended.code, ended.out) == (2, "")
    assert files(folder) == before


@pytest.mark.parametrize("case", ["a ragged CSV", "an unknown key", "an unknown family"])
def test_check_finds_the_same_mistake(case: str, folder: Path, command: Command) -> None:
    spoil, args, said = CASES[case]
    spoil(folder)

    ended = command("check", *args)

    assert (ended.code, ended.err) == (2, f"Error: {said.format(folder=folder)}\n")


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
        "TrainingFailed: the loss is not finite after epoch 1; a smaller learning rate than 1e+30 may help. "
        "The records are in results/good/trials; with another seed or space, choose another --name.\n"
    )
    assert "Trial price-neural-d1-o0-0001 failed and the study goes on: TrainingFailed: the loss is not finite" in ended.stdout
    assert (ended.returncode, again.returncode, again.stderr) == (2, 2, ended.stderr)
    assert {f for f in files(folder / "results" / "good") if f.endswith(".json")} == {
        "data.json",
        "environment.json",
        "models/price.json",
        "models/folds/price-o0.json",
        *(
            f"trials/price-{done}.json"
            for fold in ("o0", "all")
            for done in (
                f"neural-d1-{fold}/0000",
                f"neural-d1-{fold}/0001",
                f"trees-{fold}/trees",
            )
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
