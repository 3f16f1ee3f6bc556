"""A node at which nothing succeeds draws no work to itself and is to blame for its failures alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from harness.broken import full_cache, half_tensorflow
from harness.cluster import Cluster, wait_until
from harness.jobs import ENDLESS, JOB_S, LONG
from study.records.paths import StudyPaths
from study.records.results import read_trials
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
FOREVER = (*ENDLESS, *(word for setting in LONG for word in ("--set", setting)))


@pytest.mark.parametrize(
    ("breaks", "why", "error"),
    [
        (half_tensorflow, "a worker there cannot train", "ImportError: cannot import name"),
        (full_cache, "one task after the other failed there and none succeeded", "No space left on device"),
    ],
)
def test_a_broken_environment_on_one_of_three_nodes_is_named_and_no_trial_is_blamed(
    cluster: Cluster,
    submit: Submit,
    undisturbed_first: str,
    breaks: Callable[[Cluster, str], AbstractContextManager[None]],
    why: str,
    error: str,
) -> None:
    with breaks(cluster, "n3"):
        job = submit("--nodes=3", run=FOREVER, name=breaks.__name__)
        job.wait_for_records(more_than=0)
        said = f"Node n3 is left out: {why}. What failed there is not recorded and runs elsewhere. The first error: "
        wait_until(lambda: said in job.log, lambda: job.log, JOB_S)
        digest = job.digest_of_first()

    assert error in job.log.partition(said)[2].splitlines()[0]
    assert job.nodes() <= {"n1", "n2"}
    assert {record.state for record in read_trials(StudyPaths(job.results))} == {"COMPLETE"}
    assert digest == undisturbed_first
