from __future__ import annotations

import os
import string
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from study.records.formula import FormulaWork
from study.records.paths import TEMPORARY, StudyPaths, clear_temporaries, safe_name, write_atomic
from study.records.trees import Trees
from study.schema import ALL_ROWS, Kind, Search

TEXTS = st.one_of(
    st.text(max_size=200), st.text(alphabet="aAbB./\\_~-: \u00e9\u0301é", max_size=12)
)
ROOT = Path("results/party")


def search(target: str, family: str = "linear", depth: int = 0, outer_fold: int = 0) -> Search:
    return Search(
        target=target, kind=Kind.CONTINUOUS, family=family, depth=depth, outer_fold=outer_fold
    )


@given(TEXTS)
@example("")
@example(".")
@example("..")
@example("../../etc/passwd")
@example("a/../../b")
@example("C:\\x")
@example("\0")
@example("x" * 5_000)
def test_a_safe_name_is_one_harmless_file_name(text: str) -> None:
    name = safe_name(text)

    assert set(name) <= set(string.ascii_letters + string.digits + "._+=-~")
    assert name[0] not in ".~"
    assert name[-1] != "."
    assert 0 < len(name) <= 89
    assert (ROOT / name).parent == ROOT


@given(TEXTS, TEXTS)
@example("a b", "a_b")
@example("a/b", "a\\b")
@example("a", "a.")
@example("é", "e\u0301")
@example("x" * 80, "x" * 81)
@example("x" * 81, "x" * 82)
@example("", "x")
@example(".", "..")
@example("Öl", "öl")
def test_two_texts_share_a_safe_name_only_if_they_differ_in_the_case_of_plain_letters(
    one: str, other: str
) -> None:
    names = safe_name(one), safe_name(other)

    assert (names[0] == names[1]) is (one == other)
    assert names[0].lower() != names[1].lower() or one.lower() == other.lower()


@given(st.text(alphabet=string.ascii_letters + string.digits + "_+=-", min_size=1, max_size=80))
def test_a_harmless_name_stays_as_it_is(text: str) -> None:
    stripped = text.strip("_") or "x"

    name = safe_name(stripped)

    assert name == stripped


@given(TEXTS, TEXTS, st.sampled_from(["linear", "neural"]), st.integers(0, 12), st.integers(0, 12))
@example("a", "a-trees", "linear", 0, 1)
@example("a", "a-linear-o1", "linear", 0, 1)
@example("a", "a-neural", "neural", 1, 1)
def test_no_two_searches_share_a_file(
    one: str, other: str, family: str, fold: int, other_fold: int
) -> None:
    paths = StudyPaths(ROOT)
    searches = [
        search(one, family, fold % 3, fold),
        search(other, family, other_fold % 3, other_fold),
        search(one, "baseline", 0, fold),
    ]

    places = [
        {f(a) for a in searches}
        for f in (
            paths.search,
            paths.model,
            paths.winner,
            lambda a: paths.reader(a.target, a.outer_fold),
        )
    ]

    distinct = len({a.key for a in searches})
    readers = len({(a.target, a.outer_fold) for a in searches})
    assert [len(place) for place in places] == [distinct, distinct, distinct, readers]
    assert not places[1] & places[3]


@given(TEXTS)
def test_every_file_of_a_search_lies_below_the_results_folder(target: str) -> None:
    paths, own = StudyPaths(ROOT), search(target)

    files = [
        paths.trial(own, 3),
        paths.winner(own),
        *(
            paths.work(sort(target=target, kind=Kind.CONTINUOUS, outer_fold=2))
            for sort in (Trees, FormulaWork)
        ),
        paths.model(own),
        paths.fold_model(target, "trees", 2),
        paths.fold_model(target, "formula", 2),
        paths.reader(target, 2),
        paths.reader(target, ALL_ROWS),
        *(paths.delivered(target, name) for name in ("regression", "network", "trees")),
    ]

    assert [file.parent.parent for file in files[:4]] == [ROOT / "trials"] * 4
    assert [file.parent for file in files[4:]] == [ROOT / "models" / "folds"] * 4 + [
        ROOT / "models"
    ] * 4
    assert len(set(files)) == len(files)


def test_every_file_has_its_own_name() -> None:
    paths = StudyPaths(ROOT)

    files = {
        name: value
        for name in vars(StudyPaths)
        if isinstance(value := getattr(paths, name), Path) and value != ROOT
    }

    assert len(set(files.values())) == len(files)
    assert {file.relative_to(ROOT).parts[0] for file in files.values()} == {
        "config.yaml", "environment.json", ".study", "trials", "results.parquet", "results.csv", "frames", "verdicts.json",
        "models", "figures", "export", "retried", "report.ipynb", "report.html", "trials.html",
    }  # fmt: skip


@pytest.mark.parametrize("content", ["Grüße\n", b"\x00\xff"])
def test_a_file_is_written_to_the_byte_and_its_folders_are_made(
    tmp_path: Path, content: str | bytes
) -> None:
    path = tmp_path / "new folder" / "é" / "file.json"

    write_atomic(path, content)

    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert [file.name for file in path.parent.iterdir()] == ["file.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_in_between_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "record.json"
    write_atomic(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="full"):
        write_atomic(path, "new")

    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]


def test_a_reader_in_between_sees_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "record.json", []
    write_atomic(path, "old")
    replace = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda self, to: (seen.append(path.read_text()), replace(self, to))[1]
    )

    write_atomic(path, "new")

    assert seen == ["old"]
    assert path.read_text() == "new"


def test_a_half_written_record_of_a_killed_process_is_no_record(tmp_path: Path) -> None:
    paths, own = StudyPaths(tmp_path), search("y")
    write_atomic(paths.trial(own, 0), "{}")

    left_behind = paths.search(own) / f".0001.json.{os.getpid()}"
    left_behind.write_text("{")

    assert list(paths.trials.glob("*/[0-9]*.json")) == [paths.trial(own, 0)]


def test_what_a_killed_writer_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    kept = [tmp_path / ".study" / "lock", tmp_path / "trials" / "y-linear-o0" / "0003.json"]
    for path in kept:
        write_atomic(path, "kept")
    (kept[1].parent / f".0004.json.4711{TEMPORARY}").write_text("ha")

    clear_temporaries(tmp_path)

    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == kept
