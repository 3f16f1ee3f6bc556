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
from harness.studies import DRIVE, digest_of, run, started, wait_for_records, workers
from study import load_results
from study.records.paths import StudyPaths
from study.records.results import digest, read_outcomes

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
        assert group.killed == 2 * 2  # a trial and trees


@pytest.mark.parametrize("way_to_die", ["exit", "crash", "out of memory"], indirect=True)
def test_a_trial_that_kills_its_worker_every_time_is_a_failure_and_the_others_go_on(tmp_path: Path, way_to_die: str) -> None:
    ended = run(sys.executable, Path(__file__).with_name("deadly.py"), tmp_path / "results", way_to_die, cwd=tmp_path)

    frame = load_results(tmp_path / "results").trials.query("outer_fold == 0").set_index("target")
    assert ended.returncode == 0, ended.stderr
    assert frame["state"].to_dict() == {"balloons": "COMPLETE", "colour": "FAIL"}
    failures = [line for line in ended.stdout.splitlines() if line.startswith("colour-")]  # Ray has its say beside them
    assert failures == ["colour-constant-o0-0000: The worker died 2 times while it ran this trial: out of memory, or a crash."]
    died = "The worker died 2 times while it ran the {}: out of memory, or a crash."
    assert {own.work.key: own.error for own in read_outcomes(StudyPaths(tmp_path / "results"))} == {
        "balloons-trees-all": None,
        "colour-trees-all": None,
        "balloons-trees-o0": None,
        "colour-trees-o0": died.format("boosted trees"),
    }


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
