"""Nobody without the job's token speaks with its Ray, and the token is nowhere but in a file of its owner."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, wait_until
from tests.slurm.conftest import Job, Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
STRANGER = Path(__file__).with_name("stranger.py")
CLIENT_PORT, DASHBOARD_PORT = "10001", "8265"


@pytest.fixture
def job(cluster: Cluster, submit: Submit) -> Job:
    """A job on two nodes that trains."""
    running = submit("--nodes=2")
    running.wait_for_records(more_than=0)
    return running


def listeners(cluster: Cluster, node: str, program: str = "") -> set[str]:
    """Ports on which a node's programs listen beyond loopback."""
    lines = cluster.on(node, "ss", "-Hltnp").stdout.splitlines()
    found = (re.search(r"(\S+):(\d+)\s+\S+\s+users:\(\(\"([^\"]+)", line) for line in lines)
    return {m[2] for m in found if m and not m[1].startswith(("127.", "[::1]")) and program in m[3]}


def test_only_who_has_the_token_is_answered_and_it_lies_in_a_file_of_its_owner(cluster: Cluster, job: Job) -> None:
    nodes = ("n1", "n2")
    token = cluster.on("n2", "sh", "-c", "cat /tmp/study-*/token").stdout
    parts = {
        "GCS": ("n1", "gcs_server", "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo"),
        "head's raylet": ("n1", "raylet", "/ray.rpc.NodeManagerService/GetNodeStats"),
        "other raylet": ("n2", "raylet", "/ray.rpc.NodeManagerService/GetNodeStats"),
    }

    def ask(with_token: str, part: str) -> set[str]:
        node, program, method = parts[part]
        command = [sys.executable, STRANGER, with_token]
        ports = listeners(cluster, node, program)
        return {cluster.login(*command, f"{node}:{port}", method).stdout.strip() for port in ports}

    assert len(token) == 64
    assert {part: ask("", part) for part in parts} == {part: {"UNAUTHENTICATED"} for part in parts}
    assert {part: ask("f" * 64, part) for part in parts} == {part: {"UNAUTHENTICATED"} for part in parts}
    assert all("OK" in ask(token, part) for part in parts)
    for node in nodes:
        assert not listeners(cluster, node) & {CLIENT_PORT, DASHBOARD_PORT}
        assert set(cluster.on(node, "sh", "-c", "stat -c %a /tmp/study-*/token").stdout.split()) == {"600"}
        assert token not in "\n".join(cluster.processes(node))
        assert token not in cluster.on(node, "sh", "-c", "cat /proc/[0-9]*/environ", check=False).stdout
    for shown in (("show", "job", job.number, "-dd"), ("show", "step", job.number)):
        assert token not in cluster.login("scontrol", *shown).stdout
    job.wait()
    assert cluster.login("grep", "-rl", token, job.folder, check=False).stdout == ""


def test_a_ray_client_finds_no_server(cluster: Cluster, job: Job) -> None:
    connect = "import ray, sys; ray.init('ray://n1:10001')"

    asked = cluster.login("env", "RAY_AUTH_MODE=disabled", sys.executable, "-c", connect, check=False)

    assert asked.returncode != 0
    assert "ConnectionError" in asked.stderr
    wait_until(lambda: job.state == "COMPLETED", "the study goes on undisturbed", 300)
