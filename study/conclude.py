"""What follows when all trials are done: dataframes, reference fits and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

import pandas as pd

from study.config.questions import kinds_of, questions
from study.data.encoding import EncodedData
from study.diagnostics.answers import answered
from study.diagnostics.context import Context
from study.diagnostics.formula import formula
from study.diagnostics.registry import computed
from study.diagnostics.warned import study_warnings
from study.evidence.findings import FormulaTerms
from study.evidence.metric_gains import metric_table
from study.evidence.scores import model_scores
from study.evidence.stored import write_verdicts
from study.evidence.thresholds import EvaluationSpec
from study.evidence.verdicts import answers, judges, pair_table
from study.records.delivery import deliver
from study.records.formula import FormulaRecord
from study.records.frames import Earlier, estimates_frame, whole
from study.records.gathering import gather, write_frame
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import read_winners, read_work
from study.records.results import load_results
from study.records.trees import TreesRecord
from study.schema import ALL_ROWS, LOSS, TREES

ROUNDED = 0.05
"""Where a target's margin is no share of the regression's loss, its simple formula is rounded as
for this one.
"""


def conclude(paths: StudyPaths, data: EncodedData) -> None:
    """Gather the dataframes from the records, fit the references, draw the verdicts and hand the
    models over.
    """
    gather(paths, earlier_rows(data))
    results = load_results(paths.root)
    winners = read_winners(paths)
    predictions = pd.concat([results.predictions, results.trees], ignore_index=True)
    development: dict[str, list[int]] = {}
    for (target, fold), encoded in data.items():
        if fold != ALL_ROWS:
            development.setdefault(target, []).append(len(encoded.development))
    n_train = {target: fmean(rows) for target, rows in development.items()}
    asked = questions(results.config, kinds_of(results.trials))
    judged = judges(predictions, results.trials, results.config.outer.folds, asked, n_train=n_train)
    context = Context(
        config=results.config,
        data=data,
        trials=results.trials,
        predictions=predictions,
        estimates=estimates_frame(winners),
        answers=list(answered(winners, whole(read_work(paths, TreesRecord)))),
        judges=judged,
    )
    frames = comparisons(context) | {
        name: each.compute(context) for name, each in computed().items()
    }
    for name, frame in frames.items():
        write_frame(paths.frame(name), frame)
    formulas = read_work(paths, FormulaRecord)
    told = answers(judged, _formula_terms(formulas, data, asked))
    write_atomic(
        paths.verdicts,
        write_verdicts(told, study_warnings(results, data, judged, told, frames["coefficients"])),
    )
    deliver(paths, results.trials, results.config.keep_fold_models)


def earlier_rows(data: EncodedData) -> Earlier:
    """Of the places whose rows are in time order, how many rows are earlier than each test row.

    Records of versions that kept no order are judged by it too: without it their intervals would be
    for independent rows.
    """
    return {
        place: pd.Series(encoded.earlier, encoded.rows[encoded.test], float)
        for place, encoded in data.items()
        if encoded.times is not None and place[1] != ALL_ROWS
    }


def rounded_for(question: EvaluationSpec) -> float:
    """The share of the plain regression's loss that a simple formula is rounded for: the margin
    where it is such a share.
    """
    if (question.metric, question.margin_of) == (LOSS, "regression"):
        return question.margin
    return ROUNDED


def _formula_terms(
    records: list[FormulaRecord], data: EncodedData, asked: Mapping[str, EvaluationSpec]
) -> dict[str, FormulaTerms]:
    """By target the terms of the simple formula in each outer fold, and as text that of all rows.

    Its numbers are rounded within a tenth of `rounded_for`, of the plain regression's validation
    loss.
    """
    folds: dict[str, dict[int, tuple[str, ...]]] = {}
    for record in whole(records):
        folds.setdefault(record.work.target, {})[record.work.outer_fold] = record.names
    texts = {}
    for record in records:
        if record.names and record.work.outer_fold == ALL_ROWS:  # else it is the plain regression
            target = record.work.target
            within = 0.1 * rounded_for(asked[target]) * record.path["val_loss"][0]
            texts[target] = formula(record.terms, data[target, ALL_ROWS], within)
    return {
        target: FormulaTerms(folds=own, formula=texts.get(target)) for target, own in folds.items()
    }


def comparisons(context: Context) -> dict[str, pd.DataFrame]:
    """Scores, pairs and metrics of all that is compared, by the name of its frame in Results."""
    winners, folds = context.winners, context.config.outer.folds
    judged = context.predictions[context.predictions["family"] != TREES]
    scores = model_scores(judged, winners, folds)
    for (target, _), own in context.data.items():
        if own.measured is not None:  # validation losses are of the logarithm
            scores.loc[scores["target"] == target, ["val_loss", "optimism"]] = float("nan")
    return {
        "scores": scores,
        "pairs": pair_table(context.judges),
        "metrics": metric_table(context.predictions, winners, folds),
    }
