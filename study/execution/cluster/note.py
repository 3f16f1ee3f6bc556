"""A note on a SLURM job beside the results."""

from __future__ import annotations

from contextlib import suppress

from pydantic import ValidationError

from study.records.paths import StudyPaths, write_atomic
from study.schema import Frozen, StudyError


class JobNote(Frozen):
    """What lies beside the results about the job that works, or last worked, on them.

    records: those there were when its last run began. idle: runs in a row, before that one, that
    left none.
    """

    id: str
    records: int = 0
    idle: int = 0


def read_note(paths: StudyPaths) -> JobNote | None:
    """The note beside the results, if there is one."""
    with suppress(OSError, ValidationError):
        return JobNote.model_validate_json(paths.job.read_bytes())
    return None


def write_note(paths: StudyPaths, note: JobNote) -> None:
    """Write the note, whole or not at all.

    Raises
    ------
    StudyError
        It cannot be written.
    """
    try:
        write_atomic(paths.job, note.model_dump_json())
    except OSError as error:
        raise StudyError(
            f"Can't write {paths.job} for SLURM job {note.id}: {error.strerror or error}. "
            "Choose another folder with --results, or make room."
        ) from None
