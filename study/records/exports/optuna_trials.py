"""Records as Optuna studies, one a search: what Optuna's own functions and its dashboard read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, create_trial

from study.families.distributions import distributions
from study.records.exports.searches import Changes, SearchRecords
from study.records.one import mean_curve
from study.records.trial import TrialRecord
from study.records.work import reason
from study.schema import LOSS_NAMES, TrialState

ATTRIBUTES = {
    "trial_id",
    "generation",
    "val_loss_se",
    "train_loss",
    "best_epoch",
    "n_parameters",
    "wall_time_s",
    "node",
    "device",
}
"""Of a record, as user attributes of its trial."""
POINTS_ON_DISK = 16
"""Intermediate values of a trial in a storage on disk, which takes a millisecond or more for each.
"""


@dataclass
class OptunaTrials:
    """Keeps a storage of Optuna's up to the records of a study.

    A study of Optuna's is named by its search; its values are validation losses, its trials have
    the numbers of their records, and a network's intermediate values are its mean validation losses
    by epoch. Its user attributes name the search, its loss and, once it is scored, its winner with
    the test losses.

    points: most intermediate values of a trial.
    """

    storage: BaseStorage
    points: int = 100
    _told: dict[str, list[TrialRecord]] = field(default_factory=dict, init=False)

    def sync(self, changes: Changes) -> int:
        """Add what is new, and make a search's study anew where a record is gone or another; gives
        how many trials there are.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        for search in changes:
            self._sync(search)
        return sum(map(len, self._told.values()))

    def _sync(self, search: SearchRecords) -> None:
        key = search.spec.key
        told = self._told.setdefault(search.spec.key, [])
        if told != list(search.records[: len(told)]):
            optuna.delete_study(study_name=key, storage=self.storage)
            told.clear()
        known = optuna.create_study(
            storage=self.storage, study_name=key, direction="minimize", load_if_exists=True
        )
        if not told:
            for name, value in search.spec.model_dump(mode="json").items():
                known.set_user_attr(name, value)
            known.set_user_attr("loss", LOSS_NAMES[search.spec.kind])
        if search.winner is not None:
            known.set_user_attr("winner", search.spec.trial_id(search.winner))
            for name, loss in search.test_losses.items():
                known.set_user_attr(f"test_loss_{name}", loss)
        forms = distributions(search.space)
        for record, _, begin, end in list(search.in_time)[len(told) :]:
            known.add_trial(_trial(record, forms, begin, end, self.points))
            told.append(record)


def _trial(
    record: TrialRecord, forms: dict[str, Any], begin: datetime, end: datetime, points: int
) -> FrozenTrial:
    attributes = record.model_dump(include=ATTRIBUTES, exclude_none=True)
    attributes |= {"error": reason(record.error)} if record.error else {}
    complete = record.state is TrialState.COMPLETE
    trial = create_trial(
        state=optuna.trial.TrialState[record.state.value],
        value=record.val_loss if complete else None,
        params=record.params,
        distributions={name: forms[name] for name in record.params},
        user_attrs=attributes,
        intermediate_values=dict(thinned(mean_curve(record), points)),
    )
    trial.datetime_start, trial.datetime_complete = (
        time.astimezone().replace(tzinfo=None) for time in (begin, end)
    )
    return trial


def thinned(curve: list[tuple[int, float]], points: int) -> list[tuple[int, float]]:
    """So many points of a curve, evenly spaced, the first and the last among them."""
    if len(curve) <= points:
        return curve
    return [
        curve[place]
        for place in np.unique(np.linspace(0, len(curve) - 1, points).round().astype(int))
    ]


def open_storage(path: Path) -> BaseStorage:
    """A storage in a new SQLite file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return optuna.storages.RDBStorage(f"sqlite:///{path}")
