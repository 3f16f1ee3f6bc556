"""The keeper: what a trial reports leaves its record before Tune counts it, and nothing stays with Tune."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import pytest
from ray.tune.search import Searcher

from study.running.searcher import Job, Keeper
from study.schema import StudyError
from tests.search.bench import Bench, small


def test_the_searcher_and_its_keeper_are_pickled_as_nothing() -> None:
    bench = Bench([small()])
    keeper = Keeper(bench.searcher, lambda job, record, files: None)

    for each in (bench.searcher, keeper):
        assert vars(pickle.loads(pickle.dumps(each))) == {}


def test_the_keeper_hands_on_the_record_and_leaves_tune_nothing_to_keep_statistics_of() -> None:
    bench = Bench([small(trials=1)])
    kept: list[tuple[str, str, dict[str, bytes]]] = []
    keeper = Keeper(bench.searcher, lambda job, record, files: kept.append((job[0].arm.key, record, files)))
    trial_id, _ = bench.start()
    result = {"done": True, "record": "{}", "files": {"m.keras": b"1"}, "val_loss": 0.0, "time_total_s": 1.5}

    keeper.on_trial_result(1, [], SimpleNamespace(trial_id=trial_id), result)
    bench.lose(trial_id)

    assert kept == [("y-linear-o0", "{}", {"m.keras": b"1"})]
    assert result == {"done": True}
    assert bench.start()[1] is None  # recorded, so not handed out again


def test_a_full_disk_ends_the_study_with_the_first_error_and_hands_the_trial_to_no_one() -> None:
    bench = Bench([small(trials=4)])

    def fail(job: Job, record: str, files: dict[str, bytes]) -> None:
        raise OSError(28, f"No space left for {job[1][0]}")

    keeper = Keeper(bench.searcher, fail)
    ids = [bench.start()[0] for _ in range(2)]

    for trial_id in ids:
        keeper.on_trial_result(1, [], SimpleNamespace(trial_id=trial_id), {"record": "{}", "files": {}})
        bench.searcher.on_trial_complete(trial_id, {"val_loss": 0.0})

    assert str(keeper.failure) == "[Errno 28] No space left for 0"
    assert bench.start()[1] == Searcher.FINISHED


def test_where_ray_cannot_go_on_the_next_step_says_why() -> None:
    reasons: list[Exception | None] = [None, StudyError("gone")]
    keeper = Keeper(Bench([small()]).searcher, lambda job, record, files: None, lambda: reasons.pop(0))

    keeper.on_step_begin(0, [])
    with pytest.raises(StudyError, match="gone"):
        keeper.on_step_begin(1, [])

    assert str(keeper.failure) == "gone"
