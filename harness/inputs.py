"""Inputs that a user may get wrong: the command, and how the folder is spoilt before.

Each ends in exit code 2 and one message, and leaves nothing behind:
`tests/snapshots/test_inputs.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

PRICE = ("--target", "price")


def make_frame(rows: int = 40) -> pd.DataFrame:
    """A small good table: a number, a town and a price that depends on the number."""
    rng = np.random.default_rng(0)
    size = rng.normal(50, 10, rows)
    towns = np.array(["Bonn", "Ulm"])[np.arange(rows) % 2]
    return pd.DataFrame(
        {"size": size, "town": towns, "price": 3 * size + 6 * rng.normal(size=rows)}
    )


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
    """One such input: the arguments of the program `study`, and what is put into the folder before."""

    args: tuple[str, ...]
    spoil: Callable[[Path], object] = _nothing


def _write_infinite(folder: Path) -> None:
    make_frame().assign(size=lambda frame: frame["size"].mask(frame.index == 3, np.inf)).to_csv(
        folder / "infinite.csv", index=False
    )


BAD_INPUTS: dict[str, Bad] = {
    "a config that is not there": Bad(("run", "none.yaml")),
    "a table that is not there": Bad(("run", "none.csv", *PRICE)),
    "a folder in place of a table": Bad(
        ("run", "folder.csv", *PRICE), lambda folder: (folder / "folder.csv").mkdir()
    ),
    "a file of an unknown format": Bad(
        ("run", "table.xls", *PRICE), lambda folder: (folder / "table.xls").touch()
    ),
    "a CSV of binary junk": Bad(
        ("run", "junk.csv", *PRICE),
        lambda folder: (folder / "junk.csv").write_bytes(bytes(range(256)) * 4),
    ),
    "a ragged CSV": Bad(
        ("run", "ragged.csv", *PRICE),
        lambda folder: (folder / "ragged.csv").write_text("size,price\n1,2\n3\n"),
    ),
    "an empty file": Bad(
        ("run", "empty.csv", *PRICE), lambda folder: (folder / "empty.csv").touch()
    ),
    "a header without rows": Bad(
        ("run", "header.csv", *PRICE),
        lambda folder: (folder / "header.csv").write_text("size,price\n"),
    ),
    "five rows": Bad(
        ("run", "five.csv", *PRICE),
        lambda folder: make_frame(5).to_csv(folder / "five.csv", index=False),
    ),
    "an unknown key": Bad(
        ("run", "party.yaml"),
        lambda folder: (folder / "party.yaml").write_text(
            "data: {source: balloons}\ntarget: balloons\nserach: {trials: 3}\n"
        ),
    ),
    "an unknown key in --set": Bad(
        ("run", "good.csv", *PRICE, "--set", "search.trails=3"), write_good
    ),
    "a --set without a value": Bad(
        ("run", "good.csv", *PRICE, "--set", "search.trials"), write_good
    ),
    "a table without a target": Bad(("run", "good.csv"), write_good),
    "a target that is not a column": Bad(("run", "good.csv", "--target", "prize"), write_good),
    "a target with one value": Bad(
        ("run", "one.csv", *PRICE),
        lambda folder: make_frame().assign(price=1).to_csv(folder / "one.csv", index=False),
    ),
    "a target without a value": Bad(
        ("run", "none.csv", *PRICE),
        lambda folder: make_frame().assign(price=None).to_csv(folder / "none.csv", index=False),
    ),
    "a logarithm of zero": Bad(
        ("run", "zero.csv", *PRICE, "--set", "targets.price.transform=log"),
        lambda folder: (
            make_frame()
            .assign(price=[0.0, *range(1, len(make_frame()))])
            .to_csv(folder / "zero.csv", index=False)
        ),
    ),
    "a text column declared numeric": Bad(
        ("run", "good.csv", *PRICE, "--set", "data.types={town: numeric}"), write_good
    ),
    "a percent sign in some cells": Bad(
        ("run", "signs.csv", *PRICE),
        lambda folder: (
            make_frame()
            .assign(size=[f"{3 * i}{' %' * (i % 2)}" for i in range(40)])
            .to_csv(folder / "signs.csv", index=False)
        ),
    ),
    "a comma that may part thousands or decimals": Bad(
        ("run", "comma.tsv", *PRICE),
        lambda folder: (
            make_frame()
            .assign(size=[f"{i},500" for i in range(1, 41)])
            .to_csv(folder / "comma.tsv", index=False, sep="\t")
        ),
    ),
    "a target with more digits than a float": Bad(
        ("run", "digits.csv", *PRICE),
        lambda folder: (
            make_frame()
            .assign(price=[2**53 + i for i in range(40)])
            .to_csv(folder / "digits.csv", index=False)
        ),
    ),
    "a target too small to square": Bad(
        ("run", "tiny.csv", *PRICE),
        lambda folder: (
            make_frame()
            .assign(price=lambda frame: frame["price"] * 1e-300)
            .to_csv(folder / "tiny.csv", index=False)
        ),
    ),
    "an infinite number": Bad(("run", "infinite.csv", *PRICE), _write_infinite),
    "a name with a slash": Bad(("run", "good.csv", *PRICE, "--name", "a/b"), write_good),
    "a file in place of the folder of all results": Bad(
        ("run", "good.csv", *PRICE, "--results", "taken"),
        lambda folder: (write_good(folder), (folder / "taken").touch()),
    ),
    "a file in place of the results folder": Bad(
        ("run", "good.csv", *PRICE),
        lambda folder: (
            write_good(folder),
            (folder / "results").mkdir(),
            (folder / "results" / "good").touch(),
        ),
    ),
    "an unknown family": Bad(("run", "good.csv", *PRICE, "--set", "families=[liner]"), write_good),
    "a family that does not serve the target": Bad(
        ("run", "good.csv", *PRICE, "--set", "families=[logistic]"), write_good
    ),
    "an unknown hyperparameter": Bad(
        ("run", "good.csv", *PRICE, "--set", "space.neural.widht=3"), write_good
    ),
    "a metric of a target that is not there": Bad(
        ("run", "good.csv", *PRICE, "--set", "metric={prise: rmse}"), write_good
    ),
    "an unknown sampler": Bad(
        ("run", "good.csv", *PRICE, "--set", "search.sampler=tp"), write_good
    ),
    "more cores a trial than it uses": Bad(
        ("run", "good.csv", *PRICE, "--set", "resources.cpus_per_trial=2"), write_good
    ),
    "more GPUs a trial than it uses": Bad(
        ("run", "good.csv", *PRICE, "--set", "resources.gpus_per_trial=2"), write_good
    ),
    "a key twice in a config": Bad(
        ("run", "party.yaml"),
        _config("data: {source: good.csv}\ntarget: price\nseed: 1\nmargin: 0.1\nseed: 2\n"),
    ),
    "a key twice in --set": Bad(
        ("run", "good.csv", *PRICE, "--set", "search={trials: 3, trials: 4}"), write_good
    ),
    "a name of two lines": Bad(("run", "good.csv", *PRICE, "--name", "a\nb"), write_good),
    "a name of two lines in a config": Bad(
        ("run", "party.yaml"), _config('name: "a\\n```"\ndata: {source: good.csv}\ntarget: price\n')
    ),
    "a name that turns the writing round": Bad(
        ("run", "good.csv", *PRICE, "--name", "a\u202eb"), write_good
    ),
    "a name that is too long": Bad(("run", "good.csv", *PRICE, "--name", "ü" * 101), write_good),
    "a folder whose name is too long": Bad(
        ("run", "good.csv", *PRICE, "--results", f"{'r' * 300}/results"), write_good
    ),
    "a folder whose path is too long": Bad(
        ("run", "good.csv", *PRICE, "--results", f"/{'/'.join(['r' * 199] * 20)}"), write_good
    ),
    "a path of no results that is too long": Bad(("status", "r" * 300)),
    "a table whose name is too long": Bad(("run", f"{'t' * 300}.csv", *PRICE)),
    "a config whose name is too long": Bad(("run", f"{'c' * 300}.yaml")),
    "a new config whose name is too long": Bad(
        ("init", "good.csv", *PRICE, "--output", f"{'o' * 300}.yaml"), write_good
    ),
    "a source that is no file name": Bad(
        ("run", "party.yaml"), _config('data: {source: "a\\0.csv"}\ntarget: price\n')
    ),
    "more GPUs a trial than there are": Bad(
        ("run", "good.csv", *PRICE, "--set", "resources.gpus_per_trial=1"), write_good
    ),
    "a warning that is not there": Bad(("explain", "S103")),
}
