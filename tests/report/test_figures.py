"""Figures: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence import winners
from study.records.results import Results
from study.report.figures import (
    best_so_far,
    coefficients,
    gains,
    learning_curves,
    loss_by_family,
    test_loss,
)
from study.report.style import colours
from study.schema import LOSS_NAMES
from tests.evidence.losses import pairs_of
from tests.report.synthetic import KINDS, TERMS, axes_of, compared, with_frames


def test_loss_by_family_holds_every_replicate_of_every_incumbent(results: Results) -> None:
    frame = loss_by_family.data(results)

    best = winners.incumbents(results.trials)
    means = frame.groupby(["target", "family", "depth"])["val_loss"].mean()
    expected = best.set_index(["target", "family", "depth"])["val_loss"]
    assert frame.groupby(["target", "model"]).size().unique().tolist() == [10]
    pd.testing.assert_series_equal(means.sort_index(), expected.sort_index())


def test_models_go_from_the_constant_to_the_deepest_network(results: Results) -> None:
    frame = loss_by_family.data(results)

    own = frame.loc[frame["target"] == "balloons", "model"]
    assert own.drop_duplicates().tolist() == ["constant", "linear regression", "network, 1 layer", "network, 2 layers"]


def test_every_target_has_its_own_axes_named_with_its_own_loss(results: Results) -> None:
    picture = loss_by_family.draw(loss_by_family.data(results))

    labels = {ax.get_title(loc="left"): ax.get_xlabel() for ax in axes_of(picture)}
    assert labels.keys() == KINDS.keys()
    assert all(LOSS_NAMES[KINDS[target]] in label for target, label in labels.items())


def test_every_replicate_is_a_visible_point(results: Results) -> None:
    picture = loss_by_family.draw(loss_by_family.data(results))

    points = sum(len(collection.get_offsets()) for collection in axes_of(picture)[0].collections)
    assert points == 4 * 10


def test_points_that_are_drawn_again_lie_where_they_lay(results: Results) -> None:
    first, again = (loss_by_family.draw(loss_by_family.data(results)).png() for _ in range(2))

    assert first == again


def test_the_log_axis_says_so(results: Results) -> None:
    picture = test_loss.draw(test_loss.data(results))

    scales = {ax.get_title(loc="left"): (ax.get_xscale(), ax.get_xlabel()) for ax in axes_of(picture)}
    assert scales["balloons"] == ("log", "test mean squared error, log axis")
    assert scales["pops"] == ("linear", "test Poisson loss")


def test_test_losses_are_those_of_the_default_candidates(results: Results) -> None:
    frame = test_loss.data(results)

    network = frame[(frame["target"] == "balloons") & (frame["depth"] == 1)].iloc[0]
    p = results.predictions
    own = p[(p["target"] == "balloons") & (p["depth"] == 1) & (p["candidate"] == "ensemble")]
    assert len(frame) == 16
    assert network["test_loss"] == pytest.approx(own["loss"].mean())
    assert network["low"] < network["test_loss"] < network["high"]


def test_gains_are_those_of_the_verdicts_with_their_intervals(results: Results, with_terms: Results) -> None:
    frame, three = gains.data(results), gains.data(with_terms)

    pairs = pairs_of(results.predictions, 0.05, 5, winners.incumbents(results.trials))
    columns = ["improvement", "low", "high", "level"]
    expected = pairs.loc[(pairs["base"] == "poisson") & (pairs["other"] == "network"), columns]
    assert frame.loc[frame["target"] == "pops", columns].to_numpy().tolist() == expected.to_numpy().tolist()
    assert frame.groupby("target").size().to_dict() == dict.fromkeys(KINDS, 1)
    assert three["model"].tolist() == ["terms over regression", "network over regression", "network over terms"]
    assert three["level"].tolist() == [0.975, 0.975, 0.95]
    assert len(set(three["colour"])) == 3


def test_a_gain_far_to_the_left_is_drawn_at_the_edge() -> None:
    frame = pd.DataFrame({"target": "y", "kind": "continuous", "family": "neural", "depth": [1], "improvement": -900.0})
    frame = frame.assign(low=-1000.0, high=-800.0, margin=0.05, stake="loss", model="network, 1 layer", colour="#d55e00")

    (ax,) = axes_of(gains.draw(frame))

    assert ax.get_xlim()[0] > -1.1
    assert "<" in [line.get_marker() for line in ax.lines]


def test_best_so_far_never_rises_and_ends_at_the_incumbent(results: Results) -> None:
    frame = best_so_far.data(results)

    steps = frame.sort_values("number").groupby(["target", "model"])["best"]
    last = steps.last().groupby("target").min()
    expected = winners.incumbents(results.trials).groupby("target")["val_loss"].min()
    assert steps.apply(lambda best: (best.diff().dropna() <= 0).all()).all()
    assert last.to_dict() == expected.to_dict()


def test_best_so_far_leaves_out_trials_that_failed(results: Results) -> None:
    failed = results.trials.assign(state=np.where(results.trials["number"] > 2, "FAIL", "COMPLETE"))

    assert best_so_far.data(with_frames(results, trials=failed))["number"].max() == 2


def test_learning_curves_are_those_of_the_incumbents_and_of_models_that_learn(results: Results) -> None:
    frame = learning_curves.data(results)

    winner = winners.incumbents(results.trials).set_index(["target", "family", "depth"])["number"]
    drawn = frame.groupby(["target", "family", "depth"])["number"].unique()
    assert "constant" not in set(frame["family"])
    assert all(numbers.tolist() == [winner[arm]] for arm, numbers in drawn.items())
    assert set(frame["split"]) == {"training", "validation"}


def test_training_is_dashed_and_validation_solid_for_every_replicate(results: Results) -> None:
    picture = learning_curves.draw(learning_curves.data(results))

    styles = [line.get_linestyle() for line in axes_of(picture)[0].lines]
    assert (styles.count("-"), styles.count("--")) == (10, 10)


def test_coefficients_stand_beside_their_reference_with_the_intercept_last(results: Results) -> None:
    frame = coefficients.data(results)

    own = frame[frame["target"] == "balloons"]
    expected = results.coefficients[results.coefficients["target"] == "balloons"].set_index("term")
    assert own["label"].tolist() == [*TERMS, "intercept"]
    assert own["ref_estimate"].tolist() == expected.loc[own["label"], "ref_estimate"].tolist()
    assert "children \N{RIGHTWARDS ARROW} star" in frame.loc[frame["target"] == "shape", "label"].tolist()


def test_of_many_terms_those_furthest_from_zero_are_kept(results: Results) -> None:
    terms = [f"t{i:02d}" for i in range(60)]
    many = pd.DataFrame({"target": "y", "family": "linear", "outer_fold": 0, "term": terms, "level": None, "output": None})
    many = many.assign(unit="", estimate=np.arange(60.0), ref_estimate=np.nan, ref_low=np.nan, ref_high=np.nan, note="")

    frame = coefficients.data(with_frames(results, coefficients=many))

    assert frame["label"].tolist() == terms[36:]


def test_a_picture_carries_its_words_into_the_notebook(results: Results) -> None:
    picture = gains.draw(gains.data(results))

    data, metadata = picture._repr_mimebundle_()

    assert data["image/png"][:4] == b"\x89PNG"
    assert metadata["image/png"]["alt"].startswith(
        "Share of the regression's loss that richer models save over simpler ones. balloons, "
    )


def test_the_reference_line_has_its_own_name_and_colour_behind_all_models(results: Results) -> None:
    trees = results.predictions[results.predictions["family"] == "linear"].assign(family="trees", candidate="refit")

    more = compared(results, pd.concat([results.predictions, trees]))
    frame = test_loss.data(more)

    own = frame[frame["target"] == "balloons"]
    assert own["model"].tolist()[-1] == "boosted trees"
    assert len(set(colours(own).values())) == len(own)
    assert "trees" not in set(more.pairs["other"])


def test_figures_of_nothing_are_drawn_all_the_same(results: Results) -> None:
    nothing = compared(results, results.predictions.assign(loss=0.0))
    constants = with_frames(results, trials=results.trials[results.trials["family"] == "constant"])

    no_gains, no_curves = gains.data(nothing), learning_curves.data(constants)

    assert no_gains.empty
    assert no_curves.empty
    assert gains.draw(no_gains).png()
    assert learning_curves.draw(no_curves).png()


def test_a_target_named_with_dollars_draws_no_formula(results: Results) -> None:
    frame = test_loss.data(results)
    priced = frame[frame["target"] == "pops"].assign(target="$x^ and $")

    assert test_loss.draw(priced).png()
