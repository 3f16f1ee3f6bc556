"""Figures of the search: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from study.evidence import winners
from study.records.results import Results
from study.report import searches, sections
from study.report.figures import cost, hyperparameters, learning_curves, parallel, slices
from tests.report.synthetic import axes_of, with_frames


@pytest.fixture(scope="module")
def nested(make_results: Callable[..., Results]) -> Results:
    """Three outer folds of two targets with networks of two depths, six trials each."""
    return make_results(["balloons", "pops"], outer_folds=3, terms=True)


def test_importances_stand_by_model_the_most_important_first(nested: Results) -> None:
    frame = hyperparameters.data(nested)

    told = nested.hyperparameters.dropna(subset="importance")
    assert len(frame) == len(told) == 8
    assert frame["importance"].sum() == pytest.approx(told["importance"].sum())
    assert all(own["importance"].is_monotonic_decreasing for _, own in frame.groupby(["target", "model"]))
    assert frame["target"].unique().tolist() == ["balloons", "pops"]


def test_what_mattered_most_is_the_title() -> None:
    frame = pd.DataFrame(
        [
            ("y", "network, 1 layer", "learning_rate", 0.7),
            ("y", "network, 1 layer", "width", 0.3),
            ("y", "network, 2 layers", "learning_rate", 0.6),
            ("y", "network, 2 layers", "width", 0.4),
        ],
        columns=["target", "model", "name", "importance"],
    )

    assert (
        hyperparameters.finding(frame)
        == "Learning rate mattered most to the search of every model: 60 to 70 % of what hyperparameters explain"
    )
    other = frame.assign(importance=[0.7, 0.3, 0.4, 0.6]).sort_values(["model", "importance"], ascending=[True, False])
    assert hyperparameters.finding(other).startswith(
        "Learning rate mattered most to 1 of 2 models' searches: 70 % of what hyperparameters explain"
    )


def test_a_bar_is_an_importance_and_its_line_the_spread(nested: Results) -> None:
    frame = hyperparameters.data(nested)

    ax = axes_of(hyperparameters.draw(frame))[0]

    own = frame[frame["model"] == frame["model"].iloc[0]][: len(ax.patches)]
    assert [bar.get_width() for bar in ax.patches] == own["importance"].tolist()
    assert ax.get_xlim() == (0, 1)


def test_slices_are_of_the_model_that_won_most_folds_and_its_two_leading_hyperparameters(nested: Results) -> None:
    frame = slices.data(nested)

    best = winners.incumbents(nested.trials).query("family == 'neural'").sort_values("val_loss")
    won = best.drop_duplicates(["target", "outer_fold"]).groupby("target")["depth"].agg(lambda own: own.mode().iloc[0])
    assert frame.groupby("target")["depth"].first().to_dict() == won.to_dict()
    assert frame.groupby(["target", "name"]).size().tolist() == [18] * 4
    assert frame.groupby(["target", "name"])["incumbent"].sum().tolist() == [3] * 4
    trials = nested.trials.set_index([*winners.ARM, "number"])["params_learning_rate"]
    rates = frame[frame["name"] == "learning_rate"]
    keys = list(zip(*(rates[c] for c in ("target", "family", "depth", "outer_fold", "number")), strict=True))
    known = {(t, f, d, o, n): value for (t, _, f, d, o, n), value in trials.items()}
    assert rates["value"].tolist() == [known[key] for key in keys]


def test_a_slice_shows_the_edges_of_its_space(nested: Results) -> None:
    frame = slices.data(nested)
    own = frame[frame["name"] == "learning_rate"]

    ax = axes_of(slices.draw(own[own["target"] == "balloons"]))[0]

    dashed = [float(line.get_xdata()[0]) for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == own[["low", "high"]].iloc[0].tolist() == [3e-4, 3e-2]


def test_a_trial_high_above_all_others_is_marked_at_the_top(nested: Results) -> None:
    frame = slices.data(nested).query("target == 'balloons' and name == 'learning_rate'").copy()
    worst = frame.index[~frame["incumbent"]][0]
    frame.loc[worst, ["relative", "state"]] = [1_000.0, "PRUNED"]

    ax = axes_of(slices.draw(frame))[0]

    [above] = [line for line in ax.lines if line.get_marker() == "^"]
    assert frame.loc[worst, "value"] in above.get_xdata()
    assert max(above.get_ydata()) < 2 * frame["relative"].drop(worst).max()
    assert ax.get_ylim()[1] < 1_000


def test_lines_go_from_edge_to_edge_of_a_space_and_end_at_their_rank(nested: Results) -> None:
    frame = parallel.data(nested).query("target == 'balloons'")

    rates = frame[frame["name"] == "learning_rate"]
    wanted = nested.searched.merge(nested.trials)[["target", "depth", "outer_fold", "number", "rank", "params_learning_rate"]]
    told = rates.merge(wanted, on=["target", "depth", "outer_fold", "number", "rank"])
    assert len(told) == len(rates) == 18
    np.testing.assert_allclose(told["position"], np.log(told["params_learning_rate"] / 3e-4) / np.log(100))
    assert set(frame.loc[frame["name"] == "width", "position"]) == {0.0, 1.0}
    ax = axes_of(parallel.draw(frame))[0]
    [rest] = ax.collections
    heights = [line.get_ydata()[-1] for line in ax.lines if len(line.get_xdata()) == 3]
    assert len(heights) == frame[frame["best"]].groupby(["outer_fold", "number"]).ngroups
    heights += [segment[-1, 1] for segment in rest.get_segments()]
    assert sorted(heights) == pytest.approx(sorted(1 - rates["rank"]))


@pytest.mark.parametrize(
    ("open_", "title"),
    [
        ((0.2, 0.5), "The best tenth of the trials agree most on rate 1 to 2"),
        ((0.9, 0.3), "The best tenth of the trials agree most on width 64"),
        ((0.9, 1.0), "The best tenth of the trials agree on no hyperparameter"),
    ],
)
def test_what_the_best_agree_on_is_the_title(open_: tuple[float, float], title: str) -> None:
    frame = pd.DataFrame({"target": "y", "axis": [0, 1], "where": ["rate 1 to 2", "width 64"], "open": open_})

    assert parallel.finding(frame) == title


def test_cost_has_every_incumbent_but_the_constant_and_the_front(nested: Results) -> None:
    frame = cost.data(nested)

    best = winners.incumbents(nested.trials).query("family not in ['constant', 'short']")
    own = frame[(frame["what"] == "incumbent") & (frame["cost"] == "seconds")]
    assert sorted(own["at"]) == sorted(best["wall_time_s"])
    front = frame[frame["what"] == "front"]
    assert front[["target", "cost", "at", "relative"]].to_numpy().tolist() == nested.fronts.to_numpy().tolist()
    picture = cost.draw(frame)
    assert [ax.get_xlabel() for ax in axes_of(picture)] == ["seconds a trial, log axis", "parameters, log axis"] * 2


def test_the_ends_of_the_front_are_the_title() -> None:
    frame = pd.DataFrame({"target": "y", "what": "front", "cost": "n_parameters", "at": [4.0, 99.0], "relative": [1.0, 0.25]})

    assert cost.finding(frame.assign(reference="linear")) == (
        "The least validation loss is 0.250 of the linear regression's and takes 99 parameters, with 4 it is 1"
    )
    assert (
        cost.finding(frame[:1].assign(reference="linear")) == "Nothing has less validation loss than the fewest parameters, 4"
    )


def test_a_replicates_dot_is_the_epoch_whose_weights_it_kept(nested: Results) -> None:
    frame = learning_curves.data(nested)

    kept = frame[frame["split"] == "kept"]
    best = winners.incumbents(nested.trials).query("outer_fold == 0")[[*winners.ARM, "number"]]
    fits = nested.folds.merge(best, on=[*winners.ARM, "number"]).query("family != 'constant'")
    assert sorted(kept["loss"]) == sorted(fits["val_loss"])
    assert set(kept["epoch"]) == {20}
    assert learning_curves.finding(frame) == "The weights kept are those of epoch 20; training stopped after 24"


def test_what_was_not_measured_is_said_with_its_reason(results: Results) -> None:
    assert not hyperparameters.when(results)
    assert not slices.when(results)
    assert not parallel.when(results)
    assert sections.has_unmeasured(results)
    assert searches.unmeasured(results)[0] == (
        "How much hyperparameters mattered is not measured for network, 1 layer on balloons, network, 2 layers on balloons, "
        "network, 1 layer on colour, network, 2 layers on colour, network, 1 layer on pops, network, 2 layers on pops, "
        "network, 1 layer on shape, network, 2 layers on shape: 6 trials of all outer folds are too few, 12 the least."
    )


def test_a_study_that_a_version_before_concluded_shows_no_figure_of_these(nested: Results) -> None:
    old = with_frames(nested)
    kept = {name: getattr(old.paths, name).read_bytes() for name in ("hyperparameters", "fronts", "searched")}
    try:
        for name in kept:
            getattr(old.paths, name).unlink()

        assert not any(figure.when(old) for figure in (hyperparameters, slices, parallel, cost))
        assert not sections.has_unmeasured(old)
    finally:
        for name, content in kept.items():
            getattr(old.paths, name).write_bytes(content)
