from __future__ import annotations

from pathlib import Path

import pytest

from study.execution.cluster import lock
from study.records.paths import StudyPaths
from tests.execution.cluster.locks import BEAT_S, DEAD_LEASE_S, LEASE_S


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_S", BEAT_S)
    monkeypatch.setattr(lock, "LEASE_S", LEASE_S)


@pytest.fixture
def all_dead(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LEASE_S", DEAD_LEASE_S)


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    return StudyPaths(tmp_path / "cars")
