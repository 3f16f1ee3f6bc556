"""What follows when all trials are done: dataframes, reference fits and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from study.config.questions import kinds_of, questions
from study.data.encoding import EncodedData, design
from study.data.units import Units
from study.diagnostics.checks import checks
from study.diagnostics.coefficients.compute import coefficient_table, contrasts
from study.diagnostics.coefficients.reference import no_reference, reference_coefficients
from study.diagnostics.effects.compute import differences, mean_effects
from study.diagnostics.effects.density import with_density
from study.diagnostics.formula import formula
from study.diagnostics.hyperparameters.compute import hyperparameters
from study.diagnostics.importance.compute import importances
from study.diagnostics.jackknife import blocks
from study.diagnostics.warned import study_warnings
from study.diagnostics.where.compute import where_it_helps
from study.diagnostics.where.gains import row_gains
from study.evidence.findings import ShortTerms
from study.evidence.judge import Judge
from study.evidence.margins import Question
from study.evidence.metric_gains import metric_table
from study.evidence.scores import model_scores
from study.evidence.stored import write_verdicts
from study.evidence.verdicts import answers, judges, margin_curves, pair_table
from study.evidence.winners import incumbents
from study.records.delivery import deliver
from study.records.frames import Earlier, estimates_frame, whole
from study.records.gathering import gather, write_frame
from study.records.paths import StudyPaths, write_atomic
from study.records.probed import answered, effects_frame, rises_frame
from study.records.results import load_results, read_winners, read_work
from study.records.short import ShortRecord
from study.records.trees import TreesRecord
from study.schema import ALL_ROWS, LOSS, Kind, TrialState

ROUNDED = 0.05
"""Where a target's margin is no share of the regression's loss, its short formula is rounded as for this one."""
MOST_CELLS = 10_000_000
"""Rows x terms of the most that a reference is fitted to: statsmodels takes up to 60 bytes for each."""
TOO_LONG = "too many rows for a reference fit: no standard error"


def conclude(paths: StudyPaths, data: EncodedData) -> None:
    """Gather the dataframes from the records, fit the references, draw the verdicts and hand the models over."""
    gather(paths, earlier_rows(data))
    results = load_results(paths.root)
    write_frame(paths.coefficients, fitted := coefficients(estimates_frame(read_winners(paths)), data))
    tested = {place: encoded for place, encoded in data.items() if place[1] != ALL_ROWS}
    development = pd.DataFrame([(target, len(encoded.development)) for (target, _), encoded in tested.items()])
    predictions = pd.concat([results.predictions, results.trees], ignore_index=True)
    n_train = {str(target): float(rows.mean()) for target, rows in development.groupby(0)[1]}
    asked = questions(results.config, kinds_of(results.trials))
    judged = judges(predictions, results.trials, results.config.outer.folds, asked, n_train=n_train)
    for name, frame in comparisons(results.predictions, results.trials, judged, results.trees).items():
        write_frame(getattr(paths, name), frame)
    for name, frame in what_models_say(paths, predictions, results.trials, data).items():
        write_frame(getattr(paths, name), frame)
    rows = {place: min(map(len, encoded.train)) for place, encoded in tested.items()}
    write_frame(paths.hyperparameters, hyperparameters(results.config, results.trials, rows))
    shorts = read_work(paths, ShortRecord)
    told = answers(judged, _short_terms(shorts, data, asked))
    write_atomic(paths.verdicts, write_verdicts(told, study_warnings(results, data, judged, told, fitted)))
    deliver(paths, results.trials, results.config.keep_fold_models)


def what_models_say(
    paths: StudyPaths, predictions: pd.DataFrame, trials: pd.DataFrame, data: EncodedData
) -> dict[str, pd.DataFrame]:
    """Effects, importances and where the network helps, by the name of its frame in Results.

    Of records that versions before this one left, only the last; the others have no rows.
    """
    answers = list(answered(read_winners(paths), whole(read_work(paths, TreesRecord))))
    effects = effects_frame(answers)
    return {
        "effects": with_density(mean_effects(effects, differences(effects)), data),
        "importances": importances(rises_frame(answers)),
        "helps": where_it_helps(row_gains(predictions, incumbents(trials)), data),
    }


def earlier_rows(data: EncodedData) -> Earlier:
    """Of the places whose rows are in time order, how many rows are earlier than each test row.

    Records of versions that kept no order are judged by it too: without it their intervals would be for independent rows.
    """
    timed = {place: encoded for place, encoded in data.items() if encoded.times is not None and place[1] != ALL_ROWS}
    return {place: pd.Series(encoded.earlier, encoded.rows[encoded.test], float) for place, encoded in timed.items()}


def rounded_for(question: Question) -> float:
    """The share of the plain regression's loss that a short formula is rounded for: the margin where it is such a share."""
    return question.margin if (question.metric, question.margin_of) == (LOSS, "regression") else ROUNDED


def _short_terms(records: list[ShortRecord], data: EncodedData, asked: Mapping[str, Question]) -> dict[str, ShortTerms]:
    """By target the terms of the short formula in each outer fold, and as text that of all rows.

    Its numbers are rounded within a tenth of `rounded_for`, of the plain regression's validation loss.
    """
    folds: dict[str, dict[int, tuple[str, ...]]] = {}
    for record in whole(records):
        folds.setdefault(record.work.target, {})[record.work.outer_fold] = record.names
    texts = {}
    for record in records:
        if record.work.outer_fold == ALL_ROWS and record.state is TrialState.COMPLETE:
            target = record.work.target
            within = 0.1 * rounded_for(asked[target]) * record.path["val_loss"][0]
            texts[target] = formula(record.terms, data[target, ALL_ROWS], within)
    return {target: ShortTerms(folds=own, formula=texts.get(target)) for target, own in folds.items()}


def comparisons(
    predictions: pd.DataFrame, trials: pd.DataFrame, judged: Sequence[Judge], trees: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Every score, interval and spread that report and terminal show, by the name of its frame in Results.

    They are `scores`, `pairs`, `metrics`, `margins` and those of `study.diagnostics`; judged: of all targets;
    trees: the test rows of boosted trees, where there are any.
    """
    winners, folds = incumbents(trials), judged[0].folds
    beside = pd.concat([predictions, trees], ignore_index=True)
    return {
        "scores": model_scores(predictions, winners, folds),
        "pairs": pair_table(judged),
        "metrics": metric_table(beside, winners, folds),
        "margins": margin_curves(judged),
    } | checks(beside, winners)


def coefficients(estimates: pd.DataFrame, data: EncodedData) -> pd.DataFrame:
    """Estimates of the refitted regressions beside the reference fits of the same development rows.

    Standard errors are over what is independent in the table: its groups, blocks of its time, or else single rows. Of more than
    MOST_CELLS there is no reference and none of these.
    """
    keys = ["target", "family", "outer_fold"]
    trained, references = [estimates.iloc[:0]], [estimates.iloc[:0]]
    for (target, family, fold), rows in estimates.groupby(keys, sort=False):
        model: dict[str, Any] = {"target": target, "family": family, "outer_fold": fold}
        encoded = data[model["target"], model["outer_fold"]]
        development, l2 = encoded.development, float(rows["l2"].iloc[0])
        terms = [term.name for term in encoded.terms]
        if len(development) * len(terms) > MOST_CELLS:
            outputs = encoded.classes[1:] if encoded.kind is Kind.MULTICLASS else [None]
            reference = no_reference(terms, outputs, TOO_LONG)
        else:
            columns, units = design(encoded, development), Units.of(encoded, development, blocks)
            y, scale = encoded.y[development], encoded.scale[-1]
            reference = reference_coefficients(columns, y, encoded.kind, encoded.classes, l2, scale, units)
        if encoded.kind is Kind.MULTICLASS:
            rows = contrasts(rows, encoded.classes)
        trained.append(rows)
        spread = dict(zip(terms, encoded.scale[-1].tolist(), strict=True))
        references.append(reference.assign(**model, sd=reference["term"].map(spread)))
    return coefficient_table(pd.concat(trained[1:] or trained), pd.concat(references[1:] or references))
