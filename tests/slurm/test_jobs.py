"""A study on a real SLURM: all nodes, side by side, within the walltime, and nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cluster import Cluster, wait_until
from harness.jobs import ENDLESS, LEFT_S, Job, leftovers, queue, wait_until_clean
from harness.studies import STUDY, records
from study.machines.note import read_note
from study.records.paths import StudyPaths
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
WEIRD = "Grüße an 'alle' \"hier\" & $HOME #1 表"


def test_three_nodes_that_share_nothing_but_the_environment_give_the_dataframe_of_one_worker(
    cluster: Cluster, submit: Submit, undisturbed: str, stopwatch: Callable[[], float]
) -> None:
    for node in ("n2", "n3"):
        cluster.on(node, "mount", "-t", "tmpfs", "tmpfs", cluster.home)
    try:
        job = submit("--nodes=3", "--gpus-per-node=2", "--mem=3000", name=WEIRD)
        job.wait("RUNNING")
        running = stopwatch()
        job.wait_for_records(more_than=0)
        print(f"from job start to the first record: {stopwatch() - running:.0f} s")
        started = next(line for line in cluster.processes("n3") if "ray.scripts.scripts start" in line)
        job.wait()
    finally:
        for node in ("n2", "n3"):
            cluster.on(node, "umount", cluster.home, cwd=Path("/"))

    assert {"--num-cpus=1", "--num-gpus=2", f"--memory={3000 * 2**20 - 150_000_000}"} <= set(started.split())
    nodes = {json.loads(content)["node"] for content in records(job.results).values()}  # a node may have run no trial
    assert nodes == {"n1", "n2", "n3"}
    assert job.digest == undisturbed
    assert (job.results / "report.html").exists()


def test_two_studies_on_the_same_nodes_do_not_disturb_one_another(submit: Submit, undisturbed: str) -> None:
    jobs = [submit("--nodes=3", name=name) for name in ("one", "other")]
    for job in jobs:
        job.wait_for_records(more_than=4)

    states = [job.state for job in jobs]
    for job in jobs:
        job.wait()

    assert states == ["RUNNING", "RUNNING"]
    assert [job.digest for job in jobs] == [undisturbed] * 2


def test_tasks_of_an_array_share_the_arms_without_a_word_between_them(
    cluster: Cluster, submit: Submit, undisturbed: str, stopwatch: Callable[[], float]
) -> None:
    tasks = submit("--array=0-1", "--exclusive", name="array")
    last = queue(cluster, tasks.folder, f"--dependency=afterany:{tasks.number}")
    last.wait()
    print(f"an array of two tasks and the job that gathers: {stopwatch():.0f} s")

    logs = "".join(path.read_text() for path in tasks.folder.glob("study-*.log"))
    assert {f"Share {number} of 2 is done; a job without --array gathers results/tiny." in logs for number in (1, 2)} == {True}
    assert "nothing is left to train" in last.log
    assert set(last.trials.groupby(["family", "outer_fold"])["node"].nunique()) == {1}
    assert last.trials["node"].nunique() == 2
    assert last.digest == undisturbed


def test_a_cancelled_job_ends_with_every_finished_trial_and_the_next_goes_on(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    job = submit("--nodes=3", "--exclusive")
    job.wait_for_records(more_than=4)
    started = next(line for line in cluster.processes("n3") if "ray.scripts.scripts start" in line)

    cluster.login("scancel", job.number)
    job.wait("CANCELLED")
    wait_until(cluster.is_idle, "all nodes idle")

    kept = records(job.results)
    wait_until(lambda: not any(map(cluster.processes, cluster.nodes)), lambda: f"no process: {leftovers(cluster)}", LEFT_S)
    assert not (job.results / ".lock").exists()
    assert "--num-cpus=4" in started.split()
    assert "Stopped by SLURM. Every finished trial is kept in results/tiny." in job.log
    cluster.login(STUDY, "submit", "tiny.yaml", "--nodes=3", "--wait", cwd=job.folder)
    assert kept.items() <= records(job.results).items()
    assert job.digest == undisturbed
    wait_until(cluster.is_idle, "all nodes idle")
    wait_until_clean(cluster)  # the next run clears what SLURM's SIGKILL may have left


def test_the_warning_of_the_walltime_stops_the_study_cleanly_and_the_job_goes_on_by_itself(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    job = submit("--nodes=2")
    job.wait_for_records(more_than=4)

    cluster.login("scancel", "--signal=USR2", "--batch", job.number)
    job.wait("PENDING")
    kept = records(job.results)
    job.wait()

    assert job.show()["Restarts"] == "1"
    assert f"new records; job {job.number} queues again." in job.log
    assert kept.items() <= records(job.results).items()
    assert job.digest == undisturbed


def test_a_job_without_progress_in_two_runs_is_not_queued_again_and_says_why(submit: Submit) -> None:
    job = submit("--nodes=1", "--time=2")  # all of it is kept for the ending, so no trial may start

    job.wait("FAILED")

    note = read_note(StudyPaths(job.results))
    assert (job.show()["Restarts"], job.show()["ExitCode"]) == ("1", "2:0")
    assert f"SLURM job {job.number} made no progress in 2 runs and is not queued again" in job.log
    assert note is not None
    assert (note.records, note.idle) == (0, 1)


def test_before_its_walltime_a_job_queues_again_and_its_study_goes_on(cluster: Cluster, submit: Submit) -> None:
    job = submit("--nodes=1", "--time=3", run=ENDLESS)  # two of the three minutes are kept for the ending

    job.wait_for_records(more_than=0)  # until it starts it is pending as well
    job.wait("PENDING")
    kept = records(job.results)
    job.wait_for_records(more_than=len(kept))

    assert kept
    assert kept.items() <= records(job.results).items()
    assert (job.state, job.show()["Restarts"]) == ("RUNNING", "1")
    assert f"new records; job {job.number} queues again." in job.log


def test_submit_queues_a_job_that_status_follows(cluster: Cluster, submit: Submit, undisturbed: str) -> None:
    held = submit("--nodes=1", "--hold", name=WEIRD)
    cluster.login("scancel", held.number)

    queued = cluster.login(STUDY, "submit", "tiny.yaml", "--nodes=2", "--sbatch=--hold", cwd=held.folder)
    job = Job(cluster, held.folder, queued.stdout.split()[3].rstrip("."))
    waiting = cluster.login(STUDY, "status", "results/tiny", cwd=job.folder)
    second = cluster.login(STUDY, "submit", "tiny.yaml", cwd=job.folder, check=False)
    cluster.login("scontrol", "release", job.number)
    job.wait()
    done = cluster.login(STUDY, "status", "results/tiny", cwd=job.folder)

    assert waiting.stdout == f"SLURM job {job.number}: PENDING (JobHeldUser)\n"
    assert second.stderr.startswith(f"Error: SLURM job {job.number} works on results/tiny already (PENDING (JobHeldUser)).")
    assert done.stdout.splitlines()[-1] == f"Finished. Digest of the dataframe: {undisturbed}"
