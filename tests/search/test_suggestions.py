"""What is suggested first, and where the space holds a suggestion."""

from __future__ import annotations

from typing import Any

import pytest

from study.families import first_params, get_family

from .helpers import (
    TRIALS,
    changed,
    hand_out,
    loss_of,
    play,
    search_of,
    search_state,
)


def test_a_fixed_value_is_taken_by_every_trial() -> None:
    trials = play(search_state(trials=8, space={"neural": {"width": 17, "activation": "tanh"}}))

    assert {(trial.params["width"], trial.params["activation"]) for trial in trials} == {
        (17, "tanh")
    }


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"spec": search_of(fold=1)}, {"spec": search_of(depth=2)}]
)
def test_seed_outer_fold_and_depth_each_change_the_suggestions(change: dict[str, Any]) -> None:
    usual, other = play(search_state()), play(search_state(**change))

    assert usual[0] == other[0]
    assert all(one != two for one, two in zip(usual[1:], other[1:], strict=True))


def test_tpe_searches_where_losses_were_low() -> None:
    random_search, tpe = (
        play(search_state(trials=48, search={"sampler": sampler})) for sampler in ("random", "tpe")
    )

    late_random, late_tpe = (
        [loss_of(trial.params) for trial in trials[24:]] for trials in (random_search, tpe)
    )
    assert sum(late_tpe) < 0.8 * sum(late_random)


def test_the_first_trial_is_the_familys_start() -> None:
    search = search_state()

    first = hand_out(search)[0]

    assert (first.number, first.generation) == (0, 0)
    assert first.params == first_params(get_family("neural"), search.space)


ONE = {"learning_rate": 0.01, "batch_size": 64, "width": 64, "activation": "silu", "dropout": 0.0}


ZERO: dict[str, Any] = {
    "space": {
        "neural": ONE | {"weight_decay": {"low": 1e-3, "high": 10.0, "log": True, "zero": True}}
    }
}


def test_zero_in_a_log_range_is_tried_first_and_the_rest_stays_in_the_range() -> None:
    decays = [trial.params["weight_decay"] for trial in play(search_state(trials=TRIALS, **ZERO))]

    assert decays[0] == 0.0
    assert all(1e-3 <= decay <= 10 for decay in decays[1:])
    assert len(set(decays)) == TRIALS


def test_zero_is_told_as_the_lowest_value_of_its_range() -> None:
    search = search_state(trials=22, **ZERO)
    play(search)
    told = {n: search.records[n] for n in range(21)}
    lowest, higher = (
        told | {0: changed(told[0], params=told[0].params | {"weight_decay": decay})}
        for decay in (1e-3, 10.0)
    )

    from_zero, from_lowest, from_higher = (
        search_state(trials=22, records=records, **ZERO).next_trial()
        for records in (told, lowest, higher)
    )

    assert from_zero == from_lowest != from_higher
