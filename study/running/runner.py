"""From encoded data and a plan to records on disk: the search itself, on Ray Tune."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter

from study.data.encoding import EncodedData
from study.machines.allocation import job_deadline
from study.machines.ray import ray_cluster
from study.machines.scratch import is_there
from study.records.paths import StudyPaths
from study.records.results import read_records, write_trial, write_winner
from study.running.observer import Interrupted, Observer, Silent
from study.schema import StudyError, TrialRecord, TrialState, WinnerRecord
from study.search.generations import ArmSearch
from study.search.plan import Plan

RECORD: TypeAdapter[TrialRecord | WinnerRecord] = TypeAdapter(TrialRecord | WinnerRecord)


def make_arm_searches(plan: Plan, data: EncodedData, paths: StudyPaths, observer: Observer) -> dict[str, ArmSearch]:
    """Searches of all arms by key, where the records on disk have left them."""
    trials, winners, broken = read_records(paths)
    own = {paths.arm(arm) for arm in plan.arms}
    for path in broken:
        if path.parent in own:
            aside = path.replace(path.with_suffix(".broken"))
            observer.note(f"A broken record was set aside as {aside}; its trial runs again.")
    by_arm: dict[str, dict[int, TrialRecord]] = {}
    for record in trials:
        by_arm.setdefault(record.arm.key, {})[record.number] = record
    scored = {winner.arm.key: winner.number for winner in winners}
    return {
        arm.key: ArmSearch(
            config=plan.config,
            arm=arm,
            n_rows=min(map(len, data[arm.target, arm.outer_fold].train)),
            trials=plan.trials(arm),
            records=by_arm.get(arm.key, {}),
            winner=scored.get(arm.key),
        )
        for arm in plan.arms
    }


def search(
    plan: Plan, data: EncodedData, paths: StudyPaths, observer: Observer | None = None, verbose: bool = False
) -> dict[str, ArmSearch]:
    """Run every trial and winner of the plan that has no record yet; gives the arms' searches by key.

    Raises
    ------
    Interrupted
        A signal stopped it. What finished is recorded; calling again goes on from there.
    StudyError
        Every trial failed, or the resources asked for are not there.
    """
    observer = observer or Silent()
    arms = make_arm_searches(plan, data, paths, observer)
    observer.started(plan, arms)
    if not all(arm.finished for arm in arms.values()):
        size = sum(encoded.x.nbytes for encoded in data.values())
        terminate = signal.getsignal(signal.SIGTERM)
        with ray_cluster(plan.config, size, verbose) as scratch:
            with suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGTERM, terminate)  # Ray has covered it
            _tune(plan, data, paths, observer, arms, scratch, verbose)
    if not any(arm.incumbent for arm in arms.values()):
        failed = next((r for arm in arms.values() for r in arm.records.values()), None)
        if failed is None:
            raise StudyError(
                f"No trial was started within time_budget_min, which is {plan.config.time_budget_min:g}; raise it, then go on."
            )
        reason = (failed.error or "").strip().splitlines()[-1].rstrip(".")
        raise StudyError(
            f"Every trial failed, so there is nothing to compare. The first one, {failed.trial_id}, says: {reason}. "
            f"The records are in {paths.trials}; with another seed or space, choose another --name."
        )
    return arms


def _tune(
    plan: Plan,
    data: EncodedData,
    paths: StudyPaths,
    observer: Observer,
    arms: Mapping[str, ArmSearch],
    scratch: Path,
    verbose: bool,
) -> None:
    import ray
    from ray import tune

    from study.running.searcher import Job, Keeper, StudySearcher
    from study.running.worker import StudyTrial
    from study.training.task import Task

    config = plan.config

    def task(job: Job) -> Task:
        arm, trial, winner = job
        incumbent = arm.incumbent
        return Task.of(config, arm.arm, *trial, winner=incumbent.val_loss if winner and incumbent else None)

    def keep(job: Job, record: TrialRecord | WinnerRecord, files: dict[str, bytes]) -> None:
        arm, (number, _, _), winner = job
        if isinstance(record, WinnerRecord):
            write_winner(paths, record, files)
            arm.score(number)
            observer.finished_winner(record)
        elif winner:
            arm.score(number)
            reason = (record.error or "").strip().splitlines()[-1:]
            observer.note(f"The winner of {arm.arm.key} could not be scored on the test rows: {''.join(reason)}")
        else:
            write_trial(paths, record)
            arm.tell(record)
            observer.finished_trial(record)

    def give_up(job: Job, tries: int) -> None:
        error = f"The worker died {tries} times while it ran this trial: out of memory, or a crash."
        keep(job, task(job).record(state=TrialState.FAIL, error=error), {})

    deadline = None if config.time_budget_min is None else time.monotonic() + 60 * config.time_budget_min
    searcher = StudySearcher(
        list(arms.values()),
        lambda job: {"task": task(job).model_dump(mode="json")},
        give_up,
        config.search.max_tries,
        deadline,
        until=job_deadline() if config.cluster.address == "slurm" else None,
    )

    def lost() -> StudyError | None:
        if is_there(scratch):
            return None
        return StudyError(
            f"Ray's files in {scratch} were removed while it ran. Every finished trial is kept; run the same command again."
        )

    keeper = Keeper(searcher, lambda job, record, files: keep(job, RECORD.validate_json(record), files), lost)
    store = {key: ray.put(encoded) for key, encoded in data.items()}
    trainable = tune.with_resources(
        tune.with_parameters(StudyTrial, store=store),
        {"cpu": config.resources.cpus_per_trial, "gpu": config.resources.gpus_per_trial},
    )
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            num_samples=-1,
            reuse_actors=True,
            max_concurrent_trials=config.resources.max_concurrent,
            trial_dirname_creator=lambda trial: trial.trial_id,
        ),
        run_config=tune.RunConfig(
            name="study",
            storage_path=str(scratch / "tune"),
            callbacks=[keeper],
            verbose=1 if verbose else 0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )
    try:
        tuner.fit()
    except Exception:
        if keeper.failure is None:
            raise
    if keeper.failure is not None:
        raise keeper.failure
    if not all(arm.finished for arm in arms.values()):
        raise Interrupted
