"""SLURM holds a job to its memory by control groups, which is what most sites kill by."""

from __future__ import annotations

import pytest

from harness import groups
from harness.cluster import Cluster
from study import load_results
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
WIDE = 30_000
"""Width of two layers with 3.6 GB of weights between them, for each of two replicates."""
SETTINGS = (
    "depths=[2]",
    f"space.neural.width=[8, {WIDE}]",
    "search.trials=2",
    "search.max_tries=2",
    "training.epochs=200",
)


def test_a_trial_that_outgrows_the_memory_of_its_job_is_killed_by_the_kernel_and_the_study_is_finished_without_it(
    cluster: Cluster, submit: Submit
) -> None:
    if not cluster.confined:
        pytest.skip(f"SLURM confines no memory here: {groups.missing()}")

    job = submit(
        "--nodes=1",
        "--mem=2500",
        run=tuple(word for setting in SETTINGS for word in ("--set", setting)),
    )
    job.wait("COMPLETED", "OUT_OF_MEMORY")

    trials = load_results(job.results).trials
    failed = trials[trials["state"] == "FAIL"]
    assert "oom_kill event" in job.log
    assert set(failed["params_width"]) == {WIDE}
    assert set(trials.loc[trials["state"] == "COMPLETE", "params_width"].dropna()) == {8}
    assert (job.results / "report.html").exists()
