"""Figures of what the models say column by column: their titles by value, and that they draw
whatever there is.
"""

from __future__ import annotations

import re
from html import escape

import pandas as pd
import pytest

from study.diagnostics.effects import figure as effects
from study.diagnostics.helps import figure as helps
from study.diagnostics.importances import figure as importances
from study.diagnostics.registry import picture_of
from study.records.results import Results

from . import asked_models as made
from .synthetic import axes_of, numbers, with_frames

MINUS = "\N{MINUS SIGN}"


def labels(picture: object) -> list[str]:
    return [text.get_text() for text in axes_of(picture)[0].get_xticklabels()]  # type: ignore[arg-type]


def test_a_study_whose_models_were_never_asked_shows_none_of_them(results: Results) -> None:
    assert all(figure.data(results).empty for figure in (effects, importances, helps))


def test_effects_name_the_column_that_differs_most_and_by_how_much() -> None:
    one = made.effects()
    chance = made.effects("colour").assign(differ=0.0)

    assert numbers(effects.finding(one).replace("col$ 1", "column")) == [2]
    assert "col$ 1" in effects.finding(one)
    on_two = picture_of(effects, pd.concat([made.effects(output="red"), chance])).title
    assert "balloons" in on_two
    assert {"red", "col$ 1"} <= set(re.findall(r"red\b|col[$] 1", on_two))
    assert "spread of folds" in effects.finding(chance)


def test_an_axis_of_years_has_no_separators(results: Results) -> None:
    built = made.effects(columns=1).assign(value=lambda own: 2000.0 + own["place"])

    (years,), (numbers,) = (
        axes_of(effects.draw(frame)) for frame in (built, built.assign(value=built["value"] + 0.5))
    )

    assert years.xaxis.get_major_formatter()(2008) == "2008"
    assert numbers.xaxis.get_major_formatter()(2008) == "2,008"


def test_effects_are_drawn_of_the_leading_columns_an_axes_each(
    results: Results, tmp_path: object
) -> None:
    many = pd.concat([made.effects(f"t{i}", columns=6) for i in range(3)], ignore_index=True)

    alone, all_three = (
        effects.data(with_frames(results, effects=frame))
        for frame in (made.effects(columns=6), many)
    )

    assert alone["rank"].unique().tolist() == [1, 2, 3, 4]
    assert all_three["rank"].unique().tolist() == [1, 2]
    picture = picture_of(effects, all_three)
    assert [ax.get_title(loc="left") for ax in axes_of(picture)[:2]] == [
        r"t0: col\$ 1",
        r"t0: col\$ 2",
    ]
    assert list(axes_of(picture)[0].lines[2].get_ydata()) == [
        2.0,
        -3.0,
        -4.0,
        -1.0,
        6.0,
    ]  # of the network


@pytest.mark.parametrize(
    ("sort", "first"), [("category", "level 0 of…"), ("date", "Jan 2022"), ("number", f"{MINUS}3")]
)
def test_the_points_of_an_axis_are_levels_months_or_numbers(sort: str, first: str) -> None:
    picture = picture_of(effects, made.effects(columns=1, sort=sort))

    picture.figure.canvas.draw()
    assert labels(picture)[0] == first


def used_most(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The models that a title names after each column."""
    parts = re.split(r"\b(children|age)\b", importances.finding(frame))[1:]
    models = [re.findall(r"\b(?:regression|terms|network|trees)\b", part) for part in parts[1::2]]
    return dict(zip(parts[::2], models, strict=True))


def test_importance_says_which_column_each_model_uses_most(results: Results) -> None:
    two = pd.concat(
        [
            made.importances(),
            made.importances("colour", first="age").drop_duplicates(["column", "procedure"]),
        ]
    )

    assert used_most(made.importances()) == {
        "children": ["regression", "terms", "network"],
        "age": ["trees"],
    }
    assert "balloons" in picture_of(importances, two).title
    lost = made.importances()
    lost.loc[lost["procedure"] == "regression", "low"] = -0.1
    assert used_most(lost) == {"children": ["terms", "network"], "age": ["trees"]}
    assert "spread of folds" in importances.finding(lost.assign(low=-0.1))
    picture = picture_of(
        importances, importances.data(with_frames(results, importances=made.importances()))
    )
    dots = {
        line.get_label(): list(line.get_xdata())
        for line in axes_of(picture)[0].lines
        if line.get_marker() == "o"
    }
    assert dots["trees"] == [0.2, 0.4]


def test_what_helps_is_drawn_where_it_holds_and_listed_where_it_does_not(results: Results) -> None:
    lost = {
        "side": "less",
        "holds": False,
        "rule": "age <= 0",
        "difference": -0.1,
        "low": -0.4,
        "high": 0.2,
    }
    both = with_frames(results, helps=made.helps({}, lost))

    html = helps.table(both)
    none = helps.table(
        with_frames(results, helps=made.helps({"side": "", "rule": "", "holds": False}))
    )

    assert [html.count(f">{each}<") for each in ("yes", "no", escape("age <= 0"))] == [1, 1, 1]
    assert "table" not in none
    shown = helps.data(both)
    assert shown["side"].tolist() == ["more"]
    assert numbers(picture_of(helps, shown).title) == [0.25, 50, -10]
