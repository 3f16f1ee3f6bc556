"""A process that trains: its settings are its own, whatever its user has set, and it proves itself."""

from __future__ import annotations

import os
import re

import keras
import pytest

from study.training.device import CPU_FLAGS, Proof, prepare_tensorflow, prove


def test_a_worker_proves_itself_with_its_device() -> None:
    assert prove() == Proof("cpu")


def test_a_worker_that_was_promised_a_gpu_and_has_none_says_so() -> None:
    proof = prove(gpu=True)
    prepare_tensorflow()  # other tests train on a CPU

    assert re.match(r"RuntimeError: .*GPU.*TensorFlow", proof.error.splitlines()[-1])


def test_what_a_user_has_set_is_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    keras.config.set_floatx("float64")

    prepare_tensorflow()

    assert os.environ["XLA_FLAGS"] == CPU_FLAGS
    assert keras.config.floatx() == "float32"
