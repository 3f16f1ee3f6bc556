"""What several folders of tests use: random numbers, a finished study, a package with a family; and
who shares a process.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from harness.studies import STUDY, run
from tests.budget import Budget

GROUPS = {
    "tensorflow": (
        "tests/inference/test_checks",
        "tests/inference/test_estimators",
        "tests/scripts/",
        "tests/families/",
        "tests/training/",
    ),
    "report": ("tests/report/",),
    "studies": (
        "tests/runs/",
        "tests/test_packaging.py::test_an_installed_",
        "tests/test_readme.py::test_the_python_",
        "tests/cli/test_errors.py::test_a_study_",
        "tests/cli/test_errors.py::test_a_time_budget_",
    ),
    "inference": ("tests/inference/",),
}
"""Real studies take every core, and go one at a time. What trains shares TensorFlow's import and
the compiled programs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--budget", choices=["quick", "long"], help="Suite whose budget the run is held to."
    )
    parser.addoption(
        "--budget-write",
        action="store_true",
        help="Write what the suite cost into tests/budget.toml.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let signals mean what they mean at a terminal, whoever started the tests (`nohup` and `&`
    have some ignored).
    """
    config.pluginmanager.register(Budget(config), "budget")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def group_of(nodeid: str) -> str:
    """Tests of a group run in one process, so that what they share is made once; other groups are
    folders.
    """
    own = (group for group, starts in GROUPS.items() if nodeid.startswith(starts))
    return next(own, nodeid.partition("::")[0].rpartition("/")[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups that take longest."""
    order = list(GROUPS)
    items.sort(
        key=lambda item: (
            order.index(group) if (group := group_of(item.nodeid)) in GROUPS else len(order)
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out whole groups in this order; xdist's own groups by a mark do not reach pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """configs/smoke.yaml, run by the executable; its folder is `smoke.args[-1]`. Only for tests of
    the group `studies`.
    """
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
