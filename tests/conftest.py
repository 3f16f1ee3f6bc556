"""Random numbers that begin anew in every test, a study that several folders read, and which tests share a process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from harness.studies import STUDY, run

GROUPS = {"runs": "studies", "scripts": "tensorflow", "families": "tensorflow", "training": "tensorflow"}
"""Tests that import TensorFlow share its import and its compiled programs; those of real studies take every core."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a folder in one process, so that what they share is made once, and begin with the long ones."""

    def group(item: pytest.Item) -> str:
        marked = item.get_closest_marker("xdist_group")
        return str(marked.args[0]) if marked else GROUPS.get(item.path.parent.name, item.path.parent.name)

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item))) if not item.get_closest_marker("xdist_group") else None
    first = list(dict.fromkeys(GROUPS.values()))
    items.sort(key=lambda item: first.index(name) if (name := group(item)) in first else len(first))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """configs/smoke.yaml, run by the executable; its folder is `smoke.args[-1]`. Only for tests of the group `studies`."""
    folder = tmp_path_factory.mktemp("smoke")
    done = run(STUDY, "run", Path(__file__).parents[1] / "configs" / "smoke.yaml", cwd=folder)
    done.args = [*done.args, folder]
    return done
