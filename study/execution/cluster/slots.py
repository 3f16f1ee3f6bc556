"""Room for workers on the nodes of a cluster: by cores, GPUs and memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from study.config import StudyConfig

LEAST_WORKER_BYTES, GROWN_BYTES = 800_000_000, 1_500_000_000
"""What every worker asks for at least, and may take: 450 MB are its own with TensorFlow and one
small network."""


@dataclass(frozen=True)
class Slots:
    """Room for workers. needs: what each asks of Ray, by Ray's names. worker_bytes: memory above
    which one is replaced.

    plain: so many of them ask for no GPU, on the cores that those with a share of one leave.
    """

    count: int
    needs: Mapping[str, float]
    worker_bytes: int
    plain: int = 0

    @classmethod
    def of(cls, config: StudyConfig, nodes: Sequence[Mapping[str, float]]) -> Slots:
        """How many workers these nodes hold at once, by their resources and
        `resources.max_concurrent`.

        Each asks for `worker_memory_gb`, or for less where a node has not so much for each of its
        cores: down to LEAST_WORKER_BYTES, from where on fewer of them share a node. A node too
        small for one gets one.
        """
        own = config.resources
        each = {"CPU": own.cpus_per_trial, "GPU": own.gpus_per_trial}
        most = own.max_concurrent or sys.maxsize
        wanted = int(own.worker_memory_gb * 1e9)
        rooms = [min(most, int(node.get("CPU", 0) / own.cpus_per_trial)) for node in nodes]
        known = [
            (room, int(node["memory"]))
            for room, node in zip(rooms, nodes, strict=True)
            if room and node.get("memory")
        ]
        share = min([wanted, *(max(memory // room, LEAST_WORKER_BYTES) for room, memory in known)])
        asked = min([share, *(memory for _, memory in known)])
        held = [
            min(room, int(node.get("memory", room * asked) / asked))
            for room, node in zip(rooms, nodes, strict=True)
        ]
        needs = each | {"memory": asked if known else 0}
        count, gpus = min(most, sum(held)), own.gpus_per_trial
        shares = (int(node.get("GPU", 0) / gpus) if gpus else count for node in nodes)
        plain = max(0, count - sum(map(min, held, shares)))
        return cls(count, needs, min(wanted, max(share, GROWN_BYTES)), plain)
