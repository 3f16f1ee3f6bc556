"""Workers that die, or are replaced: what one trial costs the others, and what it leaves."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from harness.memory import MemoryGroup, memory_group
from harness.studies import DEADLY, DRIVE, run, started, workers
from study import load_results
from study.records.paths import StudyPaths
from study.records.reading import read_outcomes, read_trials
from study.records.work import reason
from study.schema import TrialState
from tests.runs.helpers import same_regression

pytestmark = [pytest.mark.slow, pytest.mark.faults]
KILLER = "colour-baseline-o0-0000"


def times_died(error: str | None) -> list[str]:
    """How often a process died, of what an error says of it."""
    return re.findall(r"\d+", reason(error))


def run_deadly(root: Path, way: str) -> None:
    """A study whose every task on one fold of `colour` kills its worker: that is a failure of each,
    and of no other.
    """
    ended = run(sys.executable, DEADLY, root, way, cwd=root.parent)
    assert ended.returncode == 0, ended.stderr
    records = {record.trial_id: record for record in read_trials(StudyPaths(root))}
    assert [name for name, record in records.items() if record.state is TrialState.FAIL] == [KILLER]
    assert len(records) == 4
    assert times_died(records[KILLER].error) == ["2"]
    told = [
        line.partition(": ") for line in ended.stdout.splitlines() if line.startswith("colour-")
    ]  # Ray has its say too
    assert [(name, bool(error)) for name, _, error in told] == [(KILLER, True)]
    assert {
        own.work.key: own.error and times_died(own.error) for own in read_outcomes(StudyPaths(root))
    } == {
        "balloons-trees-all": None,
        "colour-trees-all": None,
        "balloons-trees-o0": None,
        "colour-trees-o0": ["2"],
    }


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of a study in which a trial crashes its worker every time."""
    root = tmp_path_factory.mktemp("crashed") / "results"
    run_deadly(root, "crash")
    return root


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    """A control group in which the kernel kills at 200 MB."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(memory_group(200_000_000))
        except OSError as error:
            pytest.skip(f"cannot limit a process's memory here: {error}")
        yield found


def test_a_trial_that_takes_all_memory_every_time_is_a_failure_and_the_others_go_on(
    tmp_path: Path, group: MemoryGroup
) -> None:
    run_deadly(tmp_path / "results", str(group.folder))

    assert (
        2 * 2 <= group.killed <= 2 * 3
    )  # a trial and trees, the first time perhaps beside another one, which is no try


def test_a_trial_that_kills_its_driver_every_time_is_found_given_up_and_its_neighbours_are_not_blamed(
    tmp_path: Path, crashed: Path
) -> None:
    paths, notes = StudyPaths(tmp_path / "results"), []
    for _ in range(9):
        ended = run(sys.executable, DEADLY, paths.root, "driver", cwd=tmp_path)
        notes.append(
            any(
                KILLER in line and not line.startswith(KILLER) for line in ended.stdout.splitlines()
            )
        )
        if not ended.returncode:
            break
        assert paths.journal.exists()

    records = {record.trial_id: record for record in read_trials(paths)}
    failed = [
        (name, times_died(record.error))
        for name, record in records.items()
        if record.state is TrialState.FAIL
    ]
    assert failed == [(KILLER, ["2"])]
    healthy = {record.trial_id: record for record in read_trials(StudyPaths(crashed))}
    assert records.keys() == healthy.keys()
    assert all(
        records[name].val_loss == healthy[name].val_loss for name in records.keys() - {KILLER}
    )
    assert notes == [False, True, True, True]  # it kills one beside others, then one a try
    assert not paths.journal.exists()


def test_workers_that_are_replaced_after_every_trial_leave_the_same_records_and_no_failure(
    brief: Path, config: Path, results: Path
) -> None:
    own = ("families=[linear]", "search.max_tries=1")
    small, silent, seen = "resources.worker_memory_gb=0.001", subprocess.DEVNULL, set()

    with started(
        sys.executable, DRIVE, config, results.parent, *own, small, cwd=config.parent, output=silent
    ) as process:
        while process.poll() is None:
            with suppress(psutil.Error):
                seen |= {worker.pid for worker in workers(process)}
            time.sleep(0.1)

    assert process.returncode == 0
    assert len(seen) >= 3  # two trials and a winner
    assert "FAIL" not in set(load_results(results).trials["state"])
    assert same_regression(results, brief)
