"""The work of a study's outer folds beside its searches: what is recorded, and what is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from study.records.work import FoldOutcome, FoldRecord, FoldWork


class FoldQueue:
    """What is recorded of all such work, and what is still to be handed out, in order.

    work: all there is, each a task of its own. outcomes: what was found, by key.
    """

    def __init__(self, work: Sequence[FoldWork], outcomes: Iterable[FoldOutcome] = ()) -> None:
        self.work = tuple(work)
        keys = {each.key for each in work}
        self.outcomes = {
            outcome.work.key: outcome for outcome in outcomes if outcome.work.key in keys
        }
        self._waiting = [each for each in work if each.key not in self.outcomes]

    @property
    def left(self) -> list[FoldWork]:
        """What has no record yet."""
        return [each for each in self.work if each.key not in self.outcomes]

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """How many are left and how many there are, by what a count calls their sort."""
        left, every = (Counter(each.many for each in work) for work in (self.left, self.work))
        return {many: (left[many], n) for many, n in every.items()}

    @property
    def finished(self) -> bool:
        """Whether all has its record."""
        return len(self.outcomes) == len(self.work)

    def next(self) -> FoldWork | None:
        """The next one of those without a record that are not out, if any."""
        return self._waiting.pop(0) if self._waiting else None

    def close(self) -> None:
        """Want no more than what is recorded; nothing may be out."""
        self.work = tuple(each for each in self.work if each.key in self.outcomes)
        self._waiting.clear()

    def tell(self, record: FoldRecord) -> None:
        """Take in what was done or failed."""
        self.outcomes[record.work.key] = record.outcome()
