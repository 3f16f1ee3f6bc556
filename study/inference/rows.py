"""What scikit-learn hands over, arrays or frames, as the frame of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_X_y
from sklearn.utils.validation import validate_data

from study.data.cells import as_label
from study.data.sources import named


def training_rows(
    estimator: BaseEstimator, X: Any, y: Any, numeric: bool
) -> tuple[pd.DataFrame, Any]:
    """Rows and targets as a frame of text names, index 0..n-1, and an array (n_rows,); notes names
    and number of columns.

    A frame keeps its types; the columns of anything else are x0, x1 and so on. numeric: whether
    targets are numbers.

    Raises
    ------
    ValueError
        As scikit-learn's estimators say it.
    """
    if isinstance(X, pd.DataFrame):
        validate_data(estimator, X, y, skip_check_array=True)
        _, y = check_X_y(np.zeros((len(X), 1)), y, y_numeric=numeric, estimator=estimator)
        return named(X.reset_index(drop=True), "X"), y
    X, y = validate_data(
        estimator, X, y, dtype=None, ensure_all_finite="allow-nan", y_numeric=numeric
    )
    return _numbered(X), y


def rows_to_predict(estimator: BaseEstimator, X: Any, names: Sequence[str]) -> pd.DataFrame:
    """Rows whose columns are those of training, in that order, as a frame of these names; errors as
    `training_rows`.
    """
    if isinstance(X, pd.DataFrame):
        validate_data(estimator, X, reset=False, skip_check_array=True)
        frame = X.reset_index(drop=True)
    else:
        frame = _numbered(
            validate_data(estimator, X, reset=False, dtype=None, ensure_all_finite="allow-nan")
        )
    return frame.set_axis(list(names), axis=1)


def _numbered(X: Any) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def target_name(y: Any, frame: pd.DataFrame) -> str:
    """What the target is called: as a series is, or `y`, unless a column of the frame has that
    name.
    """
    name = str(y.name) if isinstance(y, pd.Series) and y.name is not None else "y"
    while name in frame:
        name += "_"
    return name


def label_texts(classes: NDArray[Any]) -> list[str]:
    """Classes as the study names them: as text, or by number where two have the same text, or one
    has none.
    """
    texts = [as_label(label) for label in classes]
    if len(set(texts)) < len(texts) or not all(texts):
        return [str(i) for i in range(len(texts))]
    return texts
