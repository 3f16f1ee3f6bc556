"""What `study show RESULTS --trial ID` prints: all of one trial."""

from __future__ import annotations

from shlex import quote
from typing import Any

from rich.console import Console

from study.cli.ending import aligned
from study.cli.progress import span
from study.formatting import human
from study.records.one import OneTrial
from study.records.results import Results
from study.records.work import reason
from study.schema import ALL_ROWS, LOSS_NAMES, TrialState

MOST_ROWS = 20
"""Coefficients or terms that are printed; JSON has all."""


def how_again(results: Results, found: OneTrial) -> str | None:
    """The command that runs a failed trial again, and goes on from it."""
    if found.record.state is not TrialState.FAIL:
        return None
    return f"study retry {quote(str(results.root))} --trial {quote(found.record.trial_id)}"


def to_json(results: Results, found: OneTrial) -> dict[str, Any]:
    """A trial's record as it lies on disk, with its place in its search, and how it is trained
    again.
    """
    return {
        "results": str(results.root),
        "trial": found.record.model_dump(mode="json"),
        "rank": found.rank,
        "complete_trials_of_search": found.complete,
        "winner": found.winner is not None,
        "test_losses": found.test_losses,
        "terms": [term.model_dump(mode="json") | {"term": term.name} for term in found.terms],
        "resume": how_again(results, found),
    }


def print_trial(results: Results, found: OneTrial, console: Console) -> None:
    """Print it, but its replicates and curves, which JSON has."""
    record, search = found.record, found.record.search
    where = "all rows" if search.outer_fold == ALL_ROWS else f"outer fold {search.outer_fold}"
    console.print(
        f"Trial {record.trial_id}: {search.model_name} of {search.target} ({search.kind.value}), {where}.",
        soft_wrap=True,
    )
    console.print(_ended(found), soft_wrap=True)
    losses = {"validation": record.val_loss, "training": record.train_loss, **found.test_losses}
    groups = {
        "hyperparameter": record.params,
        LOSS_NAMES[search.kind]: losses if record.val_loss is not None else {},
        "coefficient, per original unit": {
            name.removeprefix("coef_"): n for name, n in record.coefficients.items()
        },
        "term of the refit": {
            " ".join(filter(None, (row.name, row.output))): row.weight for row in found.terms
        },
    }
    for name, values in groups.items():
        if values:
            rows = [[key, human(value)] for key, value in [*values.items()][:MOST_ROWS]]
            console.print(aligned([name, "value"], rows), crop=False)
    ran = f"on {record.device or 'an unknown device'} of {record.node or 'an unknown node'}"
    console.print(f"{span(record.wall_time_s)} {ran}.", soft_wrap=True)
    if record.error:
        console.print(record.error.rstrip(), soft_wrap=True)
    if again := how_again(results, found):
        console.print(f"Retry: {again}", soft_wrap=True)


def _ended(found: OneTrial) -> str:
    record = found.record
    if record.state is TrialState.FAIL:
        return f"FAIL: {reason(record.error)}."
    if record.state is TrialState.PRUNED:
        return f"PRUNED: stopped early at look {len(record.rungs)}, worse than the median of earlier trials."
    said = f"COMPLETE: number {found.rank} of {found.complete} of its search by validation loss."
    return f"{said} It was refit and tested." if found.test_losses else said
