"""Finished studies, looked at from what they left on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from study import load_results
from study.api import study_searches
from study.data.reader import Reader
from study.data.sources import read_source
from study.evidence.winners import class_probabilities, select_candidate
from study.inference.models import Model
from study.records.reading import digest
from study.schema import ALL_ROWS, Kind, procedure_of

ROUNDING = 1e-5
"""What two programs of one network may differ by: XLA's of a worker and Keras' of a saved model, in
float32."""


def reproduce(folder: Path) -> dict[str, float]:
    """Largest gap between stored predictions of the test rows and those of the saved models, as a
    share of those above 1.
    """
    results = load_results(folder)
    frame = read_source(results.config.data).frame
    gaps = {}
    for search, _ in study_searches(results):
        if search.outer_fold == ALL_ROWS:
            continue
        own = results.predictions.query(
            " and ".join(
                f"{name} == @search.{name}" for name in ("target", "family", "depth", "outer_fold")
            )
        )
        own = select_candidate(own)
        reader = Reader.model_validate_json(
            results.paths.reader(search.target, search.outer_fold).read_bytes()
        )
        saved = Model(
            procedure_of(search.family, search.depth), results.paths.model(search), reader
        )
        predicted = saved.response(
            reader.read(frame.iloc[own["row"]].reset_index(drop=True)).values
        )
        stored = class_probabilities(own) if search.kind is Kind.MULTICLASS else own["predicted"]
        known = stored.to_numpy(float)
        gaps[search.key] = float((np.abs(predicted - known) / np.maximum(1, np.abs(known))).max())
    return gaps


def same_regression(folder: Path, whole: Path) -> bool:
    """Whether a study of the linear regression alone gives what one of more families gives of it."""
    own, trials = load_results(folder).trials, load_results(whole).trials
    return digest(own) == digest(trials.query("family == 'linear'")[list(own.columns)])
