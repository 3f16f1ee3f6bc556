"""A job that SLURM stops queues again, of an array its task alone, and one that a person ends never does."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from harness.jobs import ENDLESS
from harness.studies import records
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]


def test_a_preempted_job_that_slurm_queues_again_goes_on_with_all_it_had(submit: Submit, undisturbed: str) -> None:
    job = submit("--nodes=1")
    job.wait_for_records(more_than=4)
    kept = records(job.results)

    urgent = job.preempt()
    job.wait()

    assert urgent.show()["Restarts"] == "0"
    assert f"Stopped by SLURM; SLURM queues job {job.number} again. Every finished trial is kept in" in job.log
    assert f"Run 2 of SLURM job {job.number}, on " in job.log
    assert job.show()["Restarts"] == "1"
    assert kept.items() <= records(job.results).items()
    assert job.digest == undisturbed


def test_a_preempted_task_of_an_array_queues_again_alone_and_a_cancelled_one_never_does(
    cluster: Cluster, submit: Submit
) -> None:
    array = submit("--partition=spare", "--array=0-1", "--exclusive", run=ENDLESS)  # where SLURM queues nothing again
    other, task = array.task(0), array.task(1)
    for each in (other, task):
        each.wait("RUNNING")
        array.wait_for_node(each.show()["BatchHost"])
    own = task.show()["JobId"]
    kept = records(array.results)

    task.preempt()
    task.wait("RUNNING")
    array.wait_for_node(task.show()["BatchHost"], without=kept)
    restarts = [each.show()["Restarts"] for each in (other, task)]
    cluster.login("scancel", task.number)
    task.wait("CANCELLED")

    assert own == array.number  # by which SLURM's commands mean both
    assert restarts == ["0", "1"]
    assert f"Stopped by SLURM: job {task.number} was preempted and queues again. Every" in task.log
    assert "Stopped by SLURM. Every" in task.log
    assert kept.items() <= records(array.results).items()
    assert (other.state, other.show()["Restarts"]) == ("RUNNING", "0")


def test_at_its_walltime_a_task_of_an_array_queues_again_and_those_that_have_ended_do_not(
    cluster: Cluster, submit: Submit
) -> None:
    array = submit("--hold", "--array=0-2", "--exclusive", run=ENDLESS)
    task, finished = array.task(1), array.task(2)
    cluster.login("scancel", array.task(0).number)
    for each in (finished, task):
        cluster.login("scontrol", "release", each.number)
    finished.wait()
    array.wait_for_node(task.show()["BatchHost"])
    own = task.show()["JobId"]
    kept = records(array.results)

    task.reach_walltime()
    task.wait("RUNNING")
    array.wait_for_records(more_than=len(kept))

    assert own == array.number  # by which SLURM's commands mean all of them
    assert f"new records; job {task.number} queues again." in task.log
    assert kept.items() <= records(array.results).items()
    assert [each.show()["Restarts"] for each in (task, finished)] == ["1", "0"]
    assert [each.state for each in (task, finished)] == ["RUNNING", "COMPLETED"]
