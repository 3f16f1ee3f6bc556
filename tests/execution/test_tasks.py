"""All tasks behind one queue: nothing is lost, nothing is done twice, and it ends when all is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from study.execution.queue import FoldQueue
from study.records.work import FoldWork
from study.schema import TrialState
from study.search.state import SearchState
from tests.search.bench import Bench, done, formula_of, small, trees_of


def test_every_trial_and_winner_of_every_search_is_handed_out_once_and_then_it_is_finished() -> (
    None
):
    bench = Bench([small(), small("baseline", 1)])

    done = bench.run()

    assert sorted(done) == [
        "y-baseline-o0-0000",
        "y-baseline-o0-winner",
        "y-terms-o0-0000",
        "y-terms-o0-0001",
        "y-terms-o0-winner",
    ]
    assert all(search.finished for search in bench.searches)


def test_searches_are_served_in_turn() -> None:
    bench = Bench([small(trials=3), small(trials=3, fold=1)])

    started = [bench.start() for _ in range(6)]

    assert started == [f"y-terms-o{fold}-{number:04d}" for number in range(3) for fold in range(2)]


def test_while_one_search_waits_for_its_window_another_goes_on() -> None:
    window = {"search": {"sampler": "random", "generation": 2}}
    bench = Bench([small("neural", trials=4, fold=fold, **window) for fold in range(2)])
    keys = [bench.start() for _ in range(4)]
    for key in (keys[1], keys[3]):
        bench.finish(key)

    handed_out = [bench.start() for _ in range(3)]

    assert handed_out == ["y-neural-d1-o1-0002", "y-neural-d1-o1-0003", None]


def test_a_search_that_waits_is_asked_again_only_when_one_of_its_trials_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(
        [
            small("neural", fold=fold, search={"sampler": "random", "generation": 1})
            for fold in range(3)
        ]
    )
    keys = [bench.start() for _ in range(4)]  # one trial of each search, then none is left
    asked: list[int] = []
    next_trial = SearchState.next_trial
    monkeypatch.setattr(
        SearchState,
        "next_trial",
        lambda search: asked.append(search.spec.outer_fold) or next_trial(search),
    )

    idle = bench.start()
    bench.finish(keys[1])
    after = bench.start()

    assert idle is None
    assert after == "y-neural-d1-o1-0001"
    assert asked == [1]


def test_so_many_searches_are_begun_at_once_and_another_for_each_winner_or_where_all_wait() -> None:
    bench = Bench(
        [
            small(trials=3, fold=fold, search={"sampler": "random", "generation": 1})
            for fold in range(9)
        ]
    )
    bench.tasks.begun = 2

    first = [bench.start() for _ in range(4)]
    for key in first:
        bench.finish(key)
    later = [bench.start() for _ in range(5)]

    assert [str(key)[8:] for key in first] == ["o0-0000", "o1-0000", "o0-0001", "o1-0001"]
    assert [str(key)[8:] for key in later] == [
        "o0-0002",
        "o1-0002",
        "o2-0000",
        "o2-0001",
        "o3-0000",
    ]


def test_under_a_time_budget_every_search_is_begun() -> None:
    bench = Bench([small(trials=3, fold=fold) for fold in range(20)], deadline=1e12)

    keys = [bench.start() for _ in range(20)]

    assert {str(key)[8:] for key in keys} == {f"o{fold}-0000" for fold in range(20)}


def test_what_failed_is_handed_out_again_before_all_else_until_it_is_judged_to_be_at_fault() -> (
    None
):
    bench = Bench([small(trials=2)])

    for _ in range(3):
        bench.tasks.drop_faulty(lambda task: None)
        assert bench.start() == "y-terms-o0-0000"
        bench.fail("y-terms-o0-0000")
    bench.tasks.drop_faulty(lambda task: "ValueError: its own")

    assert bench.given_up == [("y-terms-o0-0000", "ValueError: its own")]
    assert bench.searches[0].records[0].state is TrialState.FAIL
    assert bench.run() == ["y-terms-o0-0001", "y-terms-o0-winner"]


def test_what_does_not_fit_waits_and_another_is_handed_out_meanwhile() -> None:
    bench = Bench([small(trials=2)])

    second = bench.start(fits=lambda task: task.key != "y-terms-o0-0000")
    none = bench.start(fits=lambda task: task.key != "y-terms-o0-0000")

    assert (second, none, bench.tasks.finished) == ("y-terms-o0-0001", None, False)
    assert [task.key for task in bench.tasks.waiting] == ["y-terms-o0-0000"]
    bench.finish(second)
    assert bench.run() == ["y-terms-o0-0000", "y-terms-o0-winner"]


def test_a_winner_that_failed_is_handed_out_again_and_then_given_up() -> None:
    bench = Bench([small(trials=1)])
    bench.finish(bench.start())

    for _ in range(2):
        assert bench.start() == "y-terms-o0-winner"
        bench.fail("y-terms-o0-winner")
    bench.tasks.drop_faulty(lambda task: "no")

    assert bench.given_up == [("y-terms-o0-winner", "no")]
    assert (bench.start(), bench.tasks.finished) == (None, True)


def test_after_the_deadline_a_trial_that_failed_is_not_tried_again() -> None:
    bench = Bench([small(trials=3)])
    first, second = bench.start(), bench.start()
    bench.finish(first)
    bench.fail(second)

    bench.tasks.deadline = 0.0

    assert bench.run() == ["y-terms-o0-winner"]


def test_it_is_not_finished_while_anything_is_out() -> None:
    bench = Bench([small(trials=1)])
    trial = bench.start()
    assert (bench.start(), bench.tasks.finished) == (None, False)
    bench.finish(trial)
    winner = bench.start()

    bench.record(bench.out[str(winner)])  # recorded, and whoever keeps records has not yet said so

    assert (bench.start(), bench.tasks.finished) == (None, False)
    bench.finish(winner)
    assert bench.tasks.finished


def test_what_is_left_counts_what_is_out_until_it_is_recorded() -> None:
    bench = Bench([small(trials=2), small("baseline", 1)], FoldQueue([trees_of(0)]))
    left = [bench.tasks.left()]

    for _ in range(4):
        bench.finish(bench.start())
        left.append(bench.tasks.left())
    bench.run()

    assert left == [6, 5, 4, 3, 2]
    assert bench.tasks.left() == 0


def test_searches_that_were_done_before_leave_nothing_to_do() -> None:
    before = Bench([small(trials=3)])
    before.run()
    (search,) = before.searches

    resumed = Bench([small(trials=3, records=search.records, scored=search.scored)])

    assert (resumed.tasks.left(), resumed.tasks.finished, resumed.start()) == (0, True, None)


def test_after_the_deadline_no_trial_is_suggested_but_winners_are_scored() -> None:
    bench = Bench([small(trials=6), small("baseline", 1)])
    for _ in range(2):
        bench.finish(bench.start())

    bench.tasks.deadline = 0.0

    assert sorted(bench.run()) == ["y-baseline-o0-winner", "y-terms-o0-winner"]


def test_where_the_deadline_is_over_before_a_worker_has_come_all_is_finished() -> None:
    bench = Bench([small(trials=6)], FoldQueue([trees_of()]), deadline=0.0)

    assert bench.tasks.finished


def test_tasks_told_to_stop_hand_nothing_out_and_are_finished_when_what_is_out_has_ended() -> None:
    bench = Bench([small(trials=4)])
    trial = bench.start()

    bench.tasks.stopping = True

    assert (bench.start(), bench.tasks.finished) == (None, False)
    bench.finish(trial)
    assert bench.tasks.finished


def test_a_study_whose_every_trial_is_at_fault_still_ends() -> None:
    bench = Bench([small(trials=2), small("baseline", 1)])

    for _ in range(3):
        bench.fail(bench.start())
        bench.tasks.drop_faulty(lambda task: "no")

    assert (bench.start(), bench.tasks.finished) == (None, True)
    assert [key for key, _ in bench.given_up] == [
        "y-terms-o0-0000",
        "y-baseline-o0-0000",
        "y-terms-o0-0001",
    ]


def test_work_beside_the_searches_is_handed_out_where_every_search_waits_and_the_study_is_not_finished_without_it() -> (
    None
):
    bench = Bench([small(trials=1)], FoldQueue([trees_of(), formula_of()]))

    started = [bench.start() for _ in range(4)]

    assert started == ["y-terms-o0-0000", "y-trees-o0", "y-formula-o0", None]
    bench.finish("y-trees-o0")
    bench.finish("y-terms-o0-0000")
    bench.finish(bench.start())
    assert (bench.start(), bench.tasks.finished) == (None, False)  # the simple formula is still out
    bench.finish("y-formula-o0")
    assert bench.tasks.finished
    assert bench.beside.finished


@pytest.mark.parametrize("of", [trees_of, formula_of])
def test_work_that_failed_is_handed_out_again_until_it_is_given_up(
    of: Callable[[int], FoldWork],
) -> None:
    first, second = of(0), of(1)
    bench = Bench([], FoldQueue([first, second]))

    for _ in range(2):
        assert bench.start() == first.key
        bench.fail(first.key)
    bench.tasks.drop_faulty(lambda task: "no")
    bench.finish(bench.start())

    assert bench.given_up == [(first.key, "no")]
    assert {key: outcome.state for key, outcome in bench.beside.outcomes.items()} == {
        first.key: "FAIL",
        second.key: "COMPLETE",
    }
    assert bench.tasks.finished


def test_work_with_a_record_is_not_handed_out_and_that_of_another_share_is_not_counted() -> None:
    recorded = [done(trees_of(0), TrialState.FAIL).outcome(), done(trees_of(1)).outcome()]
    queue = FoldQueue([trees_of(0), trees_of(2), formula_of(0)], recorded)

    assert list(queue.outcomes) == ["y-trees-o0"]
    assert queue.counts == {"trees": (1, 2), "simple formulas": (1, 1)}
    assert Bench([], queue).run() == ["y-trees-o2", "y-formula-o0"]
