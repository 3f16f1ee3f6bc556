"""Figures: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from study.evidence import compare, scores
from study.records.results import Results
from study.report import figures
from study.report.style import Picture, colours, human, model_name, use_log_axis
from study.schema import LOSS_NAMES, REGRESSIONS, Kind
from tests.report.synthetic import KINDS, TERMS


def axes_of(picture: Picture) -> list[Axes]:
    return list(picture.figure.axes)


def test_loss_by_family_holds_every_replicate_of_every_incumbent(results: Results) -> None:
    frame = figures.loss_by_family_data(results.folds, results.trials)

    best = scores.incumbents(results.trials)
    means = frame.groupby(["target", "family", "depth"])["val_loss"].mean()
    expected = best.set_index(["target", "family", "depth"])["val_loss"]
    assert frame.groupby(["target", "model"]).size().unique().tolist() == [10]
    pd.testing.assert_series_equal(means.sort_index(), expected.sort_index())


def test_models_go_from_the_constant_to_the_deepest_network(results: Results) -> None:
    frame = figures.loss_by_family_data(results.folds, results.trials)

    own = frame.loc[frame["target"] == "balloons", "model"]
    assert own.drop_duplicates().tolist() == ["constant", "linear regression", "network, 1 layer", "network, 2 layers"]


def test_every_target_has_its_own_axes_named_with_its_own_loss(results: Results) -> None:
    picture = figures.draw_loss_by_family(figures.loss_by_family_data(results.folds, results.trials))

    labels = {ax.get_title(loc="left"): ax.get_xlabel() for ax in axes_of(picture)}
    assert labels.keys() == KINDS.keys()
    assert all(LOSS_NAMES[KINDS[target]] in label for target, label in labels.items())


def test_every_replicate_is_a_visible_point(results: Results) -> None:
    picture = figures.draw_loss_by_family(figures.loss_by_family_data(results.folds, results.trials))

    points = sum(len(collection.get_offsets()) for collection in axes_of(picture)[0].collections)
    assert points == 4 * 10


@pytest.mark.parametrize(("losses", "is_log"), [([1, 99], False), ([1, 101], True), ([0, 1000], False), ([], False)])
def test_a_log_axis_is_used_above_two_decades_of_positive_losses(losses: list[float], is_log: bool) -> None:
    assert use_log_axis(losses) is is_log


def test_the_log_axis_says_so(results: Results) -> None:
    picture = figures.draw_test_loss(figures.test_loss_data(results.predictions))

    scales = {ax.get_title(loc="left"): (ax.get_xscale(), ax.get_xlabel()) for ax in axes_of(picture)}
    assert scales["balloons"] == ("log", "test mean squared error, log axis")
    assert scales["pops"] == ("linear", "test Poisson loss")


def test_test_losses_are_those_of_the_default_candidates(results: Results) -> None:
    frame = figures.test_loss_data(results.predictions)

    network = frame[(frame["target"] == "balloons") & (frame["depth"] == 1)].iloc[0]
    p = results.predictions
    own = p[(p["target"] == "balloons") & (p["depth"] == 1) & (p["candidate"] == "ensemble")]
    assert len(frame) == 16
    assert network["test_loss"] == pytest.approx(own["loss"].mean())
    assert network["low"] < network["test_loss"] < network["high"]


def test_gains_are_the_networks_over_the_regression_of_their_target(results: Results) -> None:
    frame = figures.gains_data(results.predictions, 0.05, 5)

    pairs = compare.pairwise(results.predictions, 0.05, 5)
    expected = pairs[(pairs["base"] == "poisson") & (pairs["other"] == "neural")]["improvement"]
    assert frame.loc[frame["target"] == "pops", "improvement"].tolist() == expected.tolist()
    assert frame.groupby("target").size().to_dict() == dict.fromkeys(KINDS, 2)


def test_a_gain_far_to_the_left_is_drawn_at_the_edge() -> None:
    frame = pd.DataFrame({"target": "y", "kind": "continuous", "family": "neural", "depth": [1], "improvement": -900.0})
    frame = frame.assign(low=-1000.0, high=-800.0, margin=0.05, model="network, 1 layer")

    (ax,) = axes_of(figures.draw_gains(frame))

    assert ax.get_xlim()[0] > -1.1
    assert "<" in [line.get_marker() for line in ax.lines]


def test_best_so_far_never_rises_and_ends_at_the_incumbent(results: Results) -> None:
    frame = figures.best_so_far_data(results.trials)

    steps = frame.sort_values("number").groupby(["target", "model"])["best"]
    last = steps.last().groupby("target").min()
    expected = scores.incumbents(results.trials).groupby("target")["val_loss"].min()
    assert steps.apply(lambda best: (best.diff().dropna() <= 0).all()).all()
    assert last.to_dict() == expected.to_dict()


def test_best_so_far_leaves_out_trials_that_failed(results: Results) -> None:
    failed = results.trials.assign(state=np.where(results.trials["number"] > 2, "FAIL", "COMPLETE"))

    assert figures.best_so_far_data(failed)["number"].max() == 2


def test_learning_curves_are_those_of_the_incumbents_and_of_models_that_learn(results: Results) -> None:
    frame = figures.learning_curves_data(results.curves, results.trials)

    winner = scores.incumbents(results.trials).set_index(["target", "family", "depth"])["number"]
    drawn = frame.groupby(["target", "family", "depth"])["number"].unique()
    assert "constant" not in set(frame["family"])
    assert all(numbers.tolist() == [winner[arm]] for arm, numbers in drawn.items())
    assert set(frame["split"]) == {"training", "validation"}


def test_training_is_dashed_and_validation_solid_for_every_replicate(results: Results) -> None:
    picture = figures.draw_learning_curves(figures.learning_curves_data(results.curves, results.trials))

    styles = [line.get_linestyle() for line in axes_of(picture)[0].lines]
    assert (styles.count("-"), styles.count("--")) == (10, 10)


def test_coefficients_stand_beside_their_reference_with_the_intercept_last(results: Results) -> None:
    frame = figures.coefficients_data(results.coefficients)

    own = frame[frame["target"] == "balloons"]
    expected = results.coefficients[results.coefficients["target"] == "balloons"].set_index("term")
    assert own["label"].tolist() == [*TERMS, "intercept"]
    assert own["ref_estimate"].tolist() == expected.loc[own["label"], "ref_estimate"].tolist()
    assert "children \N{RIGHTWARDS ARROW} star" in frame.loc[frame["target"] == "shape", "label"].tolist()


def test_of_many_terms_those_furthest_from_zero_are_kept() -> None:
    terms = [f"t{i:02d}" for i in range(60)]
    many = pd.DataFrame({"target": "y", "family": "linear", "outer_fold": 0, "term": terms, "level": None, "output": None})
    many = many.assign(unit="", estimate=np.arange(60.0), ref_estimate=np.nan, ref_low=np.nan, ref_high=np.nan, note="")

    frame = figures.coefficients_data(many)

    assert frame["label"].tolist() == terms[36:]


def test_predictions_are_averaged_over_seeds_and_thinned_evenly() -> None:
    n = 4000
    rows = pd.DataFrame({"row": np.tile(np.arange(n), 2), "seed": np.repeat([0, 1], n), "predicted": np.repeat([1.0, 3.0], n)})
    rows = rows.assign(target="y", kind="continuous", family="linear", depth=0, outer_fold=0, candidate="refit", observed=0.0)

    frame = figures.predicted_observed_data(rows)

    assert frame["predicted"].unique().tolist() == [2.0]
    assert frame["row"].tolist() == list(range(0, n, 3))


def test_calibration_bins_hold_equally_many_rows_and_their_shares(results: Results) -> None:
    frame = figures.calibration_data(results.predictions, bins=4)

    p = scores.select_candidate(results.predictions)
    own = p[(p["target"] == "colour") & (p["family"] == "logistic")].sort_values("predicted", kind="stable")
    bins = frame[(frame["target"] == "colour") & (frame["family"] == "logistic")]
    assert bins["n"].tolist() == [30] * 4
    assert bins["observed"].tolist() == pytest.approx([part.mean() for part in np.split(own["observed"].to_numpy(), 4)])
    assert frame.loc[frame["target"] == "shape", "n"].groupby(frame["model"]).sum().unique().tolist() == [360]


def test_the_roc_curve_runs_from_corner_to_corner(results: Results) -> None:
    frame = figures.roc_data(results.predictions)

    for _, curve in frame.groupby(["target", "model"]):
        assert curve.iloc[0][["false_positive", "true_positive"]].tolist() == [0, 0]
        assert curve.iloc[-1][["false_positive", "true_positive"]].tolist() == [1, 1]
        assert curve["true_positive"].is_monotonic_increasing


def test_a_picture_carries_its_words_into_the_notebook(results: Results) -> None:
    picture = figures.draw_gains(figures.gains_data(results.predictions, 0.05, 5))

    data, metadata = picture._repr_mimebundle_()

    assert data["image/png"][:4] == b"\x89PNG"
    assert metadata["image/png"]["alt"].startswith(
        "Gain of each network over the regression with its 95 % interval. balloons, "
    )


def test_the_curve_of_an_undecided_target_ends_where_it_is_likely_decided() -> None:
    curve = [{"fraction": f, "n_rows": 400.0 * f, "improvement": 0.08 * f, "std_error": 0.01} for f in (0.25, 0.5, 1.0)]
    told = {"target": "y", "margin": 0.05, "decided_at": {"curve": curve, "times": 3.0}}

    frame = figures.decided_curve_data([told, {"target": "z", "margin": 0.05, "decided_at": None}])
    picture = figures.draw_decided_curve(frame)

    assert frame["n_rows"].tolist() == [100, 200, 400]
    assert frame["low"].tolist() == pytest.approx([0.0, 0.02, 0.06])
    assert frame["decided_rows"].unique().tolist() == [1200]
    assert picture.alt.endswith("y, 100 rows: 2.0 %; y, 200 rows: 4.0 %; y, 400 rows: 8.0 %.")
    assert [line.get_linestyle() for line in axes_of(picture)[0].lines].count(":") == 1


def test_the_reference_line_has_its_own_name_and_colour_behind_all_models(results: Results) -> None:
    trees = results.predictions[results.predictions["family"] == "linear"].assign(family="trees", candidate="reference")

    frame = figures.test_loss_data(pd.concat([results.predictions, trees]))

    own = frame[frame["target"] == "balloons"]
    assert own["model"].tolist()[-1] == "boosted trees"
    assert len(set(colours(own).values())) == len(own)
    assert "trees" not in set(figures.gains_data(pd.concat([results.predictions, trees]), 0.05, 5)["family"])


def test_figures_of_nothing_are_drawn_all_the_same(results: Results) -> None:
    nothing = results.predictions.assign(loss=0.0)
    constants = results.trials[results.trials["family"] == "constant"]

    gains = figures.gains_data(nothing, 0.05, 5)
    curves = figures.learning_curves_data(results.curves, constants)

    assert gains.empty
    assert curves.empty
    assert figures.draw_gains(gains).png()
    assert figures.draw_learning_curves(curves).png()


def test_a_target_named_with_dollars_draws_no_formula(make_results: Callable[..., Results], results: Results) -> None:
    frame = figures.test_loss_data(results.predictions)
    priced = frame[frame["target"] == "pops"].assign(target="$x^ and $")

    assert figures.draw_test_loss(priced).png()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123456, "0.0123"),
        (1234.5, "1,234"),
        (12, "12"),
        (1e-7, "1.00 \N{MULTIPLICATION SIGN} 10\u207b\u2077"),
        (-0.5, "\N{MINUS SIGN}0.500"),
        (float("nan"), "\N{EN DASH}"),
        (None, "\N{EN DASH}"),
        (np.float64(3.0), "3"),
        ("silu", "silu"),
    ],
)
def test_numbers_have_three_digits_and_read_as_people_write_them(value: object, text: str) -> None:
    assert human(value) == text


def test_depth_is_counted_in_hidden_layers() -> None:
    names = [model_name("constant", 0), model_name("poisson", 0), model_name("neural", 1), model_name("neural", 3)]

    assert names == ["constant", "Poisson regression", "network, 1 layer", "network, 3 layers"]


def test_every_kind_has_a_regression() -> None:
    assert set(REGRESSIONS) == set(Kind)
