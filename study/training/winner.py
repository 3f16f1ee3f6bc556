"""An arm's winner: its incumbent's one look at the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from study.data.encoding import Encoded, give_back
from study.data.splits import Part
from study.families import HEADS, get_family
from study.families.heads import FloatArray
from study.numbers import Numbers
from study.records.paths import StudyPaths
from study.schema import ALL_ROWS, PART, Candidate, CoefficientRow, WinnerRecord
from study.seeds import derive_seed
from study.training.task import WinnerTask
from study.training.trial import architecture_of, make_problem, original_coefficients, replicates_of, train

if TYPE_CHECKING:
    from study.families import Architecture
    from study.families.stacked import Weights
    from study.training.problem import IntArray, Kept

PREDICTED = 8_192
"""Test rows that are predicted at a time."""
REFIT_SEEDS = 3
"""Networks refitted on all development rows for a winner, each from its own seed."""


@dataclass(frozen=True)
class Won:
    """What an incumbent becomes: its saved model (Keras), the judged candidate and others, and a regression's weights."""

    model: Any
    candidates: tuple[Candidate, ...]
    coefficients: tuple[CoefficientRow, ...] = ()


def run_winner(task: WinnerTask, encoded: Encoded, kept: Kept | None = None) -> tuple[WinnerRecord, dict[str, bytes]]:
    """Score an arm's incumbent on the test rows: its one look at them. Gives the record and model files by their names.

    What is judged is what is saved: the test rows are predicted by the model of the file. It is a network's replicates, as
    their trial `kept` them or trained again exactly as they were, whose predictions are averaged (candidate `ensemble`), or
    a regression refitted on all development rows (`refit`). Of the search on all rows there is a model and no candidate.
    """
    from study.families.saved import model_bytes

    won = _regression(task, encoded, kept) if get_family(task.arm.family).convex else _network(task, encoded, kept)
    test = encoded.test
    name = StudyPaths(Path()).model(task.arm).name
    give_back()  # what training has freed, before the record becomes text
    record = WinnerRecord(
        study=task.study,
        arm=task.arm,
        number=task.number,
        params=task.params,
        val_loss=task.val_loss,
        rows=encoded.rows[test].tolist(),
        observed=encoded.y[test].tolist(),
        candidates=won.candidates,
        coefficients=won.coefficients,
        models=(name,),
        groups=[] if encoded.groups is None else encoded.groups[test].tolist(),
    )
    return record, {name: model_bytes(won.model)}


def judged(name: str, seed: int, model: Any, encoded: Encoded) -> tuple[Candidate, ...]:
    """The candidate that is a saved model's predictions of the test rows; none where there are no test rows."""
    from study.families.saved import predict_raw

    return _candidates([(name, seed, predict_raw(model, encoded.raw(encoded.test)))], encoded)


def _candidates(predicted: list[tuple[str, int, FloatArray]], encoded: Encoded) -> tuple[Candidate, ...]:
    if encoded.outer_fold == ALL_ROWS:
        return ()
    observed, head = encoded.y[encoded.test], HEADS[encoded.kind]
    return tuple(
        Candidate(name=name, seed=seed, predicted=Numbers(values), loss=Numbers(head.response_loss(values, observed)))
        for name, seed, values in predicted
    )


def _network(task: WinnerTask, encoded: Encoded, kept: Kept | None) -> Won:
    """The mean prediction of the search's replicates, each trained on the training rows of its inner fold.

    Candidates `refit` are trained on all development rows, from REFIT_SEEDS seeds, on the schedule of the search and up to the
    median of the epochs at which the search's replicates were best; `rows-<fraction>` the same on parts of the development
    rows, one seed a part.
    """
    folds, seeds = replicates_of(task, len(encoded.train))
    architecture = architecture_of(task, encoded, len(folds))
    kept = kept or train(task, architecture, make_problem(encoded, folds), seeds).kept()
    model = _model(kept.weights, architecture, encoded, folds, encoded.columns)
    candidates = judged("ensemble", -1, model, encoded)
    if candidates:
        stop = round(float(np.median(kept.best_epoch)))
        _, refits = _refit(task, encoded, architecture, encoded.columns, tuple(encoded.parts), stop)
        candidates += refits
    return Won(model, candidates)


def _regression(task: WinnerTask, encoded: Encoded, kept: Kept | None) -> Won:
    """One fit on all development rows.

    Candidate `ensemble` is the mean of the replicates' linear predictors, which is again one regression; `rows-<fraction>` are
    trained on parts of the development rows.
    """
    family = get_family(task.arm.family)
    folds, seeds = replicates_of(task, len(encoded.train))
    architecture = architecture_of(task, encoded, len(folds))
    parts = tuple(encoded.parts) if encoded.outer_fold != ALL_ROWS else ()
    weights, refits = _refit(task, encoded, architecture, None, parts, None)
    model = _model([layer[:1] for layer in weights], architecture, encoded, [len(folds)], None)
    candidates = judged("refit", refits[0].seed, model, encoded) + refits[1:] if refits else ()
    if candidates:
        kept = kept or train(task, architecture, make_problem(encoded, folds), seeds).kept()
        mean = _test_predictors(kept.weights, architecture, encoded, folds, None).mean(axis=0)
        candidates = _candidates([("ensemble", -1, HEADS[encoded.kind].response(mean))], encoded) + candidates
    rows = _coefficient_rows(encoded, *original_coefficients(encoded, -1, weights, 0)) if family.inputs else []
    return Won(model, candidates, tuple(rows))


def _refit(
    task: WinnerTask,
    encoded: Encoded,
    architecture: Architecture,
    columns: IntArray | None,
    parts: tuple[Part, ...],
    stop: int | None,
) -> tuple[Weights, tuple[Candidate, ...]]:
    """Train on all development rows and on parts of them; without the parts where one of them fails. Gives all weights."""
    from study.training.problem import TrainingFailed

    stack = architecture.n_replicates
    named = [("refit", encoded.development)] * (1 if get_family(task.arm.family).convex else REFIT_SEEDS)
    named += [(f"{PART}{fraction:g}", rows) for fraction, rows in parts]
    seeds = [derive_seed(task.seed, task.arm.key, task.number, "refit", s) for s in range(len(named))]
    last = len(encoded.train)  # the encoder of all development rows
    fits = []
    try:
        for some in (slice(start, start + stack) for start in range(0, len(named), stack)):
            rows = [rows for _, rows in named[some]]
            problem = make_problem(encoded, [last] * len(rows), rows)
            fits.append(train(task, architecture, problem, seeds[some], stop).weights)
    except TrainingFailed:
        if not parts:
            raise
        return _refit(task, encoded, architecture, columns, (), stop)
    weights = [np.concatenate(layer) for layer in zip(*fits, strict=True)]
    eta = _test_predictors(weights, architecture, encoded, [last] * len(named), columns)
    predicted = HEADS[encoded.kind].response(eta)
    finite = [name == "refit" or np.isfinite(own).all() for (name, _), own in zip(named, predicted, strict=True)]
    found = [(name, seed, own) for (name, _), seed, own in zip(named, seeds, predicted, strict=True)]
    return weights, _candidates([each for each, kept in zip(found, finite, strict=True) if kept], encoded)


def _test_predictors(
    weights: Weights, architecture: Architecture, encoded: Encoded, encoders: list[int], columns: IntArray | None
) -> FloatArray:
    """Linear predictors (n_replicates, n_test, n_outputs) on the test rows, in the target's own unit if continuous."""
    from study.families.stacked import linear_predictor

    pieces = []
    for rows in np.array_split(encoded.test, max(1, -(-len(encoded.test) // PREDICTED))):
        x = np.zeros((len(encoders), len(rows), architecture.n_features), np.float32)
        for k, encoder in enumerate(encoders):
            x[k][:, slice(None) if columns is None else columns] = encoded.x(encoder, rows)
        pieces.append(linear_predictor(weights, architecture, x))
    scale, center = (a[encoders][:, None, None] for a in (encoded.y_scale, encoded.y_center))
    return np.asarray(np.concatenate(pieces, axis=1) * scale + center)


def _model(
    weights: Weights, architecture: Architecture, encoded: Encoded, encoders: list[int], columns: IntArray | None
) -> Any:
    """The Keras model of stacked weights, each replicate reading rows through one of the encoders."""
    from study.families.saved import Reading, stacked_model

    reading = Reading(
        fill=encoded.fill[encoders],
        center=encoded.center[encoders],
        scale=np.where(encoded.varies[encoders], encoded.scale[encoders], np.inf),
        y_center=encoded.y_center[encoders],
        y_scale=encoded.y_scale[encoders],
        places=np.arange(len(encoded.terms)) if columns is None else columns,
    )
    return stacked_model(weights, architecture, HEADS[encoded.kind], reading)


def _coefficient_rows(encoded: Encoded, weights: FloatArray, intercept: FloatArray) -> list[CoefficientRow]:
    outputs: list[str | None] = [*encoded.classes] if encoded.n_outputs > 1 else [None]
    rows = []
    for o, output in enumerate(outputs):
        rows.append(CoefficientRow(term="intercept", level=None, output=output, unit="", estimate=float(intercept[o])))
        rows += [
            CoefficientRow(term=term.name, level=term.level, output=output, unit=term.unit, estimate=float(weights[i, o]))
            for i, term in enumerate(encoded.terms)
        ]
    return rows
