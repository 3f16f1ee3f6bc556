"""Which best trial a search hands out to be scored."""

from __future__ import annotations

from study.config.samplers import SAMPLERS
from study.schema import Suggestion, TrialState

from .helpers import play, record_of, search_of, search_state

WHOLE = [name for name, sampler in SAMPLERS.items() if not sampler.needs]
"""Samplers that need no further package."""


def test_the_winner_is_handed_out_once_when_all_trials_are_told() -> None:
    search = search_state(trials=6)
    play(search)
    best = min(search.records.values(), key=lambda record: record.val_loss or 0.0)

    assert search.next_winner() == best
    assert search.next_winner() is None
    assert not search.finished


def test_a_search_is_finished_when_its_best_trial_is_scored() -> None:
    search = search_state(trials=6)
    play(search)
    winner = search.next_winner()
    assert winner is not None

    search.score(winner.number)

    assert search.finished
    assert search.next_winner() is None


def test_a_search_with_all_its_records_has_only_its_winner_left() -> None:
    before = search_state(trials=6)
    play(before)
    best = before.best
    assert best is not None

    unscored = search_state(trials=6, records=before.records)
    scored = search_state(trials=6, records=before.records, scored=best.number)

    assert unscored.next_trial() is scored.next_trial() is None
    assert unscored.searched
    assert scored.searched
    assert (unscored.finished, scored.finished) == (False, True)
    assert (unscored.next_winner(), scored.next_winner()) == (best, None)


def test_a_better_best_trial_of_a_search_that_went_on_is_scored_instead() -> None:
    search = search_of()
    records = {
        n: record_of(search, Suggestion(number=n, generation=0, params={}), val_loss=loss)
        for n, loss in enumerate([2.0, 3.0, 1.0])
    }

    search = search_state(trials=3, records=records, scored=0)

    assert not search.finished
    assert search.next_winner() is search.records[2]
    search.score(2)
    assert search.finished


def test_beside_the_winner_the_best_trials_with_one_sort_of_terms_are_refitted() -> None:
    weights = [(0.0, 0.0), (0.1, 0.0), (0.0, 0.3), (0.3, 0.3), (1.0, 0.0), (0.0, 1.0)]
    trials = [
        Suggestion(
            number=n, generation=0, params={"products": products, "curves": curves, "l2": float(n)}
        )
        for n, (products, curves) in enumerate(weights)
    ]
    search = search_of("terms")
    losses = [9.0, 3.0, 5.0, 1.0, 4.0, 2.0]
    records = {
        trial.number: record_of(search, trial, val_loss=loss)
        for trial, loss in zip(trials, losses, strict=True)
    }
    records[5] = record_of(search, trials[5], state=TrialState.FAIL)

    parts = search_state("terms", len(trials), records).parts

    assert {name: (params["products"], params["curves"]) for name, params in parts.items()} == {
        "products": weights[1], "curves": weights[2],
    }  # fmt: skip
