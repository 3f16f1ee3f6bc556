"""What `study show RESULTS --trial ID` prints: all of one trial."""

from __future__ import annotations

from shlex import quote
from typing import Any

import yaml

from study.records.one import OneTrial
from study.records.results import Results
from study.records.trial import named_terms
from study.schema import TrialState


def to_json(results: Results, found: OneTrial) -> dict[str, Any]:
    """A trial's record as it lies on disk, with its place in its search, and how it is trained
    again.
    """
    winner = found.winner
    again = f"study retry {quote(str(results.root))} --trial {quote(found.record.trial_id)}"
    return {
        "results": str(results.root),
        "trial": found.record.model_dump(mode="json"),
        "rank": found.rank,
        "complete_trials_of_search": found.complete,
        "winner": winner is not None,
        "test_losses": winner.test_losses if winner else {},
        "terms": [
            row.model_dump(mode="json") | {"term": name}
            for name, row in named_terms(winner.terms if winner else ())
        ],
        "resume": again if found.record.state is TrialState.FAIL else None,
    }


def print_trial(results: Results, found: OneTrial) -> None:
    """Print it as YAML, but its replicates and curves, which JSON has."""
    told = to_json(results, found)
    left_out = ("replicates", "curves", "path")
    told["trial"] = {key: own for key, own in told["trial"].items() if key not in left_out}
    print(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), end="")
