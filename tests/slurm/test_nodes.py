"""What a site may forbid, and what it may ask of nodes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from harness.cluster import Cluster
from harness.jobs import Job, started
from harness.studies import STUDY
from tests.slurm.conftest import Submit
from tests.slurm.strangers import listeners

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
SLURMS = {"srun", "slurmd", "slurmd-wlm", "slurmstepd"}
"""What listens on ports of its own; Debian has two names for one of them."""
SCRATCH = "/run/own"
PORTS = range(21_000, 22_000)
MARKED = r"""
cd /proc
for pid in [0-9]*; do tr '\0' '\n' <$pid/environ 2>/dev/null | grep -qx MARK=here && cat $pid/comm; done
true
"""
"""Names of the processes of a node that the wrapper has started, or one of those."""

GIVE_BACK = f"""{sys.executable} -c '
from study.execution.cluster.others import give_back_nodes
give_back_nodes()'; squeue -h -j $SLURM_JOB_ID -o %N"""


def test_where_the_site_forbids_it_a_job_keeps_its_nodes_and_says_so(cluster: Cluster) -> None:
    conf = cluster.folder / "slurm.conf"
    usual = conf.read_text()
    try:
        conf.write_text(
            usual.replace("SchedulerParameters=", "SchedulerParameters=disable_job_shrink,")
        )
        cluster.login("scontrol", "reconfigure")
        ended = cluster.login(
            "sbatch",
            "--wait",
            "--nodes=3",
            "--ntasks-per-node=1",
            f"--wrap={GIVE_BACK}",
            "--output=kept",
        )
    finally:
        conf.write_text(usual)
        cluster.login("scontrol", "reconfigure")

    said, nodes = (cluster.home / "kept").read_text().splitlines()
    assert ended.returncode == 0
    assert "n2, n3" in said
    assert nodes == "n[1-3]"


@pytest.fixture
def second_network(cluster: Cluster) -> Iterator[None]:
    """One between n1 and n2, for as long as there are jobs."""
    cluster.wire("n1", "n2")
    yield
    cluster.unwire("n1")


@pytest.mark.usefixtures("second_network")
def test_what_a_site_asks_for_holds_on_every_node(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    """A wrapper, a scratch folder, a network of its own, which is one of IPv6, and a range of
    ports.
    """
    first = submit("--nodes=1", "--hold")
    cluster.login("scancel", first.number)
    for node in ("n1", "n2"):
        cluster.on(node, "mkdir", "-p", SCRATCH)
    site = {
        "launch": "env MARK=here",
        "scratch": "$PLACE",
        "interface": "eth1",
        "ports": f"{PORTS[0]}-{PORTS[-1]}",
        "setup": [f"export PLACE={SCRATCH}"],
    }
    (first.folder / "tiny.yaml").write_text(
        (first.folder / "tiny.yaml").read_text() + f"slurm: {json.dumps(site)}\n"
    )

    queued = cluster.login(
        STUDY, "submit", "tiny.yaml", "--sbatch=--nodelist=n1,n2", "--nodes=2", cwd=first.folder
    )
    job = Job(cluster, first.folder, queued.stdout.split()[3].rstrip("."))
    job.wait_for_node("n2")
    wrapped = {node: cluster.on(node, "sh", "-c", MARKED).stdout.split() for node in ("n1", "n2")}
    command, ports = (
        started(cluster, "n2"),
        {node: listeners(cluster, node) for node in ("n1", "n2")},
    )
    places = {node: cluster.on(node, "ls", SCRATCH).stdout.split() for node in ("n1", "n2")}
    job.wait()

    assert "study" in wrapped["n1"]
    assert "raylet" in wrapped["n2"]
    assert "--node-ip-address=fd79::2" in command
    assert any(word.startswith("--address=[fd79::1]:") for word in command)
    assert all(len(found) == 1 and found[0].startswith("study-") for found in places.values()), (
        places
    )
    for node, found in ports.items():
        assert found, node
        assert {name for port, name in found.items() if int(port) not in PORTS} <= SLURMS, found
    assert job.digest == undisturbed
    assert all(cluster.on(node, "ls", SCRATCH).stdout == "" for node in ("n1", "n2"))
