from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from study.machines import scratch
from study.machines.scratch import OWNED, scratch_folder


def test_a_folder_that_others_still_write_to_is_left_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
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
