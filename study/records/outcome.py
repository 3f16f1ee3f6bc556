"""What is kept of a trial's record while many are held: how it was suggested, and what became of
it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from study.records.trial import TrialRecord
from study.schema import Search, Suggestion, TrialState


@dataclass(frozen=True, slots=True)
class Outcome(Suggestion):
    """All that a search and `study status` need of a trial's record, in a sixth of its memory.

    search: one object for all outcomes of a search. wall_time_s: seconds. rungs: as in its record.
    error: why it failed, if it did.
    """

    search: Search
    state: TrialState
    val_loss: float | None
    wall_time_s: float
    rungs: tuple[float, ...]
    error: str | None

    @classmethod
    def of(cls, record: TrialRecord, search: Search) -> Outcome:
        """Outcome of a record of `search`."""
        kept = {each.name: getattr(record, each.name) for each in fields(cls)}
        return cls(**kept | {"search": search})

    @property
    def trial_id(self) -> str:
        return self.search.trial_id(self.number)
