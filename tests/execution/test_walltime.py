"""Before a walltime no trial is started that the time left cannot finish."""

from __future__ import annotations

import time

import pytest

from study.execution.queue import FoldQueue
from tests.search.bench import Bench, done, short_of, small, trees_of
from tests.search.helpers import record_of


def bench_with(seconds_of_first: float, seconds_left: float, trials: int = 4, arms: int = 2) -> Bench:
    """Arms, the first of which has a trial that took so long, and so many seconds until all must have ended."""
    bench = Bench([small(trials=trials, fold=fold) for fold in range(arms)])
    arm = bench.arms[0]
    trial = arm.next_trial()
    assert trial
    arm.tell(record_of(arm.arm, trial).model_copy(update={"wall_time_s": seconds_of_first}))
    bench.tasks.until = time.monotonic() + seconds_left
    return bench


def test_while_there_is_time_for_the_longest_trial_all_are_handed_out() -> None:
    bench = bench_with(seconds_of_first=30, seconds_left=1_000)

    done = bench.run()

    assert len(done) == 3 + 1 + 4 + 1
    assert all(arm.finished for arm in bench.arms)


@pytest.mark.parametrize(("seconds_left", "started"), [(29, 0), (31, 7)])
def test_a_trial_as_long_as_the_longest_is_started_only_if_it_would_end_in_time(seconds_left: float, started: int) -> None:
    bench = bench_with(seconds_of_first=30, seconds_left=seconds_left)

    trials = [key for key in bench.run() if "winner" not in key]

    assert len(trials) == started


def test_an_arm_with_shorter_trials_goes_on_while_another_must_wait() -> None:
    bench = bench_with(seconds_of_first=30, seconds_left=20)
    bench.arms[1].longest_s = 1.0

    done = bench.run()

    assert all(key.startswith("y-extended-o1-") for key in done)
    assert len(done) == 4 + 1


def test_a_winner_needs_the_time_of_two_trials() -> None:
    late, early = (bench_with(seconds_of_first=30, seconds_left=left, trials=1, arms=1) for left in (50, 70))

    assert late.run() == []
    assert early.run() == ["y-extended-o0-winner"]


def test_what_is_out_is_waited_for_though_nothing_more_is_started() -> None:
    bench = bench_with(seconds_of_first=30, seconds_left=1_000)
    trial = bench.start()

    bench.tasks.until = time.monotonic() + 5

    assert (bench.start(), bench.tasks.finished) == (None, False)
    bench.finish(trial)
    assert (bench.start(), bench.tasks.finished) == (None, True)


def test_where_no_worker_comes_all_is_finished_when_the_time_is_over() -> None:
    bench = bench_with(seconds_of_first=30, seconds_left=1_000)
    early = bench.tasks.finished

    bench.tasks.until = time.monotonic() - 1

    assert (early, bench.tasks.finished) == (False, True)


def test_the_first_work_of_a_sort_needs_the_time_of_two_trials_and_more_that_of_the_longest_of_its_sort() -> None:
    def started(seconds_left: float, *trees_s: float, short_s: float = 0.0) -> list[str]:
        bench = bench_with(seconds_of_first=30, seconds_left=seconds_left, trials=1, arms=1)
        known = [done(trees_of(9 - n), wall_time_s=seconds) for n, seconds in enumerate(trees_s)]
        known += [done(short_of(9), wall_time_s=short_s)] * (short_s > 0)
        work = [trees_of(0), short_of(0), *(record.work for record in known)]
        bench.tasks.beside = FoldQueue(work, [record.outcome() for record in known])
        return bench.run()

    assert [started(50), started(70)] == [[], ["y-extended-o0-winner", "y-trees-o0", "y-short-o0"]]
    assert [started(50, 55.0), started(50, 5.0, 45.0), started(40, 45.0)] == [[], ["y-trees-o0"], []]
    assert started(40, 45.0, short_s=35.0) == ["y-short-o0"]
