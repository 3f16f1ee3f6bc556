"""From a frame of rows to the one model that predicts: by a search in this process, or by a whole
study.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from study.api import run_study
from study.config import StudyConfig
from study.data.encode import encode_all
from study.data.reader import Reader, make_reader
from study.data.sources import Source
from study.data.splits import split_all_rows
from study.data.tables import read_table
from study.execution.in_process import InMemoryRecords, search_in_process
from study.families.heads import FloatArray
from study.inference.models import ANSWER, Model, cautions, open_saved, procedure_for
from study.records.frames import trials_frame
from study.records.paths import StudyPaths, write_atomic
from study.records.trial import WinnerRecord
from study.records.work import reason
from study.schema import ALL_ROWS, NETWORK, REGRESSION, TERMS, StudyError
from study.search.cost import Size
from study.search.plan import make_plan, resolve_outer

if TYPE_CHECKING:
    from study.results import Results


PROCEDURES = REGRESSION, TERMS, NETWORK
"""Those among which the answer is, the simplest first."""


@dataclass(eq=False)
class Fitted:
    """The model that predicts, by its file, so that it is kept by pickle as it is by a results
    folder.

    name: its procedure. trials: those of the search, as in results.parquet. results: the study,
    where there was a whole one.
    """

    name: str
    reader: Reader
    content: bytes
    trials: pd.DataFrame
    results: Results | None = None
    _opened: Model | None = field(default=None, repr=False)

    def response(self, frame: pd.DataFrame) -> FloatArray:
        """Values, rates or probabilities of the second class (n_rows,), or (n_rows, n_classes), as
        `Model.response`.
        """
        raw = self.reader.read(frame).values
        if self._opened is not None:
            return self._opened.response(raw)
        with tempfile.TemporaryDirectory() as folder:
            path = StudyPaths(Path(folder)).delivered("y", self.name)
            write_atomic(path, self.content)
            self._opened = Model(self.name, path, self.reader)
            return self._opened.response(raw)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}


def fit_here(config: StudyConfig, frame: pd.DataFrame, model: str) -> Fitted:
    """Search all rows of a frame in this process for one procedure's model, or for that of the
    answer (`simplest`).

    Raises
    ------
    StudyError
        Whatever is wrong with rows or config, or every trial failed.
    """
    table = read_table(config, Source(frame, "", "X"))
    (target,) = table.targets
    encoded = encode_all(table, [(target, split_all_rows(table, target, config))])[
        target.name, ALL_ROWS
    ]
    size = Size(
        target.name, target.kind, len(encoded.development), len(encoded.terms), encoded.n_outputs
    )
    plan = make_plan(resolve_outer(config.replace(protocol="holdout"), [size]), [size])
    wanted = PROCEDURES if model == ANSWER else (model,)
    searches = [
        search
        for search in plan.searches
        if search.outer_fold == ALL_ROWS and search.procedure in wanted
    ]
    beside = [work for work in plan.beside if work.outer_fold == ALL_ROWS and work.sort in wanted]
    found = search_in_process(
        replace(plan, searches=tuple(searches), beside=tuple(beside)),
        {(target.name, ALL_ROWS): encoded},
    )
    files = {
        work.work.sort: StudyPaths(Path()).fold_model(target.name, work.work.sort, ALL_ROWS).name
        for work in found.work
    }
    best: dict[str, WinnerRecord] = {}
    for winner in sorted(found.winners, key=lambda winner: (winner.val_loss, winner.search.depth)):
        best.setdefault(winner.search.procedure, winner)
    files |= {name: winner.models[0] for name, winner in best.items()}
    if not best and not found.files:
        raise StudyError(
            f"No {' and no '.join(wanted)} model could be trained on these rows. {_why(found)}".strip()
        )
    name = model
    if model == ANSWER:
        name = simplest(
            {procedure: _by_fold(found, winner) for procedure, winner in best.items()},
            config.margin,
        )
    return Fitted(
        name, make_reader(table, encoded), found.files[files[name]], trials_frame(found.trials)
    )


def fit_with_evidence(
    config: StudyConfig, frame: pd.DataFrame, model: str, folder: Path, report: bool
) -> Fitted:
    """Run a whole study of a frame below a results folder, which takes the rows too, and open one
    of its models.

    What the verdict has against its use is warned of.

    Raises
    ------
    StudyError
        As `run_study`, or the folder holds other rows.
    """
    rows = folder / "rows.parquet"
    written = frame.to_parquet(index=False)
    if rows.exists() and rows.read_bytes() != written:
        raise StudyError(
            f"{folder} has a study of other rows. Name another folder with `results`, or remove it."
        )
    write_atomic(rows, written)
    source = {**config.data.model_dump(), "source": str(rows.resolve())}
    results = run_study(config.replace(data=source, name=folder.name), folder.parent, report=report)
    (target,) = config.targets
    saved = open_saved(results, target, procedure_for(results, target, model))
    for text in cautions(results, target, model, saved.name):
        warnings.warn(text, stacklevel=4)
    return Fitted(saved.name, saved.reader, saved.path.read_bytes(), results.trials, results)


def simplest(losses: Mapping[str, FloatArray], margin: float) -> str:
    """The simplest procedure that no richer one beats by more than margin times the simplest one's
    loss.

    losses: validation losses (n_folds,) of the best trial of each of PROCEDURES. A standard error
    of the paired difference over inner folds is taken off each gain, since the best of many terms
    is better by chance too.
    """
    names = [name for name in PROCEDURES if name in losses]
    least = margin * losses[names[0]].mean()

    def beaten(name: str, richer: str) -> bool:
        gain = losses[name] - losses[richer]
        return bool(gain.mean() - gain.std(ddof=1) / len(gain) ** 0.5 > least)

    return next(
        name
        for i, name in enumerate(names)
        if not any(beaten(name, richer) for richer in names[i + 1 :])
    )


def _by_fold(found: InMemoryRecords, winner: WinnerRecord) -> FloatArray:
    """Validation loss of a winner in each inner fold, the mean over seeds."""
    trials = {(trial.search, trial.number): trial for trial in found.trials}
    seeds = pd.DataFrame(map(vars, trials[winner.search, winner.number].replicates))
    return np.asarray(seeds.groupby("inner_fold")["val_loss"].mean(), np.float64)


def _why(found: InMemoryRecords) -> str:
    records: list[Any] = [*found.trials, *found.unscored, *found.work]
    return next((f"First error: {reason(each.error)}." for each in records if each.error), "")
