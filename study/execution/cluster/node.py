"""What SLURM starts on every node of a job but the first: a Ray node that ends with the study.

`python -m study.execution.cluster.node HEAD_NODE HEAD_ADDRESS STORE_BYTES SCRATCH PORTS`, the last
two empty where the site needs none, takes the token as its first line of input; the line `end` ends
it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from study.execution.cluster.allocation import Given, job_name, node_is_lost, requeue
from study.execution.cluster.network import (
    SERVERS,
    address_towards,
    answers,
    choose_ports,
    free_ports,
    host_and_port,
)
from study.execution.cluster.processes import end_children, use_token
from study.execution.cluster.scratch import scratch_folder
from study.schema import StudyError

HEAD_SILENT_S = 45
"""Seconds without an answer of the head after which SLURM is asked whether its node is lost."""
LOOK_EVERY_S = 3
MOST_STARTS = 3
SOUND_S = 120
"""Seconds after which Ray's end is an accident, and its earlier starts are forgotten."""
END = "end\n"
PR_SET_CHILD_SUBREAPER = 36


def _start(head: str, store_bytes: int, scratch: Path, ports: str) -> subprocess.Popen[bytes]:
    given = Given.here()
    memory = given.ray_memory(store_bytes)
    options = {
        "address": head,
        "node-ip-address": address_towards(host_and_port(head)[0]),
        "node-name": given.node,
        "num-cpus": given.cpus,
        "num-gpus": given.gpus,
        "object-store-memory": store_bytes,
        "temp-dir": scratch / "ray",
        "log-color": "false",
    } | ({} if memory is None else {"memory": memory})
    options |= _port_options(ports, given.cpus)
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
    with (scratch / "log").open("wb") as log:
        arguments = [*command, *(f"--{name}={value}" for name, value in options.items())]
        return subprocess.Popen(
            arguments, stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(scratch)}
        )


def _port_options(ports: str, cpus: int) -> dict[str, Any]:
    """Other jobs may be on this node: of a site's range those that are free, or else any.

    The agents' are given in any case: Ray waits 15 s for those that they choose, then crashes.
    """
    if ports:
        chosen = choose_ports(ports, cpus, int(os.environ["SLURM_JOB_ID"]))
        del chosen["gcs_server_port"]
    else:
        chosen = dict(zip(SERVERS[3:], free_ports(4), strict=True)) | {
            "min_worker_port": 0,
            "max_worker_port": 0,
        }
    names = {"metrics_agent_port": "dashboard-agent-grpc-port"}
    return {names.get(name, name.replace("_", "-")): port for name, port in chosen.items()}


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"{os.environ['SLURMD_NODENAME']}: {line}", flush=True)


def _listen(stop: threading.Event) -> None:
    """Wait for the driver's goodbye. An end of input without it is no goodbye: the driver's node
    may be lost.
    """
    if END in iter(sys.stdin.readline, ""):
        stop.set()


def serve(
    head_node: str, head: str, store_bytes: int, ports: str, scratch: Path, stop: threading.Event
) -> None:
    """Keep a Ray node running until `stop`; queue the job again if the head's node is lost, which
    --no-kill lets go on.
    """
    ray: subprocess.Popen[bytes] | None = None
    starts, heard, began = 0, time.monotonic(), 0.0
    while not stop.is_set():
        if answers(head, LOOK_EVERY_S):
            heard = time.monotonic()
            if ray is None or ray.poll() is not None:
                if ray is not None:
                    _say((scratch / "log").read_text(encoding="utf-8", errors="replace"))
                    starts = starts if time.monotonic() - began < SOUND_S else 0
                if starts == MOST_STARTS:
                    raise StudyError(
                        f"Ray ended {MOST_STARTS} times here within minutes. Check memory and slurm.scratch."
                    )
                ray = _start(head, store_bytes, scratch, ports)
                starts += 1
                began = time.monotonic()
        elif time.monotonic() - heard > HEAD_SILENT_S and node_is_lost(head_node):
            _say(f"The head's node {head_node} is lost; the job queues again.")
            _say(requeue(job_name()))
        stop.wait(LOOK_EVERY_S)


def main() -> None:
    """Take the token, serve, and leave nothing behind."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    head_node, head, store_bytes, place, ports = sys.argv[1:]
    try:
        with scratch_folder(place or None) as scratch:
            use_token(scratch, sys.stdin.readline().strip())
            threading.Thread(target=_listen, args=(stop,), daemon=True).start()
            try:
                serve(head_node, head, int(store_bytes), ports, scratch, stop)
            finally:
                end_children()
    except (StudyError, OSError) as error:
        sys.exit(f"{os.environ['SLURMD_NODENAME']}: {error}")


if __name__ == "__main__":
    main()
