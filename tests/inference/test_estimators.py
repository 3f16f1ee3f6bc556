"""The estimators: what they take, whose model predicts, what a fit leaves, and what is an error."""

from __future__ import annotations

import doctest
import pickle
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score

import study
from study.families.heads import FloatArray
from study.inference import estimators
from study.inference.fitted import simplest
from study.inference.rows import label_texts

SHORT: dict[str, Any] = {
    "search": {"trials": 1},
    "inner": {"folds": 2, "seeds": 1},
    "training": {"epochs": 10},
    "space": {"neural": {"width": 8}},
}
"""A search of one trial a search."""


@pytest.fixture
def plane(rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    X = rng.normal(size=(60, 3))
    return X, X @ [1.0, -2.0, 0.0] + 3 + rng.normal(0, 0.1, 60)


def people(rng: np.random.Generator, n: int = 80) -> pd.DataFrame:
    """Rows with a number, gaps, words, truths and dates; none of their columns is without effect on
    `wage`.
    """
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 60, n).astype(float),
            "job": rng.choice(["cook", "pilot", "clerk"], n),
            "union": rng.choice([True, False], n),
            "since": pd.Timestamp("2000-01-01")
            + pd.to_timedelta(rng.integers(0, 4_000, n), unit="D"),
        }
    )
    days = (frame["since"] - pd.Timestamp("2000-01-01")).dt.days
    frame["wage"] = (
        frame["age"]
        + 20 * (frame["job"] == "pilot")
        + 5 * frame["union"]
        + days / 100
        + rng.normal(0, 0.1, n)
    )
    frame.loc[::9, "age"] = np.nan
    return frame.set_index(pd.Index([f"person {i}" for i in range(n)]))


def test_a_regression_of_a_plane_is_that_of_least_squares(
    plane: tuple[FloatArray, FloatArray],
) -> None:
    X, y = plane

    regressor = study.FamilyRegressor(model="regression").fit(X, y)

    assert regressor.model_ == "regression"
    assert regressor.predict(X) == pytest.approx(LinearRegression().fit(X, y).predict(X), abs=0.02)


def test_a_frame_keeps_its_types_and_its_index_is_no_column(rng: np.random.Generator) -> None:
    frame = people(rng)
    X, y = frame.drop(columns="wage"), frame["wage"]

    regressor = study.FamilyRegressor(model="regression").fit(X, y)

    full = X["age"].notna()
    assert regressor.feature_names_in_.tolist() == list(X)
    assert regressor.score(X[full], y[full]) > 0.99
    told = regressor.trials_.filter(like="coef_").columns
    assert {name.removeprefix("coef_").partition("[")[0] for name in told} >= {
        "age",
        "job",
        "union",
        "since",
    }


def test_predictions_of_a_row_depend_on_no_other_and_not_on_unseen_levels_or_gaps(
    rng: np.random.Generator,
) -> None:
    frame = people(rng)
    X, y = frame.drop(columns="wage"), frame["wage"]
    regressor = study.FamilyRegressor(model="terms", config=SHORT).fit(X, y)
    strange = pd.concat([X, X.iloc[:1].assign(job="diver", age=None)])

    assert regressor.predict(X.iloc[5:7]).tolist() == regressor.predict(X)[5:7].tolist()
    assert np.isfinite(regressor.predict(strange)).all()


def test_columns_that_look_like_row_numbers_are_features_since_they_were_given(
    rng: np.random.Generator,
) -> None:
    X = np.arange(40.0)[:, None]

    regressor = study.FamilyRegressor(model="regression").fit(
        X, 2 * X[:, 0] + rng.normal(0, 0.1, 40)
    )

    assert regressor.predict([[10.0], [20.0]]) == pytest.approx([20, 40], abs=0.5)


def test_the_answer_is_among_three_procedures_and_the_simplest_that_is_near_enough(
    plane: tuple[FloatArray, FloatArray],
) -> None:
    regressor = study.FamilyRegressor(depths=1, config=SHORT).fit(*plane)

    losses = regressor.trials_.groupby("family")["val_loss"].min()
    assert set(losses.index) == {"linear", "terms", "neural"}
    assert losses["terms"] <= losses["linear"]  # which lies in its space
    assert regressor.model_ == "regression"
    assert regressor.verdict_ is None
    assert regressor.results_ is None


@pytest.mark.parametrize(
    ("losses", "margin", "answer"),
    [
        ((1.0, 0.96, 0.96), 0.05, "regression"),
        ((1.0, 0.90, 0.86), 0.05, "terms"),
        ((1.0, 0.90, 0.80), 0.05, "network"),
        ((1.0, 0.96, 0.96), 0.01, "terms"),
        ((1.0, 1.0, 0.90), 0.05, "network"),
        ((1.0, 1.0, 2.0), 0.05, "regression"),
    ],
)
def test_what_no_richer_procedure_beats_by_more_than_the_margin(
    losses: tuple[float, ...], margin: float, answer: str
) -> None:
    by_fold = {
        name: np.full(5, loss)
        for name, loss in zip(("regression", "terms", "network"), losses, strict=True)
    }

    assert simplest(by_fold, margin) == answer


def test_a_gain_that_one_inner_fold_brings_alone_is_none() -> None:
    plain, once = np.ones(5), np.array([0.5, 1.0, 1.0, 1.0, 1.0])

    assert simplest({"regression": plain, "terms": once}, 0.05) == "regression"
    assert simplest({"regression": plain, "terms": np.full(5, once.mean())}, 0.05) == "terms"


@pytest.mark.parametrize("model", ["formula", "trees"])
def test_procedures_beside_the_three_can_be_asked_for(model: str) -> None:
    X, y = (part[:200] for part in load_diabetes(return_X_y=True))

    regressor = study.FamilyRegressor(model=model).fit(X, y)

    assert regressor.model_ == model
    assert regressor.score(X, y) > 0.45


def test_a_fitted_estimator_is_kept_by_pickle_to_the_bit(
    plane: tuple[FloatArray, FloatArray],
) -> None:
    X, y = plane
    regressor = study.FamilyRegressor(model="network", depths=1, config=SHORT).fit(X, y)
    predicted = regressor.predict(X)

    again = pickle.loads(pickle.dumps(regressor))

    assert again.predict(X).tolist() == predicted.tolist()
    assert again.trials_.equals(regressor.trials_)


def test_columns_of_probabilities_are_those_of_the_classes_whatever_order_the_study_has_them_in(
    rng: np.random.Generator,
) -> None:
    X = rng.normal(size=(90, 2))
    y = np.array(["9", "10", "100"])[
        np.digitize(X[:, 0], [-0.5, 0.5])
    ]  # 9 comes first as a number, last as text

    classifier = study.FamilyClassifier(model="regression").fit(X, y)

    assert classifier.classes_.tolist() == ["10", "100", "9"]
    assert classifier.predict([[-3.0, 0.0], [0.0, 0.0], [3.0, 0.0]]).tolist() == ["9", "10", "100"]
    assert classifier.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(90))
    assert classifier.score(X, y) > 0.9


def test_labels_may_be_numbers_or_truths(rng: np.random.Generator) -> None:
    X = rng.normal(size=(60, 1))

    truths = study.FamilyClassifier(model="regression").fit(X, X[:, 0] > 0)
    numbers = study.FamilyClassifier(model="regression").fit(X, np.where(X[:, 0] > 0, -1.0, 2.0))

    assert truths.predict([[2.0], [-2.0]]).tolist() == [True, False]
    with pytest.raises(ValueError, match="Unknown label type"):
        study.FamilyClassifier(model="regression").fit(X, X[:, 0])
    assert numbers.predict([[2.0], [-2.0]]).tolist() == [-1.0, 2.0]


def test_classes_whose_text_is_alike_or_empty_are_named_by_number() -> None:
    assert label_texts(np.array(["a", "b "])) == ["a", "b"]
    assert label_texts(np.array(["b", "b "])) == ["0", "1"]
    assert label_texts(np.array(["", "b"])) == ["0", "1"]
    assert label_texts(np.array([1.0, 2.5])) == ["1", "2.5"]


def test_counts_are_predicted_as_rates(rng: np.random.Generator) -> None:
    X = rng.normal(size=(200, 1))
    y = rng.poisson(np.exp(X[:, 0]))

    regressor = study.FamilyRegressor(model="regression", kind="count").fit(X, y)

    assert regressor.predict([[0.0], [1.0]]) == pytest.approx([1.0, np.e], rel=0.25)


def test_groups_are_kept_together_and_are_no_feature(rng: np.random.Generator) -> None:
    dealer = np.repeat(np.arange(10), 6)
    X = pd.DataFrame({"size": rng.normal(size=60), "dealer": dealer})
    y = X["size"] + rng.normal(size=10)[dealer]

    own = study.FamilyRegressor(model="regression", config={"groups": "dealer"}).fit(X, y)
    without = study.FamilyRegressor(model="regression").fit(X[["size"]], y)

    assert own.trials_.filter(like="coef_").columns.tolist() == ["coef_size"]
    assert own.trials_["val_loss"].min() != without.trials_["val_loss"].min()


def test_other_estimators_and_searches_of_scikit_learn_can_use_it(
    plane: tuple[FloatArray, FloatArray],
) -> None:
    regressor = study.FamilyRegressor(model="regression")

    assert cross_val_score(regressor, *plane, cv=2).min() > 0.9
    assert clone(regressor.set_params(margin=0.1)).get_params()["margin"] == 0.1


@pytest.mark.parametrize(
    ("parameters", "way_out"),
    [
        ({"model": "net"}, "'net'.*'network'.*answer, "),
        ({"kind": "binary"}, "continuous.*count.*'binary'"),
        ({"effort": "hard"}, "effort.*'quick'.*hard"),
        ({"config": {"traning": {}}}, "'traning'.*'training'"),
        ({"config": {"groups": "dealer"}}, r"groups.*\bX\b.*'dealer'"),
    ],
)
def test_a_wrong_parameter_is_a_value_error_that_names_it(
    parameters: dict[str, Any], way_out: str, plane: tuple[FloatArray, FloatArray]
) -> None:
    with pytest.raises(ValueError, match=way_out):
        study.FamilyRegressor(**parameters).fit(*plane)


def test_rows_that_cannot_be_learnt_from_are_value_errors(
    plane: tuple[FloatArray, FloatArray],
) -> None:
    X, y = plane
    with pytest.raises(ValueError, match=r"FamilyRegressor.*\b20\b.*n_samples=19"):
        study.FamilyRegressor().fit(X[:19], y[:19])
    with pytest.raises(ValueError, match=r"'y'.*'0'"):
        study.FamilyRegressor().fit(X, np.zeros(60))
    with pytest.raises(ValueError, match=r"FamilyClassifier.*\by\b.*'a'"):
        study.FamilyClassifier().fit(X, np.full(60, "a"))
    regressor = study.FamilyRegressor(model="regression").fit(
        pd.DataFrame(X, columns=["a", "b", "c"]), y
    )
    with pytest.raises(ValueError, match=r"'b'.*'tall'.*row 1"):
        regressor.predict(pd.DataFrame({"a": [1.0, 2.0], "b": ["1", "tall"], "c": [0.0, 0.0]}))


def test_a_search_in_which_every_trial_fails_says_why(plane: tuple[FloatArray, FloatArray]) -> None:
    space = {"neural": {"learning_rate": 1e30, "width": 8}}
    regressor = study.FamilyRegressor(model="network", depths=1, config={**SHORT, "space": space})

    with pytest.raises(ValueError, match=r"network.*finite"):
        regressor.fit(*plane)


def test_importing_study_imports_no_scikit_learn_and_its_estimators_no_tensorflow_or_ray() -> None:
    code = (
        "import sys, study; assert 'sklearn' not in sys.modules; study.FamilyRegressor; "
        "assert not {'tensorflow', 'ray'} & {*sys.modules}, 'too early'"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_examples_of_the_documentation_are_true() -> None:
    from study.inference import estimators

    found = doctest.testmod(estimators)

    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", ["self", "intercept", "row", "loss", "target", "y"])
def test_a_target_of_any_name_comes_to_the_search_beside_its_columns(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[pd.DataFrame] = []

    def search(_: object, table: pd.DataFrame, model: str) -> SimpleNamespace:
        searched.append(table)
        return SimpleNamespace(name=model, trials=None, results=None)

    monkeypatch.setattr(estimators, "fit_here", search)
    rows = pd.DataFrame({"a": np.arange(30.0)})

    study.FamilyRegressor(model="regression").fit(rows, pd.Series(np.arange(30.0), name=name))

    assert list(searched[0]) == ["a", name]
