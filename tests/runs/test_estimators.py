"""An estimator with evidence is a whole study, whose last search is that of an estimator without,
to the bit.
"""

from __future__ import annotations

import gc
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from study import FamilyRegressor
from study.inference.models import cautions
from study.schema import ALL_ROWS, HOST_COLUMNS

TINY: dict[str, Any] = {
    "protocol": "holdout",
    "inner": {"folds": 2, "seeds": 1},
    "search": {"trials": 2},
    "families": ["baseline", "linear", "neural"],
    "training": {"epochs": 10},
    "space": {"neural": {"width": 8}},
}


@pytest.mark.slow
@pytest.mark.faults  # as long as those
def test_with_evidence_the_estimator_is_its_study_and_without_the_same_search(
    tmp_path: Path,
) -> None:
    """A temporary study, which goes on in its folder where that is named, and goes with the
    estimator that made it.
    """
    X, y = (part[:100] for part in load_diabetes(return_X_y=True, as_frame=True))
    # This one first: an import that fails inside a library keeps the frames that asked for it, and
    # their estimator.
    alone = FamilyRegressor(model="network", depths=1, config=TINY).fit(X, y)
    with warnings.catch_warnings(record=True, action="always") as caught:
        judged = FamilyRegressor(evidence=True, model="network", depths=1, config=TINY).fit(X, y)
    root, predicted = judged.results_.root, judged.predict(X)

    assert judged.verdict_.target == "target"
    told = [str(each.message) for each in caught if each.category is UserWarning]
    assert told == cautions(judged.results_, "target", "network", "network")
    with warnings.catch_warnings(action="ignore"):
        assert (
            predicted.tolist() == judged.results_.predict(X, model="network")["predicted"].tolist()
        )
    trials = judged.trials_[
        (judged.trials_["outer_fold"] == ALL_ROWS) & (judged.trials_["family"] == "neural")
    ]
    same = alone.trials_.drop(columns=["study", *HOST_COLUMNS])
    pd.testing.assert_frame_equal(
        trials[list(same)].reset_index(drop=True), same, check_dtype=False, check_exact=True
    )
    assert predicted.tolist() == alone.predict(X).tolist()

    named: dict[str, Any] = {"evidence": True, "depths": 1, "config": TINY, "results": root}
    trained = {path: path.stat().st_mtime_ns for path in (root / "trials").rglob("*.json*")}
    with warnings.catch_warnings(action="ignore"):
        again = FamilyRegressor(**named).fit(X, y)
    assert again.results_.root == root
    assert again.model_ == judged.verdict_.answer_procedure
    assert {path: path.stat().st_mtime_ns for path in (root / "trials").rglob("*.json*")} == trained
    assert (root / "report.html").exists()
    with pytest.raises(ValueError, match=re.escape(str(root))):
        FamilyRegressor(**named).fit(X, y + 1)

    kept = pickle.dumps(judged)
    del judged
    gc.collect()
    assert not root.exists()
    assert np.array_equal(pickle.loads(kept).predict(X), predicted)
