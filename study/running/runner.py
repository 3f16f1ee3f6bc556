"""From encoded data and a plan to records on disk: the search itself, on Ray Tune."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from pathlib import Path

from study.config import StudyConfig
from study.data.encoding import EncodedData
from study.machines.allocation import job_deadline
from study.machines.ray import ray_cluster, slots
from study.records.outcome import Outcome
from study.records.paths import StudyPaths
from study.records.results import read_records
from study.records.trees import reason
from study.running.observer import Interrupted, Observer
from study.running.recorder import Recorder
from study.running.trees import TreesQueue
from study.schema import StudyError
from study.search.arms import ArmSearch
from study.search.plan import Plan


def make_searches(
    plan: Plan, data: EncodedData, paths: StudyPaths, observer: Observer
) -> tuple[dict[str, ArmSearch], TreesQueue]:
    """Searches of all arms by key, and the trees, where the records on disk have left them; broken ones are set aside."""
    found = read_records(paths)
    own = {*map(paths.arm, plan.arms), *(paths.trees_record(trees).parent for trees in plan.trees)}
    for path in found.broken:
        if path.parent in own:
            aside = path.replace(path.with_suffix(".broken"))
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
    return arms, TreesQueue(plan.trees, found.trees)


def search(plan: Plan, data: EncodedData, paths: StudyPaths, observer: Observer | None = None, verbose: bool = False) -> None:
    """Run every trial, winner and trees of the plan that have no record yet.

    Raises
    ------
    Interrupted
        A signal stopped it. What finished is recorded; calling again goes on from there.
    StudyError
        Every trial failed, or the resources asked for are not there.
    """
    observer = observer or Observer()
    arms, trees = make_searches(plan, data, paths, observer)
    observer.started(plan, arms, trees)
    recorder = Recorder(paths, observer, arms, trees)
    if not recorder.finished:
        size = sum({id(encoded.matrix): encoded.matrix.values.nbytes for encoded in data.values()}.values())
        terminate = signal.getsignal(signal.SIGTERM)
        with ray_cluster(plan.config, size, verbose) as scratch:
            with suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGTERM, terminate)  # Ray has covered it
            _tune(plan.config, recorder, data, scratch, verbose)
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


def _tune(config: StudyConfig, recorder: Recorder, data: EncodedData, scratch: Path, verbose: bool) -> None:
    """Have Ray Tune run what is left to do, its own files in `scratch`."""
    import ray
    from ray import tune

    from study.running.searcher import Keeper, StudySearcher
    from study.running.worker import StudyTrial

    searcher = StudySearcher(
        config,
        recorder.arms,
        recorder.trees,
        recorder.give_up,
        deadline=None if config.time_budget_min is None else time.monotonic() + 60 * config.time_budget_min,
        until=job_deadline() if config.cluster.address == "slurm" else None,
    )
    keeper = Keeper(searcher, recorder.report, scratch)
    needs, store = config.resources, {key: ray.put(encoded) for key, encoded in data.items()}
    trainable = tune.with_resources(
        tune.with_parameters(StudyTrial, store=store, memory_gb=needs.worker_memory_gb),
        {"cpu": needs.cpus_per_trial, "gpu": needs.gpus_per_trial},
    )
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            num_samples=-1,
            reuse_actors=True,
            max_concurrent_trials=slots(config),  # without a number Tune starts one worker at a time
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
    if not recorder.finished:
        raise Interrupted
