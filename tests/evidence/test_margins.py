"""Margins in other units, the minimum margin, other metrics, and what the answer would be at every
margin.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from harness.judged import judges
from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED
from study.evidence.margin_curves import POINTS, Span, spans
from study.evidence.thresholds import EvaluationSpec, Threshold
from study.evidence.verdicts import margin_curves
from study.evidence.wording.answer import Words
from study.schema import NETWORK, REGRESSION, TERMS
from tests.evidence.asked import SEARCHES, asked, with_terms
from tests.evidence.losses import only_verdict, scored, three, told_gain, trial

CLASS_TRIALS = pd.DataFrame([trial(*search, 1.0, kind="binary") for search in SEARCHES])


def over_regression(verdict: Verdict) -> float:
    return verdict.by_pair[REGRESSION, TERMS].improvement


def test_five_per_cent_of_an_rmse_are_about_ten_of_a_mean_squared_error() -> None:
    squared, root = asked(0.92), asked(0.92, metric="rmse")

    assert over_regression(squared) == pytest.approx(0.08, abs=1e-3)
    assert over_regression(root) == pytest.approx(1 - np.sqrt(0.92), abs=1e-3)
    assert (squared.verdict, root.verdict) == (TERMS, REGRESSION)


def test_a_margin_in_the_unit_of_the_target_is_one_of_its_error() -> None:
    """The regression is off by 1, the one with terms by 0.959."""
    close, far = (asked(0.92, margin_of="unit", margin=margin) for margin in (0.02, 0.06))

    assert (close.verdict, far.verdict) == (TERMS, REGRESSION)
    assert far.margin == pytest.approx(1 - 0.94**2, abs=2e-3)


def test_the_larger_of_margin_and_min_margin_holds() -> None:
    low, high = (asked(0.92, min_margin=min_margin) for min_margin in (0.01, 0.06))

    assert low.bound is not None
    assert high.bound is not None
    assert (low.margin, low.bound.held, low.verdict) == (0.05, "margin", TERMS)
    assert (high.bound.held, high.verdict) == ("min_margin", REGRESSION)
    assert high.margin == high.bound.min_margin > 0.08


def test_it_is_told_what_a_loss_means() -> None:
    meaning = asked(0.92).meaning

    assert meaning is not None
    assert meaning.metric == "rmse"
    assert meaning.values[REGRESSION] == pytest.approx(1.0, abs=0.01)
    assert meaning.values[TERMS] == pytest.approx(
        np.sqrt(0.92) * meaning.values[REGRESSION], rel=1e-3
    )


def classes(rights: dict[str, float], n: int = 400) -> list[pd.DataFrame]:
    """A procedure each that is right on this share of n rows, of the network others, and about
    equally sure of all.
    """
    found = []
    for name, right in rights.items():
        hit = (np.arange(n) * 7 + 100 * (name == NETWORK)) % n < right * n
        p, y = (
            np.where(hit, 0.99, 0.4) + 0.005 * np.sin(np.arange(n)),
            (np.arange(n) % 2).astype(float),
        )
        family, depth = ("neural", 1) if name == NETWORK else (name, 0)
        rows = scored(-np.log(p), family, depth, kind="binary")
        found.append(rows.assign(observed=y, predicted=np.where(y == 1, p, 1 - p), kind="binary"))
    return found


def test_a_share_of_a_small_log_loss_is_told_in_rows_that_would_be_right() -> None:
    rows = classes({"baseline": 0.5, "logistic": 0.98, NETWORK: 0.99})

    verdict = only_verdict(rows, CLASS_TRIALS, questions={"y": EvaluationSpec(min_margin=0.0)})

    assert verdict.verdict == UNDECIDED
    assert verdict.meaning is not None
    assert verdict.meaning.values == pytest.approx({REGRESSION: 0.98, NETWORK: 0.99})
    assert (
        only_verdict(rows, CLASS_TRIALS, questions={"y": EvaluationSpec(min_margin=0.1)}).verdict
        == REGRESSION
    )


def test_a_min_margin_in_rows_is_held_against_rows_though_the_regression_is_hardly_ever_wrong() -> (
    None
):
    """It is wrong on 4 of 150 rows and the network on 4 more: no share of those 4 is too large for
    chance.
    """
    row = np.arange(150)
    rows = []
    for family, depth, wrong in (
        ("baseline", 0, row < 75),
        ("logistic", 0, row < 4),
        ("neural", 1, row < 8),
    ):
        p = np.where(wrong, 0.3, 0.9)
        each = scored(-np.log(p), family, depth, kind="binary")
        y = (row % 2).astype(float)
        rows.append(each.assign(observed=y, predicted=np.where(y == 1, p, 1 - p)))

    of_rows, of_share = (
        only_verdict(
            rows,
            CLASS_TRIALS,
            questions={"y": EvaluationSpec(metric="accuracy", min_margin=min_margin)},
        )
        for min_margin in (0.01, 0.0)
    )

    assert of_rows.verdict == REGRESSION
    assert (
        of_rows.by_pair[REGRESSION, NETWORK].high
        < of_rows.margin
        == pytest.approx(0.01 / (4 / 150))
    )
    assert of_share.verdict == UNDECIDED


def test_the_answer_changes_only_at_the_ends_of_intervals() -> None:
    gains = {
        (REGRESSION, TERMS): told_gain(0.1, 0.3),
        (REGRESSION, NETWORK): told_gain(0.05, 0.2),
        (TERMS, NETWORK): told_gain(-0.1, -0.02),
    }

    assert spans(gains, Threshold(0.05)) == (
        Span(low=0.0, high=0.1, left=(TERMS,)),
        Span(low=0.1, high=0.3, left=(REGRESSION, TERMS)),
        Span(low=0.3, high=0.99, left=(REGRESSION,)),
    )
    amounts = {"low_amount": 0.1, "high_amount": 0.3}
    held = {pair: each.model_copy(update=amounts) for pair, each in gains.items()}
    assert spans(held, Threshold(0.05, 0.05)) == spans(gains, Threshold(0.05))
    assert spans(held, Threshold(0.05, 0.2))[0] == Span(low=0.0, high=0.3, left=(REGRESSION, TERMS))
    assert spans(held, Threshold(0.05, 0.4)) == (Span(low=0.0, high=0.99, left=(REGRESSION,)),)


def test_the_answers_by_margin_reach_as_far_as_the_margin_itself() -> None:
    verdict = asked(0.8, margin=3.0, margin_of="unit")

    threshold = verdict.threshold
    last = spans(verdict.by_pair, threshold)[-1]

    assert last.low < threshold.margin < last.high
    assert last.left == verdict.left == (REGRESSION,)


def test_the_margins_at_which_the_answer_is_another_are_told() -> None:
    verdict = asked(0.8)

    (most,) = map(float, re.findall(r"([\d.]+)%", str(Words(verdict).margins)))
    assert most == pytest.approx(100 * verdict.by_pair[REGRESSION, TERMS].low, abs=0.5)


def test_a_curve_falls_from_one_to_nothing_and_is_half_at_the_gain(
    rng: np.random.Generator,
) -> None:
    frame = margin_curves(
        judges(
            pd.concat(three(rng, 0.8, 0.9, 0.4, n=200)), with_terms(), 5, {"y": EvaluationSpec()}
        )
    )

    own = frame[(frame["base"] == REGRESSION) & (frame["other"] == TERMS)]
    assert len(own) == POINTS
    assert own["above"].is_monotonic_decreasing
    assert (own["above"].iloc[0] > 0.99, own["above"].iloc[-1] < 0.01) == (True, True)
    assert np.interp(-0.5, -own["above"], own["margin"]) == pytest.approx(0.2, abs=5e-3)
    assert set(own["bound"]) == {0.05}
