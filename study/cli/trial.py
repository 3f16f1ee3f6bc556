"""What `study show RESULTS --trial ID` prints: all of one trial."""

from __future__ import annotations

from shlex import quote
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from study.cli.progress import columns, span
from study.formatting import human
from study.records.one import OneTrial, mean_curve
from study.records.results import Results
from study.records.work import reason
from study.schema import ALL_ROWS, LOSS_NAMES, TrialState

MOST_ROWS = 20
"""Weights, terms or replicates that are printed; JSON has all."""
BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 60


def how_again(results: Results, found: OneTrial) -> str | None:
    """The command that runs a failed trial again, and goes on from it."""
    if found.record.state is not TrialState.FAIL:
        return None
    return f"study retry {quote(str(results.root))} --trial {quote(found.record.trial_id)}"


def to_json(results: Results, found: OneTrial) -> dict[str, Any]:
    """A trial's record as it lies on disk, with its place in its arm, and how it is trained again."""
    return {
        "results": str(results.root),
        "trial": found.record.model_dump(mode="json"),
        "rank": found.rank,
        "complete_trials_of_arm": found.complete,
        "winner": found.winner is not None,
        "test_losses": found.test_losses,
        "terms": [term.model_dump(mode="json") | {"term": term.name} for term in found.terms],
        "again": how_again(results, found),
    }


def print_trial(results: Results, found: OneTrial, console: Console) -> None:
    """Print it."""
    record, arm = found.record, found.record.arm
    where = "all rows" if arm.outer_fold == ALL_ROWS else f"outer fold {arm.outer_fold}"
    console.print(f"Trial {record.trial_id}: {arm.model_name} of {arm.target} ({arm.kind.value}), {where}.", soft_wrap=True)
    console.print(_ended(found), soft_wrap=True)
    if record.params:
        console.print(_two(("hyperparameter", "value"), {name: human(value) for name, value in record.params.items()}))
    losses = {
        "validation": _with_error(record.val_loss, record.val_loss_se),
        "training": human(record.train_loss),
        **{f"test, {name}": human(loss) for name, loss in found.test_losses.items()},
    }
    if record.val_loss is not None:
        console.print(_two((LOSS_NAMES[arm.kind], "mean"), losses))
    if curve := mean_curve(record):
        console.print(_curve_words(curve), soft_wrap=True)
    if record.replicates:
        console.print(_replicates(found))
    if record.coefficients:
        named = {name.removeprefix("coef_"): human(value) for name, value in record.coefficients.items()}
        _print_some(("coefficient, per original unit", "mean"), named, console)
    if found.terms:
        weights = {f"{row.name}{f' ({row.output})' if row.output else ''}": human(row.weight) for row in found.terms}
        _print_some(("term of the winner", "weight"), weights, console)
    took = span(record.wall_time_s) if record.wall_time_s >= 60 else f"{human(record.wall_time_s)} s"
    parts = [f"{record.n_parameters:,} parameters" if record.n_parameters is not None else "", took]
    ran = f"on {record.device or 'an unknown device'} of {record.node or 'an unknown node'}"
    console.print(f"{', '.join(filter(None, parts))} {ran}.", soft_wrap=True)
    if record.error:
        console.print(record.error.rstrip(), soft_wrap=True)
    if again := how_again(results, found):
        console.print(f"Run it again, with all that was suggested from it: {again}", soft_wrap=True)


def _ended(found: OneTrial) -> str:
    record = found.record
    if record.state is TrialState.FAIL:
        return f"FAIL: {reason(record.error)}."
    if record.state is TrialState.PRUNED:
        return f"PRUNED: given up at rung {len(record.rungs)}, where it was worse than the median of earlier ones."
    said = f"COMPLETE, number {found.rank} of {found.complete} of its arm by validation loss"
    return f"{said}; it was scored on the test rows as the arm's winner." if found.test_losses else f"{said}."


def _with_error(value: float | None, error: float | None) -> str:
    return human(value) if error is None else f"{human(value)} ± {human(error, 2)}"


def _two(names: tuple[str, str], rows: dict[str, str]) -> Table:
    table = columns(names, left=1)
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _print_some(names: tuple[str, str], rows: dict[str, str], console: Console) -> None:
    console.print(_two(names, dict(list(rows.items())[:MOST_ROWS])))
    if len(rows) > MOST_ROWS:
        console.print(f"… and {len(rows) - MOST_ROWS:,} more, which --json has.")


def _curve_words(curve: list[tuple[int, float]]) -> str:
    """The mean validation loss by epoch in a line: blocks from least to most, what it began and ended with, and its least."""
    epochs, losses = np.array([epoch for epoch, _ in curve]), np.array([loss for _, loss in curve])
    shown = losses[np.unique(np.linspace(0, len(losses) - 1, MOST_BARS).round().astype(int))]
    low, high = shown.min(), shown.max()
    places = (shown - low) / (high - low) * (len(BARS) - 1) if high > low else np.zeros(len(shown))
    bars = "".join(BARS[round(place)] for place in places)
    least = losses.argmin()
    return (
        f"Validation loss, epochs {epochs[0]} to {epochs[-1]}: {bars} {human(float(losses[0]))} to {human(float(losses[-1]))}, "
        f"least {human(float(losses[least]))} after {epochs[least]}"
    )


def _replicates(found: OneTrial) -> Table:
    names = ("inner fold", "seed", "validation", "training", "best epoch", "epochs", "arrived")
    table = columns(names, left=0, title="Its replicates")
    for each in found.record.replicates[:MOST_ROWS]:
        losses = human(each.val_loss), human(each.train_loss)
        epochs = human(each.best_epoch), human(each.n_epochs)
        table.add_row(str(each.inner_fold), str(each.seed), *losses, *epochs, "yes" if each.converged else "no")
    return table
