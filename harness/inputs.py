"""Inputs that a user may get wrong: the command, the one message that it ends in, and how the folder is spoilt before.

Each ends in exit code 2 and leaves nothing behind. `tests/screen/test_errors.py` holds that, `scripts/inputs` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from study.machines.ray import available_gpus

PRICE = ("--target", "price")


def make_frame(rows: int = 40) -> pd.DataFrame:
    """A small good table: a number, a town and a price that depends on the number."""
    rng = np.random.default_rng(0)
    size = rng.normal(50, 10, rows)
    towns = np.array(["Bonn", "Ulm"])[np.arange(rows) % 2]
    return pd.DataFrame({"size": size, "town": towns, "price": 3 * size + rng.normal(size=rows)})


def write_good(folder: Path) -> None:
    """The same as a file."""
    make_frame().to_csv(folder / "good.csv", index=False)


def files(folder: Path) -> set[str]:
    """Every file and folder below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _config(text: str, name: str = "party.yaml") -> Callable[[Path], object]:
    return lambda folder: (write_good(folder), (folder / name).write_text(text, encoding="utf-8"))


def _nothing(folder: Path) -> None:
    pass


@dataclass(frozen=True)
class Bad:
    """One such input.

    args: of the program `study`. said: after `Error: `, with {folder}, where it runs, {gpus} of this machine. spoil:
    what is put into the folder before.
    """

    args: tuple[str, ...]
    said: str
    spoil: Callable[[Path], object] = _nothing

    def message(self, folder: Path) -> str:
        """All that is printed, on standard error."""
        gpus = available_gpus() if "{gpus}" in self.said else None
        return f"Error: {self.said.format(folder=folder, gpus=gpus)}\n"


def _write_infinite(folder: Path) -> None:
    make_frame().assign(size=lambda frame: frame["size"].mask(frame.index == 3, np.inf)).to_csv(
        folder / "infinite.csv", index=False
    )


BAD_INPUTS: dict[str, Bad] = {
    "a config that is not there": Bad(
        ("run", "none.yaml"),
        "Cannot read the config none.yaml: No such file or directory.",
    ),
    "a table that is not there": Bad(
        ("run", "none.csv", *PRICE),
        "Cannot read the table {folder}/none.csv: No such file or directory. Check data.source.",
    ),
    "a folder in place of a table": Bad(
        ("run", "folder.csv", *PRICE),
        "A source is a file, but {folder}/folder.csv is a folder. Name a file in it.",
        lambda folder: (folder / "folder.csv").mkdir(),
    ),
    "a file of an unknown format": Bad(
        ("run", "table.xls", *PRICE),
        "A table file ends in one of .csv, .tsv, .csv.gz, .tsv.gz, .parquet, .feather, .jsonl, .ndjson, but the source is "
        "{folder}/table.xls. Convert it, to CSV say.",
        lambda folder: (folder / "table.xls").touch(),
    ),
    "a CSV of binary junk": Bad(
        ("run", "junk.csv", *PRICE),
        "A table file must be UTF-8 text, but {folder}/junk.csv is not in line 2. Save it as UTF-8.",
        lambda folder: (folder / "junk.csv").write_bytes(bytes(range(256)) * 4),
    ),
    "a ragged CSV": Bad(
        ("run", "ragged.csv", *PRICE),
        "Every line of a table needs as many cells as its header, but line 3 of {folder}/ragged.csv has 1 where the header "
        "has 2. Mend that line, or quote cells that hold the separator.",
        lambda folder: (folder / "ragged.csv").write_text("size,price\n1,2\n3\n"),
    ),
    "an empty file": Bad(
        ("run", "empty.csv", *PRICE),
        "A table needs a header and rows, but {folder}/empty.csv is empty. Choose another source.",
        lambda folder: (folder / "empty.csv").touch(),
    ),
    "a header without rows": Bad(
        ("run", "header.csv", *PRICE),
        "A table needs rows, but header.csv has none below its header. Add rows or choose another source.",
        lambda folder: (folder / "header.csv").write_text("size,price\n"),
    ),
    "five rows": Bad(
        ("run", "five.csv", *PRICE),
        "A comparison needs 20 rows, but five.csv has 5. Add rows.",
        lambda folder: make_frame(5).to_csv(folder / "five.csv", index=False),
    ),
    "an unknown key": Bad(
        ("run", "party.yaml"),
        "party.yaml: unknown key 'serach'. Did you mean 'search'?",
        lambda folder: (folder / "party.yaml").write_text("data: {source: balloons}\ntarget: balloons\nserach: {trials: 3}\n"),
    ),
    "an unknown key in --set": Bad(
        ("run", "good.csv", *PRICE, "--set", "search.trails=3"),
        "the command line: unknown key 'search.trails'. Did you mean 'trials'?",
        write_good,
    ),
    "a --set without a value": Bad(
        ("run", "good.csv", *PRICE, "--set", "search.trials"),
        "--set takes key=value, such as search.trials=20, but got 'search.trials'.",
        write_good,
    ),
    "a table without a target": Bad(
        ("run", "good.csv"),
        "A table needs a target: study run good.csv --target COLUMN. (A config is a file that ends in .yaml.)",
        write_good,
    ),
    "a target that is not a column": Bad(
        ("run", "good.csv", "--target", "prize"),
        "targets must name columns of good.csv, but it has no column 'prize'. Did you mean 'price'?",
        write_good,
    ),
    "a target with one value": Bad(
        ("run", "one.csv", *PRICE),
        "A target needs two distinct values, but every cell of 'price' is '1'. Choose another.",
        lambda folder: make_frame().assign(price=1).to_csv(folder / "one.csv", index=False),
    ),
    "a target without a value": Bad(
        ("run", "none.csv", *PRICE),
        "A target needs values, but every cell of 'price' is missing. Choose another target.",
        lambda folder: make_frame().assign(price=None).to_csv(folder / "none.csv", index=False),
    ),
    "a text column declared numeric": Bad(
        ("run", "good.csv", *PRICE, "--set", "data.types={town: numeric}"),
        "A numeric column holds only numbers, but column 'town' has 'Bonn' in row 0. Mend the cell, or set data.types.town to "
        "category.",
        write_good,
    ),
    "an infinite number": Bad(
        ("run", "infinite.csv", *PRICE),
        "Numbers must be finite and below 1e+100, but column 'size' has 1 that is not (row 3). Mend the cells, empty them, or "
        "add the column to data.drop.",
        _write_infinite,
    ),
    "a name with a slash": Bad(
        ("run", "good.csv", *PRICE, "--name", "a/b"),
        "the command line: 'name': a name must be one folder name without slashes but got 'a/b'.",
        write_good,
    ),
    "a file in place of the folder of all results": Bad(
        ("run", "good.csv", *PRICE, "--results", "taken"),
        "Cannot write taken/good: Not a directory. Free the place, or choose another with --results; finished trials are kept "
        "and the same command goes on.",
        lambda folder: (write_good(folder), (folder / "taken").touch()),
    ),
    "a file in place of the results folder": Bad(
        ("run", "good.csv", *PRICE),
        "Cannot write results/good: File exists. Free the place, or choose another with --results; finished trials are kept "
        "and the same command goes on.",
        lambda folder: (write_good(folder), (folder / "results").mkdir(), (folder / "results" / "good").touch()),
    ),
    "an unknown family": Bad(
        ("run", "good.csv", *PRICE, "--set", "families=[liner]"),
        "'liner' is not a family. Did you mean 'linear'? Families: constant, linear, logistic, poisson, extended, "
        "neural; packages may bring others.",
        write_good,
    ),
    "a family that does not serve the target": Bad(
        ("run", "good.csv", *PRICE, "--set", "families=[logistic]"),
        "No family of ['logistic'] serves a continuous target. These do: constant, linear, extended, neural.",
        write_good,
    ),
    "an unknown hyperparameter": Bad(
        ("run", "good.csv", *PRICE, "--set", "space.neural.widht=3"),
        "'neural' has no hyperparameter 'widht'. Did you mean 'width'? It has: learning_rate, batch_size, weight_decay, width, "
        "activation, dropout.",
        write_good,
    ),
    "an unknown sampler": Bad(
        ("run", "good.csv", *PRICE, "--set", "search.sampler=tp"),
        "the command line: 'search.sampler': Input should be 'tpe', 'random' or 'gp' (got 'tp'). Did you mean 'tpe'?",
        write_good,
    ),
    "more cores a trial than it uses": Bad(
        ("run", "good.csv", *PRICE, "--set", "resources.cpus_per_trial=2"),
        "the command line: 'resources.cpus_per_trial': a trial trains on one core but got 2; for fewer workers, each with more "
        "memory, raise `resources.worker_memory_gb`.",
        write_good,
    ),
    "more GPUs a trial than it uses": Bad(
        ("run", "good.csv", *PRICE, "--set", "resources.gpus_per_trial=2"),
        "the command line: 'resources.gpus_per_trial': a trial trains on one GPU but got 2; a fraction, such as 0.25, lets "
        "several share one.",
        write_good,
    ),
    "a key twice in a config": Bad(
        ("run", "party.yaml"),
        "party.yaml: the key 'seed' is there twice, in lines 3 and 5. Remove one.",
        _config("data: {source: good.csv}\ntarget: price\nseed: 1\nmargin: 0.1\nseed: 2\n"),
    ),
    "a key twice in --set": Bad(
        ("run", "good.csv", *PRICE, "--set", "search={trials: 3, trials: 4}"),
        "--set search: the key 'trials' is there twice, in line 1. Remove one.",
        write_good,
    ),
    "a name of two lines": Bad(
        ("run", "good.csv", *PRICE, "--name", "a\nb"),
        r"the command line: 'name': a name must be of characters that print, in one line, but 'a\nb' has '\n'.",
        write_good,
    ),
    "a name of two lines in a config": Bad(
        ("run", "party.yaml"),
        r"party.yaml: 'name': a name must be of characters that print, in one line, but 'a\n```' has '\n'.",
        _config('name: "a\\n```"\ndata: {source: good.csv}\ntarget: price\n'),
    ),
    "a name that turns the writing round": Bad(
        ("run", "good.csv", *PRICE, "--name", "a\u202eb"),
        r"the command line: 'name': a name must be of characters that print, in one line, but 'a\u202eb' has '\u202e'.",
        write_good,
    ),
    "a name that is too long": Bad(
        ("run", "good.csv", *PRICE, "--name", "ü" * 101),
        f"the command line: 'name': a name must have at most 200 bytes of UTF-8 but '{'ü' * 40}'... has 202.",
        write_good,
    ),
    "a folder whose name is too long": Bad(
        ("run", "good.csv", *PRICE, "--results", f"{'r' * 300}/results"),
        f"A results folder has at most 255 bytes in a name, but '{'r' * 60}'... has 300. Choose a shorter one.",
        write_good,
    ),
    "a folder whose path is too long": Bad(
        ("run", "good.csv", *PRICE, "--results", f"/{'/'.join(['r' * 199] * 20)}"),
        f"A results folder has at most 3,800 bytes in its whole path, but '/{'r' * 59}'... has 4,007. Choose a shorter one.",
        write_good,
    ),
    "a path of no results that is too long": Bad(
        ("status", "r" * 300),
        f"A results folder has at most 255 bytes in a name, but '{'r' * 60}'... has 300. Choose a shorter one.",
    ),
    "a table whose name is too long": Bad(
        ("run", f"{'t' * 300}.csv", *PRICE),
        f"Cannot read the table {{folder}}/{'t' * 300}.csv: File name too long. Check data.source.",
    ),
    "a config whose name is too long": Bad(
        ("run", f"{'c' * 300}.yaml"),
        f"Cannot read the config {'c' * 300}.yaml: File name too long.",
    ),
    "a new config whose name is too long": Bad(
        ("init", "good.csv", *PRICE, "--output", f"{'o' * 300}.yaml"),
        f"Cannot write {'o' * 300}.yaml: File name too long. Name another file with --output.",
        write_good,
    ),
    "a source that is no file name": Bad(
        ("run", "party.yaml"),
        r"party.yaml: 'data.source': a source must be the name of a table or file but got 'a\x00.csv'.",
        _config('data: {source: "a\\0.csv"}\ntarget: price\n'),
    ),
    "more GPUs a trial than there are": Bad(
        ("run", "good.csv", *PRICE, "--set", "resources.gpus_per_trial=1"),
        "resources.gpus_per_trial is 1 but there are {gpus} GPUs; no trial could start.",
        write_good,
    ),
    "a warning that is not there": Bad(
        ("explain", "S103"),
        "A warning is named by its id, but there is no 'S103'. Did you mean 'S013'? There are S001 to S014; "
        "`study explain` lists them.",
    ),
}
