"""Names of the version before: accepted for one release, and folders that have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from study.config import StudyConfig, make_config
from study.records.formula import FormulaWork
from study.records.older import tidy
from study.records.packs import pack
from study.records.paths import StudyPaths
from study.records.reading import read_records, write_trial, write_winner, write_work
from study.renamed import current
from study.schema import Kind, Search, StudyError, TrialState
from tests.records.examples import search, trial, winner
from tests.records.older import make_older

MADE = {"name": "s", "data": {"source": "balloons"}, "target": "y"}


def config_of(**more: Any) -> StudyConfig:
    return make_config({**MADE, **more})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"floor": 0.02}, {"min_margin": 0.02}),
        ({"families": ["constant", "linear"]}, {"families": ["baseline", "linear"]}),
        ({"families": "extended"}, {"families": ["terms"]}),
        ({"space": {"extended": {"curves": 0}}}, {"space": {"terms": {"curves": 0}}}),
    ],
)
def test_an_old_name_is_accepted_with_the_new_one_in_a_warning(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    with pytest.warns(FutureWarning, match="'(min_margin|baseline|terms)'"):
        found = config_of(**old)

    assert found == config_of(**new)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "both",
    [
        {"floor": 0.02, "min_margin": 0.02},
        {"families": ["terms", "extended"]},
        {"space": {"terms": {"curves": 0}, "extended": {"products": 0}}},
    ],
)
def test_both_names_at_once_are_an_error(both: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match=r"'\w+' alone"):
        config_of(**both)


def test_a_name_of_now_is_as_it_is() -> None:
    assert [current(name) for name in ("formula", "network", "y")] == ["formula", "network", "y"]


def test_seeds_come_from_the_old_names() -> None:
    keys = [
        search(family, depth=depth).seed_key
        for family, depth in (("baseline", 0), ("terms", 0), ("linear", 0), ("neural", 2))
    ]

    assert keys == ["y-constant-o0", "y-extended-o0", "y-linear-o0", "y-neural-d2-o0"]


@pytest.mark.parametrize("target", ["y", "a-short", "rows by [extended] family"])
def test_a_folder_of_before_is_read_as_it_was_once_it_is_tidy(tmp_path: Path, target: str) -> None:
    paths = StudyPaths(tmp_path / "s")
    searches = [
        Search(target=target, kind=Kind.CONTINUOUS, family=family, depth=depth, outer_fold=fold)
        for family, depth in (("baseline", 0), ("terms", 0), ("linear", 0), ("neural", 1))
        for fold in (0, -1)
    ]
    for own in searches:
        for number in range(2):
            write_trial(paths, trial(own, number))
        write_winner(paths, winner(own), {paths.model(own).name: b"model"})
    pack(paths, searches[2])
    formula = FormulaWork(target=target, kind=Kind.CONTINUOUS, outer_fold=0)
    model = paths.fold_model(target, "formula", 0).name
    write_work(paths, formula.record("s", TrialState.COMPLETE), {model: b"formula"})
    for name in ("regression", "terms", "formula"):
        paths.delivered(target, name).write_bytes(name.encode())
    before = read_records(paths)
    files = {path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file()}
    make_older(paths.root)
    assert {path for path in paths.root.rglob("*") if path.is_file()} != set(files)

    for _ in range(2):  # the second time there is nothing to do
        tidy(paths)

        assert read_records(paths) == before
        assert {
            path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file()
        } == files
