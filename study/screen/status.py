"""What `study status` prints: how far every arm is, and what to do next or what came out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rich.console import Console
from rich.table import Table

from study.api import study_arms, study_beside
from study.digits import count, human
from study.machines.lock import at_work
from study.records.outcome import Outcome
from study.records.results import Results, digest, read_records
from study.records.work import failure_notes
from study.schema import ALL_ROWS, Arm, TrialState
from study.screen.progress import columns, failed_words, listed


def arms_table(arms: Iterable[tuple[Arm, int]], by_arm: dict[str, list[Outcome]], scored: Collection[str]) -> Table:
    """A row an arm: its trials of its budget, how many failed, its best loss, and whether its winner is `scored`."""
    table = columns(("target", "model", "outer fold", "trials", "failed", "best validation loss", "winner"), left=2)
    table.columns[-1].justify = "left"
    for arm, budget in arms:
        own = by_arm.get(arm.key, [])
        losses = [record.val_loss for record in own if record.val_loss is not None]
        table.add_row(
            arm.target,
            arm.model_name,
            str(arm.outer_fold) if arm.outer_fold != ALL_ROWS else "all rows",
            f"{len(own)}/{budget}",
            str(len(own) - len(losses) or ""),
            human(min(losses) if losses else None, 4),
            "scored" if arm.key in scored else "",
        )
    return table


def print_status(results: Results, console: Console, queued: str = "") -> None:
    """Print a row an arm, broken records, and who goes on, the way on, or the verdicts with the digest of the dataframe.

    queued: what was said already of a job in the queue, if there is one.
    """
    found = read_records(results.paths)
    by_arm: dict[str, list[Outcome]] = {}
    for record in found.trials:
        by_arm.setdefault(record.arm.key, []).append(record)
    arms = study_arms(results)
    console.print(arms_table(arms, by_arm, {winner.arm.key for winner in found.winners}))
    for path in found.broken:
        print(f"Broken record, which the next run sets aside and runs again: {path}")
    left = sum(budget - len(by_arm.get(arm.key, [])) for arm, budget in arms)
    if failed := sum(record.state is TrialState.FAIL for record in found.trials):
        print(failed_words(failed, len(found.trials), results.root))
    for note in failure_notes(found.beside):
        print(note)
    beside = study_beside(results, found.beside)
    if left or not beside.finished or not results.concluded:
        to_go = [count(left, "trial"), count(len(arms) - len(found.winners), "winner")]
        to_go += [f"{missing} {many}" for many, (missing, _) in beside.counts.items()]
        print(_way_on(results, f"{listed(to_go)} to go", queued))
        return
    for verdict in results.verdicts:
        print(verdict.sentence)
    print(f"Finished. Digest of the dataframe: {digest(results.trials)}")


def _way_on(results: Results, to_go: str, queued: str) -> str:
    """Who is at work on what is left, or how to go on with it where nobody is and no job waits."""
    if runs := at_work(results.paths):
        return f"At work: {', '.join(runs)}; {to_go}."
    if queued:
        return f"Not finished: {to_go}. The SLURM job goes on with it."
    return f"Not finished: {to_go}. Go on with: {results.again.strip('`')}"
