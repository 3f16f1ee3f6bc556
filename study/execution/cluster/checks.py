"""What Ray is there, and whether it can run a study."""

from __future__ import annotations

import logging
import os

from study.config import StudyConfig
from study.execution.cluster.allocation import Allocation
from study.execution.cluster.processes import has_token
from study.schema import StudyError


def available_cpus() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_cluster(config: StudyConfig, verbose: bool) -> None:
    """Raise a StudyError, before Ray is started, where this is no SLURM job, or a trial needs more
    GPUs than are here.
    """
    if config.cluster.address == "slurm":
        Allocation.current()
    if (needed := config.resources.gpus_per_trial) and config.cluster.address == "local":
        import_ray(config, verbose)
        if needed > (gpus := available_gpus()):
            raise StudyError(
                f"resources.gpus_per_trial is {needed:g}, but this machine has {gpus} GPUs. Lower it; 0 trains on CPUs."
            )


def available_gpus() -> int:
    """GPUs that a Ray started here would count: those of this machine that this process may see."""
    from ray._private.accelerators import get_accelerator_manager_for_resource

    manager = get_accelerator_manager_for_resource("GPU")
    seen = manager.get_current_process_visible_accelerator_ids()
    there = int(manager.get_current_node_num_accelerators())
    return there if seen is None else min(there, len(seen))


def quiet(verbose: bool) -> None:
    """Set what Ray and TensorFlow read from the environment: no chatter unless `verbose`, no usage
    reports.

    The settings reach the workers too, which inherit the environment.
    """
    os.environ.update(QUIET | START)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if verbose else "3")
    if not verbose:
        os.environ["RAY_TUNE_LOGGING_LEVEL"] = "CRITICAL"
        for name in ("ray", "ray.tune", "ray.train", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def import_ray(config: StudyConfig, verbose: bool) -> None:
    """Import Ray with what a study sets for it, which it reads then. No other thread may set
    filters of warnings meanwhile.
    """
    quiet(verbose)
    if config.cluster.address == "slurm":
        os.environ.update(PATIENCE)
    elif config.cluster.address != "local" and has_token():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    import ray  # noqa: F401


QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1e9",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_WARN_THRESHOLD_S": "60",
}
"""Records are the truth, so Tune's own state is thrown away. Ray's new output prints its
configuration whatever the verbosity."""


START = {
    "RAY_enable_metrics_collection": "0",
    "RAY_raylet_start_wait_time_s": "120",
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_agent_register_timeout_ms": "120000",
}
"""A busy machine, or Python on a network disk, needs more than Ray's 30 s to start. Metrics would
be served to anyone."""


PATIENCE = {
    "RAY_health_check_period_ms": "5000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "6",
    "RAY_grpc_client_keepalive_time_ms": "20000",
    "RAY_grpc_client_keepalive_timeout_ms": "20000",
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
}
"""A node is given up after 25 s without a way to it, or 42 s of its silence, and ends at once.

A link may be cut for 20 s, and Ray's defaults stop all trials for minutes and drain a node for 30
s."""
