"""Workers that die, or are replaced: what one trial costs the others, and what it leaves."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from harness.memory import memory_group
from harness.studies import DEADLY, DRIVE, digest_of, run, started, wait_for_records, workers
from study import load_results
from study.records.paths import StudyPaths
from study.records.results import digest, read_outcomes, read_trials
from study.records.work import reason
from study.schema import TrialState

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def test_a_trial_whose_worker_is_killed_is_tried_again(undisturbed: Path, config: Path, results: Path) -> None:
    with started(sys.executable, DRIVE, config, results.parent, cwd=config.parent) as process:
        wait_for_records(process, results, more_than=0)
        killed = workers(process)
        for worker in killed:
            worker.kill()
        _, err = process.communicate(timeout=240)

    assert len(killed) >= 1
    assert process.returncode == 0, err
    assert "FAIL" not in set(load_results(results).trials["state"])
    assert digest_of(results) == digest_of(undisturbed)


@pytest.fixture
def way_to_die(request: pytest.FixtureRequest) -> Iterator[str]:
    """How a worker ends; out of memory takes a control group, in which the kernel kills at 200 MB."""
    if request.param != "out of memory":
        yield request.param
        return
    with ExitStack() as stack:
        try:
            group = stack.enter_context(memory_group(200_000_000))
        except OSError as error:
            pytest.skip(f"cannot limit a process's memory here: {error}")
        yield str(group.folder)
        assert 2 * 2 <= group.killed <= 2 * 3  # a trial and trees, the first time perhaps beside another one, which is no try


@pytest.mark.parametrize("way_to_die", ["exit", "crash", "out of memory"], indirect=True)
def test_a_trial_that_kills_its_worker_every_time_is_a_failure_and_the_others_go_on(tmp_path: Path, way_to_die: str) -> None:
    ended = run(sys.executable, DEADLY, tmp_path / "results", way_to_die, cwd=tmp_path)

    frame = load_results(tmp_path / "results").trials.query("outer_fold == 0").set_index("target")
    assert ended.returncode == 0, ended.stderr
    assert frame["state"].to_dict() == {"balloons": "COMPLETE", "colour": "FAIL"}
    assert [line for line in ended.stdout.splitlines() if line.startswith("colour-")] == [  # Ray has its say beside them
        "colour-constant-o0-0000: The actor died unexpectedly before finishing this task."
    ]
    died = "The worker died 2 times while it ran {}: out of memory, or a crash."
    assert died.format("this trial") in ended.stdout
    assert {own.work.key: own.error and reason(own.error) for own in read_outcomes(StudyPaths(tmp_path / "results"))} == {
        "balloons-trees-all": None,
        "colour-trees-all": None,
        "balloons-trees-o0": None,
        "colour-trees-o0": died.format("the boosted trees").rstrip("."),
    }


def test_a_trial_that_kills_its_driver_every_time_is_found_given_up_and_its_neighbours_are_not_blamed(tmp_path: Path) -> None:
    paths, notes = StudyPaths(tmp_path / "results"), []
    for _ in range(9):
        ended = run(sys.executable, DEADLY, paths.root, "driver", cwd=tmp_path)
        notes.append("The driver of the last run died." in ended.stdout)
        if not ended.returncode:
            break
        assert paths.journal.exists()

    records = {record.trial_id: record for record in read_trials(paths)}
    failed = [(name, record.error) for name, record in records.items() if record.state is TrialState.FAIL]
    said = "Its driver died 2 times while it ran this trial: out of memory, or a crash."
    assert failed == [("colour-constant-o0-0000", said)]
    assert len(records) == 4
    run(sys.executable, DEADLY, tmp_path / "healthy", "nothing", cwd=tmp_path)
    healthy = {record.trial_id: record for record in read_trials(StudyPaths(tmp_path / "healthy"))}
    assert all(records[name].val_loss == healthy[name].val_loss for name in records.keys() - {"colour-constant-o0-0000"})
    assert notes == [False, True, True, True]  # it kills one beside others, then one a try
    assert not paths.journal.exists()


def test_workers_that_are_replaced_after_every_trial_leave_the_same_records_and_no_failure(
    undisturbed: Path, config: Path, results: Path
) -> None:
    few = ("families=[linear]", "search.trials=2", "search.max_tries=1")
    small, silent, seen = "resources.worker_memory_gb=0.001", subprocess.DEVNULL, set()

    with started(sys.executable, DRIVE, config, results.parent, *few, small, cwd=config.parent, output=silent) as process:
        while process.poll() is None:
            with suppress(psutil.Error):
                seen |= {worker.pid for worker in workers(process)}
            time.sleep(0.1)

    replaced = load_results(results).trials
    same = load_results(undisturbed).trials.query("family == 'linear' and number < 2")
    assert process.returncode == 0
    assert len(seen) >= 3  # two trials and a winner
    assert "FAIL" not in set(replaced["state"])
    assert digest(replaced) == digest(same[list(replaced.columns)])
