"""One arm's search: generations of trials, each suggested from the records of the ones before and from nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from study.config import StudyConfig
from study.config.options import Range, Space
from study.config.samplers import SAMPLERS
from study.families import first_params, get_family, resolve_space
from study.schema import Arm, Suggestion, TrialRecord, TrialState
from study.seeds import derive_seed


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    def distribution(form: Any) -> Any:
        if not isinstance(form, Range):
            return CategoricalDistribution(form if isinstance(form, list) else [form])
        if form.integer:
            return IntDistribution(round(form.low), round(form.high), log=form.log)
        return FloatDistribution(form.low, form.high, log=form.log)

    return {name: distribution(form) for name, form in space.items()}


def _told(params: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Params as Optuna may know them: a zero beside a log range is told as the range's lowest value."""
    return {n: max(v, f.low) if isinstance(f := space[n], Range) and f.zero else v for n, v in params.items()}


def suggest_generation(
    arm: Arm, generation: int, size: int, space: Space, told: Mapping[int, TrialRecord], sampler: str, seed: int
) -> list[dict[str, Any]]:
    """Hyperparameters of the next `size` trials of an arm, from the records of all earlier generations in trial order.

    A fresh Optuna study is built through Ray's OptunaSearch each time, with a sampler seeded by (seed, arm, generation). So
    a run that was interrupted and one that was not ask the same question and get the same answer.
    """
    import optuna
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    make_sampler, options = getattr(optuna.samplers, SAMPLERS[sampler].optuna), SAMPLERS[sampler].options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna's notes on experimental options are not for a study's user
        search = OptunaSearch(
            space=_distributions(space),
            metric="val_loss",
            mode="min",
            sampler=make_sampler(seed=derive_seed(seed, arm.key, "generation", generation), **options),
        )
        for number in sorted(told):
            record = told[number]
            failed = record.state is not TrialState.COMPLETE
            search.add_evaluated_point(_told(record.params, space), record.val_loss or 0.0, error=failed)
        return [search.suggest(f"{generation}-{i}") or {} for i in range(size)]


@dataclass
class ArmSearch:
    """State of one arm's search: what is recorded, what is out, what comes next.

    trials: the arm's budget. records: outcomes of finished trials by number. incumbent: the best complete one by mean
    validation loss, the earlier one of a tie. longest_s: seconds of the longest one, 0 before the first. scored: number of the
    incumbent that was scored on the test rows, if any; a search that went on since may have found a better one, which is then
    scored instead.
    """

    config: StudyConfig
    arm: Arm
    n_rows: int
    trials: int
    records: dict[int, TrialRecord]
    scored: int | None = None
    closed: bool = False
    incumbent: TrialRecord | None = field(default=None, init=False)
    _queue: list[Suggestion] = field(default_factory=list)
    _out: dict[int, Suggestion] = field(default_factory=dict)
    _winner_out: bool = False
    longest_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        for record in self.records.values():
            self._rank(record)

    @property
    def space(self) -> Space:
        """The arm's search space, the config's overrides applied."""
        return resolve_space(get_family(self.arm.family), self.n_rows, self.config.space.get(self.arm.family, {}))

    @property
    def searched(self) -> bool:
        """Whether no trial is left to suggest or to wait for."""
        return not self._out and not self._queue and (self.closed or len(self.records) >= self.trials)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: searched, and the winner scored where there is one."""
        return self.searched and (self.incumbent is None or self.scored == self.incumbent.number)

    def next_trial(self) -> Suggestion | None:
        """The next trial, or None while its generation must be waited for."""
        if not self._queue and not self._out and not self.closed:
            self._fill()
        if not self._queue:
            return None
        trial = self._queue.pop(0)
        self._out[trial.number] = trial
        return trial

    def next_winner(self) -> TrialRecord | None:
        """The incumbent, once, when the search is over and its winner is not recorded yet."""
        if self._winner_out or self.finished or not self.searched:
            return None
        self._winner_out = True
        return self.incumbent

    def retry_winner(self) -> None:
        """Hand the incumbent out again: its worker was lost."""
        self._winner_out = False

    def score(self, number: int) -> None:
        """Take note that the incumbent of that number is scored, or given up."""
        self.scored = number

    def tell(self, record: TrialRecord) -> None:
        """Take in a finished or failed trial."""
        self.records[record.number] = record.outcome()
        self._rank(self.records[record.number])
        self._out.pop(record.number, None)

    def _rank(self, record: TrialRecord) -> None:
        self.longest_s = max(self.longest_s, record.wall_time_s)
        if record.state is TrialState.COMPLETE and record.val_loss is not None:
            rivals = [record] if self.incumbent is None else [self.incumbent, record]
            self.incumbent = min(rivals, key=lambda rival: (rival.val_loss, rival.number))

    def give_back(self, number: int) -> None:
        """Take back a trial that was handed out and left no record; it is handed out again next."""
        self._queue.insert(0, self._out.pop(number))

    def close(self) -> None:
        """Suggest nothing more; what is out may finish."""
        self.closed = True
        self._queue.clear()

    def _fill(self) -> None:
        """Suggest the first generation that has a trial without a record."""
        size = self.config.search.generation
        missing = next((n for n in range(self.trials) if n not in self.records), None)
        if missing is None:
            return
        generation = missing // size
        numbers = range(generation * size, min((generation + 1) * size, self.trials))
        params = [first_params(get_family(self.arm.family), self.space)] if generation == 0 else []
        if len(params) < len(numbers):
            told = {n: self.records[n] for n in range(numbers.start)}
            params += suggest_generation(
                self.arm, generation, len(numbers) - len(params), self.space, told, self.config.search.sampler, self.config.seed
            )
        self._queue = [
            Suggestion(number=number, generation=generation, params=own)
            for number, own in zip(numbers, params, strict=True)
            if number not in self.records
        ]
