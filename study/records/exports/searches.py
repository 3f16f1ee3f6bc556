"""A study's records search by search, as other tools are handed them, and again as they come while
it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from study.config.options import Range, Space
from study.families.chosen import search_space
from study.records.one import mean_curve
from study.records.packs import read_search
from study.records.reading import read_winners
from study.records.results import Results
from study.records.trial import TrialRecord
from study.schema import LOSS_NAMES, Search, fold_name

COMPARED = ("refit", "ensemble")
"""Candidates of a winner whose test loss is handed on, where it has them."""


@dataclass(frozen=True)
class SearchRecords:
    """A search and its records so far, in order of number.

    space: of its hyperparameters, made to hold what was recorded. begin: when the study was
    described, from which on the trials are laid one after the other, since no record tells when it
    began. winner: number of the one that was scored on the test rows, if any; test_losses: its mean
    loss there by candidate (COMPARED).
    """

    spec: Search
    records: tuple[TrialRecord, ...]
    space: Space
    begin: datetime
    winner: int | None
    test_losses: dict[str, float]

    @property
    def in_time(self) -> Iterator[tuple[TrialRecord, dict[str, float], datetime, datetime]]:
        """Each record with its test losses, if it won, and when it is laid to begin and end."""
        begin = self.begin
        for record in self.records:
            end = begin + timedelta(seconds=record.wall_time_s)
            yield record, self.test_losses if record.number == self.winner else {}, begin, end
            begin = end


@dataclass
class Changes:
    """Searches of a study that have records which were not read yet.

    While a study runs a record waits for those of lower numbers, so that trials have their numbers
    wherever they are counted.
    """

    results: Results
    _seen: dict[Path, int] = field(default_factory=dict, init=False)
    _concluded: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[SearchRecords]:
        """Searches that have changed since they were last asked for, in the order of their folders."""
        paths, concluded = self.results.paths, self.results.concluded
        if concluded and not self._concluded:
            self._seen.clear()  # what waited for a number that never came
        self._concluded = concluded
        for folder in sorted(paths.trials.glob("*/")):
            changed = folder.stat().st_mtime_ns
            if self._seen.get(folder) == changed:
                continue
            self._seen[folder] = changed
            records = tuple(read_search(paths, folder))
            if not concluded:
                gap = next(
                    (place for place, record in enumerate(records) if record.number != place),
                    len(records),
                )
                records = records[:gap]
            if records:
                yield self._search(records)

    def _search(self, records: tuple[TrialRecord, ...]) -> SearchRecords:
        results, search = self.results, records[0].search
        winner = next(iter(read_winners(results.paths, searches=[search])), None)
        told = winner.test_losses if winner else {}
        return SearchRecords(
            search,
            records,
            holding(search_space(results.config, search, results.data.rows), records),
            datetime.fromtimestamp(results.paths.config.stat().st_mtime, UTC),
            winner.number if winner else None,
            {name: told[name] for name in told if name in COMPARED},
        )


LOSSES = {"validation": "val_loss", "training": "train_loss"}
"""Of a trial, by the name that they are handed on under."""


def metric_of(search: Search) -> str:
    """What the loss of a search's target is called: one name a target, since losses of two targets
    are never compared.
    """
    return f"{search.target}: {LOSS_NAMES[search.kind]}"


def described(record: TrialRecord) -> dict[str, Any]:
    """What a trial is, then its hyperparameters."""
    search = record.search
    about = {
        "target": search.target,
        "family": search.family,
        "hidden layers": search.depth,
        "outer fold": fold_name(search.outer_fold),
    }
    return {**about, "state": record.state.value, **record.params}


def losses_of(
    record: TrialRecord, test_losses: Mapping[str, float]
) -> Iterator[tuple[str, float, int]]:
    """Names, values and epochs of all losses of a trial, below `metric_of` its search.

    `validation` and `training` by epoch, of a regression its one loss, at 0; `val_loss`, and
    `test_loss` by candidate, at 0.
    """
    metric = metric_of(record.search)
    for name, column in LOSSES.items():
        for epoch, loss in mean_curve(record, column) or [(0, getattr(record, column))]:
            if loss is not None:
                yield f"{metric}/{name}", loss, epoch
    if record.val_loss is not None:
        yield f"{metric}/val_loss", record.val_loss, 0
    for name, loss in test_losses.items():
        yield f"{metric}/test_loss {name}", loss, 0


def holding(space: Space, records: tuple[TrialRecord, ...]) -> Space:
    """A space made to hold the hyperparameters of all records; of one that is recorded and not in
    it, the values recorded.

    A range of logarithms cannot hold a zero, and is then a plain one that begins there.
    """
    found: Space = {}
    for name in dict.fromkeys([*space, *(name for record in records for name in record.params)]):
        values = [record.params[name] for record in records if name in record.params]
        form: Any = space.get(name, [])
        if isinstance(form, Range):
            low = min([form.low, *values])
            high = max([form.high, *values])
            found[name] = Range(low=low, high=high, log=form.log and low > 0, integer=form.integer)
        else:
            choices = list(dict.fromkeys([*(form if isinstance(form, list) else []), *values]))
            found[name] = choices if choices else form
    return found
