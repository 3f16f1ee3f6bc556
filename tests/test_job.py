from __future__ import annotations

from pathlib import Path

import pytest

from study.job import JobNote, begin_run, read_note
from study.paths import StudyPaths, write_atomic
from study.schema import StudyError


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    return StudyPaths(tmp_path)


def leave_records(paths: StudyPaths, count: int) -> None:
    for number in range(count):
        write_atomic(paths.trials / "arm" / f"{number:04d}.json", "{}")


def test_the_first_run_of_a_job_notes_what_is_there(paths: StudyPaths) -> None:
    leave_records(paths, 3)

    begin_run(paths, "7", restarts=0)

    assert read_note(paths) == JobNote(id="7", records=3, idle=0)


def test_a_run_that_left_a_record_is_progress(paths: StudyPaths) -> None:
    begin_run(paths, "7", restarts=0)
    begin_run(paths, "7", restarts=1)
    leave_records(paths, 1)

    assert begin_run(paths, "7", restarts=2) == JobNote(id="7", records=1, idle=0)


def test_after_two_runs_without_a_record_the_job_refuses_a_third_and_says_why(paths: StudyPaths) -> None:
    begin_run(paths, "7", restarts=0)
    assert begin_run(paths, "7", restarts=1).idle == 1

    with pytest.raises(StudyError, match="SLURM job 7 made no progress in 2 runs and is not queued again"):
        begin_run(paths, "7", restarts=2)


def test_another_job_begins_anew(paths: StudyPaths) -> None:
    for restarts in range(2):
        begin_run(paths, "7", restarts)

    assert begin_run(paths, "8", restarts=0).idle == 0
    assert begin_run(paths, "9", restarts=4).idle == 0


def test_a_note_that_cannot_be_read_is_no_note(paths: StudyPaths) -> None:
    assert read_note(paths) is None
    paths.job.write_text("{")

    assert read_note(paths) is None
    assert begin_run(paths, "7", restarts=3).idle == 0
