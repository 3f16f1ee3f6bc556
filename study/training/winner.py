"""An arm's winner: its incumbent's one look at the test rows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from study.data.encoding import Encoded, give_back
from study.families import HEADS, get_family
from study.families.heads import FloatArray
from study.records.paths import StudyPaths
from study.records.trial import Candidate, WinnerRecord
from study.schema import derive_seed
from study.training.regression_winner import run_regression_winner
from study.training.scored import Won, asked, candidates, judged, scored_parts
from study.training.task import WinnerTask
from study.training.trial import architecture_of, make_problem, replicates_of, train

if TYPE_CHECKING:
    from study.families import Architecture
    from study.families.stacked import Weights
    from study.training.problem import Kept

PREDICTED = 8_192
"""Test rows that are predicted at a time."""
REFIT_SEEDS = 3
"""Networks refitted on all development rows for a winner, each from its own seed."""


def run_winner(task: WinnerTask, encoded: Encoded, kept: Kept | None = None) -> tuple[WinnerRecord, dict[str, bytes]]:
    """Score an arm's incumbent on the test rows: its one look at them. Gives the record and model files by their names.

    What is judged is what is saved: the test rows are predicted by the model of the file. It is a network's replicates, as
    their trial `kept` them or trained again exactly as they were, whose predictions are averaged (candidate `ensemble`), or
    a regression refitted on all development rows (`refit`). Of the search on all rows there is a model and no candidate.
    """
    from study.families.saved import model_bytes

    convex = get_family(task.arm.family).convex
    won = run_regression_winner(task, encoded) if convex else _network(task, encoded, kept)
    name = StudyPaths(Path()).model(task.arm).name
    give_back()  # what training has freed, before the record becomes text
    record = WinnerRecord(
        study=task.study,
        arm=task.arm,
        number=task.number,
        params=task.params,
        val_loss=task.val_loss,
        **encoded.tested,
        candidates=won.candidates,
        coefficients=won.coefficients,
        terms=won.terms,
        clipped=won.clipped,
        converged=won.converged,
        models=(name,),
        probed=won.probed,
    )
    return record, {name: model_bytes(won.model)}


def _network(task: WinnerTask, encoded: Encoded, kept: Kept | None) -> Won:
    """The mean prediction of the search's replicates, each trained on the training rows of its inner fold.

    Candidates `refit` are trained on all development rows, from REFIT_SEEDS seeds, on the schedule of the search and up to the
    median of the epochs at which the search's replicates were best; `rows-<fraction>` are made of a part of the development
    rows as `ensemble` is of all.
    """
    folds, seeds = replicates_of(task, len(encoded.train))
    architecture = architecture_of(task, encoded, len(folds))
    kept = kept or train(task, architecture, make_problem(encoded, folds), seeds).kept()
    model = _model(kept.weights, architecture, encoded, folds)
    scored = judged("ensemble", -1, model, encoded)
    if scored:
        stop = round(float(np.median(kept.best_epoch)))
        scored += _refit(task, encoded, architecture, stop)
        scored += scored_parts(encoded, partial(_on_part, task, architecture, encoded))
    return Won(model, scored, probed=asked(encoded, partial(_replicates, kept.weights, architecture, encoded, folds)))


def _refit(task: WinnerTask, encoded: Encoded, architecture: Architecture, stop: int) -> tuple[Candidate, ...]:
    """Train networks on all development rows."""
    stack = architecture.n_replicates
    seeds = [derive_seed(task.seed, task.arm.key, task.number, "refit", s) for s in range(REFIT_SEEDS)]
    last = len(encoded.train)  # the encoder of all development rows
    fits = []
    for some in (seeds[start : start + stack] for start in range(0, len(seeds), stack)):
        problem = make_problem(encoded, [last] * len(some), [encoded.development] * len(some))
        fits.append(train(task, architecture, problem, some, stop).weights)
    weights = [np.concatenate(layer) for layer in zip(*fits, strict=True)]
    predicted = _on_test(weights, architecture, encoded, [last] * len(seeds))
    return candidates([("refit", *own) for own in zip(seeds, predicted, strict=True)], encoded)


def _on_part(
    task: WinnerTask, architecture: Architecture, encoded: Encoded, own: Encoded, number: int
) -> tuple[FloatArray, float]:
    """Mean response on the test rows of the replicates that the part `own` trains, and their validation loss.

    Each epoch has as many steps as on all rows: fewer rows take no fewer steps to be learnt, and each stops early by its own.
    """
    folds, _ = replicates_of(task, len(own.train))
    seeds = [derive_seed(task.seed, task.arm.key, task.number, "part", number, k) for k in range(len(folds))]
    problem = replace(make_problem(own, folds), epoch_rows=max(encoded.train.sizes()))
    fit = train(task, architecture, problem, seeds)
    predicted = _on_test(fit.weights, architecture, encoded, folds)
    return predicted.mean(axis=0), float((fit.val_loss * encoded.y_scale[folds] ** 2).mean())


def _on_test(weights: Weights, architecture: Architecture, encoded: Encoded, encoders: list[int]) -> FloatArray:
    """Responses (n_replicates, n_test) or (n_replicates, n_test, n_classes) on the test rows."""
    parts = np.array_split(encoded.test, max(1, -(-len(encoded.test) // PREDICTED)))
    found = [_replicates(weights, architecture, encoded, encoders, encoded.raw(rows)) for rows in parts]
    return np.concatenate(found, axis=1)


def _replicates(
    weights: Weights, architecture: Architecture, encoded: Encoded, encoders: list[int], raw: FloatArray
) -> FloatArray:
    """Responses (n_replicates, n), of classes (n_replicates, n, n_classes), to raw rows (n, n_terms).

    Each replicate reads them through its encoder.
    """
    from study.families.stacked import linear_predictor

    x = np.zeros((len(encoders), len(raw), architecture.n_features), np.float32)
    gaps = np.isnan(raw)
    for k, encoder in enumerate(encoders):
        factor = np.where(encoded.varies[encoder], 1 / encoded.scale[encoder], 0.0)
        x[k][:, encoded.columns] = (np.where(gaps, encoded.fill[encoder], raw) - encoded.center[encoder]) * factor
    scale, center = (a[encoders][:, None, None] for a in (encoded.y_scale, encoded.y_center))
    eta = linear_predictor(weights, architecture, x) * scale + center
    return HEADS[encoded.kind].response(eta)


def _model(weights: Weights, architecture: Architecture, encoded: Encoded, encoders: list[int]) -> Any:
    """The Keras model of stacked weights, each replicate reading rows through one of the encoders."""
    from study.families.saved import Reading, stacked_model

    reading = Reading(
        fill=encoded.fill[encoders],
        center=encoded.center[encoders],
        scale=np.where(encoded.varies[encoders], encoded.scale[encoders], np.inf),
        y_center=encoded.y_center[encoders],
        y_scale=encoded.y_scale[encoders],
        places=encoded.columns,
    )
    return stacked_model(weights, architecture, HEADS[encoded.kind], reading)
