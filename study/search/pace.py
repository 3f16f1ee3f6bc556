"""How fast a run gets on, and how long it still takes."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import fmean

from study.schema import ALL_ROWS, Search
from study.search.cost import WINNER_S
from study.search.estimate import Cost

TRIALS, REFITS = "trials", "refits"
"""What counts call the work of searches."""
RECENT, PRIOR = 60, 5
"""Tasks of a sort that tell its pace, and how many of them the pace of all sorts counts for."""
FIRST = 0.1
"""Share of a run's work, as modelled, before which nothing is forecast."""


class Pace:
    """Seconds that tasks take for each they are modelled to take, by sort, and what is left of them.

    work: what a count calls it, its search, or as what it is scored beside them, and how many tasks.
    """

    def __init__(self, cost: Cost, work: Iterable[tuple[str, Search, int]]) -> None:
        self.cost = cost
        self._begin, self._spent, self._done = math.inf, 0.0, 0.0
        self._paces = defaultdict[tuple[str, str, int], list[float]](list)
        self._left = defaultdict[tuple[str, str, int], float](float)
        self._counts = Counter[str]()
        for each in work:
            self._add(*each)
        self._all = self._counts.copy()

    @property
    def total(self) -> int:
        """Tasks of the whole run."""
        return self._all.total()

    @property
    def phase(self) -> str:
        """The first work of which some is left, and how much of it is done."""
        for many, left in self._counts.items():
            if left > 0:
                return f"{self._all[many] - left:,}/{self._all[many]:,} {many}"
        return "verdicts"

    def _add(self, many: str, search: Search, count: int) -> float:
        """Let so many tasks more be left; gives what one is modelled to take."""
        cost = self.cost.tasks[search.target, search.family, search.depth]
        if many == REFITS:  # of all rows nothing is tested
            cost = 2 * cost * (search.outer_fold != ALL_ROWS) + WINNER_S
        self._left[many, search.family, search.depth] += count * cost
        self._counts[many] += count
        return cost

    def ended(self, many: str, search: Search, seconds: float, now: float) -> float | None:
        """Take in a task that has ended; gives the seconds to the report, or None before FIRST."""
        cost, seconds = self._add(many, search, -1), max(seconds, 1e-6)
        self._paces[many, search.family, search.depth].append(seconds / cost)
        self._begin = min(self._begin, now - seconds)
        self._spent += seconds
        self._done += cost
        if self._done < FIRST * (self._done + sum(self._left.values())):
            return None
        pace = self._spent / (self._done + 2 * self.cost.compiling)
        work = 0.0
        for sort, modelled in self._left.items():
            known = sorted([*self._paces[sort][-RECENT:], *PRIOR * [pace]])
            cut = len(known) // 4  # who compiles or imports is slow once
            work += modelled * fmean(known[cut : len(known) - cut])
        return pace * self.cost.left(work / pace, self._spent / (now - self._begin))
