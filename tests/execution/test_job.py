from __future__ import annotations

from pathlib import Path

import pytest

from study.execution import job
from study.execution.cluster.allocation import Allocation, Ending, Given
from study.execution.cluster.note import JobNote, read_note, write_note
from study.execution.job import Progressing, begin_run
from study.execution.observer import Observer
from study.records.paths import StudyPaths, write_atomic
from study.schema import StudyError


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    return StudyPaths(tmp_path)


def test_the_first_run_of_a_job_notes_what_is_there(paths: StudyPaths) -> None:
    begin_run(paths, "7", restarts=0, records=3)

    assert read_note(paths) == JobNote(id="7", records=3, idle=0)


def test_a_run_that_left_a_record_is_progress(paths: StudyPaths) -> None:
    begin_run(paths, "7", restarts=0, records=0)
    begin_run(paths, "7", restarts=1, records=0)

    assert begin_run(paths, "7", restarts=2, records=1) == JobNote(id="7", records=1, idle=0)


def test_after_two_runs_without_a_record_the_job_refuses_a_third_and_says_why(
    paths: StudyPaths,
) -> None:
    begin_run(paths, "7", restarts=0, records=5)
    assert begin_run(paths, "7", restarts=1, records=5).idle == 1

    with pytest.raises(StudyError, match=r"\b7\b.*\b2\b.*--time"):
        begin_run(paths, "7", restarts=2, records=5)


def test_another_job_begins_anew(paths: StudyPaths) -> None:
    for restarts in range(2):
        begin_run(paths, "7", restarts, records=0)

    assert begin_run(paths, "8", restarts=0, records=0).idle == 0
    assert begin_run(paths, "9", restarts=4, records=0).idle == 0


def test_a_note_that_cannot_be_written_names_the_job(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StudyError, match=r"job\.json.*\b7\b.*Not a directory"):
        write_note(StudyPaths(tmp_path / "file"), JobNote(id="7"))


@pytest.mark.parametrize(("done", "idle"), [(0, 1), (1, 1), (0, 0)])
def test_a_job_is_queued_again_unless_two_runs_left_nothing(
    paths: StudyPaths, monkeypatch: pytest.MonkeyPatch, done: int, idle: int
) -> None:
    queued: list[str] = []
    monkeypatch.setattr(job, "requeue", lambda number: queued.append(number) or "")
    watch = Progressing(paths, Allocation("7", idle, Given("n1", 1, 0, None), ("n1",)), Observer())
    write_note(paths, JobNote(id="7", records=4))
    watch.done = done

    if idle and not done:
        with pytest.raises(StudyError, match=r"\b7\b.*--time"):
            watch.queue_again()
    else:
        watch.queue_again()

    assert queued == (["7"] if done or not idle else [])


@pytest.mark.parametrize("why", Ending)
def test_only_a_preempted_job_is_queued_again_and_once(
    paths: StudyPaths,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    why: Ending,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(job, "ending", lambda *_: why)
    monkeypatch.setattr(job, "requeue", lambda number, seconds: asked.append(number) or "")

    Progressing(paths, Allocation("7_2", 0, Given("n1", 1, 0, None), ("n1",)), Observer()).leave()

    assert asked == ["7_2"] * (why is Ending.PREEMPTED)
    assert str(paths.root) in capsys.readouterr().err


def test_a_run_that_was_preempted_is_not_counted_as_idle(
    paths: StudyPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "ending", lambda *_: Ending.QUEUED)
    for restarts in range(4):
        watch = Progressing(
            paths, Allocation("7", restarts, Given("n1", 1, 0, None), ("n1",)), Observer()
        )
        watch.job = begin_run(paths, "7", restarts, records=5)
        watch.leave()

    assert begin_run(paths, "7", restarts=4, records=5).idle == 0
    assert begin_run(paths, "7", restarts=5, records=5).idle == 1


def test_a_note_that_cannot_be_read_is_no_note(paths: StudyPaths) -> None:
    assert read_note(paths) is None
    write_atomic(paths.job, "{")

    assert read_note(paths) is None
    assert begin_run(paths, "7", restarts=3, records=0).idle == 0
