"""Where Ray runs: a private cluster on this machine, born and ended with the study."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from study.options import ResourcesConfig
from study.schema import StudyError
from study.scratch import scratch_folder

SMALLEST_STORE = 150_000_000
"""Bytes of Ray's object store for a small table; Ray asks for a third of the machine's memory if it is not told."""


def available_cpus() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_cores(resources: ResourcesConfig) -> None:
    """Raise a StudyError where a trial needs more cores than there are."""
    cpus = available_cpus()
    if resources.cpus_per_trial > cpus:
        raise StudyError(
            f"resources.cpus_per_trial is {resources.cpus_per_trial:g} but there are {cpus} cores; no trial could start."
        )


def quiet(verbose: bool) -> None:
    """Set what Ray and TensorFlow read from the environment: no chatter unless `verbose`, no usage reports, a token.

    The settings reach the workers too, which inherit the environment.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
    os.environ["TUNE_GLOBAL_CHECKPOINT_S"] = "1e9"  # records are the truth; Tune's own state is thrown away
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"  # the new output prints its configuration whatever the verbosity
    os.environ["TUNE_WARN_THRESHOLD_S"] = "60"
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0" if verbose else "3")
    if not verbose:
        os.environ["RAY_TUNE_LOGGING_LEVEL"] = "CRITICAL"
        for name in ("ray", "ray.tune", "ray.train", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def local_ray(resources: ResourcesConfig, data_bytes: int, verbose: bool = False) -> Iterator[Path]:
    """Start a Ray of the study's own, untouched by RAY_ADDRESS or another Ray on the machine; yields its scratch folder.

    Raises
    ------
    StudyError
        A trial needs more cores or GPUs than there are.
    """
    quiet(verbose)
    check_cores(resources)
    import ray

    with scratch_folder() as scratch:
        try:
            ray.init(
                address="local",
                num_cpus=available_cpus(),
                include_dashboard=False,
                log_to_driver=verbose,
                logging_level=logging.INFO if verbose else logging.CRITICAL,
                object_store_memory=max(SMALLEST_STORE, 3 * data_bytes),
                _temp_dir=str(scratch / "ray"),
            )
            gpus = ray.cluster_resources().get("GPU", 0)
            if resources.gpus_per_trial > gpus:
                raise StudyError(
                    f"resources.gpus_per_trial is {resources.gpus_per_trial:g} but Ray sees {gpus:g} GPUs; "
                    "no trial could start."
                )
            yield scratch
        finally:
            ray.shutdown()
