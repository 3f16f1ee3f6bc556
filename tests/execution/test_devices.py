"""Who sees a GPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]
DEVICES = Path(__file__).with_name("devices.py")


@pytest.fixture(scope="module")
def said() -> Any:
    own = {"CUDA_VISIBLE_DEVICES": "0"}
    ended = subprocess.run(
        [sys.executable, DEVICES], capture_output=True, text=True, check=True, env=os.environ | own
    )
    return json.loads(ended.stdout.splitlines()[-1])


def test_a_worker_without_a_gpu_sees_none_and_one_with_a_share_sees_that_one_alone(
    said: Any,
) -> None:
    visible, device, error = said["with"]

    assert said["without"] == ["-1", "cpu", []]
    assert visible == "0"
    assert device == "gpu" or [line.partition(":")[0] for line in error] == [
        "RuntimeError"
    ]  # where there is no such GPU


def test_what_trains_in_the_callers_process_is_placed_on_the_cpu_and_the_callers_gpus_stay_visible(
    said: Any,
) -> None:
    assert (said["outside"], said["inside"], said["visible"]) == ("CPU:1", "CPU:0", True)
