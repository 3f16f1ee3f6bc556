"""Where Ray runs: on this machine or on the nodes of a SLURM job, born and ended with the study; or
a cluster that is there.
"""

from __future__ import annotations

import gc
import logging
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from study.config import StudyConfig
from study.execution.cluster.allocation import Allocation
from study.execution.cluster.checks import available_cpus, import_ray
from study.execution.cluster.network import address_of, address_towards, choose_ports, host_and_port
from study.execution.cluster.others import Others, other_nodes
from study.execution.cluster.processes import leave_now, use_token
from study.execution.cluster.scratch import is_there, scratch_folder
from study.schema import StudyError

SMALLEST_STORE = 150_000_000
"""Bytes of Ray's object store for a small table; Ray asks for a third of the machine's memory if it
is not told."""
LOOK_EVERY_S = 3
GONE_S = 30
"""Seconds in which a run whose files were removed should have noticed."""
REFUSED = {"RAY_gcs_server_port_wait_time_s": "5"}
"""Seconds for which Ray asks a cluster that runs already again and again, also where it is refused
for its token."""


@cache
def _token() -> str:
    """This process's own token: Ray reads it once, so a second study in the same process has the
    same.
    """
    return secrets.token_hex(32)


@contextmanager
def ray_cluster(config: StudyConfig, data_bytes: int, verbose: bool = False) -> Iterator[Path]:
    """Start Ray, or join one, as `cluster.address` says; yields a scratch folder of this machine.

    A Ray of the study's own is untouched by RAY_ADDRESS and by any other Ray, and ends with the
    block.

    Raises
    ------
    StudyError
        A trial needs more GPUs than any node has, or nothing answers at the address.
    """
    import_ray(config, verbose)
    address = config.cluster.address
    store_bytes = max(SMALLEST_STORE, 3 * data_bytes)
    with (
        scratch_folder(config.slurm.scratch if address == "slurm" else None) as scratch,
        _while_there(scratch),
    ):
        running: AbstractContextManager[Others | None]
        if address == "local":
            running = _local(store_bytes, scratch, verbose)
        elif address == "slurm":
            running = _allocated(config, store_bytes, scratch, verbose)
        else:
            running = _joined(address, verbose)
        with running as others:
            while lacking := _lacking(config):
                if others is None or not others.awaited():
                    raise StudyError(lacking)
                time.sleep(LOOK_EVERY_S)
            yield scratch


@contextmanager
def _while_there(scratch: Path) -> Iterator[None]:
    """End this process if its scratch folder is removed and it stays: Ray waits for its files where
    no signal is heard.
    """
    left = threading.Event()

    def watch() -> None:
        since = time.monotonic()
        while not left.wait(LOOK_EVERY_S):
            since = time.monotonic() if is_there(scratch) else since
            if time.monotonic() - since > GONE_S:
                print(
                    f"Error: Ray's files in {scratch} were removed while it ran. Run the same command again.",
                    file=sys.stderr,
                )
                leave_now(2)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        left.set()


def _lacking(config: StudyConfig) -> str | None:
    """Why no node that is there could run a trial, if so."""
    import ray

    cpus = config.resources.cpus_per_trial
    gpus = config.resources.gpus_per_trial
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    most = max(node.get("GPU", 0) for node in nodes)
    if gpus > most:
        return f"resources.gpus_per_trial is {gpus:g}, but Ray sees {most:g} GPUs. Lower it; 0 trains on CPUs."
    if not any(node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= gpus for node in nodes):
        return f"No node of the Ray cluster has {cpus:g} cores and {gpus:g} GPUs. Lower what a trial needs in resources."
    return None


@contextmanager
def _ray(verbose: bool, **options: Any) -> Iterator[None]:
    import ray

    level = logging.INFO if verbose else logging.CRITICAL
    try:
        ray.init(log_to_driver=verbose, logging_level=level, **options)
        yield
    finally:
        # A reference that another thread's garbage collector frees while Ray shuts down would end
        # this process.
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
    own = {
        "num_cpus": available_cpus(),
        "object_store_memory": store_bytes,
        "_temp_dir": str(scratch / "ray"),
    }
    with ExitStack() as stack:
        stack.enter_context(_environment("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
        use_token(scratch, _token())
        with _environment("TMPDIR"):
            os.environ["TMPDIR"] = str(scratch)  # of the processes that Ray starts
            try:
                stack.enter_context(
                    _ray(verbose, address="local", include_dashboard=False, **(own | options))
                )
            except Exception as error:  # Ray has no class for a start that took more than its 30 s
                raise StudyError(
                    f"Ray did not start on this machine: {error} If the machine was busy, run the same command again."
                ) from None
        yield


@contextmanager
def _allocated(
    config: StudyConfig, store_bytes: int, scratch: Path, verbose: bool
) -> Iterator[Others | None]:
    """Ray on this node of the SLURM job, the head of those on its other nodes, which join as they
    come.
    """
    import ray

    allocation = Allocation.current()
    given, site = allocation.given, config.slurm
    options: dict[str, Any] = {
        "num_cpus": given.cpus,
        "num_gpus": given.gpus,
        "_memory": given.ray_memory(store_bytes),
    }
    if site.interface is not None:
        options["_node_ip_address"] = address_of(site.interface)
    elif allocation.others:
        options["_node_ip_address"] = address_towards(allocation.others[0])
    with ExitStack() as stack:
        if site.ports is not None:
            chosen = choose_ports(site.ports, given.cpus, int(os.environ["SLURM_JOB_ID"]))
            options["_metrics_export_port"] = chosen.pop("metrics_export_port")
            stack.enter_context(_ports_of_head(chosen))
        stack.enter_context(_local(store_bytes, scratch, verbose, _node_name=given.node, **options))
        others = None
        if allocation.others:
            head = ray.get_runtime_context().gcs_address
            others = stack.enter_context(
                other_nodes(config, allocation, head, store_bytes, _token(), scratch)
            )
        yield others


@contextmanager
def _ports_of_head(ports: Mapping[str, Any]) -> Iterator[None]:
    """Let a head that is started in the block take these ports, for which `ray.init` has no words
    but `ray start` has.
    """
    from ray._private import parameter

    usual = parameter.RayParams
    parameter.RayParams = partial(usual, **ports)
    try:
        yield
    finally:
        parameter.RayParams = usual


@contextmanager
def _joined(address: str, verbose: bool) -> Iterator[None]:
    """A Ray cluster that runs already, by its token, if it has one."""
    from ray.exceptions import RayError

    with ExitStack() as stack:
        stack.enter_context(_environment(*REFUSED))
        os.environ.update(REFUSED)
        try:
            if address != "auto":  # Ray would wait for minutes
                socket.create_connection(host_and_port(address), timeout=10).close()
            stack.enter_context(_ray(verbose, address=address))
        except (OSError, ValueError, RuntimeError, RayError) as error:
            raise StudyError(
                f"Can't join the Ray cluster at cluster.address '{address}': {error}"
            ) from None
        yield
