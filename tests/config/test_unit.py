"""Margins that no difference can reach, and margins by target."""

from __future__ import annotations

import pytest

from study.config import make_config
from study.config.unit import check_unit
from study.schema import Kind, StudyError


@pytest.mark.parametrize(
    ("margin", "metric", "kind", "said"),
    [
        (3, "auc", Kind.BINARY, "is in AUC of y itself, which differs by less than 1, but it is 3; so many points are 0.03."),
        (
            1,
            "accuracy",
            Kind.MULTICLASS,
            "is in accuracy of y itself, which differs by less than 1, but it is 1; so many points are 0.01",
        ),
        (1.5, "r2", Kind.CONTINUOUS, "is in R² of y itself"),
        (2, "brier", Kind.MULTICLASS, "is in the Brier score of y itself, which differs by less than 2"),
    ],
)
def test_a_margin_that_no_difference_can_reach_is_refused(margin: float, metric: str, kind: Kind, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        check_unit(margin, "unit", {"y": metric}, {"y": kind})

    assert str(caught.value).startswith("margin: one of `margin_of: unit` ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("margin", "of", "metric", "kind"),
    [(300, "unit", "rmse", Kind.CONTINUOUS), (1.5, "unit", "brier", Kind.MULTICLASS), (2, "unit", "loss", Kind.BINARY)],
)
def test_a_margin_that_a_difference_can_reach_is_taken(margin: float, of: str, metric: str, kind: Kind) -> None:
    check_unit(margin, of, {"y": metric}, {"y": kind})


def test_a_margin_by_target_is_refused_with_the_way_out() -> None:
    with pytest.raises(StudyError) as caught:
        make_config({"name": "a", "data": {"source": "t.csv"}, "targets": ["y"], "margin": {"y": 0.1}}, origin="it")

    assert str(caught.value).startswith(
        "it: 'margin': one margin holds for all targets; a study of one target alone has its own"
    )
