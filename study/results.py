"""Records on disk and the dataframes gathered from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import ValidationError

from study.config import StudyConfig, load_config
from study.frames import write_frame, written_in_pieces
from study.paths import StudyPaths, write_atomic
from study.schema import HOST_COLUMNS, RESULT_COLUMNS, Frozen, Kind, ReplicateRecord, StudyError, TrialRecord, WinnerRecord

R = TypeVar("R", bound=Frozen)
REPLICATE = ["trial_id", "target", "kind", "family", "depth", "outer_fold", "number", "replicate"]
BATCH = 1_000
"""Records that are held whole at once while a study is gathered."""


def write_trial(paths: StudyPaths, record: TrialRecord) -> None:
    """Write one trial's record, whole or not at all."""
    write_atomic(paths.trial(record.arm, record.number), record.model_dump_json())


def write_winner(paths: StudyPaths, record: WinnerRecord, files: dict[str, bytes]) -> None:
    """Write an arm's models, then its winner's record: a record's files are always there."""
    for name, content in files.items():
        write_atomic(paths.models / name, content)
    write_atomic(paths.winner(record.arm), record.model_dump_json())


def _read(paths: StudyPaths, pattern: str, model: type[R], broken: list[Path]) -> Iterator[R]:
    for path in sorted(paths.trials.glob(pattern)):
        try:
            yield model.model_validate_json(path.read_bytes())
        except (ValidationError, UnicodeDecodeError):
            broken.append(path)


def read_trials(paths: StudyPaths, broken: list[Path] | None = None) -> Iterator[TrialRecord]:
    """Every trial's record below `trials/`, in order of arm and number, one at a time: a large study does not fit in memory.

    broken: takes the files that are truncated or empty, whose trials count as not run.
    """
    return _read(paths, "*/[0-9]*.json", TrialRecord, [] if broken is None else broken)


def read_winners(paths: StudyPaths, broken: list[Path] | None = None) -> list[WinnerRecord]:
    """Every winner's record below `trials/`, in order of arm; broken as in `read_trials`."""
    return list(_read(paths, "*/winner.json", WinnerRecord, [] if broken is None else broken))


def read_records(paths: StudyPaths, set_aside: bool = True) -> tuple[list[TrialRecord], list[WinnerRecord], list[Path]]:
    """The outcome of every trial and every winner, in order of arm and number, and the broken files among their records.

    With `set_aside` a broken file is renamed to `.broken`.
    """
    broken: list[Path] = []
    outcomes = [record.outcome() for record in read_trials(paths, broken)]
    winners = read_winners(paths, broken)
    return outcomes, winners, [path.replace(path.with_suffix(".broken")) if set_aside else path for path in broken]


def _arm_columns(record: TrialRecord | WinnerRecord) -> dict[str, Any]:
    arm = record.arm
    return {
        "target": arm.target,
        "kind": arm.kind.value,
        "family": arm.family,
        "depth": arm.depth,
        "outer_fold": arm.outer_fold,
    }


def trials_frame(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """One row a trial: the columns of `schema.RESULT_COLUMNS`, then `params_*`, `coef_*` and `intercept*`.

    Sorted by target, outer fold, depth, family and number. Losses are in the kind's own units (`schema.LOSS_NAMES`);
    coefficients per original unit of their column, NaN for a network; wall_time_s in seconds.
    """
    rows = []
    for record in records:
        plain = record.model_dump(include=set(RESULT_COLUMNS), mode="json")
        params = {f"params_{k}": v for k, v in record.params.items()}
        rows.append({**plain, **_arm_columns(record), **params, **record.coefficients})
    frame = pd.DataFrame(rows)
    for column in RESULT_COLUMNS:
        if column not in frame:
            frame[column] = None
    extra = [str(c) for c in frame if c not in RESULT_COLUMNS]
    params_first = sorted(extra, key=lambda c: (not c.startswith("params_"), c.startswith("intercept")))
    frame = frame[[*RESULT_COLUMNS, *params_first]].astype(RESULT_COLUMNS)
    for column in extra:
        if frame[column].dtype == object:
            frame[column] = frame[column].map(lambda v: v if isinstance(v, str) or pd.isna(v) else str(v)).astype("str")
    return frame.sort_values(["target", "outer_fold", "depth", "family", "number"], ignore_index=True)


def folds_frame(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """One row a trial and replicate: val_loss, train_loss, best_epoch, n_epochs (from 1), converged."""
    rows = [
        {"study": r.study, "trial_id": r.trial_id, **_arm_columns(r), "number": r.number, "replicate": k}
        | replicate.model_dump()
        for r in records
        for k, replicate in enumerate(r.replicates)
    ]
    return pd.DataFrame(rows, columns=["study", *REPLICATE, *ReplicateRecord.model_fields])


def curves_frame(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """One row a trial, replicate and recorded epoch: val_loss and train_loss after it."""
    rows: list[dict[str, Any]] = []
    points: list[int] = []
    curves: dict[str, list[Any]] = {"epoch": [], "val_loss": [], "train_loss": []}
    for r in records:
        epochs = r.curves.get("epoch", [])
        head = {"trial_id": r.trial_id, **_arm_columns(r), "number": r.number}
        for k, replicate in enumerate(r.replicates if epochs else ()):
            rows.append({**head, "replicate": k, "inner_fold": replicate.inner_fold, "seed": replicate.seed})
            points.append(len(epochs))
            curves["epoch"].append(epochs)
            for name in ("val_loss", "train_loss"):
                curves[name].append(np.asarray(r.curves[name][k], float))
    frame = pd.DataFrame(rows, columns=[*REPLICATE, "inner_fold", "seed"])
    if frame.empty:
        return frame.assign(**curves)
    long = frame.iloc[np.repeat(frame.index, points)].reset_index(drop=True)
    return long.assign(**{name: np.concatenate(values) for name, values in curves.items()})


def predictions_frame(winners: Iterable[WinnerRecord], classes: dict[str, list[str]]) -> pd.DataFrame:
    """One row a test row, arm, candidate and seed: row, group (the row itself without groups), observed, predicted and loss.

    predicted: a value, a rate, or the probability of the second class; for more than two classes the probability of the
    observed one, beside `p_<class>` for all. classes: those of each target.
    """
    pieces = []
    for w in winners:
        observed = np.asarray(w.observed, float)
        for candidate in w.candidates:
            predicted = np.asarray(candidate.predicted, float)
            values: dict[str, Any] = {
                "study": w.study,
                **_arm_columns(w),
                "number": w.number,
                "candidate": candidate.name,
                "seed": candidate.seed,
                "row": w.rows,
                "group": w.groups or w.rows,
                "observed": observed,
            }
            if w.arm.kind is Kind.MULTICLASS:
                values["predicted"] = np.take_along_axis(predicted, observed.astype(int)[:, None], 1)[:, 0]
                values["loss"] = candidate.loss
                values |= {f"p_{name}": predicted[:, i] for i, name in enumerate(classes[w.arm.target])}
            else:
                values |= {"predicted": predicted, "loss": candidate.loss}
            pieces.append(pd.DataFrame(values))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()


def estimates_frame(winners: Iterable[WinnerRecord]) -> pd.DataFrame:
    """Coefficients of the refitted regressions: target, kind, family, outer_fold, term, level, output, unit, estimate, l2."""
    rows = [
        {
            "target": w.arm.target,
            "kind": w.arm.kind.value,
            "family": w.arm.family,
            "outer_fold": w.arm.outer_fold,
            "l2": w.params.get("l2", 0.0),
            **row.model_dump(),
        }
        for w in winners
        for row in w.coefficients
    ]
    columns = ["target", "kind", "family", "outer_fold", "l2", "term", "level", "output", "unit", "estimate"]
    return pd.DataFrame(rows, columns=columns)


def digest(trials: pd.DataFrame) -> str:
    """SHA-256 of a results dataframe without study name, hosts and timings, to the bit of every float."""
    kept = trials.drop(columns=[c for c in (*HOST_COLUMNS, "study") if c in trials])
    kept = kept.sort_values(["target", "outer_fold", "depth", "family", "number"])[sorted(kept.columns)]
    sha = hashlib.sha256()
    for column in kept:
        sha.update(str(column).encode())
        for value in kept[column]:
            sha.update(b"\0" if pd.isna(value) else (value.hex() if isinstance(value, float) else str(value)).encode())
            sha.update(b"\x1f")
    return sha.hexdigest()


def gather(paths: StudyPaths) -> None:
    """Write every dataframe of a results folder anew from its records, holding a batch of them at a time."""
    long = {paths.folds: folds_frame, paths.curves: curves_frame}
    with ExitStack() as stack:
        writers = [(stack.enter_context(written_in_pieces(path, make([]))), make) for path, make in long.items()]

        def passing_by() -> Iterator[TrialRecord]:
            records = read_trials(paths)
            while batch := list(islice(records, BATCH)):
                for write, make in writers:
                    write(make(batch))
                yield from batch

        frame = trials_frame(passing_by())
    write_frame(paths.results, frame)
    write_atomic(paths.results_csv, frame.to_csv(index=False))
    write_frame(paths.predictions, predictions_frame(read_winners(paths), target_classes(paths)))


def target_classes(paths: StudyPaths) -> dict[str, list[str]]:
    """Classes of each target, as stored with the results."""
    targets = json.loads(paths.data.read_text(encoding="utf-8"))["targets"]
    return {target["name"]: list(target["classes"]) for target in targets}


@dataclass(frozen=True)
class Results:
    """A results folder, read as needed; every attribute is cached.

    trials: one row a trial (`trials_frame`). folds: one row a trial and replicate (`folds_frame`). curves: loss by epoch
    (`curves_frame`). coefficients: the regressions' weights beside their reference fits. predictions: the winners on the
    test rows (`predictions_frame`). verdicts: the answer for each target. config: the resolved config.
    """

    root: Path

    @property
    def paths(self) -> StudyPaths:
        """Where each file lies."""
        return StudyPaths(self.root)

    def _frame(self, path: Path) -> pd.DataFrame:
        if not path.exists():
            raise StudyError(f"{path} does not exist yet; `study run {self.paths.config}` finishes the study.")
        return pd.read_parquet(path)

    def _gathered(self, path: Path, frame: Callable[[Iterable[TrialRecord]], pd.DataFrame]) -> pd.DataFrame:
        return self._frame(path) if path.exists() else frame(read_trials(self.paths))

    @cached_property
    def config(self) -> StudyConfig:
        """The resolved config the study ran with."""
        return load_config(self.paths.config)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row a trial; gathered from the records where the study has not finished yet."""
        return self._gathered(self.paths.results, trials_frame)

    @cached_property
    def folds(self) -> pd.DataFrame:
        """One row a trial and replicate."""
        return self._gathered(self.paths.folds, folds_frame)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row a trial, replicate and epoch."""
        return self._gathered(self.paths.curves, curves_frame)

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Weights of the refitted regressions beside their reference fits."""
        return self._frame(self.paths.coefficients)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Test rows of every arm's winner."""
        return self._frame(self.paths.predictions)

    @cached_property
    def verdicts(self) -> list[dict[str, Any]]:
        """The answer for each target."""
        if not self.paths.verdicts.exists():
            raise StudyError(f"{self.paths.verdicts} does not exist yet; `study run {self.paths.config}` finishes the study.")
        verdicts: list[dict[str, Any]] = json.loads(self.paths.verdicts.read_text(encoding="utf-8"))
        return verdicts


def load_results(path: str | Path) -> Results:
    """Open a results folder.

    Raises
    ------
    StudyError
        The folder does not exist or holds no study.
    """
    root = Path(path)
    if not (root / "config.yaml").is_file():
        raise StudyError(f"{root} is not a results folder: it has no config.yaml. `study run CONFIG` makes one.")
    return Results(root)
