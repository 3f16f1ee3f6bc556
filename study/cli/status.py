"""What `study status` prints: how far every arm is, and what to do next or what came out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from study.api import study_arms, study_beside
from study.cli.progress import columns, failed_words
from study.evidence.wording.amounts import listed
from study.execution.cluster.lock import at_work
from study.formatting import count, human
from study.records.outcome import Outcome
from study.records.results import Records, Results, digest, read_records
from study.records.work import failure_notes
from study.schema import ALL_ROWS, TREES, Arm, TrialState


@dataclass(frozen=True)
class Status:
    """How far a study is.

    rows: of each arm its number of trials of its budget, how many failed, the least validation loss (NaN before the first) and
    whether its winner is scored. to_go: what is missing, by what a count calls it; nothing of what is done. at_work: who is.
    """

    results: Results
    queued: str
    rows: list[tuple[Arm, int, int, int, float, bool]]
    records: Records
    to_go: dict[str, int]
    finished: bool
    at_work: list[str]

    @property
    def failed(self) -> int:
        """Trials that failed."""
        return sum(record.state is TrialState.FAIL for record in self.records.trials)


def status_of(results: Results, queued: str = "") -> Status:
    """Look at a study's records; queued: what is to be said of a job in the queue, if there is one."""
    found = read_records(results.paths)
    by_arm: dict[str, list[Outcome]] = {}
    for record in found.trials:
        by_arm.setdefault(record.arm.key, []).append(record)
    arms, scored = study_arms(results), {winner.arm.key for winner in found.winners}
    rows = []
    for arm, budget in arms:
        own = by_arm.get(arm.key, [])
        losses = [record.val_loss for record in own if record.val_loss is not None]
        rows.append((arm, len(own), budget, len(own) - len(losses), min(losses, default=math.nan), arm.key in scored))
    beside = study_beside(results, found.beside)
    left = sum(budget - n for _, n, budget, *_ in rows)
    to_go = {"trials": left, "winners": len(arms) - len(found.winners)}
    to_go |= {many: missing for many, (missing, _) in beside.counts.items()}
    finished = not left and beside.finished and results.concluded
    return Status(results, queued, rows, found, to_go, finished, [] if finished else at_work(results.paths))


def status_json(results: Results, queued: str = "") -> dict[str, Any]:
    """For programs: results, queued, finished, at_work, again (the command that goes on, where nobody does), to_go, arms (a row
    an arm: target, model, outer_fold, trials, budget, failed, val_loss, winner), failed, broken (records), notes, and of a
    finished study verdicts (their sentences) and digest (of the dataframe)."""
    found = status_of(results, queued)
    names = ("trials", "budget", "failed", "val_loss", "winner")
    arms = [
        {"target": arm.target, "model": arm.model_name, "outer_fold": arm.outer_fold} | dict(zip(names, row, strict=True))
        for arm, *row in found.rows
    ]
    waits = found.finished or found.at_work or queued
    return {
        "results": results.root,
        "queued": queued or None,
        "finished": found.finished,
        "at_work": found.at_work,
        "again": None if waits else results.again.strip("`"),
        "to_go": {many: missing for many, missing in found.to_go.items() if missing},
        "arms": arms,
        "failed": found.failed,
        "broken": found.records.broken,
        "notes": failure_notes(found.records.beside),
        "verdicts": [words.sentence for words in results.words] if found.finished else [],
        "digest": digest(results.trials) if found.finished else None,
    }


def arms_table(found: Status) -> Table:
    """A row an arm: its trials of its budget, how many failed, its best loss, and whether its winner is scored."""
    table = columns(("target", "model", "outer fold", "trials", "failed", "best validation loss", "winner"), left=2)
    table.columns[-1].justify = "left"
    for arm, n, budget, failed, least, scored in found.rows:
        fold = str(arm.outer_fold) if arm.outer_fold != ALL_ROWS else "all rows"
        loss = human(least, 4)
        table.add_row(arm.target, arm.model_name, fold, f"{n}/{budget}", str(failed or ""), loss, "scored" if scored else "")
    return table


def print_status(results: Results, console: Console, queued: str = "") -> None:
    """Print a row an arm, broken records, and who goes on, the way on, or the verdicts with the digest of the dataframe.

    queued: what was said already of a job in the queue, if there is one.
    """
    found = status_of(results, queued)
    console.print(arms_table(found))
    for path in found.records.broken:
        print(f"Broken record, which the next run sets aside and runs again: {path}")
    if found.failed:
        print(failed_words(found.failed, len(found.records.trials), results.root))
    for note in failure_notes(found.records.beside):
        print(note)
    if not found.finished:
        print(_way_on(found))
        return
    for words in results.words:
        print(words.sentence)
    print(f"Finished. Digest of the dataframe: {digest(results.trials)}")


def _way_on(found: Status) -> str:
    """Who is at work on what is left, or how to go on with it where nobody is and no job waits."""
    missing = [f"{n} {many}" if many == TREES else count(n, many.removesuffix("s")) for many, n in found.to_go.items()]
    to_go = f"{listed(missing)} to go"
    if found.at_work:
        return f"At work: {', '.join(found.at_work)}; {to_go}."
    if found.queued:
        return f"Not finished: {to_go}. The SLURM job goes on with it."
    return f"Not finished: {to_go}. Go on with: {found.results.again.strip('`')}"
