"""A regressor and a classifier for scikit-learn."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from study.config import make_config
from study.data.cells import as_label
from study.data.targets import LEAST_ROWS
from study.families.heads import FloatArray
from study.inference.fitted import fit_here, fit_with_evidence
from study.inference.models import ANSWER, class_shares, known_model
from study.inference.rows import label_texts, rows_to_predict, target_name, training_rows
from study.schema import Kind, StudyError


@dataclass(kw_only=True, eq=False, repr=False)
class _Family(BaseEstimator):  # type: ignore[misc]
    """What both have: parameters, the fit and what it leaves."""

    model: str = ANSWER
    evidence: bool = False
    effort: str = "quick"
    depths: Sequence[int] = (1, 2)
    margin: float = 0.05
    seed: int = 0
    config: Mapping[str, Any] | None = None
    results: str | Path | None = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags

    def _fit(self, frame: pd.DataFrame, target: str, y: Any, kind: Any) -> None:
        """Fit columns of a frame to a target; kind: as in `targets` of a config."""
        if len(frame) < LEAST_ROWS:
            raise ValueError(
                f"{type(self).__name__} needs {LEAST_ROWS} rows to search, but n_samples={len(frame)}. Add rows."
            )
        with _value_errors():
            model = known_model(self.model)
            given = {"name": type(self).__name__, **(self.config or {})}
            no_features = {given.get("groups"), given.get("time")}
            data = {
                "source": "X",
                "features": [name for name in frame if name not in no_features],
                **(given.get("data") or {}),
            }
            if kind in (Kind.BINARY, Kind.MULTICLASS):
                data["types"] = {target: "category", **(data.get("types") or {})}
            own = {name: getattr(self, name) for name in ("effort", "margin", "seed")}
            depths = [int(depth) for depth in np.atleast_1d(self.depths)]
            config = make_config(
                {**own, "depths": depths, **given, "data": data, "targets": {target: kind}},
                origin=f"parameters of {type(self).__name__}",
            )
            table = frame.copy()
            table[target] = y
            if self.evidence:
                found = fit_with_evidence(
                    config, table, model, self._folder(), report=self.results is not None
                )
            else:
                found = fit_here(config, table, model)
        self._fitted = found
        self._columns = [str(name) for name in frame]
        self.model_ = found.name
        self.trials_ = found.trials
        self.results_ = found.results
        self.verdict_ = found.results.verdicts[0] if found.results else None

    def _folder(self) -> Path:
        if self.results is not None:
            return Path(self.results)
        folder = tempfile.mkdtemp(prefix="study-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder, type(self).__name__)

    def _response(self, X: Any) -> FloatArray:
        check_is_fitted(self, "_fitted")
        frame = rows_to_predict(self, X, self._columns)
        with _value_errors():
            return self._fitted.response(frame)


@contextmanager
def _value_errors() -> Iterator[None]:
    """Raise what a user can mend as scikit-learn's callers expect it, such as a grid search that
    goes on with the next.
    """
    try:
        yield
    except StudyError as error:
        raise ValueError(str(error)) from error


@dataclass(kw_only=True, eq=False, repr=False)
class FamilyRegressor(RegressorMixin, _Family):  # type: ignore[misc]
    """Regression, regression with terms or network, whichever is enough, for a number.

    Parameters
    ----------
    model : {"answer", "regression", "terms", "formula", "network", "trees"}
        Whose model predicts. With evidence the answer is what the verdict says. Without, it is the
        simplest of regression, regression with terms (`terms`) and network whose mean validation
        loss no richer one is below by more than `margin` times the regression's, less a standard
        error over inner folds; no test row has a say, so it is no verdict. Only what is asked for
        is searched.
    evidence : bool
        Whether to run a whole study, with outer folds and a verdict, on all cores by Ray; else all
        rows are searched once, in this process.
    effort, depths, margin, seed
        As in a config: how hard to try ("quick", "normal", "thorough"), hidden layers of the
        networks, smallest gain that matters, and the seed of everything random.
    kind : {"continuous", "count"}
        Squared error, or Poisson loss of whole numbers from 0.
    target_transform : {"log"}, optional
        Train on the logarithm of positive numbers; predictions are in their own unit.
    config : mapping, optional
        Any other key of a config, such as `{"groups": "dealer", "data": {"types": {"zip":
        "category"}}}`. Groups and time are columns of X, and no features.
    results : path, optional
        With evidence, the results folder of the study, with its report; the same fit of the same
        rows goes on there. Without a name it is a temporary one, removed with the estimator.

    Attributes
    ----------
    model_ : str
        The procedure whose model predicts.
    trials_ : DataFrame
        One row a trial, as results.parquet.
    verdict_, results_
        With evidence the verdict (`study.evidence.answer.Verdict`) and the study (`study.Results`),
        else None.
    n_features_in_, feature_names_in_
        As of every estimator.

    Notes
    -----
    X is an array or a DataFrame, whose types are kept: numbers, booleans, categories or text,
    dates; gaps are NaN or None. Constant columns are left out. What is wrong with rows or
    parameters is a ValueError. Where the verdict is undecided, or nothing is better than a
    constant, `fit` warns. In this process TensorFlow is set to one thread, unless it was imported
    before; programs of networks are compiled once for all fits of one shape.

    Examples
    --------
    >>> import numpy as np
    >>> import study
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> regressor = study.FamilyRegressor(model="terms").fit(X, X[:, 0] * X[:, 1])
    >>> bool(np.abs(regressor.predict(X) - X[:, 0] * X[:, 1]).max() < 0.01)
    True
    """

    kind: str = "continuous"
    target_transform: str | None = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.kind == Kind.COUNT or bool(self.target_transform)
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Search and fit.

        X : (n_rows, n_columns). y : (n_rows,) numbers, of 20 rows at least.
        """
        frame, values = training_rows(self, X, y, numeric=True)
        if self.kind not in {Kind.CONTINUOUS, Kind.COUNT}:
            raise ValueError(f"kind is continuous or count, but got {self.kind!r}.")
        log = {"kind": self.kind, "transform": self.target_transform}
        form = log if self.target_transform else self.kind
        self._fit(frame, target_name(y, frame), np.asarray(values, np.float64), form)
        return self

    def predict(self, X: Any) -> FloatArray:
        """Values, or rates of counts, (n_rows,) float64."""
        return self._response(X)


class FamilyClassifier(ClassifierMixin, _Family):  # type: ignore[misc]
    """Logistic regression, the same with terms, or network, whichever is enough, for two classes or
    more.

    Parameters, attributes and notes are those of `FamilyRegressor`, but for `kind`; there is
    `classes_` too, (n_classes,).

    Examples
    --------
    >>> import numpy as np
    >>> import study
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> side = np.where(X[:, 0] > 0, "right", "left")
    >>> classifier = study.FamilyClassifier(model="regression").fit(X, side)
    >>> classifier.predict([[2.0, 0.0], [-2.0, 0.0]]).tolist()
    ['right', 'left']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Search and fit.

        X : (n_rows, n_columns). y : (n_rows,) labels of two classes or more, of 20 rows at least.
        """
        frame, labels = training_rows(self, X, y, numeric=False)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs two classes, but y has one class: {as_label(self.classes_[0])!r}."
            )
        texts = label_texts(self.classes_)
        kind = Kind.BINARY if len(texts) == 2 else Kind.MULTICLASS
        self._fit(frame, target_name(y, frame), pd.array(texts, "str").take(codes), kind)
        self._order = [self._fitted.reader.classes.index(text) for text in texts]
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Probability of each of `classes_`, (n_rows, n_classes) float64."""
        return np.asarray(class_shares(self._response(X))[:, self._order])

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class, (n_rows,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])
