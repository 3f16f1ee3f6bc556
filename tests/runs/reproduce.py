"""Predict the test rows of a finished study from its saved models alone: reproduce.py RESULTS_FOLDER.

Prints, as JSON, the largest difference from the stored predictions of each arm's judged model.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from study import load_results
from study.api import study_arms
from study.data.reader import Reader
from study.data.sources import read_source
from study.evidence.winners import class_probabilities, select_candidate
from study.predicting.models import Model
from study.schema import ALL_ROWS, Kind, procedure_of

if __name__ == "__main__":
    results = load_results(sys.argv[1])
    frame = read_source(results.config.data).frame
    gaps = {}
    for arm, _ in study_arms(results):
        if arm.outer_fold == ALL_ROWS:
            continue
        own = results.predictions.query(
            "target == @arm.target and family == @arm.family and depth == @arm.depth and outer_fold == @arm.outer_fold"
        )
        own = select_candidate(own)
        reader = Reader.model_validate_json(results.paths.reader(arm.target, arm.outer_fold).read_bytes())
        saved = Model(procedure_of(arm.family, arm.depth), results.paths.model(arm), reader)
        predicted = saved.response(reader.read(frame.iloc[own["row"]].reset_index(drop=True)).values)
        stored = class_probabilities(own) if arm.kind is Kind.MULTICLASS else own["predicted"]
        gaps[arm.key] = float(np.abs(predicted - stored.to_numpy(float)).max())
    print(json.dumps(gaps))
