"""A process that trains: its settings are its own, whatever its user has set, and it proves itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from study.schema import StudyError
from study.training.device import CPU_FLAGS, Proof, overridden, prepare_tensorflow, prove


@pytest.fixture
def asked_anew() -> Iterator[None]:
    overridden.cache_clear()
    yield
    overridden.cache_clear()


def test_a_worker_proves_itself_with_its_device() -> None:
    assert prove() == Proof("cpu")


def test_a_worker_that_was_promised_a_gpu_and_has_none_says_so() -> None:
    proof = prove(gpu=True)
    prepare_tensorflow()  # other tests train on a CPU

    assert re.match(r"RuntimeError: .*GPU.*TensorFlow", proof.error.splitlines()[-1])


def test_where_keras_was_imported_with_other_settings_nothing_is_trained() -> None:
    keras.config.set_floatx("float64")
    try:
        with pytest.raises(StudyError, match="floatx float64"):
            prepare_tensorflow()
        error = prove().error
    finally:
        keras.config.set_floatx("float32")

    assert re.search("StudyError: .*floatx float64", error)


@pytest.mark.usefixtures("asked_anew")
def test_what_a_user_has_set_is_overridden_and_named_unless_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras.json").write_text('{"backend": "jax", "floatx": "float32", "image_data_format": "channels_first"}')
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    prepare_tensorflow()

    assert overridden() == {
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "keras.json: backend": "jax",
        "keras.json: image_data_format": "channels_first",
    }
    assert os.environ["XLA_FLAGS"] == CPU_FLAGS
    assert os.environ["KERAS_HOME"] == str(tmp_path)


@pytest.mark.usefixtures("asked_anew")
@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_a_keras_json_that_cannot_be_read_is_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keras.json").write_text(text)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "TF_XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)

    assert overridden() == {}
    prepare_tensorflow()
