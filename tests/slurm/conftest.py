"""One SLURM cluster for all tests of this folder, and jobs on it; every test leaves its nodes as it
found them.

Where none can be made the tests are skipped; they fail with SLURM_TESTS=required in the
environment, as in continuous integration.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from harness.cluster import Cluster, missing, wait_until
from harness.jobs import Job, leftovers, queue
from harness.studies import undisturbed_digest

NO_CLUSTER = missing()
Submit = Callable[..., Job]
NEXT_RUN = "from study.execution.cluster.scratch import scratch_folder\nwith scratch_folder(): pass"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A SLURM of three nodes."""
    if NO_CLUSTER:
        (pytest.fail if os.environ.get("SLURM_TESTS") == "required" else pytest.skip)(NO_CLUSTER)
    slurm = Cluster(3)
    try:
        slurm.up()
        yield slurm
    finally:
        slurm.down()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the study on one worker of this machine."""
    return undisturbed_digest(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture
def submit(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Submit]:
    """`submit("--nodes=3", ..., run=[...])`: sbatch on the script in the project, as by hand, in a
    folder of its own.
    """
    jobs: list[Job] = []

    def queue_here(
        *options: str, run: tuple[str, ...] = (), name: str = "", guest: bool = False
    ) -> Job:
        folder = cluster.home / f"{request.node.name[:40]} {name or len(jobs)}"
        jobs.append(queue(cluster, folder, *options, run=run, guest=guest))
        return jobs[-1]

    yield queue_here
    for job in jobs:
        cluster.login("scancel", job.number, check=False)
    for node in cluster.nodes:
        if node not in cluster.hosts:
            cluster.boot(node)
    wait_until(cluster.is_idle, "all nodes idle again", 120)
    # SLURM calls a node idle when a job's steps have ended; orphans of Ray end seconds later.
    wait_until(lambda: not any(map(cluster.processes, cluster.nodes)), "no process of a job", 180)
    for node in leftovers(
        cluster
    ):  # a driver that SLURM has killed leaves its scratch to the next run, which must clear it
        cluster.on(node, sys.executable, "-c", NEXT_RUN)
    assert leftovers(cluster) == {}


@pytest.fixture
def stopwatch() -> Callable[[], float]:
    """Seconds since the test began."""
    begin = time.monotonic()
    return lambda: time.monotonic() - begin
