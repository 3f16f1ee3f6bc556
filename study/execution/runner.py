"""From encoded data and a plan to records on disk: the search itself."""

from __future__ import annotations

import time
from collections.abc import Iterable

from study.data.encoding import EncodedData
from study.execution.dispatcher import Dispatcher
from study.execution.journal import Journal
from study.execution.observer import Interrupted, Observer
from study.execution.pool import Pool
from study.execution.queue import FoldQueue
from study.execution.recorder import Recorder, search_states
from study.execution.tasks import Tasks
from study.records.outcome import Outcome
from study.records.packs import pack, set_aside
from study.records.paths import StudyPaths
from study.records.reading import read_records
from study.records.work import reason
from study.schema import ALL_ROWS, StudyError
from study.search.plan import Plan
from study.search.state import SearchState


def make_searches(
    plan: Plan, data: EncodedData, paths: StudyPaths, observer: Observer
) -> tuple[dict[str, SearchState], FoldQueue]:
    """States of all searches by key, and the work beside them, as the records on disk have left it.

    Broken records are set aside, and those of searches that a version before, or a run that was
    killed, has left finished in single files are packed. Records of other searches are not looked
    at.
    """
    found = read_records(paths, plan.searches, plan.beside)
    for path in found.broken:
        aside = set_aside(paths, path)
        observer.note(f"A broken record was set aside as {aside}. It runs again.")
    by_search: dict[str, dict[int, Outcome]] = {}
    for record in found.trials:
        by_search.setdefault(record.search.key, {})[record.number] = record
    scored = {winner.search.key: winner.number for winner in found.winners}
    searches = search_states(plan, data, by_search, scored)
    for search in plan.searches:
        if searches[search.key].finished:
            pack(paths, search)
    return searches, FoldQueue(plan.beside, found.beside)


def run_searches(
    plan: Plan, data: EncodedData, paths: StudyPaths, pool: Pool, observer: Observer | None = None
) -> None:
    """Run every trial, winner and work beside the searches that has no record yet, on workers that
    are started unless they are.

    Raises
    ------
    Interrupted
        A signal stopped it. What finished is recorded; calling again goes on from there.
    StudyError
        Every trial failed, or the resources asked for are not there.
    """
    observer = observer or Observer()
    searches, beside = make_searches(plan, data, paths, observer)
    with pool.stopped_by_ctrl_c():  # a bar that has half begun could not be taken down
        observer.started(plan, searches, beside)
    recorder = Recorder(paths, observer, searches, beside)
    if not recorder.finished:
        minutes = plan.config.time_budget_min
        deadline = None if minutes is None else time.monotonic() + 60 * minutes
        tasks = Tasks(plan.config, searches, beside, recorder.add_failure, deadline)
        pool.serve(data)
        pool.start(tasks.left())
        with Journal(paths, plan.config.search.max_tries) as journal, pool.stopped_by_ctrl_c():
            if journal.suspects:
                observer.note(
                    "The last run crashed, perhaps through one of these, which now run one at a time: "
                    f"{', '.join(sorted(journal.suspects))}."
                )
            Dispatcher(tasks, recorder, pool, journal).run()
        if not recorder.finished:
            raise Interrupted
    pool.finish(done=True)
    if searches and not any(search.best for search in searches.values()):
        failed = next(
            (search.records[min(search.records)] for search in searches.values() if search.records),
            None,
        )
        if failed is None:
            raise StudyError(
                f"time_budget_min {plan.config.time_budget_min:g} ended before the first trial. Raise it, then resume."
            )
        raise StudyError(
            f"Every trial failed. The first error, of {failed.trial_id}: {reason(failed.error)}. "
            f"The records are in {paths.trials}. To change seed or space, choose another --name."
        )
    if note := late_note(searches.values()):
        observer.note(note)


def late_note(searches: Iterable[SearchState]) -> str | None:
    """What a time budget has left without a model of all rows, if anything."""
    late = [
        search.spec
        for search in searches
        if search.spec.outer_fold == ALL_ROWS and search.closed and not search.records
    ]
    if not late:
        return None
    procedures = dict.fromkeys(f"{search.procedure} of {search.target}" for search in late)
    return (
        f"The time budget ended before these final models: {', '.join(procedures)}. "
        "Raise time_budget_min, then run the same command."
    )
