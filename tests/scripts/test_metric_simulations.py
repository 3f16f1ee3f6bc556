"""The table of intervals of metrics: every kind and metric has its row, and a true difference is what many rows show."""

from __future__ import annotations

import numpy as np
import pytest
from metric_simulations import held, table, truth

from study.evidence.metrics import metrics_of
from study.schema import Kind


def test_every_metric_of_every_kind_has_a_row() -> None:
    found = table(draws=2, many=2_000)

    assert len(found) == sum(len(metrics_of(kind)) for kind in Kind)
    assert list(found.columns) == ["kind", "metric", "300 rows", "in 60 groups"]


def test_the_better_model_has_less_of_every_shortfall() -> None:
    assert (truth(Kind.BINARY, 5_000) < 0).all()


def test_a_difference_that_is_far_from_the_truth_is_not_held() -> None:
    far = truth(Kind.CONTINUOUS, 2_000) + 10.0

    assert held(Kind.CONTINUOUS, 0, far, draws=3) == pytest.approx(np.zeros(len(far)))
