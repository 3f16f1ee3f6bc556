"""A search's records read the same from single files, from its pack, and from what a process leaves
that dies in between.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.kept import kept, replace
from study.records.outcome import Outcome
from study.records.packs import pack, set_aside
from study.records.paths import StudyPaths, clear_temporaries
from study.records.reading import read_records, read_trials, write_trial, write_winner
from study.schema import Search
from tests.records.examples import failed, search, trial, winner

NUMBERS = (0, 1, 2, 10_000)


class Killed(BaseException):
    """As if the process were gone."""


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    """A finished search in single files, and another one beside it."""
    paths = StudyPaths(tmp_path)
    for record in [
        *(trial(number=number) for number in NUMBERS),
        failed(number=3),
        trial(search("neural", 1), 0),
    ]:
        write_trial(paths, record)
    write_winner(paths, winner(), {})
    return paths


def files(paths: StudyPaths, own: Search | None = None) -> set[str]:
    return {path.name for path in paths.search(own or search()).iterdir()}


def test_a_packed_search_is_one_file_beside_its_winner_and_reads_the_same_to_the_byte(
    paths: StudyPaths,
) -> None:
    before, bytes_before = read_records(paths), kept(paths.root)

    pack(paths, search())

    now = read_records(paths)
    assert files(paths) == {"trials.jsonl", "winner.json"}
    assert files(paths, search("neural", 1)) == {"0000.json"}
    assert now == before
    assert {name: record.content for name, record in kept(paths.root).items()} == {
        name: record.content for name, record in bytes_before.items()
    }


def test_records_of_some_searches_alone_are_read(paths: StudyPaths) -> None:
    write_winner(paths, winner(search("neural", 1)), {})

    found = read_records(paths, [search("neural", 1), search("neural", 2)], [])

    assert [record.trial_id for record in found.trials] == ["y-neural-d1-o0-0000"]
    assert [record.search for record in found.winners] == [search("neural", 1)]


def moments(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Die at the step of that number of a packing: before each file that is synced, renamed or
    removed.
    """
    left = at

    def dying(step: Callable[..., None]) -> Callable[..., None]:
        def taken(*args: object, **more: object) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            step(*args, **more)

        return taken

    monkeypatch.setattr("os.fsync", dying(os.fsync))
    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))


@pytest.mark.parametrize("at", range(10))
def test_whatever_a_kill_leaves_of_a_packing_reads_the_same_and_is_packed_by_the_next(
    paths: StudyPaths, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    before, found = read_records(paths), None
    with monkeypatch.context() as patch:
        moments(patch, at)
        try:
            pack(paths, search())
        except Killed:
            found = read_records(paths)

    assert found in (before, None)
    assert (found is None) == (at == 9)  # the last step is the last one that there is
    pack(paths, search())
    clear_temporaries(paths.root)
    assert files(paths) == {"trials.jsonl", "winner.json"}
    assert read_records(paths) == before


def test_single_files_that_are_not_in_the_pack_read_beside_it_and_come_into_the_next(
    paths: StudyPaths,
) -> None:
    pack(paths, search())
    for number in (1, 5):  # a search that went on, and what a packing left that was killed
        write_trial(paths, trial(number=number, val_loss=9.0))

    found = {record.number: record.val_loss for record in read_trials(paths, searches=[search()])}
    pack(paths, search())

    assert list(found) == sorted({*NUMBERS, 3, 5})
    assert (found[1], found[5]) == (trial(number=1).val_loss, 9.0)
    assert files(paths) == {"trials.jsonl", "winner.json"}
    assert {
        record.number: record.val_loss for record in read_trials(paths, searches=[search()])
    } == found


@pytest.mark.parametrize("cut", ["", "0", "half", "foreign", "twice", "garbage"])
def test_a_broken_pack_is_named_and_set_aside_and_what_can_be_read_of_it_stays(
    paths: StudyPaths, cut: str
) -> None:
    before = {record.number: record for record in read_trials(paths, searches=[search()])}
    pack(paths, search())
    path, line = paths.pack(search()), len(trial().model_dump_json()) + 1
    whole = path.read_bytes()
    foreign = trial(search("neural", 1), 7).model_dump_json().encode()
    path.write_bytes(
        {
            "": whole[:0],
            "0": whole[: line // 2],
            "half": whole[: len(whole) - 40],
            "foreign": whole + foreign,
            "twice": whole + whole[: whole.index(b"\n") + 1],
            "garbage": b"\0\xff\n" + whole,
        }[cut]
    )
    left = {"": [], "0": [], "half": [0, 1, 2, 3]}.get(cut, sorted(before))

    found = read_records(paths, [search()], [])
    aside = set_aside(paths, path)

    assert found.broken == [path]
    assert [outcome.number for outcome in found.trials] == left
    assert files(paths) == {
        "trials.broken",
        "winner.json",
        *(f"{number:04d}.json" for number in left),
    }
    assert aside == paths.search(search()) / "trials.broken"
    assert read_records(paths, [search()], []).broken == []
    assert list(read_trials(paths, searches=[search()])) == [before[number] for number in left]


def test_a_reader_at_work_while_a_search_is_packed_misses_nothing(paths: StudyPaths) -> None:
    numbers = []
    for record in read_trials(paths, searches=[search()]):
        numbers.append(record.number)
        pack(paths, search())

    assert numbers == sorted({*NUMBERS, 3})


def test_a_record_on_many_lines_becomes_one(paths: StudyPaths) -> None:
    paths.trial(search(), 1).write_text(trial(number=1).model_dump_json(indent=1))

    pack(paths, search())

    assert [Outcome.of(record, search()) for record in read_trials(paths, searches=[search()])][
        1
    ] == Outcome.of(trial(number=1), search())
    assert read_records(paths).broken == []


def test_the_harness_takes_one_record_out_of_a_pack_and_puts_another_in_its_place(
    paths: StudyPaths,
) -> None:
    pack(paths, search())

    replace(paths.root, "y-linear-o0/0001.json", None)
    replace(
        paths.root,
        "y-linear-o0/0002.json",
        trial(number=2, val_loss=7.0).model_dump_json().encode(),
    )

    assert [(r.number, r.val_loss) for r in read_trials(paths, searches=[search()])][1:2] == [
        (2, 7.0)
    ]
