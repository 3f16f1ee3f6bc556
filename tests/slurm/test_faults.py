"""What fails on a cluster costs a study little time and no result."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from harness.broken import full_cache, half_tensorflow, read_only_tmp
from harness.cluster import GUEST, GUEST_ID, Cluster, wait_until
from harness.jobs import ENDLESS, JOB_S, LONG, N_FIRST, Job
from harness.studies import N_RECORDS, records, undisturbed_digest
from study.records.paths import StudyPaths
from study.records.reading import read_trials
from tests.slurm.conftest import Submit
from tests.slurm.strangers import check_token

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
MOST_LOST_S = 60
FOREVER = (*ENDLESS, *(word for setting in LONG for word in ("--set", setting)))
LEFT = "/tmp/study-another"
LEAVE = f"umask 077; mkdir {LEFT} && touch {LEFT}/.owned"
"""What a killed driver of root leaves."""


@pytest.fixture(scope="module")
def undisturbed_first(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the first trials of a LONG study on one worker of this machine."""
    return undisturbed_digest(tmp_path_factory.mktemp("long"), *LONG, f"search.trials={N_FIRST}")


def test_a_node_that_comes_late_is_cut_off_or_loses_its_raylet_works_on_and_no_stranger_is_answered(
    cluster: Cluster, submit: Submit, undisturbed_first: str
) -> None:
    with read_only_tmp(cluster, "n2"):
        job = submit("--nodelist=n1,n2", run=FOREVER)
        job.wait_for_node("n1")
        wait_until(lambda: re.search(r"\bn2\b.*joined", job.log), lambda: job.log, JOB_S)
    assert job.nodes() == {"n1"}
    assert "Read-only file system" in job.log
    job.wait_for_node("n2")

    check_token(cluster, job)

    raylet = cluster.on("n2", "pgrep", "-x", "raylet").stdout
    cluster.cut("n2")
    time.sleep(20)
    cluster.heal("n2")
    cut = records(job.results)
    job.wait_for_node("n2", without=cut)
    assert cluster.on("n2", "pgrep", "-x", "raylet").stdout == raylet

    cluster.on("n2", "pkill", "-9", "raylet")  # n2 sees its own processes only
    time.sleep(2)  # for what it had sent before
    killed = records(job.results)
    job.wait_for_node("n2", without=killed)

    assert job.digest_of_first() == undisturbed_first
    assert cut.items() <= killed.items() <= records(job.results).items()
    assert (job.state, job.show()["Restarts"]) == ("RUNNING", "0")


def test_nodes_lost_before_they_start_or_while_they_train_cost_their_running_trials_alone(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    job = submit("--nodes=3")
    job.wait("RUNNING")
    cluster.power_off("n2")
    job.wait_for_node("n3")
    before = records(job.results)

    cluster.power_off("n3")
    longest = longest_pause(job.results)
    job.wait()

    print(f"longest time without a new record after the loss: {longest:.0f} s")
    assert re.search(r"\bn2\b.*joined", job.log)
    assert job.nodes() == {"n1", "n3"}
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


def test_nodes_with_broken_environments_are_named_and_no_trial_is_blamed(
    cluster: Cluster, submit: Submit, undisturbed_first: str
) -> None:
    errors = {"n2": "ImportError: cannot import name", "n3": "No space left on device"}
    with half_tensorflow(cluster, "n2"), full_cache(cluster, "n3"):
        job = submit("--nodes=3", run=FOREVER)
        job.wait_for_records(more_than=0)
        wait_until(
            lambda: all(named(job, *each) for each in errors.items()), lambda: job.log, JOB_S
        )
        digest = job.digest_of_first()

    assert job.nodes() == {"n1"}
    assert {record.state for record in read_trials(StudyPaths(job.results))} == {"COMPLETE"}
    assert digest == undisturbed_first


def named(job: Job, node: str, error: str) -> bool:
    """Whether a line names a node with its error."""
    return any(node in line and error in line for line in job.log.splitlines())


def test_a_job_of_a_user_that_is_preempted_warned_or_loses_its_head_goes_on_and_is_all_his(
    cluster: Cluster, submit: Submit, undisturbed_first: str
) -> None:
    for node in cluster.nodes:
        cluster.on(node, "sh", "-c", LEAVE)
    job = submit("--nodes=1-3", guest=True, run=FOREVER)
    job.wait_for_records(more_than=0)
    secret = owners(cluster, job.show()["BatchHost"], "/tmp/study-*/token")

    kept = [records(job.results)]
    urgent = job.preempt()
    kept.append(records_of_run(job, 2, kept))
    cluster.login("scancel", urgent.number)
    cluster.login("scancel", "--signal=USR2", "--batch", job.number)
    kept.append(records_of_run(job, 3, kept))
    head = job.show()["BatchHost"]
    cluster.power_off(head)
    kept.append(records_of_run(job, 4, kept))
    last = job.show()["BatchHost"]
    left = cluster.on(last, "sh", "-c", f"ls -A {LEFT}").stdout

    assert last != head
    assert job.digest_of_first() == undisturbed_first
    for before, after in pairwise(kept):
        assert before.items() <= after.items()
    assert secret == {f"{GUEST} 600"}
    assert {path.stat().st_uid for path in job.results.rglob("*")} == {GUEST_ID}
    assert left == ".owned\n"


def records_of_run(job: Job, number: int, before: list[dict[str, bytes]]) -> dict[str, bytes]:
    """Records of a job, once a run of it has left some that were not there before."""
    wait_until(
        lambda: job.show()["Restarts"] == str(number - 1), lambda: f"{job.show()}\n{job.log}", JOB_S
    )
    job.wait_for_records(more_than=len(before[-1]))
    return records(job.results)


def owners(cluster: Cluster, node: str, pattern: str) -> set[str]:
    """Owner and mode of what a pattern finds on a node."""
    return set(cluster.on(node, "sh", "-c", f"stat -c '%U %a' {pattern}").stdout.splitlines())
