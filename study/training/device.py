"""TensorFlow in this process: how it is imported and set up, and the device that trains."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from study.training.programs import forget_programs, programs_folder

UNWANTED = ("matplotlib", "pandas", "sklearn")
"""What Keras imports where it is there, for parts of it that are not used here: a third of the time that its import takes."""


def hide_gpus() -> None:
    """Show no GPU to what this process imports after; Ray shows all of a node to workers that have none of them."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def placed(device: str) -> AbstractContextManager[Any]:
    """Let TensorFlow compute on the device that a record names, `cpu` or `gpu`; others that it sees are left alone."""
    import tensorflow as tf

    return tf.device("CPU:0") if device == "cpu" else nullcontext()


def prepare_tensorflow(gpu: bool = False) -> str:
    """Make TensorFlow quiet, deterministic and modest in this process; gives the device that trains: `cpu`, or `gpu` if asked.

    One intra-op thread, so that no sum depends on the number of cores; GPU memory grows as needed. On a CPU, XLA's first
    optimization level compiles in 0.6 to 0.9 of the time of its default and the program is no slower, and programs are kept
    between processes (`study.training.programs`).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if not gpu:
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
        if (folder := programs_folder()) is not None:
            forget_programs(folder)
            kept = f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_device_types=CPU"
            before = os.environ.get("TF_XLA_FLAGS", "").removesuffix(kept).strip()
            os.environ["TF_XLA_FLAGS"] = f"{before} {kept}".strip()  # the last one counts
    with _without(*UNWANTED):
        import keras  # noqa: F401
        import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for each in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(each, True)
    except RuntimeError:
        pass  # a process that has trained before is set up already
    tf.get_logger().setLevel("ERROR")
    return "gpu" if gpu and tf.config.list_physical_devices("GPU") else "cpu"


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports in the block find none of these packages, but those that are imported already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing reach standard error: TensorFlow speaks while it is imported, whatever it is told."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
