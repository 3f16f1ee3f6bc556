"""Figures: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.diagnostics.best_so_far import figure as best_so_far
from study.diagnostics.drawing.style import colours
from study.diagnostics.learning_curves import figure as learning_curves
from study.diagnostics.margins import figure as margins
from study.diagnostics.predicted_observed import figure as predicted_observed
from study.diagnostics.registry import picture_of
from study.evidence import winners
from study.records.results import Results
from tests.report.frames import searched
from tests.report.synthetic import axes_of, compared, numbers, with_frames


def test_models_go_from_the_constant_to_the_deepest_network(results: Results) -> None:
    frame = best_so_far.data(results)

    own = frame.loc[frame["target"] == "balloons", "model"]
    assert own.drop_duplicates().tolist() == [
        "baseline",
        "linear regression",
        "network, 1 layer",
        "network, 2 layers",
    ]


def test_best_so_far_never_rises_and_ends_at_the_best_trial(results: Results) -> None:
    frame = best_so_far.data(results)

    steps = frame.sort_values("number").groupby(["target", "model"])["best"]
    last = steps.last().groupby("target").min()
    expected = winners.best_trials(results.trials).groupby("target")["val_loss"].min()
    assert steps.apply(lambda best: (best.diff().dropna() <= 0).all()).all()
    assert last.to_dict() == expected.to_dict()


def test_best_so_far_leaves_out_trials_that_failed(results: Results) -> None:
    failed = results.trials.assign(state=np.where(results.trials["number"] > 2, "FAIL", "COMPLETE"))

    assert best_so_far.data(with_frames(results, trials=failed))["number"].max() == 2


def test_best_so_far_is_the_median_and_range_over_folds(results: Results) -> None:
    losses = {0: [3.0, 1.0, 2.0, 0.5], 1: [5.0, 6.0, 4.0], 2: [9.0, 2.0, 8.0], -1: [0.1, 0.1]}

    frame = best_so_far.data(with_frames(results, trials=searched(losses)))

    assert frame["best"].tolist() == [5.0, 2.0, 2.0, 2.0]
    assert frame["low"].tolist() == [3.0, 1.0, 1.0, 0.5]
    assert frame["high"].tolist() == [
        9.0,
        5.0,
        4.0,
        4.0,
    ]  # a fold whose trials have ended keeps its last
    assert set(frame["n_folds"]) == {3}


def test_the_constant_sets_no_scale_of_the_search(results: Results) -> None:
    trials = pd.concat([searched({0: [3.0, 2.0]}), searched({0: [1234.5]}, "baseline")])

    (ax,) = axes_of(picture_of(best_so_far, best_so_far.data(with_frames(results, trials=trials))))

    assert ax.get_ylim()[1] < 4
    alone = with_frames(results, trials=searched({0: [1234.5]}, "baseline"))
    assert best_so_far.data(alone).empty


def test_the_title_of_the_search_names_what_still_improved(results: Results) -> None:
    late, early = (
        searched({0: losses})
        for losses in ([5.0, 4, 4, 4, 4, 4, 4, 3], [5.0, 4, 4, 4, 4, 4, 4, 3.99])
    )

    titles = [
        best_so_far.finding(best_so_far.data(with_frames(results, trials=trials)))
        for trials in (late, early)
    ]

    assert "network, 1 layer" in titles[0]
    assert numbers(titles[0])[-1] == 25
    assert "network" not in titles[1]
    rounding = pd.concat(
        [searched({0: [1.0]}, "baseline"), searched({0: [5e-32, 4e-32, 4e-32, 4e-32, 3e-32]})]
    )
    assert best_so_far.finding(best_so_far.data(with_frames(results, trials=rounding))) == titles[1]


def test_learning_curves_are_those_of_the_best_trials_and_of_models_that_learn(
    results: Results,
) -> None:
    frame = learning_curves.data(results)

    winner = winners.best_trials(results.trials).set_index(["target", "family", "depth"])["number"]
    drawn = frame.groupby(["target", "family", "depth"])["number"].unique()
    assert "baseline" not in set(frame["family"])
    assert all(numbers.tolist() == [winner[search]] for search, numbers in drawn.items())
    assert set(frame["split"]) == {"training", "validation", "kept"}


def test_training_is_dashed_and_validation_solid_for_every_replicate(results: Results) -> None:
    picture = picture_of(learning_curves, learning_curves.data(results))

    styles = [line.get_linestyle() for line in axes_of(picture)[0].lines]
    assert (styles.count("-"), styles.count("--")) == (10, 10)


def test_a_picture_carries_its_words_into_the_notebook(results: Results) -> None:
    picture = picture_of(best_so_far, best_so_far.data(results))

    data = picture._repr_mimebundle_()

    alt = data["text/plain"]
    assert "<svg" in data["image/svg+xml"]
    assert "<svg" in data["text/html"]
    assert alt == picture.alt
    assert alt.endswith(picture.title)


def test_the_reference_line_has_its_own_name_and_colour_behind_all_models(results: Results) -> None:
    predictions = results.predictions[results.predictions["target"] == "balloons"]
    trees = predictions[predictions["family"] == "linear"].assign(family="trees", candidate="refit")

    more = compared(results, pd.concat([predictions, trees]))

    own = predicted_observed.data(more)
    assert own["model"].tolist()[-1] == "boosted trees"
    hues = list(colours(own).values())
    assert hues.count(hues[-1]) == 1
    assert "trees" not in set(more.pairs["other"])


def test_figures_of_nothing_are_drawn_all_the_same(results: Results, nothing: Results) -> None:
    baselines = with_frames(results, trials=results.trials[results.trials["family"] == "baseline"])

    no_gains, no_curves = margins.data(nothing), learning_curves.data(baselines)

    assert no_gains.empty
    assert no_curves.empty
    assert picture_of(margins, no_gains).svg
    assert picture_of(learning_curves, no_curves).svg


def test_a_target_named_with_dollars_draws_no_formula(results: Results) -> None:
    frame = best_so_far.data(results)
    priced = frame[frame["target"] == "pops"].assign(target="$x^ and $")

    assert picture_of(best_so_far, priced).svg
