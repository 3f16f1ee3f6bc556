"""Who sees a GPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DEVICES = Path(__file__).with_name("devices.py")


def said(what: str) -> Any:
    own = {"CUDA_VISIBLE_DEVICES": "0"}
    ended = subprocess.run([sys.executable, DEVICES, what], capture_output=True, text=True, check=True, env=os.environ | own)
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_worker_without_a_gpu_sees_none_and_one_with_a_share_sees_that_one_alone() -> None:
    none = "RuntimeError: this worker has a GPU, and TensorFlow finds none"
    assert said("workers") == {"with": ["0", "", [none]], "without": ["-1", "cpu", []]}


def test_what_trains_in_the_callers_process_is_placed_on_the_cpu_and_the_callers_gpus_stay_visible() -> None:
    assert said("here") == {"outside": "CPU:1", "inside": "CPU:0", "visible": True}
