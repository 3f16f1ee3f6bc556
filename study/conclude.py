"""What follows when all trials are done: dataframes, reference fits and verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.config import StudyConfig
from study.data.encoding import Encoded, EncodedData, design
from study.data.splits import IntArray
from study.data.units import Units
from study.evidence.answer import write_verdicts
from study.evidence.compare import family_scores, pairwise
from study.evidence.findings import FoldMissing, ShortTerms
from study.evidence.margins import Bar
from study.evidence.metric_gains import metric_table
from study.evidence.scores import test_scores
from study.evidence.verdicts import bars, margin_curves, verdicts
from study.evidence.winners import incumbents
from study.explain.coefficients import coefficient_table, contrasts
from study.explain.formula import formula
from study.explain.jackknife import blocks
from study.explain.long import Blocks
from study.explain.reference import reference_coefficients
from study.records.delivery import deliver
from study.records.frames import Earlier, estimates_frame, whole
from study.records.paths import StudyPaths, write_atomic
from study.records.questions import kinds_of, questions
from study.records.results import gather, load_results, read_winners, read_work, write_frame
from study.records.short import ShortRecord
from study.schema import ALL_ROWS, LOSS, Kind, TrialState

ROUNDED = 0.05
"""Where the margin is no share of the regression's loss, the numbers of the short formula are rounded as for this one."""
MOST_CELLS = 10_000_000
"""Rows x terms of the most that a reference is fitted to as a whole: statsmodels takes up to 60 bytes for each."""


def conclude(paths: StudyPaths, data: EncodedData) -> None:
    """Gather the dataframes from the records, fit the references, draw the verdicts and hand the models over."""
    gather(paths, earlier_rows(data))
    results = load_results(paths.root)
    write_frame(paths.coefficients, coefficients(estimates_frame(read_winners(paths)), data))
    for name, frame in comparisons(results.predictions, results.trials, results.config, results.trees).items():
        write_frame(getattr(paths, name), frame)
    tested = {place: encoded for place, encoded in data.items() if place[1] != ALL_ROWS}
    development = pd.DataFrame([(target, len(encoded.development)) for (target, _), encoded in tested.items()])
    predictions = pd.concat([results.predictions, results.trees], ignore_index=True)
    shorts = read_work(paths, ShortRecord)
    margin = results.config.margin if results.config.margin_of == "regression" else ROUNDED
    answers = verdicts(
        predictions,
        results.trials,
        margin,
        results.config.outer.folds,
        n_train={str(target): float(rows.mean()) for target, rows in development.groupby(0)[1]},
        short=_short_terms(shorts, data, margin),
        missing=_missing(shorts),
        questions=questions(results.config, kinds_of(results.trials)),
    )
    write_atomic(paths.verdicts, write_verdicts(answers))
    deliver(paths, results.trials, results.config.keep_fold_models)


def earlier_rows(data: EncodedData) -> Earlier:
    """Of the places whose rows are in time order, how many rows are earlier than each test row.

    Records of versions that kept no order are judged by it too: without it their intervals would be for independent rows.
    """
    timed = {place: encoded for place, encoded in data.items() if encoded.times is not None and place[1] != ALL_ROWS}
    return {place: pd.Series(encoded.earlier, encoded.rows[encoded.test], float) for place, encoded in timed.items()}


def _short_terms(records: list[ShortRecord], data: EncodedData, margin: float) -> dict[str, ShortTerms]:
    """By target the terms of the short formula in each outer fold, and as text that of all rows.

    Its numbers are rounded within a tenth of the margin, a share of the plain regression's validation loss, or of ROUNDED.
    """
    folds: dict[str, dict[int, tuple[str, ...]]] = {}
    for record in whole(records):
        folds.setdefault(record.work.target, {})[record.work.outer_fold] = record.names
    texts = {
        record.work.target: formula(record.terms, data[record.work.target, ALL_ROWS], 0.1 * margin * record.path["val_loss"][0])
        for record in records
        if record.work.outer_fold == ALL_ROWS and record.state is TrialState.COMPLETE
    }
    return {target: ShortTerms(folds=own, formula=texts.get(target)) for target, own in folds.items()}


def _missing(records: list[ShortRecord]) -> dict[str, dict[int, FoldMissing]]:
    """By target and outer fold what its score test names."""
    found: dict[str, dict[int, FoldMissing]] = {}
    for record in whole(records):
        if record.missing is not None:
            found.setdefault(record.work.target, {})[record.work.outer_fold] = record.missing
    return found


def comparisons(
    predictions: pd.DataFrame, trials: pd.DataFrame, config: StudyConfig, trees: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Every score, interval and spread that report and terminal show, by the name of its frame in Results.

    They are `scores`, `ranks`, `pairs`, `metrics` and `margins`; trees: the test rows of boosted trees, where there are any.
    """
    winners, folds = incumbents(trials), config.outer.folds
    asked = questions(config, kinds_of(trials))
    margins, held = margin_curves(predictions, trials, folds, asked), bars(predictions, trials, folds, asked)
    plain = Bar(config.margin if config.margin_of == "regression" else ROUNDED)
    told = {
        target: held[target] if each.metric == LOSS and np.isfinite(held[target].margin) else plain
        for target, each in asked.items()
    }
    return {
        "scores": test_scores(predictions, winners, folds),
        "ranks": family_scores(predictions, winners, folds),
        "pairs": pairwise(predictions, told, folds, winners),
        "metrics": metric_table(pd.concat([predictions, trees], ignore_index=True), winners, folds),
        "margins": margins,
    }


def columns_of(encoded: Encoded, rows: IntArray) -> pd.DataFrame | Blocks:
    """Terms of some rows in original units, in blocks where they are more than MOST_CELLS."""
    if len(rows) * len(encoded.terms) <= MOST_CELLS:
        return design(encoded, rows)
    return Blocks([term.name for term in encoded.terms], len(rows), lambda part: encoded.original(-1, rows[part]))


def coefficients(estimates: pd.DataFrame, data: EncodedData) -> pd.DataFrame:
    """Estimates of the refitted regressions beside the reference fits of the same development rows.

    Standard errors are over what is independent in the table: its groups, blocks of its time, or else single rows.
    """
    keys = ["target", "family", "outer_fold"]
    trained, references = [estimates.iloc[:0]], [estimates.iloc[:0]]
    for (target, family, fold), rows in estimates.groupby(keys, sort=False):
        model: dict[str, Any] = {"target": target, "family": family, "outer_fold": fold}
        encoded = data[model["target"], model["outer_fold"]]
        development, l2 = encoded.development, float(rows["l2"].iloc[0])
        y, columns = encoded.y[development], columns_of(encoded, development)
        units = Units.of(encoded, development, blocks)
        reference = reference_coefficients(columns, y, encoded.kind, encoded.classes, l2, encoded.scale[-1], units)
        if encoded.kind is Kind.MULTICLASS:
            rows = contrasts(rows, encoded.classes)
        trained.append(rows)
        references.append(reference.assign(**model))
    return coefficient_table(pd.concat(trained[1:] or trained), pd.concat(references[1:] or references))
