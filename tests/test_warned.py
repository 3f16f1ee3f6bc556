"""What a study's config says was searched, and the warnings of a concluded one."""

from __future__ import annotations

from typing import Any

import pytest

from study.config import StudyConfig, make_config
from study.diagnostics.warned import axes_of, budgets
from study.evidence.warnings.searches import Axis
from study.schema import Kind


def config(**more: Any) -> StudyConfig:
    return make_config(
        {
            "name": "a",
            "data": {"source": "balloons"},
            "targets": ["balloons"],
            "depths": [1, 2],
            **more,
        }
    )


def axes(**more: Any) -> dict[tuple[str, str], Axis]:
    return {
        (each.family, each.name): each
        for each in axes_of(config(**more), "balloons", Kind.CONTINUOUS, 2_000)
    }


def test_ranges_and_three_or_more_numbers_are_searched_but_no_path_that_no_config_names() -> None:
    found = axes()

    assert found == {
        ("neural", "learning_rate"): Axis("neural", "learning_rate", 3e-4, 3e-2, log=True),
        ("neural", "weight_decay"): Axis("neural", "weight_decay", 1e-5, 1e-1, log=True),
        ("neural", "dropout"): Axis(
            "neural", "dropout", 0.0, 0.3, choices=(0.0, 0.1, 0.3), closed=("low",)
        ),
        **{
            ("terms", name): Axis(
                "terms",
                name,
                0.0,
                1.0,
                choices=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0),
                closed=("low",),
            )
            for name in ("products", "curves")
        },
    }


def test_a_path_that_a_config_narrows_has_edges_and_a_fixed_value_has_none() -> None:
    path = {"low": 1.0, "high": 10.0, "log": True, "zero": True}

    found = axes(
        space={
            "linear": {"l2": path},
            "neural": {"learning_rate": 0.01, "dropout": [0.0, 0.5], "width": [8, 16, 32]},
        }
    )

    edges: dict[str, Any] = {
        "low": 1.0,
        "high": 10.0,
        "log": True,
        "closed": ("low",),
        "zero": True,
    }
    narrowed = {family: Axis(family, "l2", **edges) for family in ("linear", "terms")}
    assert {family: found[family, "l2"] for family in narrowed} == narrowed
    assert {name for family, name in found if family == "neural"} == {"weight_decay", "width"}
    assert found["neural", "width"].choices == (8.0, 16.0, 32.0)


@pytest.mark.parametrize(
    ("trials", "expected"),
    [(8, {"terms": 8, "network": 8}), (12, {"network": 12}), (30, {"network": 30})],
)
def test_the_regression_with_terms_could_be_searched_no_longer_than_its_grid_is(
    trials: int, expected: dict[str, int]
) -> None:
    assert budgets(config(search={"trials": trials}), "balloons", Kind.CONTINUOUS) == expected
