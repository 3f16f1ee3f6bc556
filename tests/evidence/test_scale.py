"""What a verdict's shares mean in a unit that people know: the same gain, in the metric that was
asked of.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from harness.predicted import made
from study.evidence.answer import Verdict
from study.evidence.metrics import metric_of, metrics_of
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.amounts import span
from study.schema import NETWORK, REGRESSION, REGRESSIONS, Kind
from tests.evidence.losses import only_verdict, trial

CASES = [(kind, metric.name) for kind in Kind for metric in metrics_of(kind)[1:]]


@cache
def judged(kind: Kind, metric: str) -> Verdict:
    """Of a regression and of a network that errs a little less, on the same rows."""
    family = REGRESSIONS[kind]
    sides = [made(kind, np.random.default_rng(0), noise) for noise in (0.5, 0.45)]
    rows = [
        sides[0].assign(family=family),
        sides[1].assign(family="neural", candidate="ensemble", depth=1),
    ]
    searches = [
        trial(f, d, 1.0, outer_fold=fold, kind=kind)
        for fold in range(5)
        for f, d in ((family, 0), ("neural", 1))
    ]
    return only_verdict(
        rows, pd.DataFrame(searches), questions={"y": EvaluationSpec(metric=metric, min_margin=0.0)}
    )


@pytest.mark.parametrize(("kind", "metric"), CASES)
def test_the_metric_that_is_asked_of_is_the_one_that_is_told(kind: Kind, metric: str) -> None:
    verdict = judged(kind, metric)

    assert verdict.meaning is not None
    assert verdict.meaning.metric == metric
    (gain,) = verdict.by_pair.values()
    values = verdict.meaning.values
    sign = 1 if metric_of(metric, kind).more else -1
    assert gain.improvement * gain.per_loss == pytest.approx(
        sign * (values[NETWORK] - values[REGRESSION]), rel=1e-6, abs=1e-9
    )


def test_the_error_of_a_loss_is_the_root_of_its_mean() -> None:
    verdict = judged(Kind.CONTINUOUS, "loss")

    (gain,) = verdict.by_pair.values()
    assert verdict.meaning is not None
    assert verdict.meaning.values[REGRESSION] == pytest.approx(np.sqrt(gain.base_loss))


def test_a_limit_that_does_not_exist_is_left_out() -> None:
    ends = (0.999994, 1.2), (-9.7, np.nan), (np.nan, 0.2), (np.nan, np.nan), (0.1, 0.2)

    told = [re.findall(r"[\d.,]+", span(*each, 1.0)) for each in ends]

    assert told == [["99.9"], ["970"], ["20"], [], ["10", "20"]]
