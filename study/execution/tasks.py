"""All that a study has to do, task by task, in the order in which workers get it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from study.config import StudyConfig
from study.execution.queue import FoldQueue
from study.families import get_family
from study.schema import REGRESSIONS
from study.search.effort import effort_of
from study.search.state import SearchState
from study.training.task import FoldTask, Task, TrialTask

LEAST_BEGUN = 16
"""Searches that are begun at once, however few workers there are."""


class Tasks:
    """Hands out trials and winners search by search in turn, so that workers are busy while one
    search waits for its results.

    Work beside the searches is handed out where every search waits or is done. What comes back is
    told to the search or the queue by whoever keeps the records, then here (`ended`). What has left
    none (`failed`) waits and is handed out again, before all else, until it is found to be at fault
    (`drop_faulty`); then `give_up` tells its failure.

    searches: by key. beside: the work beside them. deadline: `time.monotonic()` after which no new
    trial is suggested; what is out finishes, and winners and work beside the searches are done, if
    there was a trial. stopping: whether nothing is handed out any more. begun: searches that are
    searched at once, unless the others would idle or time is short; each holds an Optuna study, 2
    kB a trial.
    """

    def __init__(
        self,
        config: StudyConfig,
        searches: Mapping[str, SearchState],
        beside: FoldQueue,
        give_up: Callable[[Task, str], None],
        deadline: float | None = None,
    ) -> None:
        self.config = config
        self.searches = searches
        self.beside = beside
        self.give_up = give_up
        self.deadline = deadline
        self.stopping = False
        self.begun = LEAST_BEGUN
        self._later = OrderedDict(searches)  # not begun
        self._ready: OrderedDict[str, SearchState] = (
            OrderedDict()
        )  # who may have something to hand out, next in turn first
        self._searched = 0
        self._out: set[str] = set()
        self._again: OrderedDict[str, Task] = (
            OrderedDict()
        )  # wait to be handed out once more, the next one first

    def left(self, networks: bool = True) -> int:
        """How many are not recorded yet, those that are out included; without `networks` those of
        other searches alone.
        """
        searches = [
            search
            for search in self.searches.values()
            if networks or get_family(search.spec.family).convex
        ]
        trials = sum(
            max(0, search.trials - len(search.records)) for search in searches if not search.closed
        )
        return trials + sum(not search.finished for search in searches) + len(self.beside.left)

    @property
    def finished(self) -> bool:
        """Whether nothing is out and nothing will be handed out any more."""
        self._look_at_the_clock()
        return not self._out and (
            self.stopping
            or (self.beside.finished and all(search.finished for search in self.searches.values()))
        )

    @property
    def waiting(self) -> list[Task]:
        """What failed, or did not fit, and is to be handed out yet."""
        return [] if self.stopping else list(self._again.values())

    @property
    def quiet(self) -> bool:
        """Whether nothing is out."""
        return not self._out

    def next(self, fits: Callable[[Task], bool] = lambda task: True) -> Task | None:
        """The next one that `fits`, or None while every search waits or all are done. What does not
        fit waits.
        """
        self._look_at_the_clock()
        task = next(filter(fits, self.waiting), None)
        while task is None and not self.stopping and (fresh := self._fresh()) is not None:
            self._again[fresh.key] = fresh
            task = fresh if fits(fresh) else None
        if task is not None:
            del self._again[task.key]
            self._out.add(task.key)
        return task

    def ended(self, task: Task) -> None:
        """Take note that a task has left its record."""
        self._out.discard(task.key)
        if not isinstance(task, FoldTask):
            self._ready.setdefault(task.search.key, self.searches[task.search.key])

    def failed(self, task: Task) -> None:
        """Let a task wait that has left no record."""
        self._out.discard(task.key)
        self._again[task.key] = task
        self._again.move_to_end(task.key, last=False)

    def drop_faulty(self, final_error: Callable[[Task], str | None]) -> None:
        """Give up what waits and is at fault, by what `final_error` says of it."""
        for task in list(self._again.values()):
            if (error := final_error(task)) is not None:
                del self._again[task.key]
                self.give_up(task, error)
                self.ended(task)

    def _look_at_the_clock(self) -> None:
        if self.deadline is None or time.monotonic() <= self.deadline:
            return
        self.deadline = None
        for task in list(self._again.values()):
            if isinstance(task, TrialTask):
                self.searches[task.search.key].give_back(task.number)
                del self._again[task.key]
        for search in self.searches.values():
            search.close()
        if not self._out and not any(search.records for search in self.searches.values()):
            self.beside.close()  # there is nothing that it could stand beside

    def _fresh(self) -> Task | None:
        begun = len(self.searches) if self.deadline is not None else self.begun + self._searched
        while self._later and len(self.searches) - len(self._later) < begun:
            self._ready.update([self._later.popitem(last=False)])
        while self._ready or self._later:
            key, search = (self._ready or self._later).popitem(last=False)
            if (suggestion := search.next_trial()) is not None:
                self._ready[key] = search
                own = {
                    "prune_above": search.prune_above(suggestion.number),
                    "penalties": search.penalties,
                }
                return TrialTask.of(self.config, search.spec, suggestion, **own)
            if (best := search.next_winner()) is not None:
                assert best.val_loss is not None  # it is complete
                self._searched += 1
                return TrialTask.of(
                    self.config, search.spec, best, penalties=search.penalties
                ).as_winner(best.val_loss, search.parts)
        if (work := self.beside.next()) is None:
            return None
        config = self.config
        return FoldTask(
            study=config.name,
            seed=config.seed,
            work=work,
            tree_trials=effort_of(config).tree_trials,
            override=config.space.get(REGRESSIONS[work.kind], {}),
            iterations=config.training.iterations,
        )
