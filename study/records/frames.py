"""From records to dataframes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from study.records.formula import FormulaRecord
from study.records.trees import TreesRecord
from study.records.trial import ReplicateRecord, TermRow, TrialRecord, WinnerRecord, named_terms
from study.schema import ALL_ROWS, RESULT_COLUMNS, Kind, TrialState

REPLICATE = ["trial_id", "target", "kind", "family", "depth", "outer_fold", "number", "replicate"]


B = TypeVar("B", TreesRecord, FormulaRecord)
Beside = TreesRecord | FormulaRecord
"""What is scored beside the searches."""
Earlier = Mapping[tuple[str, int], pd.Series]
"""By target and outer fold, how many rows of the table are earlier than each test row, indexed by
row."""


def trials_frame(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """One row a trial: the columns of `schema.RESULT_COLUMNS`, then `params_*`, `coef_*` and
    `intercept*`.

    Sorted by target, outer fold, depth, family and number. Losses are in the kind's own units
    (`schema.LOSS_NAMES`); coefficients per original unit of their column, NaN for a network;
    wall_time_s in seconds.
    """
    rows = []
    for record in records:
        plain = record.model_dump(include=set(RESULT_COLUMNS), mode="json")
        params = {f"params_{k}": v for k, v in record.params.items()}
        rows.append(
            {**plain, **record.search.model_dump(mode="json"), **params, **record.coefficients}
        )
    frame = pd.DataFrame(rows)
    extra = [str(c) for c in frame if c not in RESULT_COLUMNS]
    params_first = sorted(
        extra, key=lambda c: (not c.startswith("params_"), c.startswith("intercept"))
    )
    frame = frame.reindex(columns=[*RESULT_COLUMNS, *params_first]).astype(RESULT_COLUMNS)
    for column in extra:
        if frame[column].dtype == object:
            frame[column] = (
                frame[column]
                .map(lambda v: v if isinstance(v, str) or pd.isna(v) else str(v))
                .astype("str")
            )
    return frame.sort_values(
        ["target", "outer_fold", "depth", "family", "number"], ignore_index=True
    )


def folds_frame(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """One row a trial and replicate: val_loss, train_loss, best_epoch, n_epochs (from 1; none of a
    regression), converged.
    """
    rows = [
        {
            "study": r.study,
            "trial_id": r.trial_id,
            **r.search.model_dump(mode="json"),
            "number": r.number,
            "replicate": k,
        }
        | replicate.model_dump()
        for r in records
        for k, replicate in enumerate(r.replicates)
    ]
    frame = pd.DataFrame(rows, columns=["study", *REPLICATE, *ReplicateRecord.model_fields])
    return frame.astype({"best_epoch": "Int64", "n_epochs": "Int64"})


def curves_frame(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """One row a trial, replicate and recorded epoch: val_loss and train_loss after it."""
    losses = ["val_loss", "train_loss"]
    rows = [
        {
            "trial_id": r.trial_id,
            **r.search.model_dump(mode="json"),
            "number": r.number,
            "replicate": k,
        }
        | {"inner_fold": replicate.inner_fold, "seed": replicate.seed, "epoch": r.curves["epoch"]}
        | {name: r.curves[name][k] for name in losses}
        for r in records
        if r.curves
        for k, replicate in enumerate(r.replicates)
    ]
    frame = pd.DataFrame(rows, columns=[*REPLICATE, "inner_fold", "seed", "epoch", *losses])
    long = frame.explode(["epoch", *losses], ignore_index=True)
    return long.astype(
        {"trial_id": "str", "epoch": "int64", "val_loss": "float64", "train_loss": "float64"}
    )


def whole(records: Sequence[B]) -> list[B]:
    """Records of tested outer folds, of the targets where none failed: the mean over others would
    answer another question.
    """
    tested = [record for record in records if record.work.outer_fold != ALL_ROWS]
    failed = {record.work.target for record in tested if record.state is not TrialState.COMPLETE}
    return [record for record in tested if record.work.target not in failed]


def predictions_frame(
    records: Iterable[WinnerRecord | Beside],
    classes: dict[str, list[str]],
    earlier: Earlier | None = None,
) -> pd.DataFrame:
    """One row a test row, search, candidate and seed: row, group (the row itself without groups),
    observed, predicted and loss; of rows in time order time, how many rows of the table are
    earlier.

    Boosted trees are family "trees", the simple formula is "formula", both of depth 0.

    predicted: a value, a rate, or the probability of the second class; for more than two classes
    the probability of the observed one, beside `p_<class>` for all. val_loss: of a part of the rows
    (`Candidate`), else NaN. classes: those of each target. earlier: takes the place of what records
    of earlier versions lack.
    """
    pieces: list[pd.DataFrame] = []
    known = earlier or {}
    for w in records:
        head: dict[str, Any] = {
            "study": w.study,
            **w.search.model_dump(mode="json"),
            "number": 0 if isinstance(w, FormulaRecord) else w.number,
        }
        observed = np.asarray(w.observed, float)
        rows = np.asarray(w.rows, np.int64)
        groups = np.asarray(w.groups, np.int64) if w.groups else rows
        place = head["target"], head["outer_fold"]
        for candidate in w.candidates:
            predicted = np.asarray(candidate.predicted, float)
            values = head | {
                "candidate": candidate.name,
                "seed": candidate.seed,
                "val_loss": np.nan if candidate.val_loss is None else candidate.val_loss,
                "row": rows,
                "group": groups,
                "observed": observed,
                "predicted": predicted,
                "loss": np.asarray(candidate.loss, float),
            }
            if w.earlier:
                values["time"] = np.asarray(w.earlier, float)
            elif place in known:
                values["time"] = known[place].reindex(rows).to_numpy(float)
            if head["kind"] == Kind.MULTICLASS:
                values["predicted"] = np.take_along_axis(
                    predicted, observed.astype(int)[:, None], 1
                )[:, 0]
                names = [f"p_{name}" for name in classes[head["target"]]]
                values |= dict(zip(names, predicted.T, strict=True))
            pieces.append(pd.DataFrame(values))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()


def estimates_frame(winners: Iterable[WinnerRecord]) -> pd.DataFrame:
    """Coefficients of the refitted regressions: target, kind, family, outer_fold, term, level,
    output, unit, estimate, l2.
    """
    rows = [
        {**w.search.model_dump(mode="json"), "l2": w.params.get("l2", 0.0), **row.model_dump()}
        for w in winners
        for row in w.coefficients
    ]
    columns = [
        "target",
        "kind",
        "family",
        "outer_fold",
        "l2",
        "term",
        "level",
        "output",
        "unit",
        "estimate",
    ]
    return pd.DataFrame(rows, columns=columns)


def terms_frame(winners: Iterable[WinnerRecord], formulas: Iterable[FormulaRecord]) -> pd.DataFrame:
    """One row a weight of the regressions with terms and of the simple formulas, all rows' (outer
    fold -1) among them.

    target, family (terms or formula), outer_fold, term (its name), then as in `TermRow`: form,
    columns, fill, centers, low, high (lists), knot, output, weight.
    """
    sources: list[WinnerRecord | FormulaRecord] = [*winners, *formulas]
    heads = [(source, source.search.model_dump(mode="json")) for source in sources if source.terms]
    rows = [
        {name: head[name] for name in ("target", "family", "outer_fold")}
        | {"term": name}
        | row.model_dump()
        for source, head in heads
        for name, row in named_terms(source.terms)
    ]
    return pd.DataFrame(
        rows, columns=["target", "family", "outer_fold", "term", *TermRow.model_fields]
    )
