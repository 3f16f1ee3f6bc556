"""What the report needs of a study's results."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from study.config import StudyConfig
from study.evidence.answer import Verdict
from study.evidence.verdicts import verdicts
from study.records.paths import StudyPaths


class ResultsLike(Protocol):
    """Frames, config and verdicts of one results folder, as `study.load_results` returns them."""

    @property
    def trials(self) -> pd.DataFrame: ...
    @property
    def folds(self) -> pd.DataFrame: ...
    def curves_of(self, trial_ids: Iterable[str]) -> pd.DataFrame: ...
    @property
    def coefficients(self) -> pd.DataFrame: ...
    @property
    def predictions(self) -> pd.DataFrame: ...
    @property
    def config(self) -> StudyConfig: ...
    @property
    def verdicts(self) -> list[Verdict]: ...
    @property
    def root(self) -> Path: ...


def verdict_list(results: ResultsLike) -> list[Verdict]:
    """Verdicts on disk, or computed where a study has not written them yet."""
    if StudyPaths(results.root).verdicts.exists():
        return results.verdicts
    predictions = scored(results)
    return [] if predictions.empty else verdicts(predictions, results.trials, results.config.margin, results.config.outer.folds)


def scored(results: ResultsLike) -> pd.DataFrame:
    """`results.predictions`, or an empty frame where no test row has been scored yet."""
    return results.predictions if StudyPaths(results.root).predictions.exists() else pd.DataFrame()


def weights(results: ResultsLike) -> pd.DataFrame:
    """`results.coefficients` of the regressions, or an empty frame where there are none yet."""
    if not StudyPaths(results.root).coefficients.exists():
        return pd.DataFrame()
    own = results.coefficients
    return own[own["family"] != "constant"]


def data_notes(results: ResultsLike) -> dict[str, Any]:
    """`data.json`: notes, features, targets, rows; empty where the file is not there."""
    return _read(StudyPaths(results.root).data)


def environment(results: ResultsLike) -> dict[str, Any]:
    """`environment.json`: versions, machine, seeds; empty where the file is not there."""
    return _read(StudyPaths(results.root).environment)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {"content": content}
