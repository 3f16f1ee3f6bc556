"""An estimator with evidence is a whole study, whose last search is that of an estimator without, to the bit."""

from __future__ import annotations

import gc
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from study import FamilyRegressor
from study.schema import ALL_ROWS, HOST_COLUMNS

TINY: dict[str, Any] = {
    "protocol": "holdout",
    "inner": {"folds": 2, "seeds": 1},
    "search": {"trials": 2},
    "training": {"epochs": 10},
    "space": {"neural": {"width": 8}},
}


@pytest.mark.slow
def test_with_evidence_the_estimator_gives_what_its_study_delivers_and_without_the_same_search(tmp_path: Path) -> None:
    X, y = (part[:120] for part in load_diabetes(return_X_y=True, as_frame=True))
    folder = tmp_path / "sugar"

    with pytest.warns(UserWarning, match="to use no model of target yet"):
        judged = FamilyRegressor(evidence=True, model="network", depths=1, config=TINY, results=folder).fit(X, y)
    alone = FamilyRegressor(model="network", depths=1, config=TINY).fit(X, y)

    assert judged.verdict_.target == "target"
    assert judged.results_.root == folder
    assert (folder / "report.html").exists()
    with pytest.warns(UserWarning, match="to use no model of target yet"):
        said = judged.results_.predict(X, model="network")
    assert judged.predict(X).tolist() == said["predicted"].tolist()
    trials = judged.trials_[(judged.trials_["outer_fold"] == ALL_ROWS) & (judged.trials_["family"] == "neural")]
    same = alone.trials_.drop(columns=["study", *HOST_COLUMNS])
    pd.testing.assert_frame_equal(trials[list(same)].reset_index(drop=True), same, check_dtype=False, check_exact=True)
    assert judged.losses_["network"] == alone.losses_["network"]
    assert judged.predict(X).tolist() == alone.predict(X).tolist()
    with pytest.raises(ValueError, match="holds a study of other rows"):
        FamilyRegressor(evidence=True, depths=1, config=TINY, results=folder).fit(X, y + 1)

    trained = {path: path.stat().st_mtime_ns for path in (folder / "trials").rglob("*.json*")}
    with pytest.warns(UserWarning, match="The study"):
        again = FamilyRegressor(evidence=True, depths=1, config=TINY, results=folder).fit(X, y)
    assert again.model_ == judged.verdict_.answer_procedure
    assert {path: path.stat().st_mtime_ns for path in (folder / "trials").rglob("*.json*")} == trained


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The study")
def test_a_temporary_study_goes_with_its_estimator_which_predicts_without_it(tmp_path: Path) -> None:
    X, y = (part[:100] for part in load_diabetes(return_X_y=True))
    regressor = FamilyRegressor(evidence=True, depths=1, config=TINY).fit(X, y)
    root, predicted = regressor.results_.root, regressor.predict(X)
    kept = pickle.dumps(regressor)
    assert root.exists()

    del regressor
    gc.collect()

    assert not root.exists()
    assert np.array_equal(pickle.loads(kept).predict(X), predicted)
