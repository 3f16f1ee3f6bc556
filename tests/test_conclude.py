"""What a finished study takes from its question."""

from __future__ import annotations

import pytest

from study.conclude import ROUNDED, rounded_for
from study.evidence.thresholds import EvaluationSpec


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ({}, 0.2),
        ({"metric": "auc"}, ROUNDED),  # a share of the distance to an AUC of 1
        ({"margin_of": "unit"}, ROUNDED),
    ],
)
def test_a_formula_is_rounded_for_the_margin_only_where_that_is_a_share_of_the_loss(
    question: dict[str, str], share: float
) -> None:
    assert rounded_for(EvaluationSpec.model_validate({"margin": 0.2} | question)) == share
