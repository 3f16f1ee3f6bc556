"""A study on a real SLURM: all nodes, side by side, within the walltime, and nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cluster import Cluster, wait_until
from harness.jobs import JOB_S, LEFT_S, Job, leftovers, queue, started, wait_until_clean
from harness.studies import STUDY, records
from study.execution.cluster.note import read_note
from study.records.paths import StudyPaths
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
WEIRD = "Grüße an 'alle' \"hier\" & $HOME #1 表"


def test_three_nodes_that_share_nothing_but_the_environment_give_the_dataframe_of_one_worker_and_go_back_after_the_last_trial(
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
        command = started(cluster, "n3")
        cluster.restart_controller(5)
        wait_until(
            lambda: job.show()["NumNodes"] == "1",
            lambda: f"one node\n{job.show()}\n{job.log}",
            JOB_S,
        )
        alone, report = job.show(), (job.results / "report.html").exists()
        idle = cluster.login("sinfo", "-hN", "-t", "idle", "-o", "%N").stdout.split()
        job.wait()
    finally:
        for node in ("n2", "n3"):
            cluster.on(node, "umount", cluster.home, cwd=Path("/"))

    assert {"--num-cpus=1", "--num-gpus=2", f"--memory={3000 * 2**20 - 150_000_000}"} <= set(
        command
    )
    nodes = {
        json.loads(content)["node"] for content in records(job.results).values()
    }  # a node may have run no trial
    assert nodes == {"n1", "n2", "n3"}
    assert (alone["JobState"], alone["NodeList"], report) == ("RUNNING", "n1", False)
    assert set(idle) <= {"n2", "n3"}
    assert job.show()["Restarts"] == "0"
    assert job.digest == undisturbed
    assert (job.results / "report.html").exists()
    assert not list(job.folder.glob("slurm_job_*"))


def test_two_studies_on_the_same_nodes_count_their_own_gpus_and_do_not_disturb_one_another(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    def offered(node: str) -> list[str]:
        """GPUs that each Ray on a node offers: those that SLURM counts, and nobody has."""
        rays = [line for line in cluster.processes(node) if "/raylet" in line.split()[0]]
        return sorted(line.partition("GPU,")[2][:1] for line in rays)

    asked = {"one": "--gres=gpu:none:1", "other": "--gpus-per-node=none:1"}
    jobs = [submit("--nodes=2", options, name=name) for name, options in asked.items()]

    wait_until(
        lambda: all(offered(node) == ["1", "1"] for node in ("n1", "n2")),
        lambda: f"{offered('n1')} {offered('n2')}",
        JOB_S,
    )
    for job in jobs:
        job.wait()
    assert [job.digest for job in jobs] == [undisturbed] * 2


def test_tasks_of_an_array_share_the_searches_without_a_word_between_them(
    cluster: Cluster, submit: Submit, undisturbed: str, stopwatch: Callable[[], float]
) -> None:
    tasks = submit("--array=0-1", "--exclusive", name="array")
    last = queue(cluster, tasks.folder, f"--dependency=afterany:{tasks.number}")
    last.wait()
    print(f"an array of two tasks and the job that gathers: {stopwatch():.0f} s")

    logs = "".join(path.read_text() for path in tasks.folder.glob("study-*.log"))
    assert all(f"{number} of 2" in logs for number in (1, 2))
    assert set(last.trials.groupby(["family", "outer_fold"])["node"].nunique()) == {1}
    assert last.trials["node"].nunique() == 2
    assert last.digest == undisturbed


def test_a_cancelled_job_leaves_every_finished_trial_and_nothing_else_and_submit_goes_on_with_it_as_status_tells(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    job = submit("--nodes=3", "--exclusive", name=WEIRD)
    job.wait_for_records(more_than=4)
    command = started(cluster, "n3")

    cluster.login("scancel", job.number)
    job.wait("CANCELLED")
    wait_until(cluster.is_idle, "all nodes idle")
    kept = records(job.results)
    wait_until(
        lambda: not any(map(cluster.processes, cluster.nodes)),
        lambda: f"no process: {leftovers(cluster)}",
        LEFT_S,
    )
    assert not (job.results / ".study" / "lock").exists()
    assert "--num-cpus=4" in command

    queued = cluster.login(
        STUDY, "submit", "tiny.yaml", "--nodes=2", "--sbatch=--hold", cwd=job.folder
    )
    job = Job(cluster, job.folder, queued.stdout.split()[3].rstrip("."))
    waiting = cluster.login(STUDY, "status", "results/tiny", cwd=job.folder)
    second = cluster.login(STUDY, "submit", "tiny.yaml", cwd=job.folder, check=False)
    cluster.login("scontrol", "release", job.number)
    job.wait()
    done = cluster.login(STUDY, "status", "results/tiny", cwd=job.folder)

    assert kept.items() <= records(job.results).items()
    assert job.digest == undisturbed
    for said in (waiting.stdout, second.stderr):
        assert f"{job.number}" in said
        assert "JobHeldUser" in said
    assert second.returncode == 2
    assert undisturbed in done.stdout
    wait_until(cluster.is_idle, "all nodes idle")
    wait_until_clean(cluster)  # the next run clears what SLURM's SIGKILL may have left


def test_a_job_without_progress_in_two_runs_is_not_queued_again(submit: Submit) -> None:
    endless = ("families=[neural]", "training.epochs=1000000", "training.patience=1000000")
    job = submit(
        "--nodes=1",
        "--time=2",
        run=tuple(word for setting in endless for word in ("--set", setting)),
    )

    job.wait("FAILED")

    note = read_note(StudyPaths(job.results))
    assert (job.show()["Restarts"], job.show()["ExitCode"]) == ("1", "2:0")
    assert f"job {job.number}" in job.log.splitlines()[-1]
    assert note is not None
    assert (note.records, note.idle) == (0, 1)
