"""Searches, configs and records for the tests of the search."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from study.config import StudyConfig, make_config
from study.families import get_family
from study.records.outcome import Outcome
from study.records.trial import TrialRecord
from study.schema import Kind, Search, Suggestion, TrialState
from study.search.state import SearchState

TRIALS = 20
"""Of a search whose records are kept by `records_of`."""


def config_of(**more: Any) -> StudyConfig:
    return make_config(
        {"name": "test", "data": {"source": "balloons"}, "targets": {"y": "continuous"}, **more}
    )


def search_of(
    family: str = "neural", depth: int | None = None, kind: Kind = Kind.CONTINUOUS, fold: int = 0
) -> Search:
    depth = (1 if family == "neural" else 0) if depth is None else depth
    return Search(target="y", kind=kind, family=family, depth=depth, outer_fold=fold)


def search_state(
    family: str = "neural",
    trials: int = 18,
    records: Mapping[int, TrialRecord | Outcome] | None = None,
    scored: int | None = None,
    **config: Any,
) -> SearchState:
    """A search where `records` have left it, in a window of six for a network unless
    `config` says otherwise.
    """
    search = config.pop("spec", search_of(family))
    found = {
        n: record if isinstance(record, Outcome) else Outcome.of(record, search)
        for n, record in (records or {}).items()
    }
    return SearchState(config_of(**config), search, 1_000, trials, found, scored)


def loss_of(params: dict[str, Any]) -> float:
    """A bowl in the logarithms of the numbers, so that some hyperparameters are better than others."""
    return float(
        sum(
            (np.log10(max(value, 1e-9)) + 2) ** 2
            for value in params.values()
            if isinstance(value, float)
        )
    )


def record_of(
    search: Search,
    trial: Suggestion,
    *,
    val_loss: float | None = None,
    state: TrialState = TrialState.COMPLETE,
) -> TrialRecord:
    """The record that a trial leaves, with the best value of a regression's path."""
    return TrialRecord(
        study="test",
        trial_id=search.trial_id(trial.number),
        search=search,
        number=trial.number,
        generation=trial.generation,
        state=state,
        params=trial.params | ({path: 1.0} if (path := get_family(search.family).path) else {}),
        val_loss=None
        if state is TrialState.FAIL
        else loss_of(trial.params)
        if val_loss is None
        else val_loss,
    )


def hand_out(search: SearchState) -> list[Suggestion]:
    """Every trial that is to be had without telling a result."""
    trials = []
    while (trial := search.next_trial()) is not None:
        trials.append(trial)
    return trials


def finish(search: SearchState, trial: Suggestion, failing: Container[int] = ()) -> None:
    """The trial ends with a record, a failure if its number is in `failing`."""
    state = TrialState.FAIL if trial.number in failing else TrialState.COMPLETE
    search.tell(record_of(search.spec, trial, state=state))


def play(search: SearchState, failing: Container[int] = ()) -> list[Suggestion]:
    """Run the search to its end, of all that is out the first to start being the first to end."""
    played: list[Suggestion] = []
    ended = 0
    while (more := hand_out(search)) or ended < len(played):
        played += more
        finish(search, played[ended], failing)
        ended += 1
    return played


@lru_cache
def played(sampler: str = "tpe") -> Mapping[int, Outcome]:
    play(search := search_state(trials=TRIALS, search={"sampler": sampler}))
    return search.records


def records_of(sampler: str = "tpe") -> dict[int, Outcome]:
    """What a search of TRIALS trials of a network has left."""
    return dict(played(sampler))


def changed(outcome: Outcome, **change: Any) -> Outcome:
    return Outcome(
        **{name: getattr(outcome, name) for name in (*Suggestion.__slots__, *Outcome.__slots__)}
        | change
    )
