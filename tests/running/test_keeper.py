"""The keeper: what a trial reports leaves its record before Tune counts it, and nothing stays with Tune."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
from ray.tune.search import Searcher

from study.machines.scratch import scratch_folder
from study.running.searcher import Keeper
from study.schema import StudyError
from tests.search.bench import Bench, small


def test_the_searcher_and_its_keeper_are_pickled_as_nothing() -> None:
    bench = Bench([small()])
    keeper = Keeper(bench.searcher, lambda record, files: None, Path())

    for each in (bench.searcher, keeper):
        assert vars(pickle.loads(pickle.dumps(each))) == {}


def test_the_keeper_hands_on_the_record_and_leaves_tune_nothing_to_keep_statistics_of() -> None:
    bench = Bench([small(trials=1)])
    kept: list[tuple[str, dict[str, bytes]]] = []
    keeper = Keeper(bench.searcher, lambda record, files: kept.append((record, files)), Path())
    trial_id, _ = bench.start()
    result = {"done": True, "record": "{}", "files": {"m.keras": b"1"}, "val_loss": 0.0, "time_total_s": 1.5}

    keeper.on_trial_result(1, [], SimpleNamespace(trial_id=trial_id), result)
    bench.lose(trial_id)

    assert kept == [("{}", {"m.keras": b"1"})]
    assert result == {"done": True}
    assert bench.start()[1] is None  # recorded, so not handed out again


def test_a_full_disk_ends_the_study_with_the_first_error_and_hands_the_trial_to_no_one() -> None:
    bench = Bench([small(trials=4)])

    def fail(record: str, files: dict[str, bytes]) -> None:
        raise OSError(28, f"No space left for {record}")

    keeper = Keeper(bench.searcher, fail, Path())
    ids = [bench.start()[0] for _ in range(2)]

    for number, trial_id in enumerate(ids):
        keeper.on_trial_result(1, [], SimpleNamespace(trial_id=trial_id), {"record": str(number), "files": {}})
        bench.searcher.on_trial_complete(trial_id, {"val_loss": 0.0})

    assert str(keeper.failure) == "[Errno 28] No space left for 0"
    assert bench.start()[1] == Searcher.FINISHED


def test_without_rays_files_the_next_step_says_that_they_are_gone() -> None:
    with scratch_folder() as scratch:
        keeper = Keeper(Bench([small()]).searcher, lambda record, files: None, scratch)
        keeper.on_step_begin(0, [])
    said = f"Ray's files in {scratch} were removed while it ran. Every finished trial is kept; run the same command again."

    with pytest.raises(StudyError) as caught:
        keeper.on_step_begin(1, [])

    assert str(caught.value) == str(keeper.failure) == said
