"""When a search's records become one file: as soon as it is finished, or at the next start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from study.data.encoding import EncodedData
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import Recorder
from study.execution.runner import make_searches
from study.records import packs
from study.records.paths import StudyPaths
from study.records.reading import read_records, write_trial, write_winner
from study.schema import Search
from study.search.cost import Size
from study.search.plan import Plan, make_plan
from study.search.state import SearchState
from study.training.task import Unscored
from tests.records.examples import failed, search as example, trial, winner
from tests.search.bench import small
from tests.search.helpers import config_of

TRIALS = 2


@pytest.fixture
def search() -> SearchState:
    return small("linear", trials=TRIALS)


@pytest.fixture
def recorder(tmp_path: Path, search: SearchState) -> Recorder:
    return Recorder(StudyPaths(tmp_path), Observer(), {search.spec.key: search}, FoldQueue(()))


def files(recorder: Recorder) -> set[str]:
    return {path.name for path in recorder.paths.search(example()).iterdir()}


def test_a_search_is_packed_with_its_winner(recorder: Recorder) -> None:
    for number in range(TRIALS):
        recorder.add(trial(number=number), {})
    searched = files(recorder)
    recorder.add(winner(), {})

    assert searched == {"0000.json", "0001.json"}
    assert files(recorder) == {"trials.jsonl", "winner.json"}


def test_a_search_of_which_every_trial_failed_is_packed_with_the_last(recorder: Recorder) -> None:
    for number in range(TRIALS):
        recorder.add(failed(number=number), {})

    assert files(recorder) == {"trials.jsonl"}


def test_a_search_whose_winner_is_to_be_tried_again_is_not_packed(recorder: Recorder) -> None:
    for number in range(TRIALS):
        recorder.add(trial(number=number), {})
    recorder.add(Unscored(search=example(), number=0, error="ValueError: no"), {})

    assert files(recorder) == {"0000.json", "0001.json"}


class Rows:
    """As long as a search's training rows, all that a search asks of its data."""

    train = ([0] * 80,)


def begin(paths: StudyPaths, notes: list[str]) -> tuple[Plan, dict[str, SearchState]]:
    """Searches as the next run makes them."""

    class Notes(Observer):
        def note(self, text: str) -> None:
            notes.append(text)

    plan = make_plan(
        config_of(families=["linear"], protocol="holdout"), [Size("y", example().kind, 80, 3)]
    )
    data: Any = {("y", own.outer_fold): Rows() for own in plan.searches}
    encoded: EncodedData = data
    return plan, make_searches(plan, encoded, paths, Notes())[0]


def test_the_next_start_packs_what_is_finished_and_leaves_what_is_not(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    plan, _ = begin(paths, [])
    done, open_ = plan.searches
    for own in plan.searches:
        write_trial(paths, trial(own, 0))
    write_winner(paths, winner(done), {})
    before = read_records(paths)

    _, searches = begin(paths, [])

    assert [path.name for path in sorted(paths.search(done).iterdir())] == [
        "trials.jsonl",
        "winner.json",
    ]
    assert [path.name for path in paths.search(open_).iterdir()] == ["0000.json"]
    assert read_records(paths) == before
    assert {key: search.finished for key, search in searches.items()} == {
        done.key: True,
        open_.key: False,
    }


def test_a_broken_pack_is_set_aside_and_its_search_goes_on(tmp_path: Path) -> None:
    paths, notes = StudyPaths(tmp_path), list[str]()
    own: Search = begin(paths, [])[0].searches[0]
    write_trial(paths, trial(own, 0))
    write_winner(paths, winner(own), {})
    packs.pack(paths, own)
    paths.pack(own).write_bytes(paths.pack(own).read_bytes()[:99])

    _, searches = begin(paths, notes)

    aside = paths.search(own) / "trials.broken"
    assert [str(aside) in note for note in notes] == [True]
    assert searches[own.key].next_trial() is not None
    assert len(aside.read_bytes()) == 99


def test_a_share_neither_reads_nor_mends_what_is_another_s(tmp_path: Path) -> None:
    paths, notes = StudyPaths(tmp_path), list[str]()
    other = example("neural", 3)
    write_trial(paths, trial(other, 0))
    paths.trial(other, 0).write_text("{")

    begin(paths, notes)

    assert notes == []
    assert [path.name for path in paths.search(other).iterdir()] == ["0000.json"]
