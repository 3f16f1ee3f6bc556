"""A search's winner: its best trial's one look at the test rows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from study.data.encode import give_back
from study.data.encoding import Encoded
from study.data.terms import MOST_CELLS
from study.families import get_family
from study.families.heads import FloatArray
from study.records.paths import StudyPaths
from study.records.trial import WinnerRecord
from study.schema import derive_seed
from study.training.regression_winner import run_regression_winner
from study.training.scored import Won, asked, judged, scored_parts
from study.training.task import WinnerTask
from study.training.trial import architecture_of, make_problem, replicates_of, train

if TYPE_CHECKING:
    from study.families import Architecture
    from study.families.stacked import Weights
    from study.training.problem import Problem


def run_winner(
    task: WinnerTask, encoded: Encoded, kept: Weights | None = None
) -> tuple[WinnerRecord, dict[str, bytes]]:
    """Score a search's best trial on the test rows: its one look at them. Gives the record and
    model files by their names.

    What is judged is what is saved: the test rows are predicted by the model of the file. It is a
    network's replicates, as their trial `kept` them or trained again exactly as they were, whose
    predictions are averaged (candidate `ensemble`), or a regression refitted on all development
    rows (`refit`). Of the search on all rows there is a model and no candidate.
    """
    from study.families.saved import model_bytes

    convex = get_family(task.search.family).convex
    won = run_regression_winner(task, encoded) if convex else _network(task, encoded, kept)
    name = StudyPaths(Path()).model(task.search).name
    give_back()  # what training has freed, before the record becomes text
    record = WinnerRecord(
        study=task.study,
        search=task.search,
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


def _network(task: WinnerTask, encoded: Encoded, kept: Weights | None) -> Won:
    """The mean prediction of the search's replicates, each trained on the training rows of its
    inner fold.

    Candidates `rows-<fraction>` are made of a part of the development rows as `ensemble` is of all.
    """
    from study.families.saved import each_replicate

    folds, seeds = replicates_of(task, len(encoded.train))
    architecture = architecture_of(task, encoded, len(folds))
    problem = make_problem(task, encoded, folds)
    kept = kept or train(task, architecture, problem, seeds).weights
    model = _smeared(kept, architecture, problem, encoded)
    scored = judged("ensemble", -1, model, encoded)
    if scored:
        scored += scored_parts(encoded, partial(_on_part, task, architecture, encoded))
    return Won(model, scored, probed=asked(encoded, each_replicate(model)))


def _on_part(
    task: WinnerTask, architecture: Architecture, encoded: Encoded, own: Encoded, number: int
) -> tuple[FloatArray, float]:
    """Mean response on the test rows of the replicates that the part `own` trains, and their
    validation loss.

    Each epoch has as many steps as on all rows: fewer rows take no fewer steps to be learnt, and
    each stops early by its own.
    """
    folds, _ = replicates_of(task, len(own.train))
    seeds = [
        derive_seed(task.seed, task.search.seed_key, task.number, "part", number, k)
        for k in range(len(folds))
    ]
    problem = replace(make_problem(task, own, folds), epoch_rows=max(map(len, encoded.train)))
    fit = train(task, architecture, problem, seeds)
    predicted = _on_test(fit.weights, architecture, problem, own)
    return predicted.mean(axis=0), float((fit.val_loss * encoded.y_scale[folds] ** 2).mean())


def _on_test(
    weights: Weights, architecture: Architecture, problem: Problem, encoded: Encoded
) -> FloatArray:
    """Responses (n_replicates, n_test) or (n_replicates, n_test, n_classes) on the test rows."""
    from study.families.saved import each_replicate

    model = _smeared(weights, architecture, problem, encoded)
    found = each_replicate(model)(encoded.raw(encoded.test))
    return found if encoded.n_outputs > 1 else found[..., 0]


def _smeared(
    weights: Weights, architecture: Architecture, problem: Problem, encoded: Encoded
) -> Any:
    """The stacked model; of a logarithm each replicate's response times its factor on development
    rows (`Regression.smeared`).
    """
    from study.families.saved import each_replicate, stacked_model

    model = stacked_model(weights, architecture, problem)
    if encoded.measured is None:
        return model
    rows = encoded.drawn(encoded.development, MOST_CELLS, len(encoded.terms), 0)
    ratio = encoded.measured[rows] / each_replicate(model)(encoded.raw(rows))[..., 0]
    center = problem.y_center + np.log(ratio.mean(axis=1))
    return stacked_model(weights, architecture, replace(problem, y_center=center))
