"""The Ray Tune trainable: one config in, one record out. TensorFlow is imported in the worker only."""

from __future__ import annotations

import os
import platform
import tempfile
import time
import traceback
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from ray import tune

from study.data.encoding import Encoded
from study.families import HEADS, get_family
from study.schema import (
    Arm,
    Candidate,
    CoefficientRow,
    Frozen,
    Kind,
    ReplicateRecord,
    TrialRecord,
    TrialState,
    WinnerRecord,
)
from study.search.generations import derive_seed

if TYPE_CHECKING:
    from study.families import Architecture
    from study.training.problem import Fit, Problem

FloatArray = NDArray[np.float64]
REFIT_SEEDS = 3
"""Networks refitted on all development rows for a winner, each from its own seed."""
RECYCLE_BYTES = 3 * 2**30
"""A worker whose own memory is above this is replaced before its next trial."""
CURVE_POINTS = 100
"""Most epochs a record keeps of a learning curve, evenly spaced."""


class Task(Frozen):
    """All that a worker is told, beside the data: which trial of which arm, and how it is trained.

    winner: None for a trial of the search; else the mean validation loss of the incumbent whose hyperparameters these are.
    """

    study: str
    seed: int
    arm: Arm
    number: int
    generation: int
    params: dict[str, Any]
    inner_seeds: int
    epochs: int
    patience: int
    iterations: int
    winner: float | None = None

    def record(self, **found: Any) -> TrialRecord:
        """Record of this trial with what was found."""
        return TrialRecord(
            study=self.study,
            trial_id=self.arm.trial_id(self.number),
            arm=self.arm,
            number=self.number,
            generation=self.generation,
            params=self.params,
            **found,
        )


def prepare_tensorflow(gpu: bool = False) -> str:
    """Make TensorFlow quiet, deterministic and modest in this process; gives the device that trains: `cpu` or `gpu`.

    One intra-op thread, so that no sum depends on the number of cores; GPU memory grows as needed. On a CPU, XLA's first
    optimization level compiles in 0.6 of the time of its default and the program is no slower.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if not gpu:
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:
        pass  # a process that has trained before is set up already
    tf.get_logger().setLevel("ERROR")
    return "gpu" if tf.config.list_physical_devices("GPU") else "cpu"


def replicates_of(task: Task, n_inner: int) -> list[tuple[int, int]]:
    """(inner fold, seed) of each replicate: folds x seeds, or folds where the family's optimum does not depend on a seed."""
    n_seeds = 1 if get_family(task.arm.family).convex else task.inner_seeds
    return [
        (fold, derive_seed(task.seed, task.arm.key, task.number, fold, s)) for fold in range(n_inner) for s in range(n_seeds)
    ]


def make_problem(encoded: Encoded, folds: list[int], *, all_development: bool = False) -> Problem:
    """Learning problem with one replicate for each of `folds`, each on its own encoder's copy of the table.

    all_development: train on every development row, encoded by their own encoder, without validation rows.
    """
    from study.training.problem import Problem

    encoders, n_rows, n_terms = encoded.x.shape
    y = np.concatenate([(encoded.y - c) / s for c, s in zip(encoded.y_center, encoded.y_scale, strict=True)])
    last = (encoders - 1) * n_rows
    nothing = np.zeros(0, np.int64)
    return Problem(
        x=encoded.x.reshape(encoders * n_rows, n_terms),
        y=y.astype(np.float32),
        train=tuple(encoded.development + last if all_development else encoded.train[e] + e * n_rows for e in folds),
        validation=tuple(nothing if all_development else encoded.validation[e] + e * n_rows for e in folds),
        head=HEADS[encoded.kind],
        n_outputs=encoded.n_outputs,
    )


def train(task: Task, problem: Problem, seeds: list[int], stop: int | None = None) -> tuple[Fit, Architecture]:
    """Train all replicates of a problem as the task's family is trained; stop: epoch at which a refitted network ends."""
    from study.training.descent import descend
    from study.training.fit import Schedule, fit

    family = get_family(task.arm.family)
    shape = (problem.n_replicates, problem.x.shape[1], problem.n_outputs)
    architecture = family.architecture(task.params, task.arm.depth, shape)
    if family.convex:
        l2 = float(task.params.get("l2", 0.0))
        return descend(problem, architecture, l2, task.iterations, family.inputs), architecture
    schedule = Schedule(
        learning_rate=float(task.params["learning_rate"]),
        batch_size=int(task.params["batch_size"]),
        weight_decay=float(task.params["weight_decay"]),
        dropout=float(task.params["dropout"]),
        epochs=task.epochs,
        patience=task.patience,
        stop=stop,
    )
    return fit(problem, architecture, schedule, seeds), architecture


def original_coefficients(
    encoded: Encoded, encoder: int, kernel: FloatArray, bias: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weights per original unit, (n_terms, n_outputs) and (n_outputs,), from those on standardised columns and target."""
    y_scale, y_center = encoded.y_scale[encoder], encoded.y_center[encoder]
    weights = kernel / encoded.scale[encoder][:, None] * y_scale
    return weights, bias * y_scale + y_center - encoded.center[encoder] @ weights


def coefficient_columns(encoded: Encoded, weights: FloatArray, intercept: FloatArray) -> dict[str, float]:
    """Columns `coef_<term>` and `intercept`, with `:<class>` behind where there is more than one output."""
    outputs = [f":{name}" for name in encoded.classes] if encoded.n_outputs > 1 else [""]
    columns = {
        f"coef_{term.name}{output}": float(weights[i, o])
        for o, output in enumerate(outputs)
        for i, term in enumerate(encoded.terms)
    }
    return columns | {f"intercept{output}": float(intercept[o]) for o, output in enumerate(outputs)}


def run_trial(task: Task, encoded: Encoded) -> TrialRecord:
    """Train one trial of the search on all its replicates; gives a COMPLETE record or raises."""
    replicates = replicates_of(task, len(encoded.train))
    problem = make_problem(encoded, [fold for fold, _ in replicates])
    fit, architecture = train(task, problem, [seed for _, seed in replicates])
    unit = np.array([encoded.y_scale[fold] ** 2 for fold, _ in replicates])  # 1 where the target is not standardised
    val_loss, train_loss = fit.val_loss * unit, fit.train_loss * unit
    folds = np.array([fold for fold, _ in replicates])
    by_fold = np.array([val_loss[folds == fold].mean() for fold in range(len(encoded.train))])
    kept = np.unique(np.linspace(0, len(fit.curve_epochs) - 1, CURVE_POINTS).round().astype(int))
    coefficients: dict[str, float] = {}
    family = get_family(task.arm.family)
    if family.convex:
        pairs = [
            original_coefficients(encoded, fold, fit.weights[0][k].astype(float), fit.weights[1][k, 0].astype(float))
            for k, (fold, _) in enumerate(replicates)
        ]
        mean = [np.mean(part, axis=0) for part in zip(*pairs, strict=True)]
        coefficients = coefficient_columns(encoded, mean[0], mean[1])
        if not family.inputs:
            coefficients = {name: value for name, value in coefficients.items() if name.startswith("intercept")}
    return task.record(
        state=TrialState.COMPLETE,
        val_loss=float(val_loss.mean()),
        val_loss_se=float(by_fold.std(ddof=1) / len(by_fold) ** 0.5),
        train_loss=float(train_loss.mean()),
        best_epoch=int(np.median(fit.best_epoch)),
        n_parameters=architecture.n_parameters if family.inputs else encoded.n_outputs,
        n_replicates=len(replicates),
        replicates=tuple(
            ReplicateRecord(
                inner_fold=fold,
                seed=seed,
                val_loss=float(val_loss[k]),
                train_loss=float(train_loss[k]),
                best_epoch=int(fit.best_epoch[k]),
                n_epochs=int(fit.n_epochs[k]),
                converged=bool(fit.converged[k]),
            )
            for k, (fold, seed) in enumerate(replicates)
        ),
        curves={
            "epoch": fit.curve_epochs[kept].tolist(),
            "val_loss": _rounded(fit.curve_val[:, kept] * unit[:, None]),
            "train_loss": _rounded(fit.curve_train[:, kept] * unit[:, None]),
        },
        coefficients=coefficients,
    )


def _rounded(values: FloatArray) -> list[list[float]]:
    """Five significant digits, which is what a curve shows."""
    return [[float(f"{value:.5g}") for value in row] for row in values]


def run_winner(task: Task, encoded: Encoded) -> tuple[WinnerRecord, dict[str, bytes]]:
    """Score an arm's incumbent on the test rows: its one look at them. Gives the record and model files by their names.

    Candidate `ensemble`: the replicates of the search, trained again exactly as they were, each on its inner training rows;
    their predictions are averaged. For a regression the linear predictors are averaged, which is again one regression, with
    the mean of the coefficients. Candidate `refit`: trained on all development rows; a network from REFIT_SEEDS seeds, on
    the schedule of the search and up to the median of the epochs at which the search's replicates were best.
    """
    family, head = get_family(task.arm.family), HEADS[encoded.kind]
    replicates = replicates_of(task, len(encoded.train))
    fit, architecture = train(task, make_problem(encoded, [fold for fold, _ in replicates]), [seed for _, seed in replicates])
    test, observed = encoded.test, encoded.y[encoded.test]
    eta = _test_predictors(fit, architecture.activation, encoded, [fold for fold, _ in replicates])
    if family.convex:
        mean_eta = eta.mean(axis=0)
        ensemble, ensemble_loss = head.response(mean_eta), head.loss(mean_eta, observed)
    else:
        ensemble = head.response(eta).mean(axis=0)
        ensemble_loss = head.response_loss(ensemble, observed)
    candidates = [Candidate(name="ensemble", seed=-1, predicted=ensemble.tolist(), loss=ensemble_loss.tolist())]

    last = len(encoded.train)
    n_refits = 1 if family.convex else REFIT_SEEDS
    seeds = [derive_seed(task.seed, task.arm.key, task.number, "refit", s) for s in range(n_refits)]
    stop = None if family.convex else round(float(np.median(fit.best_epoch)))
    refit, architecture = train(task, make_problem(encoded, [last] * n_refits, all_development=True), seeds, stop)
    eta = _test_predictors(refit, architecture.activation, encoded, [last] * n_refits)
    candidates += [
        Candidate(
            name="refit",
            seed=seed,
            predicted=head.response(eta[k]).tolist(),
            loss=head.loss(eta[k], observed).tolist(),
        )
        for k, seed in enumerate(seeds)
    ]
    coefficients: list[CoefficientRow] = []
    if family.convex and family.inputs:
        weights, intercept = original_coefficients(
            encoded, last, refit.weights[0][0].astype(float), refit.weights[1][0, 0].astype(float)
        )
        coefficients = _coefficient_rows(encoded, weights, intercept)
    model, name = _model_file(task, refit, architecture, encoded), _model_name(task.arm)
    record = WinnerRecord(
        study=task.study,
        arm=task.arm,
        number=task.number,
        params=task.params,
        val_loss=task.winner if task.winner is not None else float("nan"),
        rows=encoded.rows[test].tolist(),
        observed=observed.tolist(),
        candidates=tuple(candidates),
        coefficients=tuple(coefficients),
        models=(name,),
    )
    return record, {name: model}


def _test_predictors(fit: Fit, activation: str, encoded: Encoded, encoders: list[int]) -> FloatArray:
    """Linear predictors (n_replicates, n_test, n_outputs) on the test rows, in the target's own unit if continuous."""
    from study.families.stacked import linear_predictor

    eta = linear_predictor(fit.weights, activation, encoded.x[np.array(encoders)[:, None], encoded.test])
    scale, center = (a[encoders][:, None, None] for a in (encoded.y_scale, encoded.y_center))
    return np.asarray(eta * scale + center)


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


def _model_name(arm: Arm) -> str:
    from study.paths import StudyPaths

    return StudyPaths(Path()).model(arm).name


def _model_file(task: Task, fit: Fit, architecture: Architecture, encoded: Encoded) -> bytes:
    """First replicate of a refit as the bytes of a plain `.keras` file."""
    from study.families.stacked import unstack

    center, scale = (encoded.y_center[-1], encoded.y_scale[-1]) if encoded.kind is Kind.CONTINUOUS else (0.0, 1.0)
    model = unstack(fit.weights, 0, architecture, HEADS[encoded.kind], float(center), float(scale))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


class StudyTrial(tune.Trainable):  # type: ignore[misc]
    """Runs tasks in a reused worker. An exception becomes a FAIL record; only a dying worker leaves none."""

    def setup(self, config: dict[str, Any], store: Mapping[tuple[str, int], Any] | None = None) -> None:
        """Take the first task. store: object references of the encoded data by (target, outer fold).

        TensorFlow is imported by the first step, once: Tune drops a worker that is still starting when another falls idle,
        so with a slow start and short trials a single worker would do everything.
        """
        self.device = ""
        self.store = store or {}
        self.task = Task.model_validate(config["task"])
        self.data = lru_cache(maxsize=2)(self._fetch)

    def _fetch(self, target: str, outer_fold: int) -> Encoded:
        import ray

        encoded: Encoded = ray.get(self.store[target, outer_fold])
        return encoded

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next task; False, and so a new worker, when this one has grown."""
        import psutil

        self.task = Task.model_validate(new_config["task"])
        memory = psutil.Process().memory_info()
        return bool(memory.rss - getattr(memory, "shared", 0) < RECYCLE_BYTES)

    def step(self) -> dict[str, Any]:
        """Run the task; the result carries a record (JSON) and, for a winner, its files."""
        task = self.task
        if not self.device:
            import ray

            self.device = prepare_tensorflow(gpu=bool(ray.get_gpu_ids()))
        begin = time.perf_counter()
        host = {"node": platform.node(), "device": self.device}
        files: dict[str, bytes] = {}
        record: TrialRecord | WinnerRecord
        try:
            encoded = self.data(task.arm.target, task.arm.outer_fold)
            if task.winner is None:
                record = run_trial(task, encoded)
            else:
                record, files = run_winner(task, encoded)
        except Exception as error:
            message = traceback.format_exc() if not _expected(error) else f"{type(error).__name__}: {error}"
            record = task.record(state=TrialState.FAIL, error=message)
        record = record.model_copy(update={**host, "wall_time_s": time.perf_counter() - begin})
        return {"done": True, "val_loss": 0.0, "record": record.model_dump_json(), "files": files}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing to save: the record is all there is."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing to load."""


def _expected(error: Exception) -> bool:
    from study.training.problem import TrainingFailed

    return isinstance(error, TrainingFailed)
