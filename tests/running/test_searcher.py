"""All arms behind one searcher: nothing is lost, nothing is done twice, and it ends when all is done."""

from __future__ import annotations

import pytest
from ray.tune.search import Searcher

from study.schema import TrialState
from study.search.generations import ArmSearch
from tests.search.bench import Bench, small


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
