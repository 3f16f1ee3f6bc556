"""A results folder in which one file is cut, emptied, overwritten, removed, or a folder or a loop
of links in its place: each command that reads it names it and the way out.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from study.results import Results
from tests.cli.conftest import call


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[:third] + b"\xff" * 40 + content[third + 40 :])


def remove(path: Path) -> None:
    path.unlink()


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


BREAK = (cut, empty, overwrite, replace_by_folder)
LOSE = (remove, replace_by_loop)
PREDICT = ("predict", "flats", "flats.csv", "--target", "price")
STATUS, SHOW, COMPARE = (
    ("status", "flats"),
    ("show", "flats", "--all"),
    ("compare", "flats", "flats"),
)
VERIFY, EXPORT = ("status", "flats", "--verify"), ("export", "flats", "--to", "optuna")
REGRESSION, TREES = (*PREDICT, "-m", "regression"), (*PREDICT, "-m", "trees")
READ_BY = {
    "config.yaml": [STATUS, REGRESSION, COMPARE],
    "environment.json": [],
    ".study/data.json": [STATUS, SHOW, REGRESSION],
    "verdicts.json": [SHOW, REGRESSION, COMPARE],
    "results.parquet": [STATUS, SHOW],
    "frames/metrics.parquet": [SHOW, REGRESSION],
    "frames/predictions.parquet": [COMPARE],
    "frames/effects.parquet": [],
    "models/price.json": [REGRESSION, TREES],
    "models/price-regression.keras": [REGRESSION],
    "models/price-trees.skops": [TREES],
    "models/folds/price-linear-o1.keras": [(*REGRESSION, "--fold", "1")],
    "trials/price-linear-all/winner.json": [SHOW, EXPORT],
    "trials/price-linear-all/trials.jsonl": [SHOW, EXPORT],
    "trials/price-trees-all/trees.json": [SHOW, EXPORT],
}
"""Files, and commands that cannot do without them."""
MADE_OF_RECORDS = {"environment.json", "results.parquet"}
FOUND_BY_STATUS = {name for name in READ_BY if name.startswith("trials")}
"""Those whose lack `status` finds, since nothing was recorded there."""


@pytest.fixture
def folder(flats: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(flats.root, tmp_path / "flats")
    shutil.copy(flats.config.data.source, tmp_path / "flats.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "flats"


def refused(name: str, command: tuple[str, ...], case: Callable[[Path], None]) -> None:
    ended = call(*command)
    told = f"{case.__name__}: {ended.shown}"
    assert ended.code == 2, told
    assert "Traceback" not in ended.out + ended.err, told
    assert Path(name).stem in ended.err, told
    assert "study run" in ended.err or name == "config.yaml", told


@pytest.mark.parametrize("name", READ_BY)
def test_a_broken_file_ends_in_its_name_and_the_command_that_makes_it_again(
    name: str, folder: Path
) -> None:
    whole = (folder / name).read_bytes()
    for case in BREAK:
        case(folder / name)
        for command in (VERIFY, *(READ_BY[name] if case is cut else [])):
            refused(name, command, case)
        if case is replace_by_folder:
            (folder / name).rmdir()
        (folder / name).write_bytes(whole)


OTHERS = ("results.csv", "frames/curves.parquet", "models/folds/price-o1.json")


@pytest.mark.parametrize("name", [*list(READ_BY)[1:], *OTHERS])
def test_verify_finds_a_file_of_a_finished_study_that_is_gone(name: str, folder: Path) -> None:
    remove(folder / name)

    ended = call(*VERIFY)

    if name == "verdicts.json":  # the study is not finished then
        assert "Resume: study run" in ended.out
    else:
        assert ended.code == 2, ended.shown
        assert name.split("/")[0] in ended.err
        assert "study run" in ended.err


def test_verify_finds_that_records_of_a_search_or_rows_of_the_csv_are_lost(folder: Path) -> None:
    csv = folder / "results.csv"
    whole = csv.read_text()
    csv.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    cut_csv = call(*VERIFY)
    csv.write_text(whole)
    shutil.rmtree(folder / "trials" / "price-neural-d1-o1")
    without_records = call(*VERIFY)

    assert (cut_csv.code, without_records.code) == (2, 2)
    assert "results.csv" in cut_csv.err
    assert "flats/trials" in without_records.err


@pytest.mark.parametrize("name", [name for name in READ_BY if name not in FOUND_BY_STATUS])
def test_a_file_that_is_gone_ends_in_the_command_that_makes_it_again(
    name: str, folder: Path
) -> None:
    for case in LOSE:
        case(folder / name)
        for command in READ_BY[name]:
            if name not in MADE_OF_RECORDS:
                ended = call(*command)
                assert (ended.code, "study run" in ended.err) == (2, True), ended.shown
                assert "Traceback" not in ended.err
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize("case", [cut, remove])
@pytest.mark.parametrize("name", sorted(FOUND_BY_STATUS))
def test_status_calls_no_study_finished_of_which_a_record_cannot_be_read(
    name: str, case: Callable[[Path], None], folder: Path
) -> None:
    case(folder / name)

    ended = call(*STATUS)

    assert "Resume: study run" in ended.out
    assert "Digest" not in ended.out


def test_a_whole_folder_is_verified_and_its_files_are_counted(folder: Path) -> None:
    ended = call(*VERIFY)

    assert ended.code == 0, ended.shown
    assert int(ended.err.split()[0]) == sum(path.is_file() for path in folder.rglob("*"))


def test_all_broken_files_are_named_at_once(folder: Path) -> None:
    names = ["frames/metrics.parquet", "models/price-trees.skops", "verdicts.json"]
    for name in names:
        cut(folder / name)

    err = call(*VERIFY).err

    assert all(err.count(name) == 1 for name in names)


@pytest.mark.parametrize("command", ["check", "predict"])
def test_a_loop_of_links_is_no_table(command: str, folder: Path) -> None:
    Path("loop.csv").symlink_to("loop.csv")
    Path("loop.yaml").write_text("data: {source: loop.csv}\ntargets: [y]\n")

    ended = (
        call("check", "loop.yaml") if command == "check" else call("predict", "flats", "loop.csv")
    )

    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert "loop.csv" in ended.err
