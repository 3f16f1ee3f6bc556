"""How fast a run gets on, and how long it still takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from study.schema import ALL_ROWS, Search
from study.search.cost import WINNER_S
from study.search.estimate import Cost

TRIALS, REFITS = "trials", "refits"
"""What counts call the work of searches."""
FIRST = 0.1
"""Share of a run's work, as modelled, before which nothing is forecast."""


class Pace:
    """Seconds that tasks take for each they are modelled to take, and what is left of them.

    work: what a count calls tasks, their search, or as what they are scored beside the searches,
    and how many they are. all: how many of each there are in a run.
    """

    def __init__(self, cost: Cost, work: Iterable[tuple[str, Search, int]]) -> None:
        self.cost = cost
        self._begin, self._spent, self._done, self._left = math.inf, 0.0, 0.0, 0.0
        self._counts = Counter[str]()
        for each in work:
            self._add(*each)
        self.all = self._counts.copy()

    @property
    def phase(self) -> str:
        """The first work of which some is left, and how much of it is done."""
        for many, left in self._counts.items():
            if left > 0:
                return f"{self.all[many] - left:,}/{self.all[many]:,} {many}"
        return "verdicts"

    def _add(self, many: str, search: Search, count: int) -> float:
        """Let so many tasks more be left; gives what one is modelled to take."""
        cost = self.cost.tasks[search.target, search.family, search.depth]
        if many == REFITS:  # of all rows nothing is tested
            cost = 2 * cost * (search.outer_fold != ALL_ROWS) + WINNER_S
        self._left += count * cost
        self._counts[many] += count
        return cost

    def ended(self, many: str, search: Search, seconds: float, now: float) -> float | None:
        """Take in a task that has ended; gives the seconds to the report, or None before FIRST."""
        seconds = max(seconds, 1e-6)
        self._begin = min(self._begin, now - seconds)
        self._spent += seconds
        self._done += self._add(many, search, -1)
        if self._done < FIRST * (self._done + self._left):
            return None
        pace = self._spent / (self._done + 2 * self.cost.compiling)  # which comes first
        left = self.cost.left(self._left, self._spent / (now - self._begin))
        return pace * (left - self.cost.end) + self.cost.end
