"""One trial: a task and encoded data in, a record out. TensorFlow is imported by the functions that
train, never here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from study.data.encoding import Encoded
from study.families import get_family
from study.formatting import significant
from study.records.trial import ReplicateRecord, TrialRecord
from study.schema import TrialState, derive_seed
from study.training.columns import Regression, head_of
from study.training.programs import forget_programs, programs_folder
from study.training.regression import inner_regressions, run_path
from study.training.task import TrainingTask, TrialTask

if TYPE_CHECKING:
    from study.families import Architecture
    from study.families.stacked import Weights
    from study.training.problem import Fit, Problem

CURVE_POINTS = 100
"""Most epochs a record keeps of a learning curve, evenly spaced."""


def replicates_of(task: TrainingTask, n_inner: int) -> tuple[list[int], list[int]]:
    """Inner fold and seed of each replicate of a network: folds x seeds."""
    pairs = list(product(range(n_inner), range(task.inner_seeds)))
    return [fold for fold, _ in pairs], [
        derive_seed(task.seed, task.search.seed_key, task.number, *pair) for pair in pairs
    ]


def make_problem(task: TrainingTask, encoded: Encoded, folds: list[int]) -> Problem:
    """Learning problem with one replicate for each of `folds`, each reading the table through its
    own encoder.
    """
    from study.training.problem import Problem

    shared = ([encoded.rows[own] for own in sets] for sets in (encoded.train, encoded.validation))
    train, validation = (tuple(own[fold] for fold in folds) for own in shared)
    y = np.full(len(encoded.matrix.values), np.nan)
    y[encoded.rows] = encoded.y
    most_train, most_validation = encoded.bounds
    plain = inner_regressions(encoded, task.seed, task.penalties, task.iterations)
    starts = [_start(encoded, fold, plain[fold]) for fold in folds]
    return Problem(
        matrix=encoded.matrix,
        columns=encoded.columns,
        fill=encoded.fill[folds],
        center=encoded.center[folds],
        scale=np.where(encoded.varies[folds], encoded.scale[folds], np.inf),
        y=y,
        y_center=encoded.y_center[folds],
        y_scale=encoded.y_scale[folds],
        train=train,
        validation=validation,
        regressions=[np.stack(values) for values in zip(*starts, strict=True)],
        head=head_of(encoded),
        n_outputs=encoded.n_outputs,
        epoch_rows=max(map(len, train)),
        most_train=most_train,
        most_validation=most_validation,
    )


def _start(
    encoded: Encoded, fold: int, plain: Regression
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel (n_features, n_outputs) and bias (1, n_outputs) of a regression of standardised
    features and target.
    """
    kernel = np.zeros((len(encoded.matrix.offset), encoded.n_outputs), np.float32)
    unit = encoded.y_scale[fold]
    kernel[encoded.columns] = plain.kernel * encoded.scale[fold][:, None] / unit
    bias = plain.bias + encoded.center[fold] @ plain.kernel - encoded.y_center[fold]
    return kernel, (bias / unit).astype(np.float32)[None]


def architecture_of(task: TrainingTask, encoded: Encoded, stack: int) -> Architecture:
    """What a task trains, as a stack of so many replicates.

    It sees every column of the matrix, those that are no terms of this fold as zeros, so that all
    folds share its programs.
    """
    shape = stack, len(encoded.matrix.offset), encoded.n_outputs
    return get_family(task.search.family).architecture(task.params, task.search.depth, shape)


def train(
    task: TrainingTask,
    architecture: Architecture,
    problem: Problem,
    seeds: list[int],
) -> Fit:
    """Train the replicates of a problem, at most as many as the architecture has, as the task's
    family is trained.

    They fill the architecture's stack. A program that was kept and cannot be read is compiled again.
    """
    import tensorflow as tf

    from study.training.fit import compiled, fit

    family, n = get_family(task.search.family), problem.n_replicates
    full = problem.stacked(architecture.n_replicates)
    lacking = architecture.n_replicates - n

    def trained() -> Fit:
        schedule = replace(
            family.schedule(task.params, task.epochs, task.patience),
            prune_above=task.prune_above,
        )
        return fit(full, architecture, schedule, seeds + seeds[-1:] * lacking)

    try:
        return trained().first(n)
    except (tf.errors.OutOfRangeError, tf.errors.DataLossError):
        if (folder := programs_folder()) is None:
            raise
        forget_programs(folder, most=0)
        compiled.cache_clear()  # one that failed once fails for ever
        return trained().first(n)


def run_trial(task: TrialTask, encoded: Encoded) -> tuple[TrialRecord, Weights | None]:
    """Train one trial of the search on all its replicates; gives its record and what a network's
    winner needs, or raises.
    """
    if get_family(task.search.family).convex:
        return run_path(task, encoded), None
    folds, seeds = replicates_of(task, len(encoded.train))
    architecture = architecture_of(task, encoded, len(folds))
    fit = train(task, architecture, make_problem(task, encoded, folds), seeds)
    unit = encoded.y_scale[folds] ** 2  # 1 where the target is not standardised
    val_loss, train_loss = fit.val_loss * unit, fit.train_loss * unit
    by_fold = val_loss.reshape(len(encoded.train), -1).mean(axis=1)
    n_epochs = fit.curve_val.shape[1]
    kept = np.unique(np.linspace(0, n_epochs - 1, CURVE_POINTS).round().astype(int))
    inputs = fit.weights[0].shape[2] + fit.weights[2].shape[2]
    unused = (architecture.n_features - len(encoded.terms)) * inputs
    record = task.record(
        state=TrialState.PRUNED if fit.pruned else TrialState.COMPLETE,
        val_loss=float(val_loss.mean()),
        val_loss_se=float(by_fold.std(ddof=1) / len(by_fold) ** 0.5),
        train_loss=float(train_loss.mean()),
        best_epoch=int(np.median(fit.best_epoch)),
        n_parameters=sum(w[0].size for w in fit.weights) - unused,
        n_replicates=len(folds),
        replicates=tuple(
            ReplicateRecord(
                inner_fold=fold,
                seed=seed,
                val_loss=float(val_loss[k]),
                train_loss=float(train_loss[k]),
                best_epoch=int(fit.best_epoch[k]),
                n_epochs=n_epochs,
                converged=fit.converged,
            )
            for k, (fold, seed) in enumerate(zip(folds, seeds, strict=True))
        ),
        curves={
            "epoch": (kept + 1).tolist(),
            "val_loss": significant(fit.curve_val[:, kept] * unit[:, None], 5).tolist(),
            "train_loss": significant(fit.curve_train[:, kept] * unit[:, None], 5).tolist(),
        },
        rungs=fit.rungs,
    )
    return record, fit.weights
