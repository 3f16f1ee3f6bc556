"""All that a study has to do, task by task, in the order in which workers get it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from study.config import StudyConfig
from study.execution.queue import FoldQueue
from study.families import get_family
from study.records.work import FoldWork
from study.schema import REGRESSIONS
from study.search.arms import ArmSearch
from study.search.effort import effort_of
from study.training.task import FoldTask, Task, TrialTask, WinnerTask

LEAST_BEGUN = 16
"""Arms that are begun at once, however few workers there are."""
FIRST: dict[bool | None, tuple[bool | None, ...]] = {None: (None,), False: (False,), True: (True, False)}
"""What a worker is served from, by whether it has a GPU: arms of networks (True), other arms (False), or all in turn (None)."""


def serves(gpu: bool | None, task: Task) -> bool:
    """Whether a worker takes a task. gpu: whether it has one, where some have."""
    return gpu is not False or not task.network


class Tasks:
    """Hands out trials and winners arm by arm in turn, so that workers are busy while one arm waits for its results.

    Work beside the arms is handed out where every arm waits or is done. What comes back is told to the arm or the queue by
    whoever keeps the records, then here (`ended`). What has left none (`failed`) waits and is handed out again, before
    all else, until it is judged to be at fault (`judge`); then `give_up` tells its failure.

    arms: by key. beside: the work beside them. deadline: `time.monotonic()` after which no new trial is suggested; what is out
    finishes, and winners and work beside the arms are done, if there was a trial. until: `time.monotonic()` by which all must
    have ended: nothing is handed out that would last longer, judged by the longest trial of its arm so far (of all arms,
    before its first), or by the longest work of its sort.
    stopping: whether nothing is handed out any more. begun: arms that are searched at once, unless the others would idle or
    time is short; each holds an Optuna study, 2 kB a trial.
    """

    def __init__(
        self,
        config: StudyConfig,
        arms: Mapping[str, ArmSearch],
        beside: FoldQueue,
        give_up: Callable[[Task, str], None],
        deadline: float | None = None,
        until: float | None = None,
    ) -> None:
        self.config = config
        self.arms = arms
        self.beside = beside
        self.give_up = give_up
        self.deadline = deadline
        self.until = until
        self.stopping = False
        self.begun = LEAST_BEGUN
        self._networks = {key for key, arm in arms.items() if not get_family(arm.arm.family).convex}
        self._later = OrderedDict(arms)  # not begun
        self._ready: OrderedDict[str, ArmSearch] = OrderedDict()  # who may have something to hand out, next in turn first
        self._searched = 0
        self._out: set[str] = set()
        self._again: OrderedDict[str, Task] = OrderedDict()  # wait to be handed out once more, the next one first
        self._nothing = False  # was there to hand out, when last asked

    @property
    def left(self) -> int:
        """How many are not recorded yet, those that are out included."""
        return self._left(self.arms) + len(self.beside.left)

    @property
    def left_plain(self) -> int:
        """How many of them train no network."""
        return self._left(self.arms.keys() - self._networks) + len(self.beside.left)

    def _left(self, keys: Iterable[str]) -> int:
        arms = (self.arms[key] for key in keys)
        return sum((0 if arm.closed else max(0, arm.trials - len(arm.records))) + (not arm.finished) for arm in arms)

    @property
    def finished(self) -> bool:
        """Whether nothing is out and nothing will be handed out any more."""
        self._look_at_the_clock()
        if self._out:
            return False
        if self.until is not None and (self._nothing or time.monotonic() > self.until):
            return True  # what is left is too long
        return self.stopping or (self.beside.finished and all(arm.finished for arm in self.arms.values()))

    @property
    def waiting(self) -> list[Task]:
        """What failed, or did not fit, and is to be handed out yet."""
        return [] if self.stopping else [task for task in self._again.values() if self._in_time_for(task)]

    @property
    def quiet(self) -> bool:
        """Whether nothing is out."""
        return not self._out

    def next(self, fits: Callable[[Task], bool] = lambda task: True, gpu: bool | None = None) -> Task | None:
        """The next one that `fits`, or None while every arm waits or all are done. What does not fit waits.

        gpu: whether the worker that asks has one, where some have. One that has gets networks first, one that has not none.
        """
        self._look_at_the_clock()
        task = None if self.stopping else self._again_for(fits, gpu) or self._fresh(fits, gpu)
        self._nothing = task is None and not self.waiting and (self._nothing or gpu is not False)
        if task is not None:
            self._again.pop(task.key, None)
            self._out.add(task.key)
        return task

    def ended(self, task: Task) -> None:
        """Take note that a task has left its record."""
        self._out.discard(task.key)
        self._nothing = False
        if not isinstance(task, FoldTask):
            self._ready.setdefault(task.arm.key, self.arms[task.arm.key])

    def failed(self, task: Task) -> None:
        """Let a task wait that has left no record."""
        self._out.discard(task.key)
        self._nothing = False
        self._again[task.key] = task
        self._again.move_to_end(task.key, last=False)

    def judge(self, verdict: Callable[[Task], str | None]) -> None:
        """Give up what waits and is at fault, by what `verdict` says of it."""
        for task in list(self._again.values()):
            if (error := verdict(task)) is not None:
                del self._again[task.key]
                self.give_up(task, error)
                self.ended(task)

    def _look_at_the_clock(self) -> None:
        if self.deadline is None or time.monotonic() <= self.deadline:
            return
        self.deadline = None
        for task in list(self._again.values()):
            if isinstance(task, TrialTask):
                self.arms[task.arm.key].give_back(task.number)
                del self._again[task.key]
        for arm in self.arms.values():
            arm.close()
        if not self._out and not any(arm.records for arm in self.arms.values()):
            self.beside.close()  # there is nothing that it could stand beside

    def _again_for(self, fits: Callable[[Task], bool], gpu: bool | None) -> Task | None:
        fitting = sorted(filter(fits, self.waiting), key=lambda task: bool(gpu) and not task.network)
        return next((task for task in fitting if serves(gpu, task)), None)

    def _fresh(self, fits: Callable[[Task], bool], gpu: bool | None) -> Task | None:
        while (task := self._next(gpu)) is not None and not fits(task):
            self._again[task.key] = task
        return task

    def _next(self, gpu: bool | None) -> Task | None:
        begun = len(self.arms) if self.deadline is not None else self.begun + self._searched
        while self._later and len(self.arms) - len(self._later) < begun:
            self._ready.update([self._later.popitem(last=False)])
        for networks in FIRST[gpu]:
            if (task := self._of_arms(networks)) is not None:
                return task
        if (work := self.beside.next(self._work_fits)) is None:
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

    def _of_arms(self, networks: bool | None) -> Task | None:
        """The next of the arms of networks, of the others, or with None of all."""
        while (turn := self._turn(networks)) is not None:
            key, arm = turn
            if not self._in_time(arm.longest_s, trials=2 if len(arm.records) >= arm.trials else 1):
                continue
            if (suggestion := arm.next_trial()) is not None:
                self._ready[key] = arm
                own = {"bars": arm.bars(suggestion.number), "penalties": arm.penalties}
                return TrialTask.of(self.config, arm.arm, suggestion, **own)
            if (best := arm.next_winner()) is not None:
                assert best.val_loss is not None  # it is complete
                self._searched += 1
                return TrialTask.of(self.config, arm.arm, best, penalties=arm.penalties).as_winner(best.val_loss, arm.parts)
        return None

    def _turn(self, networks: bool | None) -> tuple[str, ArmSearch] | None:
        """Take the arm out that is the next in turn, of those that are ready or else not begun."""
        for arms in (self._ready, self._later):
            key = next((key for key in arms if networks in {None, key in self._networks}), None)
            if key is not None:
                return key, arms.pop(key)
        return None

    def _in_time_for(self, task: Task) -> bool:
        if isinstance(task, FoldTask):
            return self._work_fits(task.work)
        return self._in_time(self.arms[task.arm.key].longest_s, trials=2 if isinstance(task, WinnerTask) else 1)

    def _work_fits(self, work: FoldWork) -> bool:
        known = self.beside.longest_s(work.sort)
        return self._in_time(known, trials=1 if known else 2)

    def _in_time(self, longest_s: float, trials: int) -> bool:
        """Whether what lasts as long as so many of the longest trials (of all arms, where that is 0) would end by `until`.

        A winner, and the first work of a sort, lasts as long as two.
        """
        if self.until is None:
            return True
        longest_s = longest_s or max((arm.longest_s for arm in self.arms.values()), default=0.0)
        return time.monotonic() + trials * longest_s < self.until
