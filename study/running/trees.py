"""The boosted trees of a study beside its arms: which are recorded, and which are next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from study.records.trees import TreesRecord
from study.schema import Trees


class TreesQueue:
    """What is recorded of all trees, and those that are still to be handed out, in order.

    trees: all there are, each a task of its own. records: what was found, by key.
    """

    def __init__(self, trees: Sequence[Trees], records: Iterable[TreesRecord] = ()) -> None:
        self.trees = tuple(trees)
        keys = {each.key for each in trees}
        self.records = {record.trees.key: record for record in records if record.trees.key in keys}
        self._waiting = [each for each in trees if each.key not in self.records]

    @property
    def finished(self) -> bool:
        """Whether all have their record."""
        return len(self.records) == len(self.trees)

    @property
    def longest_s(self) -> float:
        """Seconds of the longest one, 0 before the first."""
        return max((record.wall_time_s for record in self.records.values()), default=0.0)

    def next(self) -> Trees | None:
        """The next one without a record that is not out, if any."""
        return self._waiting.pop(0) if self._waiting else None

    def close(self) -> None:
        """Want no more than what is recorded; none may be out."""
        self.trees = tuple(each for each in self.trees if each.key in self.records)
        self._waiting.clear()

    def give_back(self, trees: Trees) -> None:
        """Take back one that was handed out and left no record; it is handed out again next."""
        self._waiting.insert(0, trees)

    def tell(self, record: TreesRecord) -> None:
        """Take in one that was scored or failed."""
        self.records[record.trees.key] = record.outcome()
