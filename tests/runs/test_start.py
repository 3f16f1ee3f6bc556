"""How a study starts: workers come while its data are encoded, and all of them are busy from the first task on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from study import api, prepare
from study.config import load_config
from study.running.events import Event, Reported
from study.running.pool import Pool
from study.training.task import Task

COME_S = 120
"""Seconds in which two workers have come, on the busiest machine."""


@pytest.mark.slow
def test_workers_come_while_the_driver_encodes_and_both_are_busy_before_the_first_result(
    config: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, order = threading.Semaphore(0), []
    encode, came, send, hear = prepare.encode_all, Pool.came, Pool.send, Pool.next

    def encode_when_both_are_there(*given: Any) -> Any:
        for _ in range(2):
            assert there.acquire(timeout=COME_S), "a worker waits until the data are encoded"
        order.append("encoded")
        return encode(*given)

    def note_came(pool: Pool, worker: str, *more: Any) -> None:
        came(pool, worker, *more)
        there.release()

    def note_sent(pool: Pool, worker: str, task: Task) -> None:
        order.append(worker)
        send(pool, worker, task)

    def note_heard(pool: Pool, timeout_s: float) -> Event | None:
        event = hear(pool, timeout_s)
        if isinstance(event, Reported):
            order.append("reported")
        return event

    for place, name, own in (
        (prepare, "encode_all", encode_when_both_are_there),
        (Pool, "came", note_came),
        (Pool, "send", note_sent),
        (Pool, "next", note_heard),
    ):
        monkeypatch.setattr(place, name, own)

    api.run_study(load_config(config, ["resources.max_concurrent=2"]), results.parent, report=False)

    encoded, first, second, reported = order[:4]
    assert (encoded, reported) == ("encoded", "reported")
    assert first != second
    assert not there.acquire(blocking=False)  # no worker had to be replaced
