"""Where Ray runs: on this machine or on the nodes of a SLURM job, born and ended with the study; or a cluster that is there."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any

from study.config import StudyConfig
from study.machines.allocation import Allocation, address_towards
from study.machines.node import END
from study.machines.processes import has_token, leave_now, use_token
from study.machines.scratch import is_there, scratch_folder
from study.schema import StudyError

SMALLEST_STORE = 150_000_000
"""Bytes of Ray's object store for a small table; Ray asks for a third of the machine's memory if it is not told."""
JOIN_S = 180
LOOK_EVERY_S = 3
GONE_S = 30
"""Seconds in which a run whose files were removed should have noticed."""
END_S = 20
START = {
    "RAY_enable_metrics_collection": "0",
    "RAY_raylet_start_wait_time_s": "120",
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_agent_register_timeout_ms": "120000",
}
"""A busy machine, or Python on a network disk, needs more than Ray's 30 s to start. Metrics would be served to anyone."""
PATIENCE = {
    "RAY_health_check_period_ms": "5000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "6",
    "RAY_grpc_client_keepalive_time_ms": "20000",
    "RAY_grpc_client_keepalive_timeout_ms": "20000",
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
}
"""A node is given up after 25 s without a way to it, or 42 s of its silence, and ends at once.

A link may be cut for 20 s, and Ray's defaults stop all trials for minutes and drain a node for 30 s.
"""


def available_cpus() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_job(config: StudyConfig) -> None:
    """Raise a StudyError where a study is to run on the nodes of a SLURM job, and this is none."""
    if config.cluster.address == "slurm":
        Allocation.current()


def quiet(verbose: bool) -> None:
    """Set what Ray and TensorFlow read from the environment: no chatter unless `verbose`, no usage reports.

    The settings reach the workers too, which inherit the environment.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
    os.environ["TUNE_GLOBAL_CHECKPOINT_S"] = "1e9"  # records are the truth; Tune's own state is thrown away
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # the new output prints its configuration whatever the verbosity
    os.environ["TUNE_WARN_THRESHOLD_S"] = "60"
    os.environ.update(START)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if verbose else "3")
    if not verbose:
        os.environ["RAY_TUNE_LOGGING_LEVEL"] = "CRITICAL"
        for name in ("ray", "ray.tune", "ray.train", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def import_ray(config: StudyConfig, verbose: bool) -> None:
    """Import Ray with what a study sets for it, which it reads then. No other thread may set filters of warnings meanwhile."""
    quiet(verbose)
    if config.cluster.address == "slurm":
        os.environ.update(PATIENCE)
    elif config.cluster.address != "local" and has_token():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    import ray  # noqa: F401


@cache
def _token() -> str:
    """This process's own token: Ray reads it once, so a second study in the same process has the same."""
    return secrets.token_hex(32)


@contextmanager
def ray_cluster(config: StudyConfig, data_bytes: int, verbose: bool = False) -> Iterator[Path]:
    """Start Ray, or join one, as `cluster.address` says; yields a scratch folder of this machine.

    A Ray of the study's own is untouched by RAY_ADDRESS and by any other Ray, and ends with the block.

    Raises
    ------
    StudyError
        A trial needs more GPUs than there are, a node did not join, or nothing answers at the address.
    """
    import_ray(config, verbose)
    with scratch_folder() as scratch, _while_there(scratch):
        address, store_bytes = config.cluster.address, max(SMALLEST_STORE, 3 * data_bytes)
        if address == "local":
            running = _local(store_bytes, scratch, verbose)
        elif address == "slurm":
            running = _allocated(store_bytes, scratch, verbose)
        else:
            running = _joined(address, verbose)
        with running:
            _check_resources(config)
            yield scratch


@contextmanager
def _while_there(scratch: Path) -> Iterator[None]:
    """End this process if its scratch folder is removed and it stays: Ray waits for its files where no signal is heard."""
    left = threading.Event()

    def watch() -> None:
        since = time.monotonic()
        while not left.wait(LOOK_EVERY_S):
            since = time.monotonic() if is_there(scratch) else since
            if time.monotonic() - since > GONE_S:
                print(
                    f"Error: Ray's files in {scratch} were removed while it ran; run the same command again.", file=sys.stderr
                )
                leave_now(2)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        left.set()


def _check_resources(config: StudyConfig) -> None:
    import ray

    cpus, gpus = config.resources.cpus_per_trial, config.resources.gpus_per_trial
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    most = max(node.get("GPU", 0) for node in nodes)
    if gpus > most:
        raise StudyError(f"resources.gpus_per_trial is {gpus:g} but Ray sees {most:g} GPUs; no trial could start.")
    if not any(node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= gpus for node in nodes):
        raise StudyError(f"No node of the Ray cluster has {cpus:g} cores and {gpus:g} GPUs; no trial could start.")


@contextmanager
def _ray(verbose: bool, **options: Any) -> Iterator[None]:
    import ray

    level = logging.INFO if verbose else logging.CRITICAL
    try:
        ray.init(log_to_driver=verbose, logging_level=level, **options)
        yield
    finally:
        # A reference that another thread's garbage collector frees while Ray shuts down would end this process.
        gc.collect()
        gc.disable()
        ray.shutdown()
        gc.enable()


@contextmanager
def _environment(*names: str) -> Iterator[None]:
    """Let variables have another value in the block, and their old one after it."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _local(store_bytes: int, scratch: Path, verbose: bool, **options: Any) -> Iterator[None]:
    """Ray on this machine alone, or with `options` the head of more."""
    tempfile.gettempdir()  # asked now, this process keeps its answer
    own = {"num_cpus": available_cpus(), "object_store_memory": store_bytes, "_temp_dir": str(scratch / "ray")}
    with ExitStack() as stack:
        stack.enter_context(_environment("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
        use_token(scratch, _token())
        with _environment("TMPDIR"):
            os.environ["TMPDIR"] = str(scratch)  # of the processes that Ray starts
            try:
                stack.enter_context(_ray(verbose, address="local", include_dashboard=False, **(own | options)))
            except Exception as error:  # Ray has no class for a start that took more than its 30 s
                raise StudyError(
                    f"Ray did not start on this machine: {error} If the machine is busy, run the same command again."
                ) from None
        yield


@contextmanager
def _allocated(store_bytes: int, scratch: Path, verbose: bool) -> Iterator[None]:
    """Ray on every node of the SLURM job, its head here."""
    allocation = Allocation.current()
    given = allocation.given
    options: dict[str, Any] = {"num_cpus": given.cpus, "num_gpus": given.gpus, "_memory": given.ray_memory(store_bytes)}
    workers: AbstractContextManager[None] = nullcontext()
    if allocation.others:
        options["_node_ip_address"] = address_towards(allocation.others[0])
        workers = _workers(allocation, store_bytes, scratch)
    with _local(store_bytes, scratch, verbose, _node_name=given.node, **options), workers:
        yield


@contextmanager
def _workers(allocation: Allocation, store_bytes: int, scratch: Path) -> Iterator[None]:
    """A Ray node on each other node of the job, by one step of SLURM that hears the token and the goodbye by its input."""
    import ray

    count = len(allocation.others)
    step = [
        "srun", f"--nodes={count}", f"--ntasks={count}", "--ntasks-per-node=1", f"--exclude={allocation.given.node}",
        "--overlap", "--mem=0", "--cpu-bind=none", "--no-kill", "--kill-on-bad-exit=0", "--wait=0", "--export=ALL", "--chdir=/",
        sys.executable, "-m", "study.machines.node", allocation.given.node,
        ray.get_runtime_context().gcs_address, str(store_bytes),
    ]  # fmt: skip
    # sbatch hands its own -c on, which would tie the step to so many CPUs of each node.
    environment = {key: value for key, value in os.environ.items() if "CPUS_PER" not in key and key != "SLURM_TRES_PER_TASK"}
    said = scratch / "workers.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            step, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, start_new_session=True
        )
    try:
        _tell(process, f"{_token()}\n")
        _wait_for(allocation, process, said)
        yield
    finally:
        _tell(process, END)
        try:
            process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.write(line)
        process.stdin.flush()


def _wait_for(allocation: Allocation, step: subprocess.Popen[str], said: Path) -> None:
    """Wait until every node of the job has joined the Ray cluster."""
    import ray

    until = time.monotonic() + JOIN_S
    while missing := set(allocation.nodes) - {node["NodeName"] for node in ray.nodes() if node["Alive"]}:
        lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
        ended = {node for node in missing if any(line.startswith(f"srun: error: {node}: task") for line in lines)}
        if ended or step.poll() is not None or time.monotonic() > until:
            names = sorted(ended or missing)
            what = "These nodes" if len(names) > 1 else "This node"
            raise StudyError(
                f"{what} did not join the Ray cluster of SLURM job {allocation.job}: {', '.join(names)}. A node needs the same "
                f"Python environment ({sys.executable}) and a way to reach {allocation.given.node}. It said:\n"
                + "\n".join(lines[-15:] or ["nothing"])
            )
        time.sleep(0.2)


@contextmanager
def _joined(address: str, verbose: bool) -> Iterator[None]:
    """A Ray cluster that runs already, by its token, if it has one."""
    from ray.exceptions import RayError

    with ExitStack() as stack:
        try:
            if address != "auto":  # Ray would wait for minutes
                host, _, port = address.rpartition(":")
                socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
            stack.enter_context(_ray(verbose, address=address))
        except (OSError, ValueError, RuntimeError, RayError) as error:
            raise StudyError(f"Cannot join the Ray cluster at cluster.address '{address}': {error}") from None
        yield
