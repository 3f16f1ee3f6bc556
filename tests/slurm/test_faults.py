"""What fails on a cluster costs a study little time and no result."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cluster import Cluster
from harness.jobs import ENDLESS, JOB_S, LONG, N_RECORDS
from harness.studies import records
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
MOST_LOST_S = 60
FOREVER = (*ENDLESS, *(word for setting in LONG for word in ("--set", setting)))


def test_a_node_that_loses_power_costs_its_running_trials_and_no_restart(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    job = submit("--nodes=3")
    job.wait_for_records(more_than=4)
    before = records(job.results)

    cluster.power_off("n3")
    longest = longest_pause(job.results)
    job.wait()

    print(f"longest time without a new record after the loss: {longest:.0f} s")
    assert job.show()["Restarts"] == "0"
    assert before.items() <= records(job.results).items()
    assert job.digest == undisturbed
    assert longest < MOST_LOST_S


def longest_pause(results: Path) -> float:
    """Longest time in seconds between two records from now on, until all are there."""
    last, longest, until = time.monotonic(), 0.0, time.monotonic() + JOB_S
    found = len(records(results))
    while found < N_RECORDS:
        now = time.monotonic()
        assert now < until, "not finished in time"
        longest = max(longest, now - last)
        if (count := len(records(results))) > found:
            found, last = count, now
        time.sleep(0.2)
    return longest


def test_a_lost_head_brings_the_job_back_by_itself(
    cluster: Cluster, submit: Submit, undisturbed: str, stopwatch: Callable[[], float]
) -> None:
    job = submit("--nodes=2-3")
    job.wait_for_records(more_than=4)
    before, lost = records(job.results), stopwatch()

    cluster.power_off("n1")
    job.wait("PENDING")
    queued = stopwatch()
    job.wait("RUNNING")
    running = stopwatch()
    job.wait()

    print(f"lost head: queued again after {queued - lost:.0f} s, running after {running - lost:.0f} s")
    assert job.show()["Restarts"] == "1"
    assert f"Run 2 of SLURM job {job.number}, on n2, n3." in job.log
    assert before.items() <= records(job.results).items()
    assert job.digest == undisturbed


def test_a_node_whose_link_is_cut_for_20_seconds_is_not_given_up(
    cluster: Cluster, submit: Submit, undisturbed_first: str
) -> None:
    job = submit("--nodelist=n1,n2", run=FOREVER)
    job.wait_for_node("n2")
    raylet = cluster.on("n2", "pgrep", "-x", "raylet").stdout

    cluster.cut("n2")
    time.sleep(20)
    cluster.heal("n2")
    before = records(job.results)
    job.wait_for_node("n2", without=before)

    assert cluster.on("n2", "pgrep", "-x", "raylet").stdout == raylet
    assert job.digest_of_first() == undisturbed_first
    assert before.items() <= records(job.results).items()
    assert (job.state, job.show()["Restarts"]) == ("RUNNING", "0")


def test_a_controller_that_is_restarted_is_not_noticed(cluster: Cluster, submit: Submit, undisturbed: str) -> None:
    job = submit("--nodes=2")
    job.wait_for_records(more_than=4)

    cluster.restart_controller(5)
    job.wait()

    assert job.show()["Restarts"] == "0"
    assert job.digest == undisturbed


def test_a_raylet_that_is_killed_is_started_again_and_its_node_trains_on(
    cluster: Cluster, submit: Submit, undisturbed_first: str
) -> None:
    job = submit("--nodelist=n1,n2", run=FOREVER)
    job.wait_for_node("n2")

    cluster.on("n2", "pkill", "-9", "raylet")  # n2 sees its own processes only
    time.sleep(2)  # for what it had sent before
    before = records(job.results)
    job.wait_for_node("n2", without=before)

    assert job.digest_of_first() == undisturbed_first
    assert before.items() <= records(job.results).items()
    assert (job.state, job.show()["Restarts"]) == ("RUNNING", "0")
