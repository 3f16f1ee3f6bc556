"""Compiled programs: how many a study needs, and what becomes of those that are kept on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from study.training.programs import MOST_KEPT, forget_programs, programs_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_programs_are_kept_in_a_folder_of_the_users_own(home: Path) -> None:
    folder = programs_folder()

    assert folder is not None
    assert folder.parent == home / "family-study"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700] * 2
    assert programs_folder() == folder


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_may_write_is_not_used(home: Path, mode: int) -> None:
    folder = programs_folder()
    assert folder is not None
    folder.chmod(mode)

    assert programs_folder() is None


def test_without_a_place_for_it_there_is_no_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))

    assert programs_folder() is None


def test_the_programs_compiled_last_are_kept(tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 3):
        (tmp_path / f"{number}").touch()
        os.utime(tmp_path / f"{number}", (number, number))

    forget_programs(tmp_path)

    assert {int(path.name) for path in tmp_path.iterdir()} == set(range(3, MOST_KEPT + 3))


def compiling(*args: str) -> dict[str, Any]:
    """What a process of its own says: one has one folder of programs, and others write into that of
    the tests.
    """
    command = [sys.executable, "-m", "tests.training.compiling", *args]
    alone = subprocess.run(command, capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stderr
    found: dict[str, Any] = json.loads(alone.stdout.splitlines()[-1])
    return found


@pytest.mark.faults  # two processes import TensorFlow anew
def test_trials_folds_and_winners_share_a_program_that_other_processes_find_and_that_is_compiled_again_if_broken(
    home: Path,
) -> None:
    first = compiling()
    folder = programs_folder()
    assert folder is not None
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:1_000])

    again = compiling("deeper-first")

    assert first["after_trial"] == again["after_trial"] == 1
    assert len(first["sizes"]) == len(again["sizes"]) == 1
    assert again["sizes"][0] > 1_000
    assert again["record"] == first["record"]
