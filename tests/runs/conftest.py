"""A small study that several modules hurt, and what it gives where nothing happens to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.studies import TINY, drive


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of a study that two workers ran without a break."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.yaml").write_text(TINY)
    drive(folder / "tiny.yaml", folder / "results", "resources.max_concurrent=2")
    return folder / "results" / "tiny"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results" / "tiny"
