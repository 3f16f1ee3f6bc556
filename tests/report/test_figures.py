"""Figures: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from study.diagnostics.gains import figure as gains
from study.diagnostics.loss_by_family import figure as loss_by_family
from study.diagnostics.test_loss import figure as test_loss

from study.diagnostics.best_so_far import figure as best_so_far
from study.diagnostics.drawing.style import colours
from study.diagnostics.learning_curves import figure as learning_curves
from study.evidence import winners
from study.evidence.findings import TreesLine
from study.formatting import human
from study.records.results import Results
from study.schema import LOSS_NAMES
from tests.evidence.losses import pairs_of
from tests.report.frames import FAR, searched
from tests.report.synthetic import KINDS, axes_of, compared, numbers, with_frames


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


def test_every_target_has_its_own_axes_named_with_its_own_loss_and_every_replicate_is_a_visible_point(results: Results) -> None:
    picture = loss_by_family.draw(loss_by_family.data(results))

    labels = {ax.get_title(loc="left"): ax.get_xlabel() for ax in axes_of(picture)}
    assert labels.keys() == KINDS.keys()
    assert all(LOSS_NAMES[KINDS[target]] in label for target, label in labels.items())
    points = sum(len(collection.get_offsets()) for collection in axes_of(picture)[0].collections)
    assert points == 4 * 10


def test_points_that_are_drawn_again_lie_where_they_lay(results: Results) -> None:
    frame = loss_by_family.data(results)
    own = frame[frame["target"] == "balloons"]

    first, again = (loss_by_family.draw(own).png() for _ in range(2))

    assert first == again


def test_the_log_axis_says_so(results: Results) -> None:
    picture = test_loss.draw(test_loss.data(results))

    scales = {ax.get_title(loc="left"): (ax.get_xscale(), ax.get_xlabel()) for ax in axes_of(picture)}
    assert {target: scale for target, (scale, _) in scales.items() if target in ("balloons", "pops")} == {
        "balloons": "log",
        "pops": "linear",
    }
    assert all(("log axis" in label) == (scale == "log") for scale, label in scales.values())


def test_test_losses_are_those_of_the_ranks_and_of_the_metrics(results: Results, with_terms: Results) -> None:
    frame, short = test_loss.data(results), test_loss.data(with_terms).set_index("family")

    network = frame[(frame["target"] == "balloons") & (frame["depth"] == 1)].iloc[0]
    p = results.predictions
    own = p[(p["target"] == "balloons") & (p["depth"] == 1) & (p["candidate"] == "ensemble")]
    assert len(frame) == 20
    assert network["test_loss"] == pytest.approx(own["loss"].mean())
    assert network["low"] < network["test_loss"] < network["high"]
    metrics = with_terms.metrics.query("metric == 'loss' and base.isna()").set_index("other")["value"]
    assert short.loc["short", "test_loss"] == metrics["short"]
    assert short.loc["network", "test_loss"] == pytest.approx(metrics["network"])


ALIKE = {"constant": 0.25, "linear": 0.03, "short": 6.91e-32, "neural": 6.11e-32}
CLEAR = ALIKE | {"neural": 0.02, "short": 0.02 + 1e-9}


def of_families(losses: dict[str, float], column: str) -> pd.DataFrame:
    """A model a family, by its name, with one loss each."""
    frame = pd.DataFrame({"target": "y", "kind": "continuous", "family": list(losses), column: list(losses.values())})
    return frame.assign(model=frame["family"])


@pytest.mark.parametrize(("figure", "column"), [(test_loss, "test_loss"), (loss_by_family, "val_loss")])
@pytest.mark.parametrize(
    ("losses", "named"),
    [
        (ALIKE, {"short", "neural"}),
        (ALIKE | {"short": 6.11e-32, "neural": 6.91e-32}, {"short", "neural"}),
        (CLEAR, {"neural"}),
        ({"linear": 0.03, "short": 6.91e-32, "neural": 6.11e-32}, {"short", "neural"}),  # no constant
        (dict.fromkeys(ALIKE, 0.25), {"all"}),
    ],
)
def test_a_title_prefers_none_of_two_models_that_differ_by_rounding(
    figure: Any, column: str, losses: dict[str, float], named: set[str]
) -> None:
    title = figure.finding(of_families(losses, column))

    assert {name for name in (*ALIKE, "all") if name in title} == named
    assert (human(0.02) in title) == (losses == CLEAR)


def test_gains_are_those_of_the_verdicts_with_their_intervals(results: Results, with_terms: Results) -> None:
    frame, three = gains.data(results), gains.data(with_terms)

    pairs = pairs_of(results.predictions, 0.05, 5, winners.incumbents(results.trials))
    columns = ["improvement", "low", "high", "level"]
    expected = pairs.loc[(pairs["base"] == "poisson") & (pairs["other"] == "network"), columns]
    richer = frame[frame["base"] != frame["other"]]
    np.testing.assert_allclose(richer.loc[richer["target"] == "pops", columns], expected)
    assert richer.groupby("target").size().to_dict() == dict.fromkeys(KINDS, 1)
    (verdict,) = with_terms.verdicts
    assert list(zip(three["base"], three["other"], strict=True))[1:] == [(gain.base, gain.other) for gain in verdict.gains]
    assert three["level"].tolist()[1:] == [0.975, 0.975, 0.95]
    assert len(set(three["colour"])) == 4


def test_the_judged_procedure_has_its_row_among_the_gains(results: Results) -> None:
    frame = gains.data(results)

    kept = frame[frame["kept"]].set_index("target")["other"].to_dict()
    assert kept == {verdict.target: verdict.answer_procedure for verdict in results.verdicts}
    assert set(kept.values()) == {"regression", "network"}
    labels = {text.get_text(): text.get_fontweight() for text in axes_of(gains.draw(frame))[0].get_yticklabels()}
    assert list(labels.values()) == ["normal", "bold"]  # of balloons the network is the answer


def test_trees_stand_among_the_gains_over_the_regression(results: Results) -> None:
    first = results.verdicts[0]
    line = TreesLine(loss=0.1, over={"regression": first.gains[0].gain.model_copy(update={"improvement": 0.25})})

    frame = gains.data(with_frames(results, verdicts=[first.model_copy(update={"trees": line})]))

    assert frame["other"].tolist() == ["regression", "network", "trees"]
    assert frame["improvement"].tolist()[-1] == 0.25


def test_a_gain_far_to_the_left_is_drawn_at_the_edge() -> None:
    frame = pd.DataFrame([FAR | {"improvement": -900.0, "low": -1000.0, "high": -800.0}])

    (ax,) = axes_of(gains.draw(frame))

    assert ax.get_xlim()[0] > -1.1
    assert [line.get_marker() for line in ax.lines].count("<") == 2  # the end of the line, and the dot


def test_only_an_interval_that_leaves_the_axis_has_an_arrow() -> None:
    ends = [{"low": -0.5, "high": 0.3}, {"low": -2.0, "high": np.nan}]
    frame = pd.DataFrame([FAR | {"improvement": 0.1, "model": f"model {i}"} | end for i, end in enumerate(ends)])

    (ax,) = axes_of(gains.draw(frame))

    arrows = [(line.get_marker(), *line.get_data()) for line in ax.lines if line.get_marker() in ("<", ">")]
    assert [(shape, list(x), list(y)) for shape, x, y in arrows] == [("<", [-1], ["model 1"]), (">", [1], ["model 1"])]


@pytest.mark.parametrize(("side", "share"), [("above", 0.2), ("below", -0.03), ("open", 0.04)])
def test_the_title_of_the_gains_says_what_is_gained_and_where_that_lies(side: str, share: float) -> None:
    frame = pd.DataFrame([FAR | {"improvement": share, "low": share, "high": share, "side": side}])
    more = gains.finding(pd.concat([frame, frame.assign(target="z", side="above")]))

    title = gains.draw(frame).title

    assert numbers(title) == [abs(100 * share)]
    assert ("adds" in title) == (share < 0)
    assert all((words in title) == (place == side) for place, words in gains.WORDS.items())
    assert all((words in more) == (place in (side, "above")) for place, words in gains.WORDS.items())


def test_the_title_of_the_gains_names_all_that_gain_the_same_but_for_rounding() -> None:
    frame = pd.DataFrame([FAR | {"other": "extended", "improvement": 0.2}, FAR | {"improvement": 0.2 + 1e-15}])

    alike, apart = gains.finding(frame), gains.finding(frame.assign(improvement=[0.2, 0.3]))

    assert [numbers(title) for title in (alike, apart)] == [[20], [30]]
    assert [("terms" in title, "network" in title) for title in (alike, apart)] == [(True, True), (False, True)]


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


def test_best_so_far_is_the_median_and_range_over_folds(results: Results) -> None:
    losses = {0: [3.0, 1.0, 2.0, 0.5], 1: [5.0, 6.0, 4.0], 2: [9.0, 2.0, 8.0], -1: [0.1, 0.1]}

    frame = best_so_far.data(with_frames(results, trials=searched(losses)))

    assert frame["best"].tolist() == [5.0, 2.0, 2.0, 2.0]
    assert frame["low"].tolist() == [3.0, 1.0, 1.0, 0.5]
    assert frame["high"].tolist() == [9.0, 5.0, 4.0, 4.0]  # a fold whose trials have ended keeps its last
    assert set(frame["n_folds"]) == {3}


def test_the_constant_sets_no_scale_of_the_search_and_is_named_beside_it(results: Results) -> None:
    trials = pd.concat([searched({0: [3.0, 2.0]}), searched({0: [1234.5]}, "constant")])

    (ax,) = axes_of(best_so_far.draw(best_so_far.data(with_frames(results, trials=trials))))

    assert ax.get_ylim()[1] < 4
    assert numbers(ax.get_xlabel()) == [1234]
    assert not best_so_far.when(with_frames(results, trials=searched({0: [1234.5]}, "constant")))


def test_the_title_of_the_search_names_what_still_improved(results: Results) -> None:
    late, early = (searched({0: losses}) for losses in ([5.0, 4, 4, 4, 4, 4, 4, 3], [5.0, 4, 4, 4, 4, 4, 4, 3.99]))

    titles = [best_so_far.finding(best_so_far.data(with_frames(results, trials=trials))) for trials in (late, early)]

    assert "network, 1 layer" in titles[0]
    assert numbers(titles[0])[-1] == 25
    assert "network" not in titles[1]
    rounding = pd.concat([searched({0: [1.0]}, "constant"), searched({0: [5e-32, 4e-32, 4e-32, 4e-32, 3e-32]})])
    assert best_so_far.finding(best_so_far.data(with_frames(results, trials=rounding))) == titles[1]


def test_the_title_of_the_replicates_names_the_least_mean_and_its_range(results: Results) -> None:
    about = {"target": "y", "kind": "continuous"}
    losses = (("a", 1.0), ("a", 5.0), ("b", 2.0), ("b", 2.5))
    rows = [about | {"family": model, "model": model, "val_loss": loss} for model, loss in losses]

    title = loss_by_family.finding(pd.DataFrame(rows))

    assert re.findall(r"\b[ab]\b", title) == ["b"]
    assert numbers(title) == [2, 2.5]


def test_learning_curves_are_those_of_the_incumbents_and_of_models_that_learn(results: Results) -> None:
    frame = learning_curves.data(results)

    winner = winners.incumbents(results.trials).set_index(["target", "family", "depth"])["number"]
    drawn = frame.groupby(["target", "family", "depth"])["number"].unique()
    assert "constant" not in set(frame["family"])
    assert all(numbers.tolist() == [winner[arm]] for arm, numbers in drawn.items())
    assert set(frame["split"]) == {"training", "validation", "kept"}


def test_training_is_dashed_and_validation_solid_for_every_replicate(results: Results) -> None:
    picture = learning_curves.draw(learning_curves.data(results))

    styles = [line.get_linestyle() for line in axes_of(picture)[0].lines]
    assert (styles.count("-"), styles.count("--")) == (10, 10)


def test_a_picture_carries_its_words_into_the_notebook(results: Results) -> None:
    picture = gains.draw(gains.data(results))

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

    own = test_loss.data(more)
    assert own["model"].tolist()[-1] == "boosted trees"
    hues = list(colours(own).values())
    assert hues.count(hues[-1]) == 1
    assert "trees" not in set(more.pairs["other"])


def test_figures_of_nothing_are_drawn_all_the_same(results: Results, nothing: Results) -> None:
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
