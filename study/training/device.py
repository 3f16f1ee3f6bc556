"""TensorFlow in this process: how it is imported and set up, and the device that trains."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from study.schema import StudyError
from study.training.programs import forget_programs, programs_folder

UNWANTED = ("matplotlib", "pandas", "sklearn")
"""What Keras imports where it is there, for parts of it that are not used here: a third of the time
that its import takes."""
KERAS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
"""What a keras.json may say otherwise."""
CPU_FLAGS = "--xla_backend_optimization_level=1"
GPU_FLAGS = "--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0"


def hide_gpus() -> None:
    """Show no GPU to what this process imports after; Ray shows all of a node to workers that have
    none of them.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def placed(device: str) -> AbstractContextManager[Any]:
    """Let TensorFlow compute on the device that a record names, `cpu` or `gpu`; others that it sees
    are left alone.
    """
    import tensorflow as tf

    return tf.device("CPU:0") if device == "cpu" else nullcontext()


def prepare_tensorflow(gpu: bool = False) -> str:
    """Make TensorFlow quiet, deterministic and modest in this process; gives the device that
    trains: `cpu`, or `gpu` if asked.

    One intra-op thread, so that no sum depends on the number of cores; GPU memory grows as needed.
    On a CPU, XLA's first optimization level compiles in 0.6 to 0.9 of the time of its default and
    the program is no slower, and programs are kept between processes (`study.training.programs`).
    Whatever a result depends on is set, whatever the environment or a keras.json says.

    Raises
    ------
    StudyError
        This process has imported Keras before, with another backend.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ |= _settings(gpu)
    if not gpu and (folder := programs_folder()) is not None:
        forget_programs(folder)
        os.environ["TF_XLA_FLAGS"] = (
            f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_device_types=CPU"
        )
    with _without(*UNWANTED):
        import keras
        import tensorflow as tf

    if (backend := keras.config.backend()) != "tensorflow":
        raise StudyError(
            f"Keras was imported in this process with backend {backend}, but study needs tensorflow. Use a process of its own."
        )
    for name, value in KERAS.items():
        getattr(keras.config, f"set_{name}")(value)
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for each in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(each, True)
    except RuntimeError:
        pass  # a process that has trained before is set up already
    tf.get_logger().setLevel("ERROR")
    return "gpu" if gpu and tf.config.list_physical_devices("GPU") else "cpu"


@dataclass(frozen=True)
class Proof:
    """Whether a process can train. device: as `prepare_tensorflow` gives it. error: why it cannot,
    in full; empty if it can.
    """

    device: str
    error: str = ""


def prove(gpu: bool = False) -> Proof:
    """Set up TensorFlow in a worker and try it: the settings hold, and a product on the device that
    trains is what it is.
    """
    try:
        device = prepare_tensorflow(gpu)
        import numpy as np
        import tensorflow as tf

        if gpu and device != "gpu":
            raise RuntimeError("this worker has a GPU, and TensorFlow finds none")
        with tf.device(f"/{device}:0"):
            found = tf.linalg.matmul([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]).numpy()
        if found.dtype != np.float32 or found.tolist() != [[19.0, 22.0], [43.0, 50.0]]:
            raise ArithmeticError(
                f"a product of two matrices is {found.tolist()} ({found.dtype}) on the {device}"
            )
    except Exception:
        return Proof("", traceback.format_exc())
    return Proof(device)


def _settings(gpu: bool) -> dict[str, str]:
    """Variables of the environment that a result depends on."""
    return {
        "KERAS_BACKEND": "tensorflow",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "XLA_FLAGS": GPU_FLAGS if gpu else CPU_FLAGS,
        "TF_XLA_FLAGS": "",
    }


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
    """Let nothing reach standard error: TensorFlow speaks while it is imported, whatever it is
    told.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
