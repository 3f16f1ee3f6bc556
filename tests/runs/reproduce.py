"""Predict the test rows of a finished study from its saved models and encoders alone: reproduce.py RESULTS_FOLDER.

Prints, as JSON, the largest difference from the stored predictions of each arm's first refit, in units of their spread.
"""

from __future__ import annotations

import json
import sys

import keras
import numpy as np
import skops.io

from study import load_results
from study.api import prepare, study_arms
from study.data.encoding import TRUSTED
from study.schema import Kind

if __name__ == "__main__":
    results = load_results(sys.argv[1])
    frame = prepare(results.config).table.frame
    found = results.predictions.query("candidate == 'refit'")
    gaps = {}
    for arm, _ in study_arms(results):
        own = found.query(
            "target == @arm.target and family == @arm.family and depth == @arm.depth and outer_fold == @arm.outer_fold"
        )
        own = own[own["seed"] == own["seed"].iloc[0]]
        encoder = skops.io.load(results.paths.encoder(arm.target, arm.outer_fold), trusted=list(TRUSTED))
        x = encoder.transform(frame.loc[own["row"], encoder.feature_names_in_])
        predicted = keras.saving.load_model(results.paths.model(arm)).predict(x.astype("float32"), verbose=0)
        if arm.kind is Kind.MULTICLASS:
            predicted = np.take_along_axis(predicted, own["observed"].to_numpy(int)[:, None], axis=1)
        gap = np.abs(predicted[:, 0] - own["predicted"].to_numpy()).max()
        gaps[arm.key] = float(gap / max(found.query("target == @arm.target")["predicted"].std(), 1e-9))
    print(json.dumps(gaps))
