"""Figures of the predictions: what they select, what their titles say, and what is drawn."""

from __future__ import annotations

import re
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.calibration import figure as calibration
from study.diagnostics.confusion import figure as confusion
from study.diagnostics.discrimination import figure as discrimination
from study.diagnostics.drawing.words import each_target, short
from study.diagnostics.predicted_observed import figure as predicted_observed
from study.diagnostics.registry import picture_of
from study.diagnostics.residuals import figure as residuals
from study.records.results import Results
from tests.diagnostics.predicted import predicted
from tests.report.frames import N, X, looked_at, three, values_of
from tests.report.synthetic import axes_of, compared, numbers, with_frames

FIGURES = (predicted_observed, residuals, calibration, discrimination, confusion)
RNG = np.random.default_rng(5)
MODELS = ["linear regression", "network, depth chosen", "boosted trees"]


def test_a_row_that_repeats_tested_is_one_point_and_points_are_thinned_evenly(
    results: Results,
) -> None:
    rows = predicted(np.zeros(4000), {("linear", 0): np.ones(4000)}, repeats=2)
    rows = rows.assign(predicted=rows["predicted"].where(rows["outer_fold"] < 4, 3.0))

    frame = predicted_observed.data(
        looked_at(results, rows, metrics=values_of("y", "r2", regression=0.5))
    )

    assert frame["predicted"].unique().tolist() == [2.0]
    assert sorted(frame["row"]) == list(range(0, 4000, 3))


def test_what_is_explained_is_what_the_table_of_metrics_says(results: Results) -> None:
    metrics = values_of("y", "r2", regression=0.461, network=0.523, trees=-0.2)

    frame = predicted_observed.data(
        looked_at(results, three("continuous", X, X, X, X), metrics=metrics)
    )
    picture = picture_of(predicted_observed, frame)

    assert numbers(picture.title) == [52.3, 46.1, -20]
    assert (
        picture.title.index("network")
        < picture.title.index("regression")
        < picture.title.index("trees")
    )
    assert [ax.get_title(loc="left") for ax in axes_of(picture)] == MODELS


def test_the_title_of_residuals_names_where_a_model_is_off(results: Results) -> None:
    high = np.where(np.sort(X)[-30] <= X, 0.5, 0.0)
    predictions = three(
        "continuous",
        10 * X + 0.1 * RNG.normal(size=N) + 10 * high,
        10 * X,
        10 * (X + high),
        10 * (X + high),
    )

    frame = residuals.data(looked_at(results, predictions))

    edge = frame[frame["model"] == MODELS[0]].iloc[-1]["start"]
    off, right = residuals.finding(frame), residuals.finding(frame[frame["model"] != MODELS[0]])
    assert numbers(off)[:2] == [5, pytest.approx(edge, abs=0.05)]
    assert "linear regression" in off
    assert not re.search("network|trees", off)
    assert numbers(right)[0] < 2
    assert "regression" not in right


def test_the_title_of_probabilities_names_the_surest_fault(results: Results) -> None:
    p = RNG.uniform(0, 1, N)
    hit = (RNG.random(N) < p).astype(float)
    sure = p**4 / (p**4 + (1 - p) ** 4)
    of_classes = looked_at(results, three("binary", hit, p, sure, p), classes={"y": ["no", "yes"]})

    frame = calibration.data(of_classes)

    off, right = calibration.finding(frame), calibration.finding(frame[frame["model"] != MODELS[1]])
    assert re.search(r"\byes\b.*network", off)
    assert not re.search("logistic|trees", off)
    assert numbers(right)[0] > 2
    assert not re.search("network|regression|trees", right)


def test_each_class_has_a_named_line_and_of_many_the_hardest_are_shown(
    results: Results,
) -> None:
    observed = np.arange(N) % 6
    hard = np.where(observed < 2, 0.3, 2.0)
    weights = np.exp(RNG.normal(size=(N, 6)) + hard[:, None] * np.eye(6)[observed])
    shares = weights / weights.sum(axis=1, keepdims=True)
    names = list("abcdef")
    six = looked_at(
        results, three("multiclass", observed, shares, shares, shares), classes={"y": names}
    )

    frame = discrimination.data(six)
    picture = picture_of(discrimination, frame)

    first = axes_of(picture)[0].get_legend()
    labels = [text.get_text() for text in first.get_texts()] if first else []
    assert {"a", "b"} <= set(frame["name"])
    assert frame["name"].nunique() == 4
    assert [label.split(", ")[0] for label in labels] == sorted(set(frame["name"]))
    assert first is not None
    assert numbers(first.get_title().get_text()) == [2]  # classes that are left out
    assert re.search(r"\b[ab]\b", picture.title)
    assert not re.search(r"\b[cdef]\b", picture.title)


def test_two_classes_have_one_axes_a_curve_and_a_line_a_model(results: Results) -> None:
    frame = discrimination.data(results)

    colour = frame[frame["target"] == "colour"]
    areas_of = colour[colour["curve"] == "roc"]
    expected = results.metrics.query(
        'target == "colour" and metric == "auc" and base.isna()'
    ).set_index("other")["value"]
    areas = areas_of.drop_duplicates("model").set_index("family")["area"]
    assert areas["network"] == pytest.approx(expected["network"])
    assert len(axes_of(picture_of(discrimination, colour))) == 2
    assert "red" in discrimination.finding(colour)


def test_the_rarest_of_many_classes_are_left_out_and_their_mistakes_still_count(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = np.repeat(np.arange(8), 2 ** np.arange(8)[::-1])
    shares = np.eye(8)[np.where(observed == 7, 6, observed)]
    eight = looked_at(
        results,
        predicted(observed, {("logistic", 0): shares}, kind="multiclass"),
        classes={"y": list("abcdefgh")},
    )

    monkeypatch.setattr(confusion, "MOST_CLASSES", 4)
    frame = confusion.data(eight)

    assert frame["observed"].unique().tolist() == list("abcd")
    assert frame["share"].sum() == 4
    assert numbers(confusion.finding(frame)) == [99.6]


def test_the_shares_that_models_have_right_are_named(results: Results) -> None:
    hit = (np.arange(N) < 60).astype(float)
    two = looked_at(results, three("binary", hit, 0 * X, hit, hit), classes={"y": ["no", "yes"]})

    frame = confusion.data(two)

    title = confusion.finding(frame)
    assert numbers(title) == [100, 100, 80]
    assert re.search(r"network.*trees.*logistic regression", title)
    texts = [text.get_text() for text in axes_of(picture_of(confusion, frame))[0].texts]
    assert texts == ["100%\n240", "100%\n60"]


def test_bins_of_columns_that_a_version_before_left_are_not_drawn(results: Results) -> None:
    bins = results.residuals
    old = pd.concat(
        [bins.assign(column=""), bins.assign(column="age", mean=9.0)], ignore_index=True
    )

    frame = residuals.data(with_frames(results, residuals=old))

    assert len(frame) == len(bins)
    assert frame["mean"].max() < 9


@pytest.fixture(scope="module")
def five(results: Results) -> Results:
    """Five continuous targets."""
    rows = [three("continuous", X + RNG.normal(size=N), X, X, X, target=f"t{k}") for k in range(5)]
    return looked_at(results, pd.concat(rows), metrics=values_of("t0", "r2", regression=0.5))


@pytest.fixture(scope="module")
def tiny(results: Results) -> Results:
    """A target of each kind on six rows."""
    half = np.full(6, 0.5)
    rows = [
        three("continuous", X[:6], X[:6], X[:6], X[:6]),
        three("binary", (X[:6] > 0).astype(float), half, half, half, target="b"),
        three("count", np.arange(6), np.ones(6), np.ones(6), np.ones(6), target="n"),
    ]
    return looked_at(
        results,
        pd.concat(rows),
        classes={"b": ["no", "yes"]},
        metrics=values_of("y", "r2", regression=0.5),
    )


@pytest.mark.parametrize("figure", [predicted_observed, residuals])
def test_many_targets_have_an_axes_each(five: Results, figure: ModuleType) -> None:
    picture = picture_of(figure, figure.data(five))

    titles = [ax.get_title(loc="left").partition(":")[0] for ax in axes_of(picture)]
    assert list(dict.fromkeys(titles)) == [f"t{k}" for k in range(5)]


@pytest.mark.parametrize("figure", FIGURES)
def test_a_table_of_a_few_rows_is_drawn_or_left_out(tiny: Results, figure: ModuleType) -> None:
    assert (frame := figure.data(tiny)).empty or picture_of(figure, frame).svg


def test_only_figures_of_the_kinds_that_a_study_has_are_shown(results: Results) -> None:
    counts = compared(results, results.predictions[results.predictions["target"] == "pops"])

    shown = {figure.__name__.split(".")[-2] for figure in FIGURES if len(figure.data(counts))}

    assert shown == {"predicted_observed", "residuals"}


def test_words_for_names_and_targets() -> None:
    assert (short("long name", 6), short("name", 6)) == ("long\N{HORIZONTAL ELLIPSIS}", "name")
    frame = pd.DataFrame({"target": ["a", "b", "c", "d"]})
    same, one = (each_target(own, lambda rows: "this") for own in (frame, frame.head(1)))
    different = each_target(frame, lambda rows: f"this of {rows['target'].iloc[0]}")
    assert one == "This."
    assert same.startswith("This,")
    assert "this of a" in different
    assert "this of b" not in different
