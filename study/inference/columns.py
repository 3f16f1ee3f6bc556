"""What models make of each column: those of the outer folds are asked again, as they were for the report."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from study.data.columns import read_as
from study.data.encoding import encode_all
from study.data.reader import Reader, spelt
from study.data.sources import Source
from study.data.splits import make_splits
from study.data.tables import read_table
from study.diagnostics.answers import effects_frame, rises_frame
from study.diagnostics.probe import probe
from study.families.heads import FloatArray
from study.inference.models import ANSWER, Model, judged_rows, open_saved, plain_frame, procedure_for, study_rows, target_of
from study.records.inspection import Probed
from study.records.results import Results
from study.schema import StudyError, nearest


def column_importance(
    results: Results, target: str | None = None, model: str = ANSWER, rows: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How much more a model loses where a column's cells are permuted among the test rows (Breiman 2001, section 10).

    Each outer fold's model is asked as for importances.parquet (`study.diagnostics.probe`): on the same test rows, at most 200,
    with the same permutations, a column's levels and gaps together; but about every column, not the leading ones alone.

    Parameters
    ----------
    rows : the study's table, all rows in their order, read from its source again where it is left out.

    Returns
    -------
    (n_columns, 4) frame, the most important first: column, loss_increase (mean over the outer folds) and its std_error over
    test rows or their groups, in units of the loss, and share of the loss of the best constant on the same rows.
    """
    columns = rises_frame(_answers(results, target_of(results, target), model, rows)).groupby("column", sort=False)
    found = columns[["rise", "constant"]].mean()
    square = columns["error"].agg(lambda errors: np.square(errors).mean() / min(len(errors), results.config.outer.folds))
    found = found.assign(std_error=np.sqrt(square), share=found["rise"] / found["constant"])
    found = found.rename(columns={"rise": "loss_increase"})[["loss_increase", "std_error", "share"]]
    return found.sort_values("loss_increase", ascending=False, kind="stable").reset_index()


def partial_dependence(
    results: Results, column: str, target: str | None = None, model: str = ANSWER, rows: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Mean prediction over test rows if all had one value of a column (Friedman 2001, Ann. Statist. 29, section 8.2).

    As for effects.parquet (`study.diagnostics.probe`), which has it less its mean: at nine quantiles of a number or date, or at
    the commonest twelve levels, over at most 50 test rows of each outer fold.

    Parameters
    ----------
    rows : as in `column_importance`.

    Returns
    -------
    (n_values, ...) frame: value (a number, date or level), then `predicted`, or `p_<class>` for each class, the commonest six
    where there are more: the mean over the outer folds.
    """
    target = target_of(results, target)
    if column not in (names := [feature.name for feature in results.data.features]):
        raise StudyError(f"{column!r} is no feature of the study.{nearest(column, names)} Features: {', '.join(names)}.")
    effects = effects_frame(_answers(results, target, model, rows, column))
    if effects.empty:
        raise StudyError(f"No model of {target} takes {column!r}, which hardly varies. Ask about another column.")
    effects = effects[effects["sort"] == (sort := effects["sort"].iloc[0])]
    if sort == "category":
        effects = effects.assign(value=effects["level"])
    elif sort == "date":
        effects = effects.assign(value=pd.to_datetime(effects["value"], unit="D"))
    found: pd.DataFrame = effects.pivot_table("effect", "value", "output", sort=False)
    found = found.rename(columns=lambda name: f"p_{name}" if name else "predicted")
    if len(classes := results.data.classes[target]) == 2:
        found.insert(0, f"p_{classes[0]}", 1 - found.iloc[:, 0])
    found.columns.name = None
    return found.reset_index()


def _answers(
    results: Results, target: str, model: str, rows: pd.DataFrame | None, column: str | None = None
) -> Iterator[tuple[dict[str, Any], Probed]]:
    """What the judged model of each outer fold answers about all columns when permuted, or about the effect of one, too."""
    procedure = procedure_for(results, target, model)
    frame = study_rows(results) if rows is None else _spelt_as(open_saved(results, target, procedure).reader, plain_frame(rows))
    config = results.config
    features = [feature.name for feature in results.data.features]
    config = config.replace(data=config.data.model_dump() | {"features": features})
    table = read_table(config, Source(frame, results.data.digest, "the table"))
    (own,) = (each for each in table.targets if each.name == target)
    for (_, fold), encoded in encode_all(table, [(own, split) for split in make_splits(table, own, config)[:-1]]).items():
        saved, judged = open_saved(results, target, procedure, fold), judged_rows(results, target, procedure, fold)
        observed = pd.Series(encoded.y[encoded.test], encoded.rows[encoded.test])
        terms = [[term.name for term in each.terms] for each in (encoded, saved.reader)]
        if terms[0] != terms[1] or not np.allclose(observed.reindex(judged["row"]), judged["observed"]):
            raise StudyError(
                f"These rows are not the study's {results.data.rows:,}, or have other values of {target}. "
                "Give its own table, all rows in their order, or leave the rows out."
            )
        names = list(dict.fromkeys(term.column for term in encoded.terms if column in (None, term.column)))
        head = {"target": target, "kind": encoded.kind, "procedure": procedure, "outer_fold": fold}
        if names and (found := probe(encoded, partial(_response, saved), saved.loss, column is not None, names)):
            yield head, found


def _spelt_as(reader: Reader, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its levels spelt as in the study: a file may have `3.0` where a frame has 3."""
    known = {column.name: column.levels for column in reader.columns if column.levels and column.name in frame}
    return frame.assign(**{name: spelt(read_as(frame[name], "category", "", "").values, known[name]) for name in known})


def _response(saved: Model, raw: FloatArray) -> FloatArray:
    """As of one replicate, (1, n_rows, n_outputs)."""
    return saved.response(raw).reshape(1, len(raw), -1)
