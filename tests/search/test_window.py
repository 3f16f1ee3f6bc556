"""What is suggested depends on seed, search, number and the results before the window alone."""

from __future__ import annotations

import gc
import hashlib
import itertools
import random
import weakref
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from study.config.options import Range
from study.config.samplers import SAMPLERS
from study.families import first_params, get_family
from study.records.outcome import Outcome
from study.schema import StudyError, Suggestion, TrialState, derive_seed
from study.search.window import Window

from .helpers import (
    TRIALS,
    changed,
    finish,
    hand_out,
    loss_of,
    play,
    records_of,
    search_state,
)

WHOLE = [name for name, sampler in SAMPLERS.items() if not sampler.needs]
"""Samplers that need no further package."""
FAILING = {4, 11}


def undisturbed(family: str = "neural", **config: Any) -> list[Suggestion]:
    return play(search_state(family, TRIALS, **config), FAILING)


def suggestion_after(records: dict[int, Outcome], **config: Any) -> Suggestion:
    """The first suggestion of a search that goes on from records."""
    trial = search_state(trials=TRIALS, records=records, **config).next_trial()
    assert trial is not None
    return trial


def test_seeds_have_31_bits_and_differ_by_every_part_and_by_where_one_part_ends() -> None:
    seeds = [
        derive_seed(*parts)
        for parts in [(0, "a"), (1, "a"), (0, "b"), (0, "a", 0), ("0a",), (0, "a", "0x")]
    ]

    assert len(set(seeds)) == 6
    assert all(0 <= seed < 2**31 for seed in seeds)
    digest = hashlib.sha256(b"0\x1fy-linear-o0\x1f1").hexdigest()
    assert derive_seed(0, "y-linear-o0", 1) == int(digest[:8], 16) // 2


@pytest.mark.parametrize("family", ["neural", "terms"])
@given(fate=st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_the_order_of_results_lost_trials_and_kills_change_no_suggestion(
    family: str, fate: random.Random
) -> None:
    search, out, seen = search_state(family, TRIALS), [], {}
    for _ in range(1_000):
        out += hand_out(search)
        if not out:
            break
        trial = out.pop(fate.randrange(len(out)))
        assert seen.setdefault(trial.number, trial) == trial
        match fate.choice(["end", "end", "end", "end", "lose", "kill"]):
            case "end":
                finish(search, trial, FAILING)
            case "lose":
                search.give_back(trial.number)
            case "kill":
                search, out = search_state(family, TRIALS, records=search.records), []

    assert search.searched
    assert [seen[number] for number in range(TRIALS)] == undisturbed(family)


@pytest.mark.parametrize("sampler", WHOLE)
@given(fate=st.randoms(use_true_random=False))
@settings(max_examples=4, deadline=None)
def test_whatever_records_are_missing_they_are_made_again_with_the_same_params(
    sampler: str, fate: random.Random
) -> None:
    config = {"search": {"sampler": sampler}}
    search = search_state(trials=TRIALS, **config)
    trials = play(search)
    missing = fate.sample(range(TRIALS), fate.randint(1, TRIALS))

    again = play(
        search_state(
            trials=TRIALS,
            records={n: search.records[n] for n in range(TRIALS) if n not in missing},
            **config,
        )
    )

    assert again == [trials[number] for number in sorted(missing)]


def test_a_suggestion_follows_from_the_results_before_the_window_and_no_later_ones() -> None:
    records = records_of()
    before = {number: records[number] for number in range(18)}
    usual = suggestion_after(before)

    def after(number: int) -> Suggestion:
        return suggestion_after(before | {number: changed(before[number], val_loss=-1e9)})

    assert usual.number == 18
    assert all(after(number) == usual for number in range(13, 18))
    assert after(12) != usual


@pytest.mark.parametrize("numbers", [range(7, 13), range(13, 18)])
def test_trials_that_ended_badly_and_those_that_run_are_known_by_the_params_of_their_records(
    numbers: range,
) -> None:
    records = records_of()
    before = {number: records[number] for number in range(18)}
    before |= {number: changed(before[number], val_loss=1e9) for number in range(7, 13)}
    usual = suggestion_after(before)

    there_already = before | {
        number: changed(before[number], params=usual.params) for number in numbers
    }

    assert suggestion_after(there_already) != usual


@pytest.mark.parametrize(
    ("change", "has"),
    [
        ({"width": 7}, r"\[64, 128\]"),
        ({"learning_rate": 99.0}, r"0\.0003 to 0\.03"),
        ({"batch_size": 3}, "64"),
        ({"activation": None}, "silu"),
        ({"momentum": 0.9}, "none"),
    ],
)
def test_a_record_outside_the_space_ends_a_search_that_is_to_go_on_and_no_other(
    change: dict[str, Any], has: str
) -> None:
    records = records_of()
    records[3] = changed(records[3], params=records[3].params | change)
    search_state(trials=TRIALS, records=records)

    ((name, value),) = change.items()
    with pytest.raises(
        StudyError, match=f"y-neural-d1-o0-0003 .*{name} {value}, .* {has}\\..* --name"
    ):
        search_state(trials=TRIALS + 1, records=records)


def test_a_failed_trial_counts_as_a_trial_but_neither_its_params_nor_its_loss_are_used() -> None:
    records = records_of()
    before = {number: records[number] for number in range(18)}
    best = min(range(13), key=lambda number: before[number].val_loss or 0.0)

    def after(state: TrialState, **change: Any) -> Suggestion:
        return suggestion_after(before | {best: changed(before[best], state=state, **change)})

    usual, failed = suggestion_after(before), after(TrialState.FAIL, val_loss=None)

    assert failed != usual
    assert failed.number == 18
    assert after(TrialState.FAIL, val_loss=-1e9, params=failed.params) == failed


def test_a_pruned_trial_is_one_of_the_worst() -> None:
    records = records_of()
    before = {number: records[number] for number in range(18)}
    params = suggestion_after(before).params

    def after(**change: Any) -> Suggestion:
        return suggestion_after(
            before
            | {number: changed(before[number], params=params, **change) for number in (3, 7, 9)}
        )

    assert after(state=TrialState.PRUNED, val_loss=None) == after(val_loss=1e9)
    assert after(state=TrialState.PRUNED, val_loss=None) != after(
        state=TrialState.FAIL, val_loss=None
    )


def test_a_pruned_trial_is_told_with_its_loss_at_each_rung() -> None:
    records = records_of()
    window = Window(space := search_state().space, "tpe", lambda number: number)
    for _ in range(3):
        window.suggest(first_params(get_family("neural"), space))

    for number, rungs in enumerate([(5.0,), (9.0, 8.0), (7.0, 6.0)]):
        window.tell(changed(records[number], state=TrialState.PRUNED, rungs=rungs))

    told = window._study.trials
    assert [trial.intermediate_values for trial in told] == [
        {1: 5.0},
        {1: 9.0, 2: 8.0},
        {1: 7.0, 2: 6.0},
    ]
    assert [trial.state.name for trial in told] == ["PRUNED"] * 3


@pytest.mark.parametrize("sampler", WHOLE)
def test_every_suggestion_lies_in_the_space(sampler: str) -> None:
    search = search_state(
        search={"sampler": sampler},
        space={"neural": {"width": {"low": 4, "high": 9, "integer": True}}},
    )

    trials = play(search)

    params_of = [trial.params for trial in trials]
    for params, (name, form) in itertools.product(params_of, search.space.items()):
        assert list(params) == list(search.space)
        if isinstance(form, Range):
            assert form.low <= params[name] <= form.high
        else:
            assert params[name] in (form if isinstance(form, list) else [form])
    assert all(type(params["width"]) is int for params in params_of)
    assert len({params["learning_rate"] for params in params_of}) == 18


def test_the_random_sampler_does_not_look_at_losses_and_tpe_does() -> None:
    def suggested(sampler: str, sign: int) -> Suggestion:
        own = records_of(sampler).items()
        records = {n: changed(one, val_loss=sign * loss_of(one.params)) for n, one in own if n < 18}
        return suggestion_after(records, search={"sampler": sampler})

    assert suggested("random", 1) == suggested("random", -1)
    assert suggested("tpe", 1) != suggested("tpe", -1)


def test_a_search_lets_go_of_its_optuna_study_when_nothing_is_left_to_suggest_or_it_is_closed() -> (
    None
):
    done, closed, running = search_state(trials=8), search_state(), search_state()
    first, *_ = (hand_out(each) for each in (done, closed, running))
    windows = [weakref.ref(each._window) for each in (done, closed, running)]

    for trial in first:
        finish(done, trial)
    play(done)
    closed.close()
    finish(closed, Suggestion(0, 0, {}))
    gc.collect()

    assert [window() is None for window in windows] == [True, True, False]
    assert closed.next_trial() is None
    assert closed._window is None


def test_a_search_without_a_trial_to_suggest_makes_no_study() -> None:
    search = search_state(records=records_of() | {}, trials=TRIALS)
    baseline = search_state("baseline", trials=1)

    trials = [search.next_trial(), baseline.next_trial()]

    assert trials == [None, Suggestion(number=0, generation=0, params={})]


def test_records_are_told_in_trial_order_however_they_are_kept() -> None:
    records = {number: one for number, one in records_of().items() if number < 18}

    assert suggestion_after(dict(reversed(records.items()))) == suggestion_after(records)
