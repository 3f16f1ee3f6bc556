"""All arms behind one searcher: nothing is lost, nothing is done twice, and it ends when all is done."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from ray.tune.search import Searcher

from study.schema import StudyError, TrialState
from study.search.generations import ArmSearch
from study.search.searcher import Job, Keeper, StudySearcher

from .helpers import arm_of, arm_search, record_of


@dataclass
class Bench:
    """A searcher whose configs say arm, number and whether it is a winner, and the runner's part played by hand."""

    arms: list[ArmSearch]
    max_tries: int = 3
    deadline: float | None = None
    given_up: list[tuple[str, int, bool, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.searcher = StudySearcher(self.arms, self.config, self.give_up, self.max_tries, self.deadline)
        self.n_started = 0

    def config(self, job: Job) -> dict[str, Any]:
        arm, (number, _, _), winner = job
        return {"arm": arm.arm.key, "number": number, "winner": winner}

    def give_up(self, job: Job, tries: int) -> None:
        arm, trial, winner = job
        self.given_up.append((arm.arm.key, trial[0], winner, tries))
        if winner:
            arm.score(trial[0])
        else:
            arm.tell(record_of(arm.arm, trial, state=TrialState.FAIL))

    def start(self) -> tuple[str, Any]:
        """Ask for a trial under a new id."""
        self.n_started += 1
        trial_id = f"t{self.n_started}"
        return trial_id, self.searcher.suggest(trial_id)

    def record(self, trial_id: str) -> None:
        """The trial leaves its record."""
        arm, trial, winner = self.searcher.job(trial_id)
        if winner:
            arm.score(trial[0])
        else:
            arm.tell(record_of(arm.arm, trial))
        self.searcher.recorded(trial_id)

    def finish(self, trial_id: str) -> None:
        self.record(trial_id)
        self.searcher.on_trial_complete(trial_id, {"val_loss": 0.0})

    def lose(self, trial_id: str) -> None:
        self.searcher.on_trial_complete(trial_id, error=True)

    def run(self) -> list[tuple[str, int, bool]]:
        """Finish every trial as soon as it is started, until the searcher says that it is done."""
        done = []
        for _ in range(200):
            trial_id, config = self.start()
            if config == Searcher.FINISHED:
                return done
            done.append((config["arm"], config["number"], config["winner"]))
            self.finish(trial_id)
        raise AssertionError("the searcher does not end")


def small(family: str = "linear", trials: int = 2, fold: int = 0, **more: Any) -> ArmSearch:
    """An arm of one generation with so many trials, unless `more` says otherwise."""
    return arm_search(family, trials, arm=arm_of(family, fold=fold), **({"search": {"sampler": "random"}} | more))


def test_every_trial_and_winner_of_every_arm_is_handed_out_once_and_then_it_is_finished() -> None:
    bench = Bench([small(), small("constant", 1)])

    done = bench.run()

    assert sorted(done) == [
        ("y-constant-o0", 0, False),
        ("y-constant-o0", 0, True),
        ("y-linear-o0", 0, False),
        ("y-linear-o0", 1, False),
        ("y-linear-o0", bench.arms[0].incumbent.number, True),  # type: ignore[union-attr]
    ]
    assert all(arm.finished for arm in bench.arms)


def test_arms_are_served_in_turn() -> None:
    bench = Bench([small(trials=3), small(trials=3, fold=1)])

    started = [bench.start()[1] for _ in range(6)]

    assert [(config["arm"], config["number"]) for config in started] == [
        ("y-linear-o0", 0), ("y-linear-o1", 0), ("y-linear-o0", 1), ("y-linear-o1", 1), ("y-linear-o0", 2), ("y-linear-o1", 2),
    ]  # fmt: skip


def test_while_one_arm_waits_for_its_generation_another_goes_on() -> None:
    generation = {"search": {"sampler": "random", "generation": 2}}
    bench = Bench([small(trials=4, **generation), small(trials=4, fold=1, **generation)])
    ids = [bench.start()[0] for _ in range(4)]
    for trial_id in (ids[1], ids[3]):
        bench.finish(trial_id)

    configs = [bench.start()[1] for _ in range(3)]

    assert configs == [
        {"arm": "y-linear-o1", "number": 2, "winner": False},
        {"arm": "y-linear-o1", "number": 3, "winner": False},
        None,
    ]


def test_an_arm_that_waits_is_asked_again_only_when_one_of_its_trials_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench([small(trials=2, fold=fold, search={"sampler": "random", "generation": 1}) for fold in range(3)])
    ids = [bench.start()[0] for _ in range(4)]  # one trial of each arm, then none is left
    asked: list[int] = []
    next_trial = ArmSearch.next_trial
    monkeypatch.setattr(ArmSearch, "next_trial", lambda arm: asked.append(arm.arm.outer_fold) or next_trial(arm))

    idle = bench.start()[1]
    bench.finish(ids[1])
    after = bench.start()[1]

    assert idle is None
    assert after == {"arm": "y-linear-o1", "number": 1, "winner": False}
    assert asked == [1]


def test_a_lost_trial_is_handed_out_again_until_it_has_had_its_tries_and_is_then_given_up() -> None:
    bench = Bench([small(trials=1)], max_tries=3)

    for _ in range(3):
        trial_id, config = bench.start()
        assert config == {"arm": "y-linear-o0", "number": 0, "winner": False}
        bench.lose(trial_id)

    assert bench.given_up == [("y-linear-o0", 0, False, 3)]
    assert bench.arms[0].records[0].state is TrialState.FAIL
    assert bench.start()[1] == Searcher.FINISHED


def test_a_lost_winner_is_handed_out_again_and_then_given_up_with_tries_of_its_own() -> None:
    bench = Bench([small(trials=1)], max_tries=2)
    bench.lose(bench.start()[0])
    bench.finish(bench.start()[0])

    for _ in range(2):
        trial_id, config = bench.start()
        assert config == {"arm": "y-linear-o0", "number": 0, "winner": True}
        bench.lose(trial_id)

    assert bench.given_up == [("y-linear-o0", 0, True, 2)]
    assert bench.start()[1] == Searcher.FINISHED


def test_a_trial_that_left_its_record_is_not_handed_out_again_though_its_worker_dies_afterwards() -> None:
    bench = Bench([small(trials=2)])
    (first, _), (second, _) = bench.start(), bench.start()

    bench.record(first)
    bench.lose(first)
    bench.finish(second)

    assert bench.start()[1]["winner"] is True
    assert bench.given_up == []


def test_a_trial_that_was_stopped_without_an_error_is_not_handed_out_again() -> None:
    bench = Bench([small(trials=1)])

    bench.searcher.on_trial_complete(bench.start()[0])

    assert bench.start()[1] is None
    assert bench.given_up == []


def test_an_unknown_trial_that_completes_is_ignored() -> None:
    bench = Bench([small(trials=1)])

    bench.searcher.on_trial_complete("never seen", error=True)

    assert bench.start()[1] == {"arm": "y-linear-o0", "number": 0, "winner": False}


def test_it_is_not_finished_while_anything_is_out() -> None:
    bench = Bench([small(trials=1)])
    trial_id, _ = bench.start()
    assert bench.start()[1] is None
    bench.finish(trial_id)
    winner_id, _ = bench.start()

    bench.record(winner_id)  # recorded, yet Tune has not called it complete

    assert bench.start()[1] is None
    bench.searcher.on_trial_complete(winner_id, {"val_loss": 0.0})
    assert bench.start()[1] == Searcher.FINISHED


def test_arms_that_were_done_before_leave_nothing_to_do() -> None:
    before = Bench([small(trials=3)])
    before.run()
    (arm,) = before.arms

    resumed = Bench([small(trials=3, records=arm.records, winner=arm.winner)])

    assert resumed.start()[1] == Searcher.FINISHED


def test_after_the_deadline_no_trial_is_suggested_but_winners_are_scored() -> None:
    bench = Bench([small(trials=6), small("constant", 1)])
    for _ in range(2):
        bench.finish(bench.start()[0])

    bench.searcher.deadline = 0.0

    done = bench.run()
    assert sorted(done) == [("y-constant-o0", 0, True), ("y-linear-o0", 0, True)]


def test_a_searcher_told_to_stop_suggests_nothing_and_is_finished_when_what_is_out_has_ended() -> None:
    bench = Bench([small(trials=4)])
    trial_id, _ = bench.start()

    bench.searcher.stopping = True

    assert bench.start()[1] is None
    bench.finish(trial_id)
    assert bench.start()[1] == Searcher.FINISHED


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


@pytest.mark.parametrize("max_tries", [1, 2])
def test_a_study_whose_every_trial_is_lost_still_ends(max_tries: int) -> None:
    bench = Bench([small(trials=2), small("constant", 1)], max_tries=max_tries)

    for _ in range(3 * max_tries):
        bench.lose(bench.start()[0])

    assert bench.start()[1] == Searcher.FINISHED
    assert sorted(bench.given_up) == [
        ("y-constant-o0", 0, False, max_tries),
        ("y-linear-o0", 0, False, max_tries),
        ("y-linear-o0", 1, False, max_tries),
    ]
