"""Figures of the search: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from study.evidence import winners
from study.records.results import Results
from study.report import searches, sections
from study.report.figures import cost, hyperparameters, learning_curves, parallel, slices
from tests.report.frames import agreed, front, mattered
from tests.report.synthetic import KINDS, axes_of, copied, numbers


def test_importances_stand_by_model_the_most_important_first(nested: Results) -> None:
    frame = hyperparameters.data(nested)

    told = nested.hyperparameters.dropna(subset="importance")
    assert len(frame) == len(told) == 8
    assert frame["importance"].sum() == pytest.approx(told["importance"].sum())
    assert all(own["importance"].is_monotonic_decreasing for _, own in frame.groupby(["target", "model"]))
    assert frame["target"].unique().tolist() == ["balloons", "pops"]


def test_what_mattered_most_is_the_title() -> None:
    of_all, of_one = (hyperparameters.finding(mattered(0.7, 0.3, *rest)) for rest in ((0.6, 0.4), (0.4, 0.6)))

    assert numbers(of_all) == [60, 70]
    assert numbers(of_one) == [1, 2, 70]  # one of two models
    assert not any("width" in title for title in (of_all, of_one))


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
    assert frame.groupby(["target", "name"]).size().tolist() == [12] * 4
    assert frame.groupby(["target", "name"])["incumbent"].sum().tolist() == [2] * 4
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
    assert len(told) == len(rates) == 12
    np.testing.assert_allclose(told["position"], np.log(told["params_learning_rate"] / 3e-4) / np.log(100))
    assert set(frame.loc[frame["name"] == "width", "position"]) == {0.0, 1.0}
    ax = axes_of(parallel.draw(frame))[0]
    [rest] = ax.collections
    heights = [line.get_ydata()[-1] for line in ax.lines if len(line.get_xdata()) == 3]
    assert len(heights) == frame[frame["best"]].groupby(["outer_fold", "number"]).ngroups
    heights += [segment[-1, 1] for segment in rest.get_segments()]
    assert sorted(heights) == pytest.approx(sorted(1 - rates["rank"]))


def test_what_the_best_agree_on_is_the_title() -> None:
    titles = [parallel.finding(agreed(*spaces)) for spaces in ((0.2, 0.5), (0.9, 0.3), (0.9, 1.0))]

    assert [numbers(title) for title in titles] == [[1, 2], [64], []]


def test_cost_has_every_incumbent_but_the_constant_and_the_front(nested: Results) -> None:
    frame = cost.data(nested)

    best = winners.incumbents(nested.trials).query("family not in ['constant', 'short']")
    own = frame[(frame["what"] == "incumbent") & (frame["cost"] == "seconds")]
    assert sorted(own["at"]) == sorted(best["wall_time_s"])
    front = frame[frame["what"] == "front"]
    assert front[["target", "cost", "at", "relative"]].to_numpy().tolist() == nested.fronts.to_numpy().tolist()
    picture = cost.draw(frame)
    labels = [ax.get_xlabel() for ax in axes_of(picture)]
    assert all(label.startswith(words) for label, words in zip(labels, [*cost.AXES.values()] * 2, strict=True))


def test_the_ends_of_the_front_are_the_title() -> None:
    assert numbers(cost.finding(front())) == [0.25, 99, 4, 1]
    assert numbers(cost.finding(front()[:1])) == [4]


def test_a_replicates_dot_is_the_epoch_whose_weights_it_kept(nested: Results) -> None:
    frame = learning_curves.data(nested)

    kept = frame[frame["split"] == "kept"]
    best = winners.incumbents(nested.trials).query("outer_fold == 0")[[*winners.ARM, "number"]]
    fits = nested.folds.merge(best, on=[*winners.ARM, "number"]).query("family != 'constant'")
    assert sorted(kept["loss"]) == sorted(fits["val_loss"])
    assert set(kept["epoch"]) == {20}
    assert numbers(learning_curves.finding(frame)) == [20, 24]


def test_what_was_not_measured_is_said_with_its_reason(results: Results) -> None:
    assert not hyperparameters.when(results)
    assert not slices.when(results)
    assert not parallel.when(results)
    assert sections.has_unmeasured(results)
    (few, *_) = searches.unmeasured(results)
    assert all(f"network, {layers} on {target}" in few for target in KINDS for layers in ("1 layer", "2 layers"))
    assert numbers(few)[-2:] == [4, 12]  # trials, and the fewest that tell


def test_a_study_that_a_version_before_concluded_shows_no_figure_of_these(nested: Results, tmp_path: Path) -> None:
    old = copied(nested, tmp_path / "old")
    for name in ("hyperparameters", "fronts", "searched"):
        getattr(old.paths, name).unlink()

    assert not any(figure.when(old) for figure in (hyperparameters, slices, parallel, cost))
    assert not sections.has_unmeasured(old)
