"""How fast a run gets on, and how long it still takes."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from statistics import fmean

from study.schema import ALL_ROWS, Search
from study.search.cost import WINNER_S
from study.search.estimate import Cost

RECENT, PRIOR = 60, 5
"""Tasks of a sort that tell its pace, and how many of them the pace of all sorts counts for."""
FIRST = 0.1
"""Share of a run's work, as modelled, before which nothing is forecast."""
Sort = tuple[str, int, bool]
"""A family or sort of work beside the searches, its depth, and whether it is a winner."""


class Pace:
    """Seconds that tasks take for each they are modelled to take, by sort, and what is left of them.

    left: how many tasks there are of a search, or of what other work is scored as; whether they are
    its winner.
    """

    def __init__(self, cost: Cost, left: Iterable[tuple[Search, bool, int]]) -> None:
        self.cost = cost
        self._begin, self._spent, self._done = math.inf, 0.0, 0.0
        self._recent: dict[Sort, deque[float]] = defaultdict(lambda: deque(maxlen=RECENT))
        self._left: dict[Sort, float] = defaultdict(float)
        for task in left:
            self._add(*task)

    def _add(self, search: Search, winner: bool, count: int) -> float:
        """Let so many tasks more be left; gives what one is modelled to take."""
        cost = self.cost.tasks[search.target, search.family, search.depth]
        if winner:  # of all rows nothing is tested
            cost = 2 * cost * (search.outer_fold != ALL_ROWS) + WINNER_S
        self._left[search.family, search.depth, winner] += count * cost
        return cost

    def ended(self, search: Search, winner: bool, seconds: float, now: float) -> float | None:
        """Take in a task that has ended; gives the seconds to the report, or None before FIRST."""
        cost, seconds = self._add(search, winner, -1), max(seconds, 1e-6)
        self._recent[search.family, search.depth, winner].append(seconds / cost)
        self._begin = min(self._begin, now - seconds)
        self._spent += seconds
        self._done += cost
        if self._done < FIRST * (self._done + sum(self._left.values())):
            return None
        pace = self._spent / (self._done + 2 * self.cost.compiling)
        work = sum(
            cost * _middle([*self._recent[sort], *PRIOR * [pace]])
            for sort, cost in self._left.items()
        )
        return pace * self.cost.left(work / pace, self._spent / (now - self._begin))


def _middle(paces: list[float]) -> float:
    """Mean of the middle half: a task that compiles or imports is slow once."""
    cut = len(paces) // 4
    return fmean(sorted(paces)[cut : len(paces) - cut])
