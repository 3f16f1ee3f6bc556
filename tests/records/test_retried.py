"""What failed is put aside with all that follows from it, whatever it lies in, and nothing is lost."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.kept import kept
from study.config import dump_config, make_config
from study.execution.again import retry
from study.execution.cluster.lock import locked
from study.execution.journal import Journal
from study.records.packs import pack
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import read_records, write_trial, write_winner, write_work
from study.records.retried import Failure, failures, put_aside
from study.schema import ALL_ROWS, StudyError
from tests.records.examples import failed, failed_work, scored_trees, search, trees, trial, winner

LINEAR, NEURAL, OTHER = search(), search("neural", 1), search("neural", 2)
WRONG = "TrainingFailed: in epoch 3"


def make(root: Path, *, packed: bool) -> StudyPaths:
    """A concluded study in which the trees of fold 1 failed, trial 2 of one search, and trial 1 of
    another since it diverged.
    """
    paths = StudyPaths(root / "party")
    write_atomic(
        paths.config,
        dump_config(
            make_config({"name": "party", "data": {"source": "balloons"}, "targets": ["y"]})
        ),
    )
    for own in (LINEAR, NEURAL, OTHER):
        for number in range(5):
            gone = (own == NEURAL and number == 2) or (own == OTHER and number == 1)
            write_trial(paths, failed(own, number) if gone else trial(own, number))
        write_winner(
            paths, winner(own, models=(f"{own.key}.keras",)), {f"{own.key}.keras": own.key.encode()}
        )
    write_trial(paths, failed(OTHER, 1).model_copy(update={"error": WRONG}))
    write_work(paths, scored_trees(), {})
    write_work(paths, failed_work(trees(fold=1)), {})
    for path in [*paths.concluded, paths.delivered("y", "network")]:
        write_atomic(path, path.name)
    if packed:
        for own in (LINEAR, NEURAL, OTHER):
            pack(paths, own)
    return paths


@pytest.fixture(params=[True, False], ids=["packed", "single"])
def paths(tmp_path: Path, request: pytest.FixtureRequest) -> StudyPaths:
    return make(tmp_path, packed=request.param)


@pytest.fixture
def either(tmp_path: Path) -> StudyPaths:
    """Where it is all the same what records lie in."""
    return make(tmp_path, packed=True)


def left(paths: StudyPaths) -> dict[str, list[int]]:
    """Numbers of the trials that are recorded, by search."""
    found: dict[str, list[int]] = {}
    for outcome in read_records(paths).trials:
        found.setdefault(outcome.search.key, []).append(outcome.number)
    return found


def test_of_what_failed_all_that_follows_is_put_aside_and_nothing_else(paths: StudyPaths) -> None:
    said: list[str] = []
    before = {str(path.relative_to(paths.root)) for path in paths.root.rglob("*") if path.is_file()}

    retry(paths.root, tell=said.append)

    assert left(paths) == {
        LINEAR.key: [0, 1, 2, 3, 4],
        NEURAL.key: [0, 1],
        OTHER.key: [0, 1, 2, 3, 4],
    }
    found = read_records(paths)
    assert [own.search for own in found.winners] == [LINEAR, OTHER]
    assert [outcome.work for outcome in found.beside] == [trees()]
    assert not any(path.exists() for path in paths.concluded)
    assert sorted(path.name for path in paths.fold_models.iterdir()) == [
        f"{LINEAR.key}.keras",
        f"{OTHER.key}.keras",
    ]
    assert paths.delivered("y", "network").exists()  # no search on all rows failed
    again, retried = said
    assert re.findall(r"\by-[\w-]+", again) == ["y-neural-d2-o0-0001"]
    assert WRONG in again
    assert re.findall(r"\by-[\w-]+", retried) == ["y-neural-d1-o0-0002", "y-trees-o1"]
    assert str(paths.retried / "1") in retried
    aside = {
        str(path.relative_to(paths.retried / "1"))
        for path in (paths.retried / "1").rglob("*")
        if path.is_file()
    }
    now = {
        str(path.relative_to(paths.root))
        for path in paths.root.rglob("*")
        if path.is_file() and "retried" not in path.parts
    }
    assert before <= aside | now
    numbers = {
        name for name in kept(paths.retried / "1") if NEURAL.key in name and "winner" not in name
    }
    assert {f"{NEURAL.key}/{number:04d}.json" for number in (2, 3, 4)} <= numbers


def test_a_trial_that_diverged_is_retried_where_it_is_named_after_it_is_said_that_it_fails_again(
    paths: StudyPaths,
) -> None:
    said: list[str] = []

    retry(paths.root, "y-neural-d2-o0-0001", said.append)

    assert left(paths) == {LINEAR.key: [0, 1, 2, 3, 4], NEURAL.key: [0, 1, 2, 3, 4], OTHER.key: [0]}
    assert ["y-neural-d2-o0-0001" in line for line in said] == [True, True]
    assert [failure.name for failure in failures(paths)] == ["y-neural-d1-o0-0002", "y-trees-o1"]


def test_of_two_failures_of_a_search_the_first_counts_and_a_second_retry_has_a_folder_of_its_own(
    paths: StudyPaths,
) -> None:
    retry(paths.root, "y-neural-d1-o0-0002", lambda _: None)
    for number in (2, 3):
        write_trial(paths, failed(NEURAL, number))

    retry(paths.root, tell=lambda _: None)

    assert left(paths)[NEURAL.key] == [0, 1]
    assert sorted(path.name for path in paths.retried.iterdir()) == ["1", "2"]


def test_what_is_delivered_is_put_aside_with_a_search_on_all_rows_and_so_are_winners_whose_models_are_gone(
    tmp_path: Path,
) -> None:
    paths = StudyPaths(tmp_path)
    whole = [
        search("neural", depth).model_copy(update={"outer_fold": ALL_ROWS}) for depth in (1, 2)
    ]
    for own in (*whole, OTHER):
        write_trial(paths, failed(own, 0))
        write_winner(
            paths, winner(own, models=(f"{own.key}.keras",)), {}
        )  # as where `keep_fold_models` is false
    for name in ("network", "regression"):
        write_atomic(paths.delivered("y", name), name)

    put_aside(paths, [Failure("x", whole[0], 0, None)])

    assert [own.search for own in read_records(paths).winners] == [OTHER]
    assert left(paths) == {whole[1].key: [0], OTHER.key: [0]}
    assert [path.name for path in paths.models.iterdir()] == ["y-regression.keras"]


class Killed(BaseException):
    """As if the process were gone."""


@pytest.mark.parametrize("packed", [True, False])
def test_whatever_a_kill_leaves_can_be_gone_on_with_and_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    replaced, steps = Path.replace, 0

    def dying(at: int) -> Callable[[Path, Path], Path]:
        left_over = at

        def replace(path: Path, target: Path) -> Path:
            nonlocal left_over
            left_over -= 1
            if left_over < 0:
                raise Killed
            return replaced(path, target)

        return replace

    whole = make(tmp_path, packed=packed)
    while True:
        paths = StudyPaths(tmp_path / str(steps))
        shutil.copytree(whole.root, paths.root)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dying(steps))
            try:
                retry(paths.root, tell=lambda _: None)
                break
            except Killed:
                steps += 1
        found = left(paths)[NEURAL.key]
        # nothing that was suggested from the failure outlives it
        assert found == [0, 1, 2, 3, 4][: len(found)]
        assert 2 in found or len(found) == 2
        if 2 in found:
            retry(paths.root, "y-neural-d1-o0-0002", lambda _: None)
        assert left(paths)[NEURAL.key] == [0, 1]
        assert NEURAL not in [own.search for own in read_records(paths).winners]
    assert steps > 10


def test_what_cannot_be_retried_is_refused_and_nothing_is_changed(either: StudyPaths) -> None:
    paths = either
    before = {path: path.stat().st_mtime_ns for path in paths.root.rglob("*") if path.is_file()}
    these = "y-neural-d1-o0-0002, y-neural-d2-o0-0001, y-trees-o1"
    nearest = {
        "y-linear-o0-0001": "",
        "y-neural-d1-o0-0009": "'y-neural-d1-o0-0002'",
        "y-trees-o0": "",
    }

    for name, instead in nearest.items():
        with pytest.raises(StudyError, match=f"{name}.*{paths.root}.*{instead}.*{these}"):
            retry(paths.root, name)

    assert {
        path: path.stat().st_mtime_ns for path in paths.root.rglob("*") if path.is_file()
    } == before


def test_where_nothing_failed_or_nothing_could_succeed_nothing_is_retried(
    either: StudyPaths,
) -> None:
    paths = either
    retry(paths.root, tell=lambda _: None)

    with pytest.raises(StudyError, match=f"{paths.root}.*--trial"):
        retry(paths.root, tell=lambda _: None)
    paths.root.joinpath("trials").rename(paths.root / "gone")
    with pytest.raises(StudyError, match=f"study status {paths.root}"):
        retry(paths.root)


def test_nothing_is_put_aside_while_a_run_is_at_work(
    either: StudyPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.execution.cluster.lock.BEAT_S", 0.2)
    with locked(either), pytest.raises(StudyError, match=str(os.getpid())):
        retry(either.root)

    assert 2 in left(either)[NEURAL.key]


def test_what_is_retried_has_no_death_of_a_driver_to_answer_for(either: StudyPaths) -> None:
    paths = either
    own = NEURAL.trial_id(2)
    lines = [{"suspect": own, "deaths": 3}, {"out": own}]
    write_atomic(
        paths.journal, "".join(f"{json.dumps(line)}\n" for line in lines)
    )  # that of a driver that died after

    retry(paths.root, own, tell=lambda said: None)

    with Journal(paths, 3) as journal:
        assert (journal.deaths, journal.suspects) == ({}, set())
