"""What models make of each column, told by models of outer folds on rows that they have not seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from study.data.columns import read_as
from study.data.reader import ReadColumn
from study.families.heads import FloatArray
from study.predicting.models import ANSWER, Model, judged_rows, open_saved, plain_frame, procedure_for, study_rows, target_of
from study.records.results import Results
from study.schema import StudyError, nearest
from study.seeds import derive_seed

SHUFFLES = 5
"""Times that a column is shuffled."""
OWN_ROWS = "Give its own table, all rows in their order, or leave the rows out."
MOST_VALUES = 20
"""Values of a column at which the mean prediction is told, at quantiles where it has more."""


def column_importance(
    results: Results, target: str | None = None, model: str = ANSWER, rows: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How much more a model loses where a column's cells are shuffled among the test rows (Breiman 2001, section 10).

    Each outer fold's model of the first repeat is asked about its own test rows; a column's levels and gaps move together.

    Parameters
    ----------
    rows : the study's table, all rows in their order, read from its source again where it is left out.

    Returns
    -------
    (n_columns, 4) frame, the most important first: column, loss_increase and its std_error over test rows (units of the loss),
    share of the loss itself.
    """
    target, frame, found, losses = target_of(results, target), _table(results, rows), [], []
    for k, (fold, seen) in enumerate(_folds(results, target, model, frame)):
        raw, observed = seen
        base = fold.loss(fold.response(raw), observed)
        losses.append(base)
        places = _places(fold)
        rng = np.random.default_rng(derive_seed(results.config.seed, "importance", target, k))
        for column, own in places.items():
            more = np.zeros(len(raw))
            for _ in range(SHUFFLES):
                shuffled = raw.copy()
                shuffled[:, own] = raw[rng.permutation(len(raw))][:, own]
                more += (fold.loss(fold.response(shuffled), observed) - base) / SHUFFLES
            found.append(pd.DataFrame({"column": column, "more": more}))
    grouped = pd.concat(found).groupby("column")["more"]
    n_rows = sum(map(len, losses))
    told = pd.DataFrame(
        {"loss_increase": grouped.sum() / n_rows, "std_error": grouped.std() * np.sqrt(grouped.size()) / n_rows}
    )
    told["share"] = told["loss_increase"] / np.concatenate(losses).mean()
    return told.sort_values("loss_increase", ascending=False, kind="stable").reset_index()


def partial_dependence(
    results: Results, column: str, target: str | None = None, model: str = ANSWER, rows: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Mean prediction over test rows if all had one value of a column (Friedman 2001, Ann. Statist. 29, section 8.2).

    rows: as in `column_importance`.

    Returns
    -------
    (n_values, ...) frame: value, then `predicted`, or `p_<class>` for each class: the mean over the outer folds of the first
    repeat, each model asked about its own test rows.
    """
    target, frame = target_of(results, target), _table(results, rows)
    if column not in {feature.name for feature in results.data.features}:
        names = [feature.name for feature in results.data.features]
        raise StudyError(f"{column!r} is no feature of the study.{nearest(column, names)} Features: {', '.join(names)}.")
    values, sums, n_rows = None, 0.0, 0
    for fold, (raw, _) in _folds(results, target, model, frame):
        if values is None:
            values = _values(frame[column], next(own for own in fold.reader.columns if own.name == column))
            alike = pd.concat([frame.iloc[:1]] * len(values), ignore_index=True)
            alike[column] = values
        own = _places(fold).get(column, [])
        cells = fold.reader.read(alike).values[:, own]
        asked = np.repeat(raw[None], len(values), axis=0)
        asked[:, :, own] = cells[:, None]
        response = fold.response(asked.reshape(-1, raw.shape[1]))
        sums = sums + response.reshape(len(values), len(raw), -1).sum(axis=1)
        n_rows += len(raw)
    means = np.asarray(sums) / n_rows
    classes = results.data.classes[target]
    if means.shape[1] == 1 and classes:
        means = np.column_stack([1 - means, means])
    names = [f"p_{name}" for name in classes] or ["predicted"]
    return pd.DataFrame({"value": values} | {name: means[:, i] for i, name in enumerate(names)})


def _values(cells: pd.Series, column: ReadColumn) -> pd.Series:
    """Cells at whose values a column is asked, ascending: all, or at quantiles where they are many; the commonest levels."""
    typed = read_as(cells, column.type, column.pattern, "Give the study's own rows.").values.reset_index(drop=True).dropna()
    if column.type == "category":
        values = pd.Series(sorted(typed.value_counts().index[:MOST_VALUES]), dtype=typed.dtype)
    else:
        distinct = np.unique(typed)
        few = min(len(distinct), MOST_VALUES)
        values = pd.Series(distinct[np.linspace(0, len(distinct) - 1, few).round().astype(int)])
    first = typed.drop_duplicates()
    return cells.iloc[pd.Series(first.index, index=first.array).loc[values]].reset_index(drop=True)


def _places(model: Model) -> dict[str, list[int]]:
    """Which of a model's terms come from each column."""
    found: dict[str, list[int]] = {}
    for i, term in enumerate(model.reader.terms):
        found.setdefault(term.column, []).append(i)
    return found


def _table(results: Results, rows: pd.DataFrame | None) -> pd.DataFrame:
    if rows is None:
        return study_rows(results)
    if len(frame := plain_frame(rows)) != results.data.rows:
        raise StudyError(f"The study has {results.data.rows:,} rows, but {len(frame):,} were given. {OWN_ROWS}")
    return frame


def _folds(
    results: Results, target: str, model: str, frame: pd.DataFrame
) -> Iterator[tuple[Model, tuple[FloatArray, FloatArray]]]:
    """The judged model of each outer fold of the first repeat, its raw test rows and what was observed there."""
    procedure = procedure_for(results, target, model)
    for fold in range(1 if results.config.protocol == "holdout" else results.config.outer.folds):
        saved = open_saved(results, target, procedure, fold)
        tested = judged_rows(results, target, procedure, fold).drop_duplicates("row")
        own, observed = frame.iloc[tested["row"]].reset_index(drop=True), tested["observed"].to_numpy(float)
        if target in own and not np.allclose(saved.reader.observed(own), observed):
            raise StudyError(f"The rows that were given have other values of {target} than the study's. {OWN_ROWS}")
        yield saved, (saved.reader.read(own).values, observed)
