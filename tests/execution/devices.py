"""What workers with half a GPU and with none see, and where a search in this process computes, as
JSON: run by test_devices.

Ray is told of a GPU that is not there.
"""

from __future__ import annotations

import json
import os
from typing import Any


def seen(worker: Any) -> list[Any]:
    """What its process shows to TensorFlow."""
    proof = worker.proof.result()
    return [
        os.environ.get("CUDA_VISIBLE_DEVICES"),
        proof.device,
        proof.error.strip().splitlines()[-1:],
    ]


def workers() -> dict[str, Any]:
    """Workers of either sort."""
    import ray

    from study.execution.worker import StudyWorker

    ray.init(
        num_cpus=2,
        num_gpus=1,
        include_dashboard=False,
        object_store_memory=100_000_000,
        log_to_driver=False,
    )
    found = {}
    for name, share in {
        "with": 0.5,
        "without": 0,
    }.items():  # who come while this process imports TensorFlow too
        found[name] = ray.remote(num_cpus=1, num_gpus=share)(StudyWorker).remote(
            {"needs": {}, "worker_bytes": 1}
        )
    return found


def here() -> dict[str, Any]:
    """Where a task computes whose caller is on another device, and what it leaves of the caller's."""
    import tensorflow as tf

    from study.training.device import placed, prepare_tensorflow

    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
    before = dict(os.environ)
    device = prepare_tensorflow()
    with tf.device("CPU:1"):
        outside = tf.zeros(1).device
        with placed(device):
            inside = tf.zeros(1).device
    visible = os.environ.get("CUDA_VISIBLE_DEVICES") == before.get("CUDA_VISIBLE_DEVICES")
    return {"outside": outside[-5:], "inside": inside[-5:], "visible": visible}


if __name__ == "__main__":
    import ray

    started = workers()
    found = here()
    print(
        json.dumps(
            found
            | {name: ray.get(worker.__ray_call__.remote(seen)) for name, worker in started.items()}
        )
    )
