"""What SLURM starts on every node of a job but the first: a Ray node that ends with the study.

`python -m study.machines.node HEAD_NODE HEAD_ADDRESS STORE_BYTES` takes the token as its first line of input; the line `end`
ends it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from study.machines.allocation import Given, address_towards, job_name, node_is_lost, requeue
from study.machines.processes import end_children, use_token
from study.machines.scratch import scratch_folder
from study.schema import StudyError

HEAD_SILENT_S = 45
"""Seconds without an answer of the head after which SLURM is asked whether its node is lost."""
LOOK_EVERY_S = 3
MOST_STARTS = 3
SOUND_S = 120
"""Seconds after which Ray's end is an accident, and its earlier starts are forgotten."""
END = "end\n"
PR_SET_CHILD_SUBREAPER = 36


def _free_ports(count: int) -> list[int]:
    """Ports that are free now. Another job may take one before Ray does; Ray is then started again."""
    with ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("", 0))).getsockname()[1] for _ in range(count)]


def _start(head: str, store_bytes: int, scratch: Path) -> subprocess.Popen[bytes]:
    given = Given.here()
    memory = given.ray_memory(store_bytes)
    # Given ones: Ray waits 15 s for those that its agents choose, then crashes.
    grpc, http, metrics, environments = _free_ports(4)
    options = {
        "address": head,
        "node-ip-address": address_towards(head.rpartition(":")[0]),
        "node-name": given.node,
        "num-cpus": given.cpus,
        "num-gpus": given.gpus,
        "object-store-memory": store_bytes,
        "temp-dir": scratch / "ray",
        "min-worker-port": 0,  # any that is free: other jobs may be on this node
        "max-worker-port": 0,
        "dashboard-agent-grpc-port": grpc,
        "dashboard-agent-listen-port": http,
        "metrics-export-port": metrics,
        "runtime-env-agent-port": environments,
        "log-color": "false",
    } | ({} if memory is None else {"memory": memory})
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
    with (scratch / "log").open("wb") as log:
        arguments = [*command, *(f"--{name}={value}" for name, value in options.items())]
        return subprocess.Popen(arguments, stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(scratch)})


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"{os.environ['SLURMD_NODENAME']}: {line}", flush=True)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=LOOK_EVERY_S):
        return True
    return False


def _listen(stop: threading.Event) -> None:
    """Wait for the driver's goodbye. An end of input without it is no goodbye: the driver's node may be lost."""
    if END in iter(sys.stdin.readline, ""):
        stop.set()


def serve(head_node: str, head: str, store_bytes: int, scratch: Path, stop: threading.Event) -> None:
    """Keep a Ray node running until `stop`; queue the job again if the head's node is lost, which --no-kill lets go on."""
    ray: subprocess.Popen[bytes] | None = None
    starts, heard, began = 0, time.monotonic(), 0.0
    while not stop.is_set():
        if _answers(head):
            heard = time.monotonic()
            if ray is None or ray.poll() is not None:
                if ray is not None:
                    _say((scratch / "log").read_text(encoding="utf-8", errors="replace"))
                    starts = starts if time.monotonic() - began < SOUND_S else 0
                if starts == MOST_STARTS:
                    raise StudyError(f"Ray ended {MOST_STARTS} times here within minutes.")
                ray, starts, began = _start(head, store_bytes, scratch), starts + 1, time.monotonic()
        elif time.monotonic() - heard > HEAD_SILENT_S and node_is_lost(head_node):
            _say(f"The head's node {head_node} is lost; the job queues again.")
            _say(requeue(job_name()))
        stop.wait(LOOK_EVERY_S)


def main() -> None:
    """Take the token, serve, and leave nothing behind."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with scratch_folder() as scratch:
        use_token(scratch, sys.stdin.readline().strip())
        threading.Thread(target=_listen, args=(stop,), daemon=True).start()
        try:
            serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), scratch, stop)
        except StudyError as error:
            sys.exit(f"{os.environ['SLURMD_NODENAME']}: {error}")
        finally:
            end_children()


if __name__ == "__main__":
    main()
