"""What `study status` prints: how far a study is, and what to do next or what came out."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from study.api import study_beside, study_searches
from study.cli.ending import aligned, print_verdict, say
from study.cli.progress import failed_words
from study.diagnostics.drawing.style import by_target_of, with_names
from study.evidence.wording.amounts import listed
from study.execution.cluster.lock import at_work
from study.formatting import human
from study.records.outcome import Outcome
from study.records.reading import Records, digest, read_records
from study.records.results import Results
from study.records.work import failure_notes
from study.schema import TrialState


def status_json(
    results: Results, queued: str = "", records: Records | None = None
) -> dict[str, Any]:
    """For programs: results, queued, finished, running, resume (the command that resumes, where
    nobody runs), remaining, searches (a row a search: target, model, outer_fold, trials, budget,
    failed, stopped_early, val_loss, winner), failed, broken (records), notes, and of a finished
    study verdicts (their sentences) and digest (of the dataframe).

    queued: what is to be said of a job in the queue, if there is one. records: of the folder, where
    they are read already.
    """
    found = records or read_records(results.paths)
    by_search: dict[str, list[Outcome]] = {}
    for record in found.trials:
        by_search.setdefault(record.search.key, []).append(record)
    searches: list[dict[str, Any]] = []
    scored = {winner.search.key for winner in found.winners}
    for search, budget in study_searches(results):
        own = by_search.get(search.key, [])
        losses = [record.val_loss for record in own if record.val_loss is not None]
        searches.append(
            {
                "target": search.target,
                "model": search.model_name,
                "outer_fold": search.outer_fold,
                "trials": len(own),
                "budget": budget,
                "failed": len(own) - len(losses),
                "stopped_early": sum(record.state is TrialState.PRUNED for record in own),
                "val_loss": min(losses, default=math.nan),
                "winner": search.key in scored,
            }
        )
    beside = study_beside(results, found.beside)
    remaining = {
        "trials": sum(row["budget"] - row["trials"] for row in searches),
        "winners": len(searches) - len(scored),
    }
    lacking = any(not row["winner"] and math.isfinite(row["val_loss"]) for row in searches)
    finished = not (remaining["trials"] or lacking or found.broken)
    finished = finished and beside.finished and results.concluded
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
    """Print how far the study is and how to resume it, or what came out, then a row a model, then
    what failed.

    queued: what was said already of a job in the queue, if there is one.
    """
    records = read_records(results.paths)
    found = status_json(results, queued, records)
    if found["finished"]:
        for verdict in results.verdicts:
            print_verdict(verdict, console, brief=True)
        say(console, str(results.paths.html), "  Report")
        say(console, found["digest"], "  Digest")
    else:
        print(_far(results, found, records))
    if len(results.trials):
        console.print(_models(results, found["searches"]), crop=False)
    for path in found["broken"]:
        print(f"Broken record: {path}. The next run replaces it.")
    if found["failed"]:
        print(failed_words(found["failed"], len(records.trials), results.root))
    for note in found["notes"]:
        print(note)


def _far(results: Results, found: dict[str, Any], records: Records) -> str:
    """How far a study is, and how it is resumed."""
    left = sum(found["remaining"].values())
    done = len(records.trials) + len(records.winners) + len(records.beside)
    far = f"{100 * done // max(1, done + left)}%"
    if found["running"]:
        who = listed(found["running"])
        return f"Running, {far} done: {who}."
    resume = f"Resume: {found['resume']}" if found["resume"] else "The SLURM job resumes it."
    return f"Stopped at {far}. {resume}"


def _models(results: Results, searches: list[dict[str, Any]]) -> Table:
    """A row a model of a target: its searches and trials, done of all."""
    planned = [search for search, _ in study_searches(results)]
    frame = pd.DataFrame(searches).assign(
        family=[search.family for search in planned], depth=[search.depth for search in planned]
    )
    named = with_names(frame, results.data.models).assign(searches=1)
    sums = named.groupby(["target", "model"], sort=False, as_index=False).sum(numeric_only=True)
    rows = [
        [
            *([row["target"]] if len(results.data.targets) > 1 else []),
            row["model"],
            *(f"{human(row[one])}/{human(row[of])}" for one, of in _OF.items()),
            *(human(row[name] or None) for name in ("stopped_early", "failed")),
        ]
        for row in by_target_of(frame, sums).to_dict("records")
    ]
    heads = ["target", "model", "searches", "trials", "stopped early", "failed"]
    return aligned(heads[-len(rows[0]) :], rows, len(rows[0]) - 4)


_OF = {"winner": "searches", "trials": "budget"}
"""What is done, and of how many."""
