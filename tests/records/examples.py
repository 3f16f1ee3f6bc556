"""Records of finished and failed trials and of winners, as a study leaves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from study.config import dump_config, make_config
from study.records.formula import FormulaRecord, FormulaWork
from study.records.gathering import gather
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import write_trial, write_winner, write_work
from study.records.trees import Trees, TreesRecord
from study.records.trial import (
    Candidate,
    CoefficientRow,
    ReplicateRecord,
    TermRow,
    TrialRecord,
    WinnerRecord,
)
from study.records.work import FoldRecord, FoldWork
from study.schema import Feature, Kind, Search, StudyData, Target, TrialState


def described(
    targets: dict[str, Kind], classes: dict[str, list[str]] | None = None, **more: Any
) -> StudyData:
    """A table of these targets, of the classes that they have, and a feature `age`."""
    told = {"reason": "as told", "missing": 0}
    counts = {name: dict.fromkeys((classes or {}).get(name, []), 10) for name in targets}
    found: dict[str, Any] = {
        "rows": 40,
        "digest": "0" * 64,
        "features": (Feature(name="age", type="numeric", **told),),
        "targets": tuple(
            Target(name=name, kind=kind, classes=counts[name], **told)
            for name, kind in targets.items()
        ),
    }
    return StudyData(**(found | more))


def search(
    family: str = "linear",
    depth: int = 0,
    target: str = "y",
    kind: Kind = Kind.CONTINUOUS,
    fold: int = 0,
) -> Search:
    return Search(target=target, kind=kind, family=family, depth=depth, outer_fold=fold)


def trial(own: Search | None = None, number: int = 0, **more: Any) -> TrialRecord:
    own = own or search()
    replicate = {"seed": 7, "train_loss": 0.5, "best_epoch": 2, "n_epochs": 3, "converged": True}
    found: dict[str, Any] = {
        "study": "party",
        "trial_id": own.trial_id(number),
        "generation": number // 2,
        "state": TrialState.COMPLETE,
        "params": {"l2": 0.1 + 0.2},
        "val_loss": 1 / 3 + number,
        "val_loss_se": 0.01,
        "train_loss": 0.3,
        "best_epoch": 2,
        "n_parameters": 4,
        "n_replicates": 2,
        "wall_time_s": 1.5,
        "node": "here",
        "device": "cpu",
        "replicates": tuple(
            ReplicateRecord(inner_fold=k, val_loss=0.6 + k, **replicate) for k in range(2)
        ),
        "curves": {
            "epoch": [1, 2, 3],
            "val_loss": [[3, 2, 1], [6, 5, 4]],
            "train_loss": [[1, 1, 0.5], [2, 2, 2]],
        },
        "coefficients": {"coef_age": 2.0, "intercept": -1.0},
    }
    return TrialRecord(search=own, number=number, **(found | more))


def failed(own: Search | None = None, number: int = 1) -> TrialRecord:
    own = own or search()
    told = {
        "study": "party",
        "trial_id": own.trial_id(number),
        "generation": 0,
        "params": {"l2": 1e-3},
    }
    return TrialRecord(
        search=own, number=number, state=TrialState.FAIL, error="ValueError: no", **told
    )


def winner(own: Search | None = None, **more: Any) -> WinnerRecord:
    found: dict[str, Any] = {
        "study": "party",
        "search": own or search(),
        "number": 0,
        "params": {"l2": 0.25},
        "val_loss": 0.1,
        "rows": [3, 5],
        "observed": [1.0, 0.0],
        "candidates": (
            Candidate(name="refit", seed=7, predicted=[0.5, 0.25], loss=[0.25, 0.0625]),
            Candidate(name="ensemble", seed=-1, predicted=[1.0, 0.5], loss=[0.0, 0.25]),
        ),
        "coefficients": (
            CoefficientRow(term="age", level=None, output=None, unit="", estimate=2.0),
        ),
        "models": ("y-linear.keras",),
    }
    return WinnerRecord(**(found | more))


def trees(target: str = "y", fold: int = 0, kind: Kind = Kind.CONTINUOUS) -> Trees:
    return Trees(target=target, kind=kind, outer_fold=fold)


def scored_trees(own: Trees | None = None, **more: Any) -> TreesRecord:
    found: dict[str, Any] = {
        "study": "party",
        "state": TrialState.COMPLETE,
        "number": 1,
        "params": {"max_iter": 40},
        "val_loss": 0.1,
        "val_losses": [0.2, 0.1],
        "rows": [3, 5],
        "observed": [1.0, 0.0],
        "candidates": (
            Candidate(name="refit", seed=7, predicted=[0.75, 0.5], loss=[0.0625, 0.25]),
        ),
        "wall_time_s": 2.0,
    }
    return TreesRecord(work=own or trees(), **(found | more))


def shortening(target: str = "y", fold: int = 0, kind: Kind = Kind.CONTINUOUS) -> FormulaWork:
    return FormulaWork(target=target, kind=kind, outer_fold=fold)


def shortened(own: FormulaWork | None = None, **more: Any) -> FormulaRecord:
    """One term was chosen: `2 * max(clip(age) - 40, 0)`."""
    plain: dict[str, Any] = {
        "fill": (39.0,),
        "centers": (),
        "low": (),
        "high": (),
        "knot": None,
        "output": None,
    }
    found: dict[str, Any] = {
        "study": "party",
        "state": TrialState.COMPLETE,
        "l2": 0.1,
        "penalty": 0.5,
        "share": 0.0,
        "val_loss": 0.25,
        "path": {"penalty": [1.0, 0.5], "n_terms": [0, 1], "val_loss": [0.5, 0.25]},
        "terms": (
            TermRow(form="intercept", columns=(), weight=-1.0, **(plain | {"fill": ()})),
            TermRow(form="column", columns=("age",), weight=1.0, **plain),
            TermRow(
                form="hinge",
                columns=("age",),
                weight=2.0,
                **(plain | {"low": (18.0,), "high": (80.0,), "knot": 40.0}),
            ),
        ),
        "rows": [3, 5],
        "observed": [1.0, 0.0],
        "candidates": (Candidate(name="refit", seed=0, predicted=[0.5, 0.5], loss=[0.25, 0.25]),),
        "wall_time_s": 0.5,
    }
    return FormulaRecord(work=own or shortening(), **(found | more))


def failed_work(own: FoldWork) -> FoldRecord:
    return own.record("party", TrialState.FAIL, error="Traceback\nValueError: no.\n")


def make_folder(root: Path, *, done: bool = False) -> StudyPaths:
    """A results folder with two trials, one of which failed; done: with what a finished study has
    beside.
    """
    paths = StudyPaths(root)
    config = make_config(
        {"name": "party", "data": {"source": "balloons"}, "targets": {"y": "continuous"}}
    )
    write_atomic(paths.config, dump_config(config))
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    write_trial(paths, trial())
    write_trial(paths, failed())
    if done:
        write_winner(paths, winner(), {})
        write_work(paths, scored_trees(), {})
        gather(paths)
    return paths
