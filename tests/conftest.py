"""What several folders of tests use: random numbers, a finished study, a package with a family; and who shares a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from harness.studies import STUDY, run

GROUPS = {"runs": "studies", "scripts": "tensorflow", "families": "tensorflow", "training": "tensorflow"}
"""Tests that import TensorFlow share its import and its compiled programs; those of real studies take every core."""


def group_of(item: pytest.Item) -> str:
    marked = item.get_closest_marker("xdist_group")
    folder = item.path.parent.name
    return str(marked.args[0]) if marked else GROUPS.get(folder, folder)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a folder in one process, so that what they share is made once, and begin with the long ones."""
    groups = {item: group_of(item) for item in items}
    for item, group in groups.items():
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))
    first = list(dict.fromkeys(GROUPS.values()))
    items.sort(key=lambda item: first.index(groups[item]) if groups[item] in first else len(first))


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


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the package of `tests/plugin` is installed: its wheel, unpacked."""
    folder = tmp_path_factory.mktemp("plugin")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=Path(__file__).parent / "plugin", check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    ZipFile(wheel).extractall(folder / "installed")
    return folder / "installed"
