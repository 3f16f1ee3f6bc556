"""Margin and minimum margin are two thresholds: one distribution a gain whatever is asked, and a
minimum margin that is held against amounts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.judged import judges, verdicts
from study.evidence import rule
from study.evidence.answer import Verdict
from study.evidence.judge import Judge
from study.evidence.margin_curves import spans
from study.evidence.thresholds import MARGIN, MIN_MARGIN, EvaluationSpec, Threshold
from study.evidence.verdicts import pair_table
from study.schema import CURVES, NETWORK, PRODUCTS, REGRESSION, TERMS
from tests.evidence.losses import scored, told_gain, trial

SHOWN = (
    "improvement",
    "low",
    "high",
    "std_error",
    "p_value",
    "better",
    "equal",
    "worse",
    "low_amount",
    "high_amount",
)
"""Columns that a pair and a gain share."""


def rows(seed: int = 0, n: int = 150) -> pd.DataFrame:
    """Losses whose mean few rows make, so that a share of it is far less sure than a difference; y
    has a deviation of 1.
    """
    rng = np.random.default_rng(seed)
    base = 0.05 * rng.exponential(1.0, n) ** 3
    terms, network = (np.abs(base - 0.02 * rng.uniform(0.3, 1.7, n)) for _ in range(2))
    parts = [scored(0.5 * (base + terms), "terms", candidate=name) for name in (PRODUCTS, CURVES)]
    sides = [
        scored(base + 1, "baseline"),
        scored(base),
        scored(terms, "terms"),
        scored(network, "neural", 1),
        *parts,
    ]
    found = pd.concat(sides, ignore_index=True)
    y = 1.0 - 2 * (found["row"] % 2)
    return found.assign(observed=y, predicted=y - np.sqrt(found["loss"]))


def trials() -> pd.DataFrame:
    searches = (("baseline", 0), ("linear", 0), ("terms", 0), ("neural", 1))
    return pd.DataFrame([trial(family, depth, 1.0) for family, depth in searches])


def judged(predictions: pd.DataFrame, **question: object) -> Verdict:
    (found,) = verdicts(
        predictions, trials(), np.nan, 5, questions={"y": EvaluationSpec.model_validate(question)}
    )
    return found


def asked(predictions: pd.DataFrame, **question: object) -> Judge:
    (judge,) = judges(predictions, trials(), 5, {"y": EvaluationSpec.model_validate(question)})
    return judge


def left(judge: Judge) -> tuple[str, ...]:
    return rule.standing(judge.gains, judge.threshold)


def test_a_gain_has_one_interval_whatever_margin_and_min_margin_are() -> None:
    predictions = rows()

    found = [
        asked(predictions, margin=margin, min_margin=min_margin).gains.values()
        for margin, min_margin in ((0.01, 0.0), (0.3, 0.2))
    ]

    ends = [[(each.improvement, each.low, each.high) for each in gains] for gains in found]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("min_margin", [0.0, 0.02])
def test_what_the_margins_say_is_what_the_verdict_is_when_one_is_asked(min_margin: float) -> None:
    predictions = rows()
    judge = asked(predictions, min_margin=min_margin)

    found = spans(judge.gains, judge.threshold)

    for span in found:
        for margin in (span.low + 1e-6, span.high - 1e-6):
            assert left(asked(predictions, min_margin=min_margin, margin=margin)) == span.left
    places = [rule.LADDER.index(span.left[0]) for span in found]
    assert places == sorted(
        places, reverse=True
    )  # a larger margin never makes a richer procedure the answer


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"margin_of": "unit", "margin": 0.05},
        {"metric": "rmse"},
        {"metric": "r2", "margin_of": "unit", "margin": 0.02},
    ],
)
def test_pairs_and_verdict_are_of_one_question(question: dict[str, Any]) -> None:
    """Interval, p and chances of a pair that the verdict is about are the verdict's, whatever that
    is asked.
    """
    judge = asked(rows(), **({"min_margin": 0.01} | question))

    pairs = pair_table([judge]).set_index(["base", "other"])
    own = pairs[pairs["question"] == "procedures"]
    assert set(own["metric"]) == {question.get("metric", "loss")}
    for pair, gain in judge.gains.items():
        base, other = (
            {REGRESSION: "linear", TERMS: "terms", NETWORK: NETWORK}[name] for name in pair
        )
        assert own.loc[(base, other), list(SHOWN)].tolist() == [
            getattr(gain, name) for name in SHOWN
        ]


def test_a_pair_beside_the_verdict_is_held_against_the_same_amount() -> None:
    """The constant's loss is 1 more than the regression's P: that is 1 / P of it, and the margin a
    share of it too.
    """
    judge = asked(rows(), margin_of="unit", margin=0.3, min_margin=0.0)

    pairs = pair_table([judge]).set_index(["base", "other"])
    own, p = pairs.loc[("baseline", "linear")], judge.threshold.at
    assert (own["per"], own["improvement"] * p) == ("linear", pytest.approx(1.0))
    falls = math.sqrt(p + 1) - math.sqrt(p)
    assert (own["improvement"] > own["margin"], own["better"] > 0.5) == (falls > 0.3, falls > 0.3)
    assert own["margin"] * p == pytest.approx(2 * 0.3 * math.sqrt(p + 1) - 0.3**2)


def test_verdict_and_sources_are_of_one_distribution() -> None:
    verdict = judged(rows(), min_margin=0.01)

    assert verdict.sources is not None
    parts = (verdict.sources.interactions, verdict.sources.curvature)
    whole = verdict.by_pair[REGRESSION, TERMS]
    assert sum(each.improvement for each in parts) == pytest.approx(whole.improvement)
    assert [2 * each.std_error for each in parts] == [
        pytest.approx(whole.std_error)
    ] * 2  # both are half of it on every row


def test_of_an_amount_every_gain_is_an_amount() -> None:
    """However sure the regression's loss is: the interval is that of the difference, in another
    unit.
    """
    verdict = judged(rows(), margin_of="unit", margin=0.05, min_margin=0.01)

    whole, parts = verdict.by_pair[REGRESSION, TERMS], verdict.sources
    assert parts is not None
    assert (whole.low_amount / whole.per_loss, whole.high_amount / whole.per_loss) == pytest.approx(
        (whole.low, whole.high)
    )
    assert 2 * parts.curvature.std_error == pytest.approx(whole.std_error)
    assert whole.high < judged(rows()).by_pair[REGRESSION, TERMS].high


def gain(low: float, high: float, low_amount: float, high_amount: float) -> rule.Gain:
    return told_gain(
        low, high, improvement=0.1, low_amount=low_amount, high_amount=high_amount, per_loss=2.0
    )


@pytest.mark.parametrize(
    ("shares", "amounts", "side", "held"),
    [
        (
            (0.06, 0.2),
            (0.3, 0.4),
            rule.ABOVE,
            MIN_MARGIN,
        ),  # both are passed, and a minimum margin of 0.2 is 10 % of 2
        ((0.06, 0.2), (0.1, 0.4), rule.OPEN, MIN_MARGIN),
        ((0.06, 0.2), (0.1, 0.19), rule.BELOW, MIN_MARGIN),
        ((0.01, 0.2), (0.3, 0.4), rule.OPEN, MARGIN),
        ((0.01, 0.04), (0.1, 0.4), rule.BELOW, MIN_MARGIN),  # the share is below 10 %
        ((0.11, 0.2), (0.1, 0.4), rule.ABOVE, MIN_MARGIN),  # and here above
        ((0.01, 0.2), (math.nan, 0.4), rule.OPEN, MIN_MARGIN),
        ((math.nan, math.nan), (0.1, 0.19), rule.BELOW, MIN_MARGIN),
    ],
)
def test_a_gain_matters_above_both_bars_and_does_not_below_either(
    shares: tuple[float, float], amounts: tuple[float, float], side: str, held: str
) -> None:
    found, threshold = gain(*shares, *amounts), Threshold(0.05, 0.2)

    assert rule.side_of(found, threshold) == side
    assert rule.held_by(found, threshold) == held


def test_a_pair_that_the_min_margin_keeps_open_is_open_at_the_min_margin_as_a_share() -> None:
    found = gain(0.06, 0.2, 0.1, 0.4)

    assert rule.open_pair({(REGRESSION, NETWORK): found}, Threshold(0.05, 0.2)) == (
        REGRESSION,
        NETWORK,
        0.1,
    )
    assert rule.open_pair({(REGRESSION, NETWORK): found}, Threshold(0.05)) is None


@pytest.mark.parametrize("min_margin", [0.0, 0.02])
@pytest.mark.parametrize("seed", range(2))
def test_probabilities_and_p_value_are_those_of_the_side(seed: int, min_margin: float) -> None:
    judge = asked(rows(seed), min_margin=min_margin)

    for each in judge.gains.values():
        rest = (1 - each.level) / 2
        side = (
            rule.ABOVE
            if each.better > 1 - rest
            else rule.BELOW
            if each.better < rest
            else rule.OPEN
        )
        assert side == rule.side_of(each, judge.threshold)
        assert (each.p_value < 2 * rest) == (side != rule.OPEN)


def test_a_gain_whose_share_is_sure_passes_the_min_margin_where_its_amount_is_not() -> None:
    """Folds whose losses are far apart: of each the network saves about half, so that the share is
    sure and the amount not.
    """
    rng = np.random.default_rng(1)
    row, fold = np.arange(200), np.repeat(np.arange(5), 40)
    base = np.array([0.2, 0.3, 0.3, 0.4, 9.0])[fold] * rng.uniform(0.9, 1.1, 200)
    sides = (
        (base + 9, "baseline", 0),
        (base, "linear", 0),
        (base * rng.uniform(0.4, 0.6, 200), "neural", 1),
    )
    told = [scored(*each).assign(outer_fold=fold, observed=1.0 - 2 * (row % 2)) for each in sides]
    searches = pd.DataFrame(
        [
            trial(f, d, 1.0, outer_fold=k)
            for k in range(5)
            for f, d in (("linear", 0), ("neural", 1))
        ]
    )

    (verdict,) = verdicts(
        pd.concat(told), searches, np.nan, 5, questions={"y": EvaluationSpec(min_margin=0.01)}
    )

    share = verdict.by_pair[REGRESSION, NETWORK]
    assert share.low > 0.4
    assert share.low_amount < 0
    assert verdict.left == (NETWORK,)
    assert share.p_value < 0.025
