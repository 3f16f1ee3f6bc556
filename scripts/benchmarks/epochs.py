"""What the epochs of networks bring: `scripts/benchmark epochs`. Every way trains trials of the
same hyperparameters and seeds.

Pruning is read off the curves of trials that went on, a hundred points of five digits each; the
sampler, which follows losses from trial 14 on, would have been told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, product
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from study.config import load_config
from study.data.encoding import Encoded
from study.families import HEADS, Schedule
from study.families.neural import Neural
from study.families.schedule import FIRST_RUNG, RUNGS
from study.plan import Prepared, prepare
from study.schema import Search
from study.search.state import LEAST_KNOWN, SearchState
from study.training.device import prepare_tensorflow
from study.training.task import TrialTask

FOLDS, DEPTHS, TRIALS = 5, (1, 2), 12
PRUNED_FOLDS, PRUNED_TRIALS, WINDOW = 2, (12, 30), 6
RULES = {
    "median": np.median,
    "third best": lambda losses: sorted(losses)[:3][-1],
    "best x 1.05": lambda v: 1.05 * min(v),
}
"""What a trial's mean best loss may not be above at each rung: of those of trials `WINDOW` before
and more."""
SHIPPED = Schedule.learning_rates, Neural.schedule
WAYS = {
    "all have stopped": (1.0, 0.0, None),
    "ends when level": (1.0, Schedule.least_fall, None),
    "0.7 of the epochs": (0.7, 0.0, None),
    "half the epochs": (0.5, 0.0, None),
    "0.7, linear": (0.7, 0.0, 1.0),
    "constant": (1.0, 0.0, 0.0),
}
"""Share of the plan's epochs, the schedule's `least_fall`, and the share that its rate falls along
a line, if not a cosine."""


class Trained(NamedTuple):
    """One trial. val, test: its losses, that of the ensemble on the test rows. best: mean best loss
    after each epoch.
    """

    val: float
    test: float
    best: np.ndarray


def _trial(task: TrialTask, data: Encoded, search: SearchState) -> Trained:
    from study.families.saved import predict_raw, stacked_model
    from study.training.trial import architecture_of, make_problem, replicates_of, run_trial

    record, kept = run_trial(task, data)
    search.tell(record)
    folds, _ = replicates_of(task, len(data.train))
    model = stacked_model(
        kept, architecture_of(task, data, len(folds)), make_problem(task, data, folds)
    )
    predicted = predict_raw(model, data.raw(data.test))
    test = HEADS[data.kind].response_loss(predicted, data.y[data.test]).mean()
    points = (
        np.searchsorted(
            record.curves["epoch"], np.arange(1, record.replicates[0].n_epochs + 1), "right"
        )
        - 1
    )
    return Trained(
        record.val_loss,
        test,
        np.minimum.accumulate(record.curves["val_loss"], axis=1).mean(axis=0)[points],
    )


def _train(prepared: Prepared, way: str, trials: int, folds: int) -> dict[Search, list[Trained]]:
    share, least_fall, fall = WAYS[way]
    config, most = prepared.plan.config, round(share * prepared.plan.config.training.epochs)
    config = config.replace(
        training=config.training.model_dump() | {"epochs": most, "patience": max(5, most // 8)}
    )

    def rates(own: Schedule) -> np.ndarray:
        shares = (1 - fall * (np.arange(most) / most)) * np.minimum(
            1, np.arange(1, most + 1) / (0.05 * most)
        )
        return np.asarray(own.learning_rate * shares, np.float32)

    def schedule(*arguments: object) -> Schedule:
        return replace(SHIPPED[1](*arguments), least_fall=least_fall)

    found: dict[Search, list[Trained]] = {}
    line = SHIPPED[0] if fall is None else rates
    with patch.object(Schedule, "learning_rates", line), patch.object(Neural, "schedule", schedule):
        for search in prepared.plan.searches:
            if (
                search.family == "neural"
                and search.depth in DEPTHS
                and 0 <= search.outer_fold < folds
            ):
                data = prepared.data[search.target, search.outer_fold]
                search = SearchState(config, search, len(data.development), trials, {})
                found[search] = [
                    _trial(TrialTask.of(config, search, s), data, search)
                    for s in iter(search.next_trial, None)
                ]
    return found


def _row(base: dict[Search, list[Trained]], kept: dict[Search, list[Trained]], epochs: int) -> str:
    """Epochs as a share of the base's; changes of losses of a search's best trial, mean and
    standard error over outer folds.
    """
    best = [
        [min(trials, key=lambda t: t.val) for trials in searches.values()]
        for searches in (base, kept)
    ]
    changes = [
        np.log([getattr(b, loss) / getattr(a, loss) for a, b in zip(*best, strict=True)])
        for loss in ("val", "test")
    ]
    folds = np.array([search.outer_fold for search in base])
    means = [
        np.array([change[folds == fold].mean() for fold in np.unique(folds)]) for change in changes
    ]
    told = [
        f"{100 * mean.mean():+.2f} ± {100 * mean.std(ddof=1) / len(mean) ** 0.5:.2f}%"
        for mean in means
    ]
    return f"{epochs / sum(len(t.best) for t in chain(*base.values())):.2f} | {' | '.join(told)} |"


def _prune(search: list[Trained], most: int, rule: Callable[[list[float]], float]) -> list[int]:
    """Epochs of each trial of a search of which some are pruned."""
    ends = [len(trial.best) for trial in search]
    for n, trial in enumerate(search[WINDOW:], WINDOW):
        for rung in (max(FIRST_RUNG, round(share * most)) for share in RUNGS):
            rivals = [search[m].best[min(rung, ends[m]) - 1] for m in range(n - WINDOW + 1)]
            if len(rivals) < LEAST_KNOWN:
                continue
            ends[n] = rung if rung < ends[n] and trial.best[rung - 1] > rule(rivals) else ends[n]
    return ends


def epochs(configs: list[str]) -> None:
    """Print, for each study, what other schedules and pruned trials would bring."""
    prepare_tensorflow()
    for prepared in map(prepare, map(load_config, configs)):
        name, most = prepared.plan.config.name, prepared.plan.config.training.epochs
        print(
            f"\n| {name}, at most {most} epochs | trials | epochs | validation loss | test loss |\n| --- |"
            + " ---: |" * 4
        )
        base: dict[Search, list[Trained]] = {}
        for way in WAYS:
            other = _train(prepared, way, TRIALS, FOLDS)
            base = base or other
            print(
                f"| {way} | {TRIALS} | {_row(base, other, sum(len(t.best) for t in chain(*other.values())))}",
                flush=True,
            )
        whole = _train(prepared, "ends when level", max(PRUNED_TRIALS), PRUNED_FOLDS)
        for rule, trials in product(RULES, PRUNED_TRIALS):
            first = {search: found[:trials] for search, found in whole.items()}
            ends = {search: _prune(found, most, RULES[rule]) for search, found in first.items()}
            left = {
                search: [
                    t
                    for t, end in zip(first[search], ends[search], strict=True)
                    if end == len(t.best)
                ]
                for search in first
            }
            print(
                f"| pruned: {rule} | {trials} | {_row(first, left, sum(map(sum, ends.values())))}",
                flush=True,
            )
