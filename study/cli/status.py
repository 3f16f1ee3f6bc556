"""What `study status` prints: how far every search is, and what to do next or what came out."""

from __future__ import annotations

import math
from typing import Any

from rich.console import Console

from study.api import study_beside, study_searches
from study.cli.progress import columns, failed_words
from study.evidence.wording.amounts import listed
from study.execution.cluster.lock import at_work
from study.formatting import human
from study.records.outcome import Outcome
from study.records.reading import digest, read_records
from study.records.results import Results
from study.records.work import failure_notes
from study.schema import ALL_ROWS, TrialState


def status_json(results: Results, queued: str = "") -> dict[str, Any]:
    """For programs: results, queued, finished, running, resume (the command that resumes, where
    nobody runs), remaining, searches (a row a search: target, model, outer_fold, trials, budget,
    failed, val_loss, winner), failed, broken (records), notes, and of a finished study verdicts
    (their sentences) and digest (of the dataframe).

    queued: what is to be said of a job in the queue, if there is one.
    """
    found = read_records(results.paths)
    by_search: dict[str, list[Outcome]] = {}
    for record in found.trials:
        by_search.setdefault(record.search.key, []).append(record)
    searches: list[dict[str, Any]] = []
    scored = {winner.search.key for winner in found.winners}
    for search, budget in study_searches(results):
        own = by_search.get(search.key, [])
        losses = [record.val_loss for record in own if record.val_loss is not None]
        row = {
            "target": search.target,
            "model": search.model_name,
            "outer_fold": search.outer_fold,
            "trials": len(own),
        }
        row |= {
            "budget": budget,
            "failed": len(own) - len(losses),
            "val_loss": min(losses, default=math.nan),
        }
        searches.append(row | {"winner": search.key in scored})
    beside = study_beside(results, found.beside)
    remaining = {
        "trials": sum(row["budget"] - row["trials"] for row in searches),
        "winners": len(searches) - len(scored),
    }
    finished = not remaining["trials"] and beside.finished and results.concluded
    remaining |= {many: missing for many, (missing, _) in beside.counts.items()}
    workers = [] if finished else at_work(results.paths)
    return {
        "results": results.root,
        "queued": queued or None,
        "finished": finished,
        "running": workers,
        "resume": None if finished or workers or queued else results.again.strip("`"),
        "remaining": {many: missing for many, missing in remaining.items() if missing},
        "searches": searches,
        "failed": sum(record.state is TrialState.FAIL for record in found.trials),
        "broken": found.broken,
        "notes": failure_notes(found.beside),
        "verdicts": [words.sentence for words in results.words] if finished else [],
        "digest": digest(results.trials) if finished else None,
    }


def print_status(results: Results, console: Console, queued: str = "") -> None:
    """Print a row a search, broken records, and who goes on, the way on, or the verdicts with the
    digest of the dataframe.

    queued: what was said already of a job in the queue, if there is one.
    """
    found = status_json(results, queued)
    table = columns(
        ("target", "model", "outer fold", "trials", "failed", "best validation loss", "refit"),
        left=2,
    )
    table.columns[-1].justify = "left"
    for row in found["searches"]:
        fold = "all rows" if row["outer_fold"] == ALL_ROWS else str(row["outer_fold"])
        numbers = (
            f"{row['trials']}/{row['budget']}",
            str(row["failed"] or ""),
            human(row["val_loss"], 4),
        )
        table.add_row(
            row["target"], row["model"], fold, *numbers, "tested" if row["winner"] else ""
        )
    console.print(table)
    for path in found["broken"]:
        print(f"Broken record: {path}. The next run replaces it.")
    if found["failed"]:
        print(
            failed_words(
                found["failed"], sum(row["trials"] for row in found["searches"]), results.root
            )
        )
    for line in (*found["notes"], *found["verdicts"]):
        print(line)
    if found["finished"]:
        print(f"Finished. Digest of the results: {found['digest']}")
        return
    left = listed(
        [
            f"{n:,} {'refits' if many == 'winners' else many}"
            for many, n in found["remaining"].items()
        ]
    )
    if found["running"]:
        print(f"Running: {', '.join(found['running'])}. Left: {left}.")
    else:
        print(
            f"Stopped. Left: {left}.",
            f"Resume: {found['resume']}" if found["resume"] else "The SLURM job resumes it.",
        )
