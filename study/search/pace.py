"""How fast a run gets on, and how long it still takes."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from study.records.work import FoldWork
from study.schema import Search
from study.search.cost import WINNER_S
from study.search.estimate import Cost
from study.search.state import SearchState

FloatArray = npt.NDArray[np.float64]
RECENT, ENOUGH = 60, 5
"""Tasks of a sort that tell its pace, and how many it takes."""
MOST = 4.0
"""Times the median pace at most that a task counts with: one that compiles says nothing of others.
"""


class Pace:
    """Seconds a task takes for each that it is modelled to take, by sort.

    Sorts are trials of a family, its winners, boosted trees and formulas. One of which no task has
    ended yet has the pace of all.
    """

    def __init__(self, cost: Cost) -> None:
        self.cost = cost
        self._begin = np.inf
        self._spent = 0.0
        self._recent: dict[tuple[str, bool], deque[tuple[float, float]]] = defaultdict(
            lambda: deque(maxlen=RECENT)
        )

    def tell(self, search: Search, winner: bool, seconds: float, now: float) -> None:
        """Take in a task that has just ended. search: its own, or as which other work is scored."""
        seconds = max(seconds, 1e-6)
        self._recent[search.family, winner].append((seconds, self._cost(search, winner)))
        self._begin = min(self._begin, now - seconds)
        self._spent += seconds

    def left(
        self, searches: Iterable[SearchState], beside: Iterable[FoldWork], now: float
    ) -> float | None:
        """Seconds to the report; None until the pace of half of what is left is known."""
        left: dict[tuple[str, bool], float] = defaultdict(float)
        for search in searches:
            own = search.spec
            trials = 0 if search.closed else max(0, search.trials - len(search.records))
            left[own.family, False] += trials * self._cost(own)
            left[own.family, True] += (not search.finished) * self._cost(own, winner=True)
        for work in beside:
            left[work.sort, False] += self.cost.tasks[work.target, work.sort, 0]
        known = sum(left[sort] for sort, told in self._recent.items() if len(told) >= ENOUGH)
        if not self._recent or 2 * known < sum(left.values()):
            return None
        sums = {sort: _sums(np.array(told)) for sort, told in self._recent.items()}
        seconds, costs = np.sum([*sums.values()], axis=0)
        paces = {sort: own[0] / own[1] for sort, own in sums.items()}
        work = sum(cost * paces.get(sort, seconds / costs) for sort, cost in left.items())
        workers = self._spent / (now - self._begin)
        return float(self.cost.left(work * costs / seconds, workers) * seconds / costs)

    def _cost(self, search: Search, winner: bool = False) -> float:
        """Of a task, as modelled: a winner takes as long as two trials."""
        trial = self.cost.tasks[search.target, search.family, search.depth]
        return 2 * trial + WINNER_S if winner else trial


def _sums(told: FloatArray) -> FloatArray:
    """Seconds (2,) that tasks (n, 2) took, none more than MOST times the median pace, and costs."""
    seconds, costs = told.T
    most = MOST * np.median(seconds / costs)
    return np.array([np.minimum(seconds, most * costs).sum(), costs.sum()])
