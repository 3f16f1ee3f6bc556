"""Who is answered by a job's Ray, and where its token lies."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from harness.cluster import Cluster
from harness.jobs import Job

STRANGER = Path(__file__).with_name("stranger.py")
CLIENT_PORT, DASHBOARD_PORT = "10001", "8265"
KNOWN = ("gcs_server", "raylet", "ray::", "study", "srun", "slurm")
CLIENT = f"import ray; ray.init('ray://n1:{CLIENT_PORT}')"
HTTP = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=20).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""
PARTS = {
    "GCS": ("n1", "gcs_server", "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo"),
    "head's raylet": ("n1", "raylet", "/ray.rpc.NodeManagerService/GetNodeStats"),
    "other raylet": ("n2", "raylet", "/ray.rpc.NodeManagerService/GetNodeStats"),
    "other raylet's objects": ("n2", "raylet", "/ray.rpc.ObjectManagerService/Push"),
    "worker": ("n1", "ray::(?!Runtime)", "/ray.rpc.CoreWorkerService/GetCoreWorkerStats"),
    "driver": ("n1", "study", "/ray.rpc.CoreWorkerService/GetCoreWorkerStats"),
}


def listeners(cluster: Cluster, node: str, program: str = "") -> dict[str, str]:
    """Ports on which a node's programs listen beyond loopback, and their names."""
    lines = cluster.on(node, "ss", "-Hltnp").stdout.splitlines()
    found = (re.search(r"(\S+):(\d+)\s+\S+\s+users:\(\(\"([^\"]+)", line) for line in lines)
    return {
        m[2]: m[3]
        for m in found
        if m and not m[1].startswith(("127.", "[::1]")) and re.match(program, m[3])
    }


def ask(cluster: Cluster, token: str, part: str) -> set[str]:
    """What a stranger at the login node hears from every port of one part of Ray."""
    node, program, method = PARTS[part]
    ports = listeners(cluster, node, program)
    return {
        cluster.login(sys.executable, STRANGER, token, f"{node}:{port}", method).stdout.strip()
        for port in ports
    }


def check_token(cluster: Cluster, job: Job) -> None:
    """Only who has the token of a job on n1 and n2 is answered, and it lies in a file of its owner
    alone.
    """
    token = cluster.on("n2", "sh", "-c", "cat /tmp/study-*/token").stdout
    assert len(token) == 64

    heard = {wrong: {part: ask(cluster, wrong, part) for part in PARTS} for wrong in ("", "f" * 64)}
    answered = {part: ask(cluster, token, part) for part in PARTS}
    client = cluster.login(
        "env", "RAY_AUTH_MODE=disabled", sys.executable, "-c", CLIENT, check=False
    )

    for answers in heard.values():
        assert all("UNAUTHENTICATED" in words for words in answers.values()), heard
        assert all(words <= {"UNAUTHENTICATED", "UNIMPLEMENTED"} for words in answers.values()), (
            heard
        )  # a port serves one
    assert all("OK" in words for words in answered.values()), answered
    assert "ConnectionError" in client.stderr
    for node in ("n1", "n2"):
        ports = listeners(cluster, node)
        assert {name for name in ports.values() if not name.startswith(KNOWN)} == set()
        for port in (port for port, name in ports.items() if name == "ray::RuntimeEnv"):
            assert (
                cluster.login(sys.executable, "-c", HTTP, f"http://{node}:{port}/").stdout
                == "401\n"
            )
        assert not ports.keys() & {CLIENT_PORT, DASHBOARD_PORT}
        assert set(
            cluster.on(node, "sh", "-c", "stat -c %a /tmp/study-*/token").stdout.split()
        ) == {"600"}
        assert token not in "\n".join(cluster.processes(node))
        assert (
            token
            not in cluster.on(
                node, "sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'", check=False
            ).stdout
        )
    for shown in (("show", "job", job.number, "-dd"), ("show", "step", job.number)):
        assert token not in cluster.login("scontrol", *shown).stdout
    assert job.state == "RUNNING"
    assert cluster.login("grep", "-rl", token, job.folder, check=False).stdout == ""
