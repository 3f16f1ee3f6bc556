"""A task of an array that SLURM stops queues again alone, and one that a person ends never does."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from harness.jobs import ENDLESS
from harness.studies import records
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]


def test_a_task_of_an_array_that_is_preempted_or_at_its_walltime_queues_again_alone_and_a_cancelled_one_never_does(
    cluster: Cluster, submit: Submit
) -> None:
    array = submit(
        "--partition=spare", "--hold", "--array=0-2", "--exclusive", run=ENDLESS
    )  # SLURM queues nothing again there
    other, task, finished = (array.task(number) for number in range(3))
    for each in (finished, other, task):
        cluster.login("scontrol", "release", each.number)
    finished.wait()
    for each in (other, task):
        each.wait("RUNNING")
        array.wait_for_node(each.show()["BatchHost"])
    own = task.show()["JobId"]

    kept = [records(array.results)]
    task.preempt()
    task.wait("RUNNING")
    array.wait_for_node(task.show()["BatchHost"], without=kept[0])
    kept.append(records(array.results))
    task.reach_walltime()
    task.wait("RUNNING")
    array.wait_for_records(more_than=len(kept[1]))
    restarts = [each.show()["Restarts"] for each in (other, task, finished)]
    cluster.login("scancel", task.number)
    task.wait("CANCELLED")

    assert own == array.number  # by which SLURM's commands mean all of them
    assert restarts == ["0", "2", "0"]
    assert task.number in task.log
    assert kept[0].items() <= kept[1].items() <= records(array.results).items()
    assert [each.state for each in (other, finished)] == ["RUNNING", "COMPLETED"]
