"""On PYTHONPATH, has every process compile for an older CPU: XLA takes no instruction beyond those
of XLA_CPU_MAX_ISA.

`study.training.device` sets XLA_FLAGS whatever the environment says, so this changes what it sets.
"""

from __future__ import annotations

import os

import study.training.device as device

device.CPU_FLAGS += f" --xla_cpu_max_isa={os.environ['XLA_CPU_MAX_ISA']}"
