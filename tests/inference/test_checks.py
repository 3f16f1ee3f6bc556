"""scikit-learn's own checks: all of them on what a regression alone needs in the quick suite, and
on everything in the long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from study import FamilyClassifier, FamilyRegressor

EXPECTED_FAILURES = {
    "FamilyRegressor": {
        "check_fit2d_1feature": "10 rows, fewer than the 20 that a search needs",
        "check_n_features_in_after_fitting": "15 rows, fewer than the 20 that a search needs",
        "check_regressors_no_decision_function": "10 rows, fewer than the 20 that a search needs",
    },
    "FamilyClassifier": {
        "check_classifier_data_not_an_array": "12 rows, fewer than the 20 that a search needs",
        "check_fit2d_1feature": "10 rows, fewer than the 20 that a search needs",
        "check_n_features_in_after_fitting": "15 rows, fewer than the 20 that a search needs",
    },
}
"""By estimator and check: why it cannot pass."""


def expected(estimator: Any) -> dict[str, str]:
    return EXPECTED_FAILURES[type(estimator).__name__]


SMALL = {"model": "regression", "config": {"inner": {"folds": 2}}}


@parametrize_with_checks(
    [FamilyRegressor(**SMALL), FamilyClassifier(**SMALL)],
    expected_failed_checks=expected,
    xfail_strict=True,
)
def test_an_estimator_of_regressions_alone_is_one_of_scikit_learn(
    estimator: Any, check: Callable[[Any], None]
) -> None:
    check(estimator)


@pytest.mark.checks
@parametrize_with_checks(
    [FamilyRegressor(), FamilyClassifier()], expected_failed_checks=expected, xfail_strict=True
)
def test_an_estimator_as_it_is_made_is_one_of_scikit_learn(
    estimator: Any, check: Callable[[Any], None]
) -> None:
    check(estimator)
