"""The recorder: what workers report lies on disk before anybody is told of it, and a failure never
ends a study.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from study.data.encoding import Encoded
from study.execution import run
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.execution.recorder import Recorder, Report
from study.execution.tasks import Tasks
from study.records.formula import FormulaRecord
from study.records.numbers import Numbers
from study.records.outcome import Outcome
from study.records.paths import StudyPaths
from study.records.reading import read_records, read_work
from study.records.trees import TreesRecord
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord
from study.schema import TrialState
from study.training.task import FoldTask, Task, TrialTask, Unscored, WinnerTask
from tests.records.examples import scored_trees, search, shortened, shortening, trees, trial, winner
from tests.search.bench import small
from tests.search.helpers import config_of


class Watch(Observer):
    """Hears of records when they are on disk."""

    def __init__(self, paths: StudyPaths) -> None:
        self.paths = paths
        self.heard: list[str] = []

    def finished(self, record: TrialRecord | WinnerRecord | FoldRecord) -> None:
        match record:
            case TrialRecord():
                path, name = self.paths.trial(record.search, record.number), record.trial_id
            case WinnerRecord():
                path, name = self.paths.winner(record.search), f"{record.search.key}-winner"
            case FoldRecord():
                path, name = self.paths.work(record.work), record.work.key
        assert path.exists()
        self.heard.append(name)

    def note(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(StudyPaths(tmp_path))


@pytest.fixture
def recorder(watch: Watch) -> Recorder:
    search = small("linear", trials=1)
    return Recorder(
        watch.paths, watch, {search.spec.key: search}, FoldQueue([trees(), shortening()])
    )


def hand_out(recorder: Recorder) -> list[Task]:
    """Everything there is to do, the trial of the search done in between."""
    tasks = Tasks(
        config_of(search={"trials": 1}), recorder.searches, recorder.beside, recorder.add_failure
    )
    handed_out = []
    for sort in (TrialTask, WinnerTask, FoldTask, FoldTask):
        task = tasks.next()
        assert isinstance(task, sort)
        handed_out.append(task)
        if sort is TrialTask:
            recorder.searches[search().key].tell(trial(number=0))
            tasks.ended(task)
    return handed_out


def test_reports_of_every_sort_are_written_then_told(recorder: Recorder, watch: Watch) -> None:
    hand_out(recorder)
    reports: list[Report] = [trial(), winner(), scored_trees(), shortened()]

    for report in reports:
        recorder.add(report, {"m.keras": b"1"} if isinstance(report, WinnerRecord) else {})

    found = read_records(watch.paths)
    assert found.trials == [Outcome.of(trial(), trial().search)]
    assert (found.winners, found.beside) == (
        [winner()],
        [scored_trees().outcome(), shortened().outcome()],
    )
    assert read_work(watch.paths, FormulaRecord) == [shortened()]
    assert (watch.paths.fold_models / "m.keras").read_bytes() == b"1"
    assert watch.heard == ["y-linear-o0-0000", "y-linear-o0-winner", "y-trees-o0", "y-formula-o0"]
    assert recorder.finished


def test_a_winner_that_cannot_be_scored_is_told_and_not_written_so_that_the_next_run_tries_again(
    recorder: Recorder, watch: Watch
) -> None:
    hand_out(recorder)

    recorder.add(Unscored(search=search(), number=0, error="Traceback\nValueError: no.\n"), {})

    assert recorder.searches[search().key].finished
    assert read_records(watch.paths).winners == []
    (told,) = watch.heard
    assert re.search(r"\by-linear-o0\b.*ValueError: no$", told)


@pytest.mark.parametrize("report", [winner(), scored_trees()])
def test_a_record_that_could_not_be_read_again_is_the_failure_of_its_task(
    report: WinnerRecord | TreesRecord, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = hand_out(recorder)[1 if isinstance(report, WinnerRecord) else 2]
    broken = report.candidates[0].model_copy(update={"loss": Numbers([np.inf, 1.0])})
    made = report.model_copy(update={"candidates": (broken,)}), {"m.keras": b"1"}
    for name in ("run_winner", "_work"):
        monkeypatch.setattr(run, name, lambda *_: made)

    done = run.run_task(task, cast(Encoded, None), {"node": "n", "device": "cpu"})

    assert isinstance(done.record, Unscored | TreesRecord)
    assert str(done.record.error).startswith("ValidationError: ")
    assert done.files == {}


def test_what_is_given_up_is_a_failure_of_its_own_sort(recorder: Recorder, watch: Watch) -> None:
    for task in hand_out(recorder):
        recorder.add_failure(task, f"no {task.key}")

    found = read_records(watch.paths)
    assert [(record.state, record.error) for record in found.trials] == [
        (TrialState.FAIL, "no y-linear-o0-0000")
    ]
    assert [(own.work.key, own.state, own.error) for own in found.beside] == [
        ("y-trees-o0", TrialState.FAIL, "no y-trees-o0"),
        ("y-formula-o0", TrialState.FAIL, "no y-formula-o0"),
    ]
    assert found.winners == []
    assert recorder.finished


@pytest.mark.parametrize("sort", range(4))
def test_a_worker_reads_the_task_that_it_was_told(recorder: Recorder, sort: int) -> None:
    handed_out = hand_out(recorder)[sort]

    task = pickle.loads(pickle.dumps(handed_out))

    assert type(task) is (TrialTask, WinnerTask, FoldTask, FoldTask)[sort]
    assert task == handed_out
    assert task.place == ("y", 0)
    if isinstance(task, WinnerTask):
        assert task.val_loss == trial().val_loss


def test_a_record_that_cannot_be_written_is_told_to_nobody(
    recorder: Recorder, watch: Watch
) -> None:
    (watch.paths.root / "trials").write_text("a file in the way")

    with pytest.raises(OSError, match="trials"):
        recorder.add(scored_trees(), {})

    assert (watch.heard, recorder.beside.outcomes) == ([], {})
