from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from study.execution.cluster import scratch
from study.execution.cluster.scratch import MOST_BYTES, OWNED, scratch_folder
from study.schema import StudyError


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a path that is short enough."""
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        yield Path(folder)


def test_a_folder_that_others_still_write_to_is_left_to_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def half_way(folder: Path, **_: Any) -> None:
        (folder / OWNED).unlink(missing_ok=True)

    with monkeypatch.context() as patch:
        patch.setattr(scratch.shutil, "rmtree", half_way)
        patch.setattr(scratch.time, "sleep", lambda seconds: None)
        with scratch_folder() as folder:
            pass
    left = folder.exists()

    with scratch_folder():
        cleared = not folder.exists()

    assert (left, cleared) == (True, True)


def test_a_site_may_name_the_place_with_variables_and_what_others_left_there_is_cleared(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", str(short))
    left = short / "study-left"
    left.mkdir()
    (left / OWNED).touch()

    with scratch_folder("$PLACE") as folder:
        assert (folder.parent, left.exists()) == (short, False)

    assert list(short.iterdir()) == []


def test_a_path_too_long_for_sockets_is_named_with_its_key_and_a_link_to_it_will_do(
    short: Path,
) -> None:
    long = short / "a-folder-of-this-job-alone"
    long.mkdir()
    (short / "a").symlink_to(long)

    with (
        pytest.raises(StudyError, match=rf"slurm\.scratch.*{long}.*\b{MOST_BYTES}\b"),
        scratch_folder(str(long)),
    ):
        pass
    with scratch_folder(str(short / "a")) as folder:
        assert folder.parent == short / "a"


@pytest.mark.parametrize("place", ["$UNSET_HERE/a", "/no/such/folder"])
def test_a_place_that_is_no_folder_is_named(place: str) -> None:
    with (
        pytest.raises(StudyError, match=rf"slurm\.scratch.*{re.escape(place)}"),
        scratch_folder(place),
    ):
        pass
