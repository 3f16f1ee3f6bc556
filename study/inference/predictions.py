"""Predictions for a user's rows, with what is odd about them and what they lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.data.reader import Raw
from study.data.written import KEY
from study.evidence.scores import of_one
from study.families.heads import FloatArray
from study.formatting import human, unique
from study.inference.intervals import interval_columns
from study.inference.models import (
    ANSWER,
    Model,
    cautions,
    check_fold,
    class_shares,
    open_saved,
    plain_frame,
    procedure_for,
    target_of,
    verdict_on,
)
from study.records.results import Results
from study.schema import ALL_ROWS, LOSS, LOSS_NAMES

ODD = {
    "gaps": "empty cells in",
    "unread": "cells that are no dates or numbers, taken as empty, in",
    "unseen": "levels that no row of the study had, taken as the commonest, in",
    "outside": "values outside the range of the study's rows in",
}


@dataclass(frozen=True)
class MeanLoss:
    """A mean loss with its 95% interval, NaN where there is one row or group alone."""

    loss: float
    low: float
    high: float

    def __str__(self) -> str:
        said = human(self.loss, 4)
        return (
            said
            if np.isnan(self.low)
            else f"{said} ({human(self.low, 4)} to {human(self.high, 4)})"
        )


@dataclass(frozen=True)
class Predictions:
    """Predicted rows. frame: (n_rows, ...) (`predict`). model: of MODELS, but the answer. warnings,
    notes: what to know.
    """

    frame: pd.DataFrame
    model: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def predict(
    results: Results,
    rows: pd.DataFrame,
    target: str | None = None,
    model: str = ANSWER,
    fold: int | None = None,
    interval: float | None = None,
) -> Predictions:
    """Predict rows with the delivered model, or with that which was judged on outer fold `fold`.

    Parameters
    ----------
    rows : (n_rows, ...) frame with every feature of the study, typed as there or as text; other
        columns are passed through, suffixed where a column of the predictions has their name.
    target : may be left out where the study has one.
    model : one of MODELS.
    interval : share of rows that intervals or sets are to hold (`study.inference.intervals`); none
        without it.

    Returns
    -------
    The frame has the index of `rows` and the columns passed through, then `predicted`: the value or
    rate, or the most probable class and all as `p_<class>`; then what `interval_columns` gives.

    Raises
    ------
    StudyError
        A column is missing or breaks its type, or there is no such model or fold.
    """
    target = target_of(results, target)
    check_fold(results, fold)
    procedure = procedure_for(results, target, model)
    saved = open_saved(results, target, procedure, ALL_ROWS if fold is None else fold)
    frame = plain_frame(rows)
    raw = saved.reader.read(frame)
    predicted = saved.response(raw.values)
    columns = prediction_columns(saved, predicted)
    warned, notes = cautions(results, target, model, procedure), []
    if interval is not None:
        found, said = interval_columns(results, saved, frame, predicted, interval)
        columns |= found
        notes += said
    if odd := _odd(raw, len(frame)):
        warned.append(odd)
    if unread := _unread(saved, frame, target):
        warned.append(
            f"Of {target} {unread} cells are no value that the study knows; their loss is left out."
        )
    notes += [*raw.notes, *_losses(results, saved, frame, predicted)]
    features = {column.name for column in saved.reader.columns}
    own = frame.iloc[:, frame.shape[1] - rows.shape[1] :]  # without an index that was made a column
    passed = own[[name for name in own if name not in features]]
    passed.columns = pd.Index(unique(map(str, passed), columns))
    table = passed.assign(**columns).set_axis(rows.index)
    table.attrs.pop(KEY, None)
    return Predictions(table, procedure, tuple(warned), tuple(notes))


def _unread(saved: Model, frame: pd.DataFrame, target: str) -> int:
    """Cells of the target, where rows have it, that are no value of the study's."""
    if target not in frame:
        return 0
    return int((frame[target].notna() & np.isnan(saved.reader.observed(frame))).sum())


def prediction_columns(saved: Model, predicted: FloatArray) -> dict[str, pd.Series]:
    """`predicted`, and a column of probabilities for each class."""
    classes = saved.reader.classes
    if not classes:
        return {"predicted": pd.Series(predicted)}
    shares = class_shares(predicted)
    labels = np.array(classes, dtype=object)[shares.argmax(axis=1)]
    columns = {f"p_{name}": pd.Series(shares[:, i]) for i, name in enumerate(classes)}
    return {"predicted": pd.Series(labels, dtype="str"), **columns}


def _odd(raw: Raw, n_rows: int) -> str:
    """A sentence that counts what is odd about the rows, empty where nothing is."""
    found = [
        f"{words} {_counted(getattr(raw, name))}"
        for name, words in ODD.items()
        if getattr(raw, name)
    ]
    return f"Of {n_rows} rows some have {'; '.join(found)}." if found else ""


def _counted(counts: Mapping[str, int]) -> str:
    named = [f"{name} ({count})" for name, count in counts.items()]
    return ", ".join(named[:10]) + (
        f" and {len(named) - 10} other columns" if len(named) > 10 else ""
    )


def _losses(
    results: Results, saved: Model, frame: pd.DataFrame, predicted: FloatArray
) -> list[str]:
    """What the study promises, and what the rows lost that hold the target."""
    reader = saved.reader
    name = LOSS_NAMES[reader.kind]
    promise = promised(results, reader.target, saved.name)
    said = []
    if promise is not None:
        verdict = verdict_on(results, reader.target)
        n = human(round(verdict.n_train))
        said.append(
            f"Fitted on {n} rows, {verdict.nouns[saved.name]} had a {name} of {promise} on its test rows."
        )
    if reader.target not in frame:
        return said
    observed = reader.observed(frame)
    known = ~np.isnan(observed)
    if known.any():
        loss = saved.loss(predicted[known], observed[known])
        groups = frame.get(results.data.groups, frame.index)
        group = pd.factorize(groups)[0][known]
        own = mean_loss(pd.DataFrame({"row": range(len(loss)), "group": group, "loss": loss}))
        rows = f"{known.sum():,} rows that hold" if known.sum() > 1 else "one row that holds"
        said.append(
            f"On the {rows} {reader.target}, its {name} is {own}. Rows that the model was made of test nothing."
        )
    return said


def mean_loss(rows: pd.DataFrame) -> MeanLoss:
    """Mean of the losses of a user's rows, with its interval; rows of one group are no independent
    ones.
    """
    found, _ = of_one(rows.assign(outer_fold=0), folds=1)
    return MeanLoss(found.estimate, found.low, found.high)


def promised(results: Results, target: str, procedure: str) -> MeanLoss | None:
    """Test loss of a procedure, as metrics.parquet and the report have it; None where it was not
    scored.
    """
    metrics = results.metrics
    own = metrics[
        (metrics["target"] == target) & (metrics["metric"] == LOSS) & metrics["base"].isna()
    ]
    own = own[own["other"] == procedure]
    return MeanLoss(*own[["value", "low", "high"]].iloc[0].astype(float)) if len(own) else None
