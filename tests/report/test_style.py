"""Numbers, names and colours of the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from study.diagnostics import registry
from study.diagnostics.best_so_far import figure as best_so_far
from study.diagnostics.drawing.style import colours, model_colour, model_name, use_log_axis
from study.diagnostics.learning_curves import figure as learning_curves
from study.formatting import human
from study.records.results import Results
from study.schema import REGRESSIONS, Kind, ModelData
from tests.report.synthetic import SECTIONS


@pytest.mark.parametrize(
    ("losses", "is_log"), [([1, 99], False), ([1, 101], True), ([0, 1000], False), ([], False)]
)
def test_a_log_axis_is_used_above_two_decades_of_positive_losses(
    losses: list[float], is_log: bool
) -> None:
    assert use_log_axis(losses) is is_log


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
    names = [
        model_name("baseline", 0),
        model_name("poisson", 0),
        model_name("neural", 1),
        model_name("neural", 3),
    ]

    assert names == ["baseline", "Poisson regression", "network, 1 layer", "network, 3 layers"]


def test_a_label_of_the_study_names_its_family_at_its_depth_alone() -> None:
    models = (ModelData(family="residual", depth=2, label="residual network, 2 blocks"),)

    names = [
        model_name("residual", 2, models),
        model_name("residual", 3, models),
        model_name("neural", 2, models),
    ]

    assert names == ["residual network, 2 blocks", "residual, 3 layers", "network, 2 layers"]


def test_two_families_of_one_label_are_told_apart() -> None:
    models = tuple(
        ModelData(family=family, depth=1, label="network, 1 layer")
        for family in ("neural", "residual")
    )

    assert [model_name(m.family, 1, models) for m in models] == [
        "network, 1 layer (neural)",
        "network, 1 layer (residual)",
    ]


def test_two_families_of_networks_have_colours_of_their_own_at_every_depth() -> None:
    models = tuple(
        ModelData(family="residual", depth=depth, label=f"residual {depth}") for depth in (1, 2, 3)
    )

    shown = [
        model_colour(family, depth, models)
        for family in ("neural", "residual")
        for depth in (1, 2, 3)
    ]

    assert len(set(shown)) == 6
    assert shown[:3] == [model_colour("neural", depth) for depth in (1, 2, 3)]


@pytest.fixture(scope="module")
def residual(make_results: Callable[..., Results]) -> Results:
    """A study of two families of networks at depths 1 and 2, of which one has labels of its own."""
    models = tuple(
        ModelData(family="residual", depth=depth, label=f"residual network, {depth} blocks")
        for depth in (1, 2)
    )
    return make_results(["balloons"], n_trials=1, networks=("neural", "residual"), models=models)


@pytest.mark.parametrize("figure", [best_so_far, learning_curves])
def test_every_figure_names_two_families_of_networks_by_their_own_labels(
    figure: Any, residual: Results
) -> None:
    frame = figure.data(residual)

    networks = frame[frame["depth"] > 0]
    named = networks.groupby(["family", "depth"])["model"].unique().map(list).to_dict()
    assert named == {
        ("neural", 1): ["network, 1 layer"],
        ("neural", 2): ["network, 2 layers"],
        ("residual", 1): ["residual network, 1 blocks"],
        ("residual", 2): ["residual network, 2 blocks"],
    }
    assert len(set(colours(networks).values())) == 4


def test_every_folder_of_a_diagnostic_has_its_place_in_the_report() -> None:
    folder = Path(str(registry.__file__)).parent

    assert sorted(path.parent.name for path in folder.glob("*/figure.py")) == sorted(
        s.figure for s in SECTIONS if s.figure
    )


def test_every_kind_has_a_regression() -> None:
    assert set(REGRESSIONS) == set(Kind)
