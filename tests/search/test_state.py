"""A search: which trial comes next, what is waited for, and that it always comes to an end."""

from __future__ import annotations

import re

import pytest

from study.execution.runner import late_note
from study.schema import ALL_ROWS, Suggestion, TrialState
from study.search.state import SearchState

from .helpers import finish, hand_out, play, record_of, search_of, search_state


def numbers(trials: list[Suggestion]) -> list[int]:
    return [trial.number for trial in trials]


def test_trials_are_numbered_in_order_and_by_generations_of_the_configured_size() -> None:
    trials = play(search_state(trials=10, search={"generation": 4}))

    assert [(trial.number, trial.generation) for trial in trials] == [
        (n, n // 4) for n in range(10)
    ]


def test_a_trial_waits_for_the_one_a_window_before_it_and_for_none_later() -> None:
    search = search_state()
    first = hand_out(search)
    assert numbers(first) == list(range(6))

    for trial in first[1:]:
        finish(search, trial)
        assert search.next_trial() is None
    finish(search, first[0])

    assert numbers(hand_out(search)) == list(range(6, 12))


def test_no_trial_waits_for_the_rest_of_a_generation() -> None:
    search = search_state()
    first = hand_out(search)

    finish(search, first[0])
    more = hand_out(search)
    finish(search, first[1])

    assert numbers(more + hand_out(search)) == [6, 7]


def test_a_regression_has_a_window_twice_as_large_as_a_networks() -> None:
    terms, network = (
        numbers(hand_out(search_state(family, search={"generation": 4})))
        for family in ("terms", "neural")
    )

    assert (terms, network) == (list(range(8)), list(range(4)))


@pytest.mark.parametrize("trials", [1, 6, 7])
def test_a_budget_about_as_small_as_the_window_is_spent_to_the_last_trial(trials: int) -> None:
    search = search_state(trials=trials)

    played = play(search)

    assert numbers(played) == list(range(trials))
    assert search.searched


def test_a_failed_trial_is_never_the_best_trial() -> None:
    search = search_of()
    records = {
        n: record_of(
            search, Suggestion(number=n, generation=0, params={}), val_loss=loss, state=state
        )
        for n, (loss, state) in enumerate(
            [
                (3.0, TrialState.COMPLETE),
                (1.0, TrialState.FAIL),
                (2.0, TrialState.COMPLETE),
                (2.0, TrialState.COMPLETE),
            ]
        )
    }
    records[1] = records[1].model_copy(update={"val_loss": 1.0})

    search = search_state(trials=4, records=dict(reversed(records.items())))

    assert search.best is search.records[2]


def test_a_search_whose_trials_all_failed_is_finished_without_a_winner() -> None:
    search = search_state(trials=9)

    play(search, failing=range(9))

    assert search.best is None
    assert search.next_winner() is None
    assert search.finished


def test_a_trial_given_back_is_the_next_one_handed_out() -> None:
    search = search_state()
    one, two = search.next_trial(), search.next_trial()
    assert one is not None
    assert two is not None

    search.give_back(one.number)

    assert search.next_trial() == one
    assert numbers(hand_out(search)) == [2, 3, 4, 5]


def test_a_trial_given_back_keeps_the_search_open_and_the_window_where_it_is() -> None:
    search = search_state(trials=7)
    trials = hand_out(search)
    for trial in trials[1:]:
        finish(search, trial)

    search.give_back(trials[0].number)

    assert not search.searched
    assert hand_out(search) == [trials[0]]


def test_a_trial_given_back_whose_record_came_after_all_is_not_handed_out_again() -> None:
    search = search_state(trials=2)
    one, two = hand_out(search)

    search.give_back(one.number)
    finish(search, one)
    finish(search, two)

    assert search.next_trial() is None
    assert search.searched


def test_a_closed_search_suggests_nothing_more_and_ends_when_what_is_out_is_told() -> None:
    search = search_state()
    out, lost = search.next_trial(), search.next_trial()
    assert out is not None
    assert lost is not None
    search.give_back(lost.number)

    search.close()

    assert search.next_trial() is None
    assert not search.searched
    assert search.next_winner() is None
    search.tell(record_of(search.spec, out))
    assert search.searched
    winner = search.next_winner()
    assert winner is not None
    assert winner.number == out.number


RUNGS_OF = {0: (9.0, 8.0, 7.0), 1: (5.0, 4.0, 3.0), 2: (7.0,), 3: (), 4: (6.0, 5.0, 4.0)}
"""Mean losses of the first trials at their rungs: the third was pruned, the fourth failed."""


def told(family: str = "neural", **training: int) -> SearchState:
    search = search_state(family, training={"epochs": 100, "patience": 12} | training)
    for trial, rungs in zip(hand_out(search), RUNGS_OF.values(), strict=False):
        state = (
            TrialState.FAIL
            if not rungs
            else TrialState.COMPLETE
            if len(rungs) == 3
            else TrialState.PRUNED
        )
        record = record_of(search.spec, trial, val_loss=rungs[-1] if rungs else None, state=state)
        search.tell(record.model_copy(update={"rungs": rungs}))
    return search


def test_a_network_is_held_against_the_median_of_the_trials_before_the_window() -> None:
    search = told()

    assert [search.prune_above(number) for number in range(8)] == [()] * 8
    assert search.prune_above(8) == search.prune_above(9) == (7.0, 7.0, 7.0)
    assert search.prune_above(10) == (6.5, 6.0, 5.5)


def test_a_regression_and_a_network_whose_patience_never_ends_are_held_against_nothing() -> None:
    assert told("terms").prune_above(16) == told(patience=100).prune_above(10) == ()


def test_for_a_sampler_that_forgets_what_was_given_up_nothing_is() -> None:
    search = told()
    search.config = search.config.replace(
        search=search.config.search.model_dump() | {"sampler": "gp"}
    )

    assert search.prune_above(10) == ()


def test_records_of_before_there_were_rungs_are_no_bar() -> None:
    search = search_state()
    for trial in hand_out(search):
        finish(search, trial)

    assert search.prune_above(10) == ()


def test_the_regression_with_terms_takes_the_plain_ones_path_where_it_has_none_of_its_own() -> None:
    plain = {"linear": {"l2": [0.0, 2.0]}}
    own = plain | {"terms": {"l2": 3.0, "curves": 0}}

    assert (
        search_state("terms", space=plain).penalties
        == search_state("linear", space=plain).penalties
        == (2.0, 0.0)
    )
    assert search_state("terms", space=own).penalties == (3.0,)
    assert len(search_state("terms", space={"logistic": {"l2": 1.0}}).penalties) == 51


def test_what_a_time_budget_leaves_without_a_model_of_all_rows_is_told() -> None:
    searches = [
        search_state(spec=search_of(family, fold=fold), trials=1)
        for family in ("linear", "neural")
        for fold in (0, ALL_ROWS)
    ]
    play(searches[1])
    for search in searches:
        search.close()

    assert late_note(searches[:3]) is None
    note = late_note(searches)
    assert note is not None
    assert re.search(r"\bnetwork\b.*\by\b.*time_budget_min", note)
    assert "regression" not in note
