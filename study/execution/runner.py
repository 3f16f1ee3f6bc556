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
from study.execution.recorder import Recorder
from study.execution.tasks import Tasks
from study.records.outcome import Outcome
from study.records.packs import pack, set_aside
from study.records.paths import StudyPaths
from study.records.reading import read_records
from study.records.work import reason
from study.schema import ALL_ROWS, StudyError, procedure_of
from study.search.arms import ArmSearch
from study.search.plan import Plan


def make_searches(
    plan: Plan, data: EncodedData, paths: StudyPaths, observer: Observer
) -> tuple[dict[str, ArmSearch], FoldQueue]:
    """Searches of all arms by key, and the work beside them, as the records on disk have left it.

    Broken records are set aside, and those of arms that a version before, or a run that was killed,
    has left finished in single files are packed. Records of other arms are not looked at.
    """
    found = read_records(paths, plan.arms, plan.beside)
    for path in found.broken:
        aside = set_aside(paths, path)
        observer.note(f"A broken record was set aside as {aside}; it is made again.")
    by_arm: dict[str, dict[int, Outcome]] = {}
    for record in found.trials:
        by_arm.setdefault(record.arm.key, {})[record.number] = record
    scored = {winner.arm.key: winner.number for winner in found.winners}
    arms = {
        arm.key: ArmSearch(
            config=plan.config,
            arm=arm,
            n_rows=min(map(len, data[arm.target, arm.outer_fold].train)),
            trials=plan.trials(arm),
            records=by_arm.get(arm.key, {}),
            scored=scored.get(arm.key),
        )
        for arm in plan.arms
    }
    for arm in plan.arms:
        if arms[arm.key].finished:
            pack(paths, arm)
    return arms, FoldQueue(plan.beside, found.beside)


def search(
    plan: Plan, data: EncodedData, paths: StudyPaths, pool: Pool, observer: Observer | None = None
) -> None:
    """Run every trial, winner and work beside the arms that has no record yet, on workers that are
    started unless they are.

    Raises
    ------
    Interrupted
        A signal stopped it. What finished is recorded; calling again goes on from there.
    StudyError
        Every trial failed, or the resources asked for are not there.
    """
    observer = observer or Observer()
    arms, beside = make_searches(plan, data, paths, observer)
    observer.started(plan, arms, beside)
    recorder = Recorder(paths, observer, arms, beside)
    if not recorder.finished:
        minutes = plan.config.time_budget_min
        deadline = None if minutes is None else time.monotonic() + 60 * minutes
        tasks = Tasks(plan.config, arms, beside, recorder.add_failure, deadline)
        pool.serve(data)
        pool.start(tasks.left())
        with Journal(paths, plan.config.search.max_tries) as journal, pool.stopped_by_ctrl_c():
            if journal.suspects:
                observer.note(
                    "The driver of the last run died. One of these may have been why, so they run one at a time: "
                    f"{', '.join(sorted(journal.suspects))}."
                )
            Dispatcher(tasks, recorder, pool, journal).run()
        if not recorder.finished:
            raise Interrupted
    pool.finish(done=True)
    if arms and not any(arm.incumbent for arm in arms.values()):
        failed = next((arm.records[min(arm.records)] for arm in arms.values() if arm.records), None)
        if failed is None:
            raise StudyError(
                f"No trial was started within time_budget_min, which is {plan.config.time_budget_min:g}; raise it, then go on."
            )
        raise StudyError(
            f"Every trial failed, so there is nothing to compare. The first one, {failed.trial_id}, says: "
            f"{reason(failed.error)}. The records are in {paths.trials}; with another seed or space, choose another --name."
        )
    if note := late_note(arms.values()):
        observer.note(note)


def late_note(arms: Iterable[ArmSearch]) -> str | None:
    """What a time budget has left without a model of all rows, if anything."""
    late = [
        arm.arm for arm in arms if arm.arm.outer_fold == ALL_ROWS and arm.closed and not arm.records
    ]
    if not late:
        return None
    procedures = dict.fromkeys(
        f"{procedure_of(arm.family, arm.depth)} of {arm.target}" for arm in late
    )
    return (
        f"The time budget ended before the search on all rows, so no {', no '.join(procedures)} was delivered; with a larger "
        "time_budget_min the same command goes on."
    )
