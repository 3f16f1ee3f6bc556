"""An amount of the error is held against the base of each gain: the same fall of a small error is
less of a squared loss.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from harness.judged import judges
from study.evidence.answer import Verdict
from study.evidence.judge import Judge
from study.evidence.margin_curves import spans
from study.evidence.rule import ABOVE, BELOW, side_of, standing
from study.evidence.thresholds import (
    MIN_MARGIN as LARGER,
    EvaluationSpec,
    Threshold,
    off_loss,
    off_root,
)
from study.evidence.verdicts import margin_curves
from study.schema import NETWORK, REGRESSION, TERMS
from tests.evidence.losses import only_verdict, scored, trial

SEARCHES = pd.DataFrame(
    [trial(family, depth, 1.0) for family, depth in (("linear", 0), ("terms", 0), ("neural", 1))]
)


def sides(
    regression: float, terms: float, network: float, n: int = 500, spread: float = 0.1
) -> list[pd.DataFrame]:
    """Three procedures with these root mean squared errors, of a target whose standard deviation is
    1.
    """
    rng, y, found = np.random.default_rng(0), 1.0 - 2 * (np.arange(n) % 2), []
    for family, depth, error in (
        ("linear", 0, regression),
        ("terms", 0, terms),
        ("neural", 1, network),
    ):
        squares = rng.uniform(1 - spread, 1 + spread, n)
        losses = error**2 * squares / squares.mean()
        found.append(
            scored(losses, family, depth).assign(observed=y, predicted=y - np.sqrt(losses))
        )
    return found


def judged(rows: list[pd.DataFrame], **question: object) -> Verdict:
    return only_verdict(rows, SEARCHES, questions={"y": EvaluationSpec.model_validate(question)})


def held(judge: Judge, base: str, other: str, fall: float) -> float:
    """What a gain is held against where the root of its base's loss has to fall by so much, as a
    share like the gain.
    """
    gain = judge.gains[base, other]
    return float((gain.base_loss - (math.sqrt(gain.base_loss) - fall) ** 2) / gain.per_loss)


MIN_MARGIN, UNIT = (
    {"margin": 0.001, "min_margin": 0.01},
    {"margin": 0.05, "margin_of": "unit", "min_margin": 0.0},
)


@pytest.mark.parametrize(
    ("errors", "question", "answer"),
    [
        (
            (0.2, 0.05, 0.01),
            MIN_MARGIN,
            NETWORK,
        ),  # falls by 4 minimum margins, which are a sixteenth of the regression's squared loss
        ((0.2, 0.05, 0.042), MIN_MARGIN, TERMS),  # and by four fifths of one
        ((1.0, 0.2, 0.1), UNIT, NETWORK),  # by 2 margins, which are 3 % of that loss
        ((1.0, 0.2, 0.17), UNIT, TERMS),
    ],
)
@pytest.mark.parametrize("metric", ["loss", "rmse"])
def test_a_small_error_that_falls_by_more_than_the_bound_is_worth_it_whichever_metric_says_so(
    metric: str, errors: tuple[float, float, float], question: dict[str, float], answer: str
) -> None:
    verdict = judged(sides(*errors), metric=metric, **question)

    assert verdict.verdict == answer
    gain = verdict.by_pair[TERMS, NETWORK]
    assert (
        (gain.better > 0.975) == (side_of(gain, verdict.threshold) == ABOVE) == (answer == NETWORK)
    )
    assert (gain.p_value < 0.05) == (side_of(gain, verdict.threshold) in {ABOVE, BELOW})


def test_the_answers_by_margin_are_those_of_the_verdict_where_bases_differ() -> None:
    rows = pd.concat(sides(1.0, 0.2, 0.1))

    def asked(margin: float) -> Judge:
        (judge,) = judges(
            rows, SEARCHES, 5, {"y": EvaluationSpec.model_validate(UNIT | {"margin": margin})}
        )
        return judge

    own = asked(0.05)
    for span in spans(own.gains, own.threshold):
        for share in (span.low + 1e-6, span.high - 1e-6):
            judge = asked(1 - math.sqrt(1 - share))
            assert standing(judge.gains, judge.threshold) == span.left


def test_the_curve_of_a_gain_crosses_its_bound_where_the_verdict_does() -> None:
    rows = pd.concat(sides(0.2, 0.17, 0.12, n=60, spread=0.9))

    for question in (
        {"margin": 0.001, "min_margin": 0.05},
        {"margin": 0.05, "margin_of": "unit", "min_margin": 0.0},
    ):
        (judge,) = judges(rows, SEARCHES, 5, {"y": EvaluationSpec.model_validate(question)})
        for (base, other), curve in margin_curves([judge]).groupby(["base", "other"]):
            above = np.interp(curve["bound"].iloc[0], curve["margin"], curve["above"])
            assert above == pytest.approx(
                judge.interval(base, other).above(held(judge, base, other, 0.05)), abs=0.01
            )


def test_a_fall_of_the_root_is_told_in_the_loss_and_back() -> None:
    assert off_loss(0.05, 1.0) == pytest.approx(1 - 0.95**2)
    assert off_loss(0.05, 0.04) == pytest.approx(2 * 0.05 * 0.2 - 0.05**2)
    for fall in (-0.3, 0.0, 0.1, 0.5):  # of a root of 0.2, more than there is too
        assert off_root(off_loss(fall, 0.04), 0.04) == pytest.approx(fall)


def test_a_bound_is_the_same_share_of_every_base_unless_it_is_one_of_the_root() -> None:
    threshold = Threshold(0.05, 0.01, at=1.0)

    assert threshold.over(0.04, 1.0) == Threshold(0.05, 0.01)
    margin = Threshold(1 - 0.95**2, 0.0, ("margin",), 1.0).over(0.04, 1.0).margin
    assert margin == pytest.approx(0.2**2 - 0.15**2)


def test_a_bound_of_the_error_is_a_share_of_the_regressions_loss_unless_that_has_none() -> None:
    some, none = (judged(sides(error, 0.2, 0.1), **UNIT).bound for error in (1.0, 0.0))

    assert some is not None
    assert none is not None
    assert some.margin == pytest.approx(1 - 0.95**2)
    assert math.isnan(none.margin)


def test_a_min_margin_that_is_the_larger_bound_of_the_regression_need_not_decide() -> None:
    verdict = judged(sides(0.2, 0.05, 0.04), margin=0.05, min_margin=0.01)

    assert verdict.bound is not None
    assert (verdict.bound.held, verdict.bound.share) == (LARGER, pytest.approx(1 - 0.95**2))
    assert REGRESSION not in verdict.left
