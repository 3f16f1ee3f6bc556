"""How many workers share a node, and what each of them asks for."""

from __future__ import annotations

import pytest

from study.execution.cluster.slots import Slots
from tests.search.helpers import config_of

GB = 10**9


def found(*nodes: tuple[float, float], **resources: float) -> tuple[int, float, float]:
    """Workers on nodes of so many cores and GB, and the GB that each asks for and may grow to."""
    slots = Slots.of(
        config_of(resources=resources), [{"CPU": cpus, "memory": gb * GB} for cpus, gb in nodes]
    )
    return slots.count, slots.needs["memory"] / GB, slots.worker_bytes / GB


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([(2, 16)], (2, 3, 3)),
        ([(2, 5)], (2, 2.5, 2.5)),  # a laptop of 8 GB
        ([(64, 64)], (64, 1, 1.5)),
        ([(64, 32)], (40, 0.8, 1.5)),
        ([(2, 2)], (2, 1, 1.5)),
        ([(2, 1)], (1, 0.8, 1.5)),
        ([(2, 0.2)], (1, 0.2, 1.5)),
        ([(4, 32), (4, 32), (4, 32)], (12, 3, 3)),
        ([(4, 32), (4, 8)], (8, 2, 2)),
        ([(4, 32), (0, 32)], (4, 3, 3)),
    ],
)
def test_a_node_gets_a_worker_a_core_unless_its_memory_holds_fewer(
    nodes: list[tuple[float, float]], expected: tuple[int, float, float]
) -> None:
    assert found(*nodes) == expected


def test_fewer_workers_than_cores_may_each_take_more() -> None:
    assert found((8, 12)) == (8, 1.5, 1.5)
    assert found((8, 12), max_concurrent=4) == (4, 3, 3)
    assert found((2, 12), cpus_per_trial=0.5) == (4, 3, 3)
    assert found((2, 16), worker_memory_gb=0.001) == (2, 0.001, 0.001)


def test_where_ray_knows_no_memory_none_is_asked_for() -> None:
    slots = Slots.of(
        config_of(resources={"gpus_per_trial": 0.5}), [{"CPU": 8, "GPU": 2}, {"CPU": 8}]
    )

    assert slots.needs == {"CPU": 1, "GPU": 0.5, "memory": 0}


@pytest.mark.parametrize(
    ("nodes", "more", "workers"),
    [
        ([(8, 2)], {}, (8, 4)),
        ([(8, 2), (8, 0)], {}, (16, 12)),
        ([(2, 4)], {}, (2, 0)),
        ([(8, 2)], {"max_concurrent": 2}, (2, 0)),
        ([(8, 2)], {"gpus_per_trial": 1}, (8, 6)),
        ([(8, 2)], {"gpus_per_trial": 0}, (8, 0)),
    ],
)
def test_cores_that_shares_of_gpus_leave_have_workers_without_one(
    nodes: list[tuple[int, int]], more: dict[str, float], workers: tuple[int, int]
) -> None:
    given = [{"CPU": cpus, "GPU": gpus} for cpus, gpus in nodes]

    slots = Slots.of(config_of(resources={"gpus_per_trial": 0.5} | more), given)
    assert (slots.count, slots.plain) == workers
