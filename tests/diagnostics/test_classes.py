"""Calibration, ROC and precision-recall curves, and confusion of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from study.diagnostics.calibration.compute import MOST_CLASSES, class_rows, compute as calibration
from study.diagnostics.confusion.compute import compute as confusion
from study.diagnostics.discrimination.compute import (
    GRID,
    PRECISION_RECALL,
    ROC,
    compute as discrimination,
    curves_of,
)
from study.evidence.metric_gains import metric_table
from tests.diagnostics.predicted import context_of, incumbents_of, predicted

N = 300
RNG = np.random.default_rng(5)
P = RNG.uniform(0, 1, N)
HIT = (RNG.random(N) < P).astype(float)
SHARES = RNG.dirichlet([1, 2, 3], N)
CLASS = np.array([RNG.choice(3, p=p) for p in SHARES])


def two(p: np.ndarray = P, **more: int) -> pd.DataFrame:
    return predicted(HIT, {("logistic", 0): p}, kind="binary", **more)


def three(**more: int) -> pd.DataFrame:
    return predicted(CLASS, {("logistic", 0): SHARES}, kind="multiclass", **more)


def test_right_probabilities_lie_within_the_intervals_of_their_bins() -> None:
    bins = calibration(context_of(two()))

    first = np.sort(P)[29] >= P
    assert bins["n_rows"].tolist() == [30] * 10
    assert bins["p"].iloc[0] == pytest.approx(P[first].mean())
    assert bins["share"].iloc[0] == pytest.approx(HIT[first].mean())
    assert (bins["low"] <= bins["p"]).all()
    assert (bins["high"] >= bins["p"]).all()


def test_probabilities_that_are_too_sure_are_found_out() -> None:
    sure = P**3 / (P**3 + (1 - P) ** 3)

    bins = calibration(context_of(two(sure)))

    assert (bins["low"] > bins["p"]).any()
    assert (bins["high"] < bins["p"]).any()


def test_repeats_make_no_probability_surer() -> None:
    once, thrice = (calibration(context_of(two(repeats=repeats))) for repeats in (1, 3))

    pd.testing.assert_frame_equal(once, thrice)


def test_every_class_has_its_own_probability_and_of_many_the_largest_are_kept() -> None:
    own, *none = class_rows(context_of(three()).rows)
    many = predicted(np.arange(N) % 8, {("logistic", 0): np.full((N, 8), 1 / 8)}, kind="multiclass")

    second = own[own["class"] == 1]
    assert none == []
    assert second["p"].tolist() == pytest.approx(SHARES[second["row"], 1].tolist())
    assert second["hit"].tolist() == (CLASS[second["row"]] == 1).astype(float).tolist()
    assert set(second["n_class"]) == {(CLASS == 1).sum()}
    assert next(class_rows(context_of(many).rows))["class"].nunique() == min(8, MOST_CLASSES)


def test_curves_are_those_of_scikit_learn() -> None:
    rounded = P.round(1)  # with ties

    rates, auc, precision, average = curves_of(rounded, HIT > 0.5)

    false, true, _ = metrics.roc_curve(HIT, rounded, drop_intermediate=False)
    precisions, recalls, _ = metrics.precision_recall_curve(HIT, rounded)
    assert auc == pytest.approx(metrics.roc_auc_score(HIT, rounded))
    assert average == pytest.approx(metrics.average_precision_score(HIT, rounded))
    assert rates[1:] == pytest.approx(np.interp(GRID[1:], false, true))
    assert precision[[50, -1]] == pytest.approx([precisions[recalls >= 0.5][-1], precisions[0]])


def test_the_area_is_the_mean_over_outer_folds_and_that_of_the_table_of_metrics() -> None:
    predictions = two(folds=3, repeats=2)

    curves = discrimination(context_of(predictions))

    winners = incumbents_of(predictions)
    table = metric_table(predictions, winners, 3)
    expected = table[(table["metric"] == "auc") & table["base"].isna()]["value"].item()
    folds = [
        metrics.average_precision_score(own["observed"], own["predicted"])
        for _, own in predictions.groupby("outer_fold")
    ]
    roc, recall = (curves[curves["curve"] == curve] for curve in (ROC, PRECISION_RECALL))
    assert roc["area"].unique() == pytest.approx([expected])
    assert recall["area"].unique() == pytest.approx([np.mean(folds)])
    assert roc["share"].unique() == pytest.approx([HIT.mean()])
    assert roc[["x", "y"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]


def test_a_class_that_no_outer_fold_tests_has_no_curve() -> None:
    nobody = predicted(np.zeros(20), {("logistic", 0): np.full(20, 0.5)}, kind="binary")

    assert discrimination(context_of(nobody)).empty


def test_confusion_counts_each_row_once_as_scikit_learn_does() -> None:
    counts = confusion(context_of(three(repeats=2)))

    matrix = metrics.confusion_matrix(CLASS, SHARES.argmax(axis=1))
    found = counts.set_index(["observed", "predicted"])["n_rows"]
    assert found.to_dict() == pytest.approx(
        {(i, j): matrix[i, j] for i in range(3) for j in range(3) if matrix[i, j]}
    )


def test_a_row_is_divided_between_what_repeats_say_of_it() -> None:
    predictions = two(repeats=2)
    second = predictions["outer_fold"] >= 4
    turned = predictions.assign(
        predicted=predictions["predicted"].where(~second, 1 - predictions["predicted"])
    )

    counts = confusion(context_of(turned))

    assert counts["n_rows"].sum() == pytest.approx(N)
    assert counts.groupby("observed")["n_rows"].nunique().tolist() == [1, 1]
