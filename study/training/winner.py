"""An arm's winner: its incumbent's one look at the test rows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from study.data.encoding import Encoded, give_back
from study.data.splits import Part
from study.families import HEADS, get_family
from study.families.heads import FloatArray
from study.numbers import Numbers
from study.records.paths import StudyPaths
from study.schema import PART, Candidate, CoefficientRow, WinnerRecord
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


def run_winner(task: WinnerTask, encoded: Encoded, kept: Kept | None = None) -> tuple[WinnerRecord, dict[str, bytes]]:
    """Score an arm's incumbent on the test rows: its one look at them. Gives the record and model files by their names.

    Candidate `ensemble`: the replicates of the search, as its trial `kept` them or trained again exactly as they were, each on
    its inner training rows; their predictions are averaged. For a regression the linear predictors are averaged, which is
    again one regression, with the mean of the coefficients. Candidate `refit`: trained on all development rows; a network from
    REFIT_SEEDS seeds, on the schedule of the search and up to the median of the epochs at which the search's replicates were
    best. Candidates `rows-<fraction>`: the same on parts of the development rows, one seed a part.
    """
    family, head = get_family(task.arm.family), HEADS[encoded.kind]
    folds, seeds = replicates_of(task, len(encoded.train))
    architecture = architecture_of(task, encoded, len(folds))
    kept = kept or train(task, architecture, make_problem(encoded, folds), seeds).kept()
    test, observed = encoded.test, encoded.y[encoded.test]
    columns = None if family.convex else encoded.columns  # of the matrix, all of which a network sees
    eta = _test_predictors(kept.weights, architecture, encoded, folds, columns)
    if family.convex:
        mean_eta = eta.mean(axis=0)
        ensemble, ensemble_loss = head.response(mean_eta), head.loss(mean_eta, observed)
    else:
        ensemble = head.response(eta).mean(axis=0)
        ensemble_loss = head.response_loss(ensemble, observed)
    candidates = [Candidate(name="ensemble", seed=-1, predicted=Numbers(ensemble), loss=Numbers(ensemble_loss))]

    stop = None if family.convex else round(float(np.median(kept.best_epoch)))
    weights, refits = _refit(task, encoded, architecture, columns, tuple(encoded.parts), stop)
    candidates += refits
    coefficients: list[CoefficientRow] = []
    if family.convex and family.inputs:
        coefficients = _coefficient_rows(encoded, *original_coefficients(encoded, -1, weights, 0))
    name = StudyPaths(Path()).model(task.arm).name
    give_back()  # what training has freed, before the record becomes text
    record = WinnerRecord(
        study=task.study,
        arm=task.arm,
        number=task.number,
        params=task.params,
        val_loss=task.val_loss,
        rows=encoded.rows[test].tolist(),
        observed=observed.tolist(),
        candidates=tuple(candidates),
        coefficients=tuple(coefficients),
        models=(name,),
        groups=[] if encoded.groups is None else encoded.groups[test].tolist(),
    )
    return record, {name: _model_file(weights, architecture, encoded, columns)}


def _refit(
    task: WinnerTask,
    encoded: Encoded,
    architecture: Architecture,
    columns: IntArray | None,
    parts: tuple[Part, ...],
    stop: int | None,
) -> tuple[Weights, list[Candidate]]:
    """Train on all development rows and on parts of them; without the parts where one of them fails. Gives all weights."""
    from study.training.problem import TrainingFailed

    head, stack = HEADS[encoded.kind], architecture.n_replicates
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
    loss = [head.loss(predictor, encoded.y[encoded.test]) for predictor in eta]
    found = [
        Candidate(name=name, seed=seed, predicted=Numbers(head.response(eta[k])), loss=Numbers(loss[k]))
        for k, ((name, _), seed) in enumerate(zip(named, seeds, strict=True))
        if name == "refit" or np.isfinite(loss[k]).all()
    ]
    return weights, found


def _test_predictors(
    weights: Weights, architecture: Architecture, encoded: Encoded, encoders: list[int], columns: IntArray | None
) -> FloatArray:
    """Linear predictors (n_replicates, n_test, n_outputs) on the test rows, in the target's own unit if continuous."""
    from study.families.stacked import linear_predictor

    pieces = []
    for rows in np.array_split(encoded.test, -(-len(encoded.test) // PREDICTED)):
        x = np.zeros((len(encoders), len(rows), architecture.n_features), np.float32)
        for k, encoder in enumerate(encoders):
            x[k][:, slice(None) if columns is None else columns] = encoded.x(encoder, rows)
        pieces.append(linear_predictor(weights, architecture, x))
    scale, center = (a[encoders][:, None, None] for a in (encoded.y_scale, encoded.y_center))
    return np.asarray(np.concatenate(pieces, axis=1) * scale + center)


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


def _model_file(weights: Weights, architecture: Architecture, encoded: Encoded, columns: IntArray | None) -> bytes:
    """First replicate of a refit as the bytes of a plain `.keras` file; its inputs are the terms, in their order."""
    from study.families.stacked import unstack

    center, scale = float(encoded.y_center[-1]), float(encoded.y_scale[-1])
    used = None if columns is None or np.array_equal(columns, np.arange(architecture.n_features)) else columns
    model = unstack(weights, 0, architecture, HEADS[encoded.kind], center, scale, used)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()
