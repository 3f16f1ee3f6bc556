"""What Tune is told: as many lives as are wanted, and nothing stays with it."""

from __future__ import annotations

import pickle
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.search import Searcher

from study.execution import pool as pools
from study.execution.cluster.scratch import scratch_folder
from study.execution.cluster.slots import Slots
from study.execution.events import Broken, Came, Ended
from study.execution.pool import Pool
from study.execution.tune_hooks import Over, TrialSearcher, WorkerCallback
from study.schema import StudyError
from tests.search.helpers import config_of


@pytest.fixture
def pool() -> Pool:
    """A pool that is not started."""
    return Pool(config_of(), 0)


def test_what_tune_is_given_is_pickled_as_nothing(pool: Pool) -> None:
    for each in (
        TrialSearcher(pool, Slots(1, {"GPU": 0}, 1)),
        WorkerCallback(pool, Path()),
        Over(pool.over),
    ):
        assert vars(pickle.loads(pickle.dumps(each))) == {}


def test_a_life_is_suggested_as_long_as_fewer_live_than_are_wanted(pool: Pool) -> None:
    life = {"needs": {"CPU": 1, "GPU": 0}, "worker_bytes": 7, "gpu": None}
    lives = TrialSearcher(pool, Slots(9, {"CPU": 1, "GPU": 0}, 7))
    pool.want(2, 2)

    suggested = [lives.suggest(name) for name in ("a", "b", "c")]
    lives.on_trial_complete("a", error=True)
    after = [lives.suggest(name) for name in ("d", "e")]

    assert [*suggested, *after] == [life, life, None, life, None]


def test_workers_with_a_gpu_go_before_those_without_of_which_no_more_live_than_there_is_for_them(
    pool: Pool,
) -> None:
    lives = TrialSearcher(pool, Slots(5, {"CPU": 1, "GPU": 0.5}, 7, plain=3))
    pool.want(9, 1)

    told = [lives.suggest(name) for name in "abcd"]

    assert [each and (each["gpu"], each["needs"]["GPU"]) for each in told] == [
        (True, 0.5),
        (True, 0.5),
        (False, 0),
        None,
    ]


def test_when_the_pool_is_over_nothing_is_suggested_and_all_ends(pool: Pool) -> None:
    lives, over = TrialSearcher(pool, Slots(1, {"GPU": 0}, 1)), Over(pool.over)
    pool.want(1, 1)
    before = over.stop_all()

    pool.over.set()

    assert (before, over.stop_all(), lives.suggest("a")) == (False, True, Searcher.FINISHED)


def test_a_worker_that_comes_is_taken_out_of_what_tune_keeps(pool: Pool) -> None:
    result: dict[str, Any] = {"done": False, "worker": object(), "node": "0a", "host": "n1"}
    registry = WorkerCallback(pool, Path())

    trial = SimpleNamespace(trial_id="a", config={"gpu": True})
    registry.on_trial_result(1, [], trial, result)
    registry.on_trial_result(2, [], trial, {"done": True})

    assert result == {"done": False, "node": "0a", "host": "n1"}
    assert (pool.next(0), pool.next(0)) == (Came("a", "0a", "n1", gpu=True), None)


def test_a_worker_that_left_or_was_lost_has_ended_and_what_ray_says_is_passed_on(
    pool: Pool, tmp_path: Path
) -> None:
    registry = WorkerCallback(pool, Path())
    (tmp_path / "error.txt").write_text("Failure # 1\n  File x\nOSError: gone\n")

    registry.on_trial_complete(1, [], SimpleNamespace(trial_id="a"))
    registry.on_trial_error(
        1, [], SimpleNamespace(trial_id="b", error_file=str(tmp_path / "error.txt"))
    )
    registry.on_trial_error(1, [], SimpleNamespace(trial_id="c", error_file=None))

    assert [pool.next(0) for _ in range(3)] == [Ended("a"), Ended("b", "OSError: gone"), Ended("c")]


def test_without_rays_files_the_next_step_says_that_they_are_gone(pool: Pool) -> None:
    with scratch_folder() as scratch:
        registry = WorkerCallback(pool, scratch)
        registry.on_step_begin(0, [])

    with pytest.raises(StudyError, match=str(scratch)) as caught:
        registry.on_step_begin(1, [])

    event = pool.next(0)
    assert isinstance(event, Broken)
    assert event.error is caught.value


def test_a_process_that_the_pool_starts_hears_no_ctrl_c_not_even_before_it_is_itself(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = []

    @contextmanager
    def cluster(*_: Any) -> Iterator[Path]:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        pool.over.set()
        yield Path()

    monkeypatch.setattr(pools, "ray_cluster", cluster)

    with pool:
        pool.start(1)

    assert signal.SIGINT in masks[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_ctrl_c_while_the_thread_of_a_pool_is_made_ends_the_pool(pool: Pool) -> None:
    pool._thread = threading.Thread()

    with pool:
        pass

    assert pool.over.is_set()
