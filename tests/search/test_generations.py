"""An arm's search: what it suggests depends on seed, arm and records alone, and it always comes to an end."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import pytest

from study.config.options import Range
from study.config.samplers import SAMPLERS
from study.families import first_params, get_family
from study.schema import Suggestion, TrialState
from study.search.generations import suggest_generation
from study.seeds import derive_seed

from .helpers import arm_of, arm_search, hand_out, loss_of, play, record_of

WHOLE = [name for name, sampler in SAMPLERS.items() if not sampler.needs]
"""Samplers that need no further package."""


def test_seeds_have_31_bits_and_differ_by_every_part_and_by_where_one_part_ends() -> None:
    seeds = [derive_seed(*parts) for parts in [(0, "a"), (1, "a"), (0, "b"), (0, "a", 0), ("0a",), (0, "a", "0x")]]

    assert len(set(seeds)) == 6
    assert all(0 <= seed < 2**31 for seed in seeds)
    digest = hashlib.sha256(b"0\x1fy-linear-o0\x1fgeneration\x1f1").hexdigest()
    assert derive_seed(0, "y-linear-o0", "generation", 1) == int(digest[:8], 16) // 2


@pytest.mark.parametrize("sampler", WHOLE)
def test_a_search_that_is_resumed_from_its_records_goes_on_as_the_undisturbed_one(sampler: str) -> None:
    search = arm_search(search={"sampler": sampler})
    undisturbed = play(search)

    for cut in (0, 1, 5, 6, 7, 12, 17):
        kept = {number: search.records[number] for number in range(cut)}
        resumed = play(arm_search(records=kept, search={"sampler": sampler}))
        assert resumed == undisturbed[cut:]


def test_a_trial_missing_amid_its_generation_is_suggested_again_with_the_same_params() -> None:
    search = arm_search()
    undisturbed = play(search)
    kept = {number: record for number, record in search.records.items() if number < 12 and number not in {2, 10}}

    resumed = play(arm_search(records=kept))

    assert resumed == [undisturbed[2], undisturbed[10], *undisturbed[12:]]


def test_the_order_of_telling_within_a_generation_changes_nothing() -> None:
    forwards, backwards = (play(arm_search(), order) for order in (1, -1))

    assert forwards == backwards


def test_trials_are_numbered_in_order_through_generations_of_the_configured_size() -> None:
    trials = play(arm_search(trials=10, search={"generation": 4}))

    assert [(trial.number, trial.generation) for trial in trials] == [(n, n // 4) for n in range(10)]


def test_the_first_trial_is_the_familys_start() -> None:
    search = arm_search()

    first = hand_out(search)[0]

    assert (first.number, first.generation) == (0, 0)
    assert first.params == first_params(get_family("neural"), search.space)


@pytest.mark.parametrize("sampler", WHOLE)
def test_every_suggestion_lies_in_the_space(sampler: str) -> None:
    search = arm_search(search={"sampler": sampler}, space={"neural": {"width": {"low": 4, "high": 9, "integer": True}}})

    trials = play(search)

    params_of = [trial.params for trial in trials]
    for params, (name, form) in itertools.product(params_of, search.space.items()):
        assert list(params) == list(search.space)
        if isinstance(form, Range):
            assert form.low <= params[name] <= form.high
        else:
            assert params[name] in form
    assert all(type(params["width"]) is int for params in params_of)
    assert len({params["learning_rate"] for params in params_of}) == 18


def test_a_fixed_value_is_taken_by_every_trial() -> None:
    trials = play(arm_search(trials=8, space={"neural": {"width": 17, "activation": "tanh"}}))

    assert {(trial.params["width"], trial.params["activation"]) for trial in trials} == {(17, "tanh")}


@pytest.mark.parametrize("change", [{"seed": 1}, {"arm": arm_of(fold=1)}, {"arm": arm_of(depth=2)}])
def test_seed_outer_fold_and_depth_each_change_the_suggestions(change: dict[str, Any]) -> None:
    usual, other = play(arm_search()), play(arm_search(**change))

    assert usual[0] == other[0]
    assert all(one != two for one, two in zip(usual[1:], other[1:], strict=True))


def test_the_random_sampler_does_not_look_at_losses_and_tpe_does() -> None:
    def suggested(sampler: str, sign: int) -> list[dict[str, Any]]:
        first = arm_search(trials=12)
        told = {t.number: record_of(first.arm, t, val_loss=sign * loss_of(t.params)) for t in play(first)}
        return suggest_generation(first.arm, 2, 3, first.space, told, sampler, seed=0)

    assert suggested("random", 1) == suggested("random", -1)
    assert suggested("tpe", 1) != suggested("tpe", -1)


def test_tpe_searches_where_losses_were_low() -> None:
    random, tpe = (play(arm_search(trials=48, search={"sampler": sampler})) for sampler in ("random", "tpe"))

    late_random, late_tpe = ([loss_of(trial.params) for trial in trials[24:]] for trials in (random, tpe))
    assert sum(late_tpe) < 0.8 * sum(late_random)


def test_a_failed_trial_counts_as_a_trial_but_its_loss_is_never_used() -> None:
    search = arm_search()
    undisturbed = play(search)
    failed = {n: r for n, r in search.records.items() if n < 12}
    failed[3] = record_of(search.arm, undisturbed[3], state=TrialState.FAIL)
    worst = failed | {3: failed[3].model_copy(update={"val_loss": -1e9})}

    after_failure, after_wild_failure = (play(arm_search(records=records)) for records in (failed, worst))

    assert after_failure == after_wild_failure
    assert after_failure != undisturbed[12:]
    assert [trial.number for trial in after_failure] == list(range(12, 18))


def test_a_failed_trial_is_never_the_incumbent() -> None:
    arm = arm_of()
    records = {
        n: record_of(arm, Suggestion(number=n, generation=0, params={}), val_loss=loss, state=state)
        for n, (loss, state) in enumerate(
            [(3.0, TrialState.COMPLETE), (1.0, TrialState.FAIL), (2.0, TrialState.COMPLETE), (2.0, TrialState.COMPLETE)]
        )
    }
    records[1] = records[1].model_copy(update={"val_loss": 1.0})

    search = arm_search(records=dict(reversed(records.items())))

    assert search.incumbent == records[2]


def test_an_arm_whose_trials_all_failed_is_finished_without_a_winner() -> None:
    search = arm_search(trials=6)

    play(search, failing=frozenset(range(6)))

    assert search.incumbent is None
    assert search.next_winner() is None
    assert search.finished


def test_zero_in_a_log_range_is_tried_first_and_the_rest_stays_in_the_range() -> None:
    search = arm_search("linear")

    penalties = [trial.params["l2"] for trial in play(search)]

    assert penalties[0] == 0.0
    assert all(1e-3 <= penalty <= 10 * search.n_rows for penalty in penalties[1:])
    assert len(set(penalties)) == 18


def test_zero_is_told_as_the_lowest_value_of_its_range() -> None:
    search = arm_search("linear")
    play(search)
    told = {n: search.records[n] for n in range(12)}
    lowest = told | {0: told[0].model_copy(update={"params": {"l2": 1e-3}})}

    from_zero, from_lowest = (suggest_generation(search.arm, 2, 3, search.space, t, "tpe", 0) for t in (told, lowest))

    assert from_zero == from_lowest


def test_the_constant_has_one_trial_without_params() -> None:
    assert play(arm_search("constant", trials=1)) == [Suggestion(number=0, generation=0, params={})]


def test_a_generation_is_waited_for_until_its_last_trial_is_told() -> None:
    search = arm_search()
    first = hand_out(search)

    for trial in first[:-1]:
        search.tell(record_of(search.arm, trial))
        assert search.next_trial() is None
    search.tell(record_of(search.arm, first[-1]))

    assert [trial.number for trial in first] == list(range(6))
    assert [trial.number for trial in hand_out(search)] == list(range(6, 12))


def test_a_trial_given_back_is_the_next_one_handed_out() -> None:
    search = arm_search()
    one, two = search.next_trial(), search.next_trial()
    assert one is not None
    assert two is not None

    search.give_back(one.number)

    assert search.next_trial() == one
    assert [trial.number for trial in hand_out(search)] == [2, 3, 4, 5]


def test_a_trial_given_back_keeps_its_generation_open() -> None:
    search = arm_search(trials=6)
    trials = hand_out(search)
    for trial in trials[1:]:
        search.tell(record_of(search.arm, trial))

    search.give_back(trials[0].number)

    assert not search.searched
    assert hand_out(search) == [trials[0]]


def test_a_closed_search_suggests_nothing_more_and_ends_when_what_is_out_is_told() -> None:
    search = arm_search()
    out = search.next_trial()
    assert out is not None

    search.close()

    assert search.next_trial() is None
    assert not search.searched
    assert search.next_winner() is None
    search.tell(record_of(search.arm, out))
    assert search.searched
    winner = search.next_winner()
    assert winner is not None
    assert winner.number == out.number


def test_records_are_told_in_trial_order_however_they_are_kept() -> None:
    search = arm_search()
    play(search)
    told = {n: search.records[n] for n in range(12)}
    shuffled = dict(sorted(told.items(), key=lambda item: -item[0]))

    in_order, out_of_order = (suggest_generation(search.arm, 2, 3, search.space, t, "tpe", 0) for t in (told, shuffled))

    assert in_order == out_of_order
