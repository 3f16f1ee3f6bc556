"""Figures of what the models say column by column: their titles by value, and that they draw whatever there is."""

from __future__ import annotations

import pandas as pd
import pytest

from study.records.results import Results
from study.report import helps as sentences
from study.report.figures import effects, importance, surface, where

from . import asked_models as made
from .synthetic import axes_of, with_frames

MINUS = "\N{MINUS SIGN}"


def labels(picture: object) -> list[str]:
    return [text.get_text() for text in axes_of(picture)[0].get_xticklabels()]  # type: ignore[arg-type]


def test_a_study_whose_models_were_never_asked_shows_none_of_them(results: Results) -> None:
    assert not any(figure.when(results) for figure in (effects, importance, surface, where))
    assert not sentences.has_helps(results)


def test_effects_name_the_column_that_differs_most_and_by_how_much() -> None:
    one = made.effects()
    chance = made.effects("colour").assign(differ=0.0)

    assert effects.finding(one) == (
        "Regression and network differ most in the effect of col$ 1, by 2, while single fits stray by 0.25"
    )
    assert effects.finding(pd.concat([made.effects(output="red"), chance])) == (
        "On balloons regression and network differ most in the effect of col$ 1, by 2 in the probability of red, while "
        "single fits stray by 0.25; on colour no single column sets regression and a richer model apart beyond chance"
    )
    assert effects.finding(pd.concat([made.effects(f"t{i}") for i in range(5)])).endswith("; and so on for 3 more targets")


def test_effects_are_drawn_of_the_leading_columns_an_axes_each(results: Results, tmp_path: object) -> None:
    many = pd.concat([made.effects(f"t{i}", columns=6) for i in range(3)], ignore_index=True)

    alone, all_three = (effects.data(with_frames(results, effects=frame)) for frame in (made.effects(columns=6), many))

    assert alone["rank"].unique().tolist() == [1, 2, 3, 4]
    assert all_three["rank"].unique().tolist() == [1, 2]
    picture = effects.draw(all_three)
    assert [ax.get_title(loc="left") for ax in axes_of(picture)[:2]] == [r"t0: col\$ 1", r"t0: col\$ 2"]
    lines = {line.get_label(): list(line.get_ydata()) for line in axes_of(picture)[0].lines[:3]}
    assert lines["network"] == [2.0, -3.0, -4.0, -1.0, 6.0]
    assert "col$ 1: 2, single fits stray by 0.25" in picture.alt


@pytest.mark.parametrize(("sort", "first"), [("category", "level 0 of…"), ("date", "Jan 2022"), ("number", f"{MINUS}2")])
def test_the_points_of_an_axis_are_levels_months_or_numbers(sort: str, first: str) -> None:
    picture = effects.draw(made.effects(columns=1, sort=sort))

    picture.figure.canvas.draw()
    assert labels(picture)[0] == first


def test_the_surface_names_the_pair_and_leaves_out_cells_without_rows(results: Results) -> None:
    frame = pd.concat([made.surfaces(), made.surfaces().assign(rank=2, column="other")])
    shown = surface.data(with_frames(results, surfaces=frame))

    picture = surface.draw(shown)

    assert picture.title == (
        "Of the leading columns children and age act together most in the network: by 1.5 beyond the regression, 80 % of all "
        "that the two do"
    )
    assert [ax.get_title(loc="left") for ax in axes_of(picture)] == ["regression", "terms", "network"]
    texts = [text.get_text() for text in axes_of(picture)[2].texts]
    assert len(texts) == 24  # of 25 cells
    assert texts[0] == "2"  # -2 + 2 * -2 * -1
    assert labels(picture) == [f"{MINUS}2", f"{MINUS}1", "0", "1", "2"]


def test_of_several_targets_the_compared_surfaces_are_drawn_and_one_without_interaction_says_so() -> None:
    frame = pd.concat([made.surfaces("a", output="red"), made.surfaces("b", differ=0.0)])

    picture = surface.draw(frame)

    titles = [ax.get_title(loc="left") for ax in axes_of(picture)]
    assert titles == ["a: regression, probability of red", "a: network, probability of red", "b: regression", "b: network"]
    assert picture.title.endswith(
        "on b no two of the leading columns act together more in the network than in the regression, beyond chance"
    )


def test_importance_says_which_column_each_model_uses_most(results: Results) -> None:
    two = pd.concat([made.importances(), made.importances("colour", first="age").drop_duplicates(["column", "procedure"])])

    assert importance.finding(made.importances()) == (
        "The column used most is children for regression, terms and network, age for trees"
    )
    assert importance.finding(two).endswith("; on colour all models use age most")
    lost = made.importances()
    lost.loc[lost["procedure"] == "regression", "low"] = -0.1
    assert importance.finding(lost) == (
        "The column used most is children for terms and network, age for trees, none surely for regression"
    )
    assert importance.finding(lost.assign(low=-0.1)) == "No model surely uses any column"
    picture = importance.draw(importance.data(with_frames(results, importances=made.importances())))
    dots = {line.get_label(): list(line.get_xdata()) for line in axes_of(picture)[0].lines if line.get_marker() == "o"}
    assert dots["trees"] == [0.2, 0.4]
    assert "balloons, children, network: 70 %" in picture.alt


def test_what_helps_is_told_and_drawn_where_it_holds_and_told_where_it_does_not(results: Results) -> None:
    lost = {"side": "less", "holds": False, "rule": "town is Ulm", "difference": -0.1, "low": -0.4, "high": 0.2}
    hurt = {
        "side": "less",
        "gain": -0.3,
        "rest": 0.2,
        "difference": -0.5,
        "low": -0.9,
        "high": -0.1,
        "rule": "age is at most 0",
    }
    told = [str(sentences.helps(with_frames(results, helps=made.helps(*lines)))) for lines in (({}, lost), ({}, hurt), (lost,))]
    none = str(sentences.helps(with_frames(results, helps=made.helps({"side": "", "rule": "", "holds": False}))))

    less_bad = where.said_of(made.helps({"gain": -0.1, "rest": -0.9}).iloc[0])
    assert less_bad.startswith("On balloons the network hurts least where age is above 0.25 ")
    first = (
        "On balloons the network helps most where age is above 0.25 (40 of the 100 rows that check): as a share of the "
        "regression&#x27;s mean loss over all rows, it saves 50 % a row there and "
        "adds 10 % a row elsewhere. The difference is 60 points (20 to 100)."
    )
    assert (
        told[0].replace("\N{NO-BREAK SPACE}", " ").startswith(f"<p>{first}</p><p>On balloons nothing more was found that holds")
    )
    assert "the network hurts most where age is at most 0" in told[1]
    assert f"seemed to help least where town is Ulm, on the other by {MINUS}10 points ({MINUS}40 to 20)." in told[2]
    assert none == "<p>On balloons no group of rows was found: its test rows are too few, or too much alike.</p>"
    shown = where.data(with_frames(results, helps=made.helps({}, lost)))
    assert shown["side"].tolist() == ["more"]
    assert where.draw(shown).title.replace("'", "&#x27;") == first.rpartition(" The difference")[0]
