"""A results folder as a finished study leaves it, made of small models: nearest neighbours stand
for networks.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.spatial.distance import cdist
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from harness.judged import judges
from study.conclude import comparisons
from study.config import dump_config, make_config
from study.config.questions import kinds_of, questions
from study.diagnostics.coefficients.compute import coefficient_table, contrasts
from study.diagnostics.coefficients.reference import reference_coefficients
from study.diagnostics.drawing.picture import Picture
from study.diagnostics.registry import computed
from study.evidence import verdicts
from study.evidence.findings import FormulaTerms
from study.evidence.judge import Judge
from study.evidence.stored import write_verdicts
from study.records.environment import Environment
from study.records.paths import StudyPaths, write_atomic
from study.records.results import Results, load_results
from study.report.sections import CHAPTERS
from study.schema import Feature, Kind, ModelData
from tests.diagnostics.predicted import context_of
from tests.records.examples import described

SECTIONS = [section for chapter in CHAPTERS for section in chapter.sections]

KINDS = {
    "balloons": Kind.CONTINUOUS,
    "colour": Kind.BINARY,
    "shape": Kind.MULTICLASS,
    "pops": Kind.COUNT,
}
CLASSES = {"colour": ["blue", "red"], "shape": ["heart", "round", "star"]}
TERMS = ["relationship", "children", "age"]
FAMILIES = {
    Kind.CONTINUOUS: "linear",
    Kind.BINARY: "logistic",
    Kind.MULTICLASS: "logistic",
    Kind.COUNT: "poisson",
}


def make_table(n: int = 600, seed: int = 0) -> pd.DataFrame:
    """Balloons by relationship, children and age, and three targets of other kinds."""
    rng = np.random.default_rng(seed)
    children, age = rng.uniform(-0.5, 0.5, (2, n))
    single = rng.random(n) < 0.5
    balloons = np.where(single, 0.8 * children + 0.5 * age, 0.1 * children - 0.2 * age)
    colour = np.where(single, 0.5 * children + 0.5 * age, 0.8 * children + 0.2 * age) > 0
    shape = np.digitize(balloons + 0.1 * rng.normal(size=n), [-0.1, 0.12])
    pops = rng.poisson(np.exp(1 + 2 * children))
    table = {"relationship": single - 0.5, "children": children, "age": age, "balloons": balloons}
    return pd.DataFrame(
        {**table, "colour": colour.astype(float), "shape": shape, "pops": pops.astype(float)}
    )


@lru_cache(maxsize=64)
def nearest(known: bytes, asked: bytes) -> np.ndarray:
    """Of each asked row the known ones, the nearest first; all models of one split share it."""
    rows, others = (np.frombuffer(part).reshape(-1, len(TERMS)) for part in (known, asked))
    return cdist(others, rows).argsort(axis=1, kind="stable")


class Neighbours:
    """The mean of the nearest rows, or the shares of their classes."""

    def __init__(self, n: int) -> None:
        self.n = n

    def fit(self, x: np.ndarray, y: np.ndarray) -> Neighbours:
        self.x, self.y = x.tobytes(), y
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.y[nearest(self.x, x.tobytes())[:, : self.n]].mean(axis=1)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        near = self.y[nearest(self.x, x.tobytes())[:, : self.n]]
        return (near[:, :, None] == np.unique(self.y)).mean(axis=1)


def make_model(kind: Kind, family: str, depth: int, offset: int) -> Any:
    is_class = kind in (Kind.BINARY, Kind.MULTICLASS)
    if family == "baseline":
        return DummyClassifier(strategy="prior") if is_class else DummyRegressor()
    if family in {"terms", "formula"}:
        return make_pipeline(
            PolynomialFeatures(2, interaction_only=family == "formula"), LinearRegression()
        )
    if depth:
        return Neighbours(3 + 2 * depth + offset)
    exact: dict[str, Any] = {
        "solver": "newton-cholesky",
        "tol": 1e-9,
    }  # the same on every machine, to far more than is shown
    regressions = {
        Kind.CONTINUOUS: LinearRegression,
        Kind.COUNT: lambda: PoissonRegressor(alpha=1e-9, **exact),
    }
    return regressions.get(kind, lambda: LogisticRegression(C=1e6, **exact))()


def row_loss(kind: Kind, observed: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    if kind == Kind.CONTINUOUS:
        return (observed - predicted) ** 2
    if kind == Kind.COUNT:
        ratio = np.where(observed > 0, observed / predicted, 1)
        return observed * np.log(ratio) - (observed - predicted)
    return -np.log(predicted[np.arange(len(observed)), observed.astype(int)])


def predict(kind: Kind, model: Any, x: np.ndarray) -> np.ndarray:
    if kind in (Kind.BINARY, Kind.MULTICLASS):
        shares = np.clip(model.predict_proba(x), 0.01, None)
        return shares / shares.sum(axis=1, keepdims=True)
    return np.maximum(model.predict(x), 0.02) if kind == Kind.COUNT else model.predict(x)


def make_arm(
    table: pd.DataFrame,
    names: dict[str, Any],
    fold: tuple[np.ndarray, np.ndarray],
    n_trials: int,
    frames: Any,
) -> None:
    kind, target = Kind(names["kind"]), names["target"]
    x, y = table[TERMS].to_numpy(), table[target].to_numpy(float)
    development, test = fold
    inner = list(KFold(5, shuffle=True, random_state=1).split(development))
    epochs = np.arange(1, 25)
    for number in range(n_trials):
        offset = 2 * (n_trials - 1 - number)
        losses = []
        for replicate in range(10):
            training, validation = (development[part] for part in inner[replicate // 2])
            model = make_model(
                kind, names["family"], names["depth"], offset + 2 * (replicate % 2)
            ).fit(x[training], y[training])
            loss = [
                row_loss(kind, y[rows], predict(kind, model, x[rows])).mean()
                for rows in (validation, training)
            ]
            losses.append(loss)
            ids = names | {
                "trial_id": f"{target}-{names['family']}-{number:04d}",
                "number": number,
                "replicate": replicate,
            }
            ids |= {"inner_fold": replicate // 2, "seed": replicate % 2, "study": "party"}
            fit = {
                "val_loss": loss[0],
                "train_loss": loss[1],
                "best_epoch": 20,
                "n_epochs": 24,
                "converged": True,
            }
            frames["folds"].append(ids | fit)
            fall = 1 + 6 * np.exp(-epochs / 4) if names["family"] != "baseline" else np.ones(24)
            frames["curves"] += [
                ids | {"epoch": int(e), "val_loss": loss[0] * f, "train_loss": loss[1] * f}
                for e, f in zip(epochs[: len(fall)], fall, strict=True)
            ]
        val = np.array(losses)[:, 0]
        trial = {
            "study": "party",
            "trial_id": f"{target}-{names['family']}-{number:04d}",
            "number": number,
            "generation": 0,
        }
        trial |= {
            "state": "COMPLETE",
            "val_loss": val.mean(),
            "val_loss_se": val.std(ddof=1) / np.sqrt(10),
        }
        trial |= {
            "train_loss": np.mean(losses, axis=0)[1],
            "best_epoch": 20,
            "n_parameters": 4 * 16 ** names["depth"],
        }
        trial |= {"n_replicates": 10, "wall_time_s": 0.4, "node": "n1", "device": "cpu"}
        if names["depth"]:
            trial |= {
                "params_learning_rate": 10 ** (-2.0 - number / 7),
                "params_width": 32 * (1 + number % 2),
            }
        frames["trials"].append(names | trial)
    seeds = {"refit": (0, 1, 2) if names["depth"] else (0,), "ensemble": (0,)}
    parts = {"products": "formula", "curves": FAMILIES[kind]} if names["family"] == "terms" else {}
    for candidate, members in (seeds | dict.fromkeys(parts, (0,))).items():
        for seed in members:
            family = parts.get(candidate, names["family"])
            model = make_model(kind, family, names["depth"], seed).fit(
                x[development], y[development]
            )
            predicted = predict(kind, model, x[test])
            rows = pd.DataFrame(
                {"row": test, "observed": y[test], "loss": row_loss(kind, y[test], predicted)}
            )
            rows = rows.assign(**names, study="party", number=0, candidate=candidate, seed=seed)
            if kind == Kind.MULTICLASS:
                rows = rows.assign(predicted=predicted[np.arange(len(test)), y[test].astype(int)])
                rows = rows.assign(
                    **{f"p_{name}": predicted[:, i] for i, name in enumerate(CLASSES[target])}
                )
            else:
                rows = rows.assign(predicted=predicted[:, 1] if kind == Kind.BINARY else predicted)
            frames["predictions"].append(rows)
    if names["family"] in FAMILIES.values():
        frames["coefficients"].append(make_coefficients(table, names, development))


def make_coefficients(
    table: pd.DataFrame, names: dict[str, Any], development: np.ndarray
) -> pd.DataFrame:
    kind, target = Kind(names["kind"]), names["target"]
    design, y = table.loc[development, TERMS], table.loc[development, target].to_numpy()
    scale = design.std(ddof=0).to_numpy()
    reference = reference_coefficients(design, y, kind, CLASSES.get(target), 0.0, scale)
    spread = reference["term"].map(dict(zip(TERMS, scale.tolist(), strict=True)))
    shift = np.random.default_rng(1).normal(scale=0.01, size=len(reference))
    estimates = reference.assign(
        estimate=reference["ref_estimate"] + shift, level=None, unit="", **names
    )
    if kind == Kind.MULTICLASS:
        base = estimates[estimates["output"] == CLASSES[target][1]].assign(
            output=CLASSES[target][0], estimate=0.0
        )
        estimates = contrasts(pd.concat([base, estimates]), CLASSES[target])
    return coefficient_table(
        estimates.drop(columns=reference.columns.difference(["term", "output"])),
        reference.assign(sd=spread),
    )


def write_results(
    root: Path,
    targets: list[str],
    outer_folds: int = 1,
    n_trials: int = 6,
    depths: tuple[int, ...] = (1, 2),
    networks: tuple[str, ...] = ("neural",),
    models: tuple[ModelData, ...] = (),
    terms: bool = False,
    noise: float = 0.0,
) -> Results:
    """Write a results folder with everything but the report.

    terms: with a regression with terms and a simple formula, which fit balloons to rounding unless
    there is noise, its standard deviation.
    """
    table = make_table()
    table["balloons"] += noise * np.random.default_rng(3).normal(size=len(table))
    order = np.random.default_rng(2).permutation(len(table))
    parts = np.array_split(order, 5)
    frames: dict[str, list[Any]] = {
        name: [] for name in ("trials", "folds", "curves", "coefficients", "predictions")
    }
    richer = [("terms", 0), ("formula", 0)] if terms else []
    richer += [(network, depth) for network in networks for depth in depths]
    for target in targets:
        kind = KINDS[target]
        for outer_fold in range(outer_folds):
            fold = (
                np.concatenate([p for i, p in enumerate(parts) if i != outer_fold]),
                parts[outer_fold],
            )
            for family, depth in [("baseline", 0), (FAMILIES[kind], 0), *richer]:
                names = {
                    "target": target,
                    "kind": kind.value,
                    "family": family,
                    "depth": depth,
                    "outer_fold": outer_fold,
                }
                make_arm(table, names, fold, n_trials if depth else 1, frames)
    paths = StudyPaths(root)
    paths.frames.mkdir(parents=True, exist_ok=True)
    trials = pd.DataFrame(frames["trials"]).sort_values(
        ["target", "outer_fold", "depth", "family", "number"]
    )
    trials.to_parquet(paths.results, index=False)
    pd.DataFrame(frames["folds"]).to_parquet(paths.frame("folds"))
    pd.DataFrame(frames["curves"]).to_parquet(paths.frame("curves"))
    pd.concat(frames["predictions"], ignore_index=True).to_parquet(paths.frame("predictions"))
    pd.DataFrame().to_parquet(paths.frame("trees"))
    pd.concat(frames["coefficients"], ignore_index=True).to_parquet(paths.frame("coefficients"))
    config = make_config(
        {"name": "party", "data": {"source": "balloons"}, "targets": dict.fromkeys(targets, "auto")}
    )
    write_atomic(paths.config, dump_config(config))
    told = {"type": "numeric", "reason": "more than two different numbers", "missing": 0}
    features = tuple(Feature(name=name, **told) for name in TERMS)
    notes = ("3 rows without a target were left out.",)
    data = described(
        {t: KINDS[t] for t in targets},
        CLASSES,
        rows=len(table),
        features=features,
        notes=notes,
        models=models,
    )
    write_atomic(paths.data, data.model_dump_json())
    write_atomic(paths.environment, Environment.here(seed=0).model_dump_json())
    results = load_results(root)
    asked = questions(config, kinds_of(results.trials))
    judged = judges(results.predictions, results.trials, 5, asked)
    for name, frame in concluded(results.predictions, results.trials, judged).items():
        frame.to_parquet(paths.frame(name))
    for name, each in computed().items():
        if not paths.frame(name).exists():  # of columns no model was asked
            each.COLUMNS.of([]).to_parquet(paths.frame(name))
    formula = FormulaTerms(
        folds={0: ("relationship[<m>] by age", "children²")}, formula="balloons ~ 0.45·children"
    )
    write_atomic(paths.verdicts, write_verdicts(verdicts.answers(judged, {"balloons": formula})))
    return load_results(root)


def concluded(
    predictions: pd.DataFrame, trials: pd.DataFrame, judged: Sequence[Judge]
) -> dict[str, pd.DataFrame]:
    """What is compared, and the diagnostics of test rows and of margins."""
    context = context_of(predictions, trials, judges=judged)
    names = ("margins", "residuals", "calibration", "discrimination", "confusion")
    return comparisons(context) | {name: computed()[name].compute(context) for name in names}


def with_frames(results: Results, **changed: Any) -> Results:
    """The same results, of which some attributes are as given and all others are read from the
    folder.
    """
    again = load_results(results.root)
    vars(again).update(changed)
    return again


def compared(results: Results, predictions: pd.DataFrame) -> Results:
    """The same results with what is concluded from other predictions, of their targets alone."""
    trials = results.trials[results.trials["target"].isin(predictions["target"])]
    judged = judges(predictions, trials, 5, questions(results.config, kinds_of(trials)))
    frames = concluded(predictions, trials, judged)
    return with_frames(
        results, predictions=predictions, trials=trials, verdicts=verdicts.answers(judged), **frames
    )


def copied(results: Results, root: Path) -> Results:
    """The same results in a folder that a test may change."""
    shutil.copytree(results.root, root)
    return load_results(root)


def numbers(text: str) -> list[float]:
    """The numbers in a text, per cent as they are written."""
    plain = text.replace("\N{MINUS SIGN}", "-").replace(",", "")
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", plain)]


def axes_of(picture: Picture) -> list[Axes]:
    """Axes of a picture, in the order in which they were made."""
    return list(picture.figure.axes)
