"""Margins in other units, the floor, other metrics, and what the answer would be at every margin."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from study.evidence.answer import Verdict, write_verdicts
from study.evidence.findings import ENOUGH, TERMS, UNDECIDED
from study.evidence.margin_curves import POINTS, Span, spans
from study.evidence.margins import Bar, Question
from study.evidence.sentences import percent
from study.evidence.verdicts import judges, margin_curves
from study.schema import EXTENDED, NETWORK, REGRESSION
from tests.evidence.losses import only_verdict, scored, three, trial, usual_trials


def trials() -> pd.DataFrame:
    return pd.concat([usual_trials(), pd.DataFrame([trial("extended", 0, 1.0)])], ignore_index=True)


def asked(rng: np.random.Generator, terms: float, network: float, **question: object) -> Verdict:
    """The verdict on `three`, of a target that is 1 or -1 and so has a standard deviation of 1."""
    rows = [each.assign(observed=1.0 - 2 * (each["row"] % 2)) for each in three(rng, terms, network)]
    rows = [each.assign(predicted=each["observed"] - np.sqrt(each["loss"])) for each in rows]
    return only_verdict(rows, trials(), questions={"y": Question.model_validate(question)})


def shares(verdict: Verdict) -> tuple[float, float]:
    return round(verdict.by_pair[REGRESSION, EXTENDED].improvement, 3), round(
        verdict.by_pair[REGRESSION, NETWORK].improvement, 3
    )


def test_five_per_cent_of_an_rmse_are_about_ten_of_a_mean_squared_error(rng: np.random.Generator) -> None:
    squared = asked(rng, 0.92, 0.92)
    root = asked(rng, 0.92, 0.92, metric="rmse")

    assert (shares(squared)[0], squared.verdict) == (0.08, TERMS)
    assert (shares(root)[0], root.verdict) == (pytest.approx(1 - np.sqrt(0.92), abs=1e-3), ENOUGH)
    assert root.bound_words == "5.0 % of an RMSE is 9.8 % of the mean squared error."
    assert "of linear regression's RMSE on y" in root.sentence
    assert squared.bound_words is None


def test_a_margin_is_a_share_of_what_the_regression_explains(rng: np.random.Generator) -> None:
    """The constant has twice the regression's loss, so that it explains as much as it leaves."""
    verdict = asked(rng, 0.92, 0.92, margin_of="explained", margin=0.1)

    assert verdict.margin == pytest.approx(0.1, abs=1e-3)
    assert verdict.verdict == ENOUGH
    assert verdict.bound_words == (
        "The margin is 10 % of what linear regression explains, here 10.0 % of linear regression's loss."
    )


def test_a_share_of_what_is_explained_is_refused_where_it_may_be_nothing(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 500)
    nothing = [scored(base * rng.uniform(0.9, 1.1, 500), "constant"), scored(base), scored(0.5 * base, "neural", 1)]

    verdict = only_verdict(nothing, questions={"y": Question(margin_of="explained")})

    gain = verdict.by_pair[REGRESSION, NETWORK]
    assert all(math.isnan(each) for each in (verdict.margin, gain.better, gain.equal, gain.worse, gain.p_value))
    assert verdict.left == (REGRESSION, NETWORK)
    assert verdict.verdict == UNDECIDED
    assert verdict.bound_words is not None
    assert "no margin can be taken of that" in verdict.bound_words
    assert verdict.action == (
        "Keep linear regression, the simpler of the two, and state the margin in another way: `margin_of: regression`, or "
        "`unit`."
    )


def test_a_margin_in_the_unit_of_the_target_is_one_of_its_error(rng: np.random.Generator) -> None:
    """The regression is off by 1, the two others by 0.959."""
    close, far = (asked(rng, 0.92, 0.92, margin_of="unit", margin=margin) for margin in (0.02, 0.06))

    assert (close.verdict, far.verdict) == (TERMS, ENOUGH)
    assert far.margin == pytest.approx(1 - 0.94**2, abs=2e-3)
    assert far.bound_words is not None
    assert far.bound_words.startswith("The margin is 0.06 of the root mean squared error, in the unit of y, here 11.")


def test_the_larger_of_margin_and_floor_holds(rng: np.random.Generator) -> None:
    low, high = (asked(rng, 0.92, 0.92, floor=floor) for floor in (0.01, 0.06))

    assert (low.margin, low.verdict, low.bound_words) == (0.05, TERMS, None)
    assert high.verdict == ENOUGH
    assert high.bound is not None
    assert high.margin == high.bound.floor > 0.08
    assert "below the floor of 0.06 standard deviations of y;" in high.sentence
    assert high.bound_words is not None
    assert "a difference below 0.06 standard deviations of y in the error" in high.bound_words


def test_it_is_said_first_what_a_loss_means(rng: np.random.Generator) -> None:
    verdict = asked(rng, 0.92, 0.92)

    start = "Predictions of y, whose standard deviation is 1, are off by 1 (linear regression), 0.962 (the regression "
    assert verdict.sentence.startswith(start)
    assert "as root mean squared errors. A regression with terms saves" in verdict.sentence


def classes(rights: dict[str, float], n: int = 400) -> list[pd.DataFrame]:
    """A procedure each that is right on this share of n rows, of the network others, and about equally sure of all."""
    found = []
    for name, right in rights.items():
        hit = (np.arange(n) * 7 + 100 * (name == NETWORK)) % n < right * n
        p, y = np.where(hit, 0.99, 0.4) + 0.005 * np.sin(np.arange(n)), (np.arange(n) % 2).astype(float)
        family, depth = ("neural", 1) if name == NETWORK else (name, 0)
        rows = scored(-np.log(p), family, depth, kind="binary")
        found.append(rows.assign(observed=y, predicted=np.where(y == 1, p, 1 - p), kind="binary"))
    return found


def test_a_share_of_a_small_log_loss_is_told_in_rows_that_would_be_right() -> None:
    rows = classes({"constant": 0.5, "logistic": 0.98, NETWORK: 0.99})
    arms = pd.DataFrame([trial(f, d, 1.0, kind="binary") for f, d in (("constant", 0), ("logistic", 0), ("neural", 1))])

    verdict = only_verdict(rows, arms, questions={"y": Question(floor=0.0)})

    assert verdict.sentence.startswith(
        "Of the test rows of y are right: 98.0 % with logistic regression and 99.0 % with the net"
    )
    assert verdict.verdict == UNDECIDED
    assert verdict.meaning is not None
    most = verdict.meaning.most(REGRESSION)
    assert 0.01 < most < 0.04
    assert f"of logistic regression's loss is given away, and at most {percent(most)} % more of the rows" in verdict.action
    assert only_verdict(rows, arms, questions={"y": Question(floor=0.1)}).verdict == ENOUGH


def test_a_floor_in_rows_is_held_against_rows_though_the_regression_is_hardly_ever_wrong() -> None:
    """It is wrong on 4 of 150 rows and the network on 4 more: no share of those 4 is too large for chance."""
    row = np.arange(150)
    rows = []
    for family, depth, wrong in (("constant", 0, row < 75), ("logistic", 0, row < 4), ("neural", 1, row < 8)):
        p = np.where(wrong, 0.3, 0.9)
        each = scored(-np.log(p), family, depth, kind="binary")
        y = (row % 2).astype(float)
        rows.append(each.assign(observed=y, predicted=np.where(y == 1, p, 1 - p)))
    arms = pd.DataFrame([trial(f, d, 1.0, kind="binary") for f, d in (("constant", 0), ("logistic", 0), ("neural", 1))])

    of_rows, of_share = (
        only_verdict(rows, arms, questions={"y": Question(metric="accuracy", floor=floor)}) for floor in (0.01, 0.0)
    )

    assert of_rows.verdict == ENOUGH
    assert of_rows.by_pair[REGRESSION, NETWORK].high < of_rows.margin == pytest.approx(0.01 / (4 / 150))
    assert of_share.verdict == UNDECIDED
    assert "% more of the rows would be right" in of_share.action


def test_a_verdict_that_is_asked_afterwards_says_so(rng: np.random.Generator) -> None:
    verdict = asked(rng, 0.92, 0.92, metric="mae", after=True)

    assert verdict.sentence.startswith("Asked after the results were known, of the mean absolute error. ")
    assert json.loads(write_verdicts([verdict]))["verdicts"][0]["question"]["after"] is True


def test_without_questions_there_is_no_floor_and_the_sentence_is_of_the_gains_alone(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 0.92, 0.92), trials())

    assert (verdict.margin, verdict.meaning, verdict.break_even, verdict.bound_words) == (0.05, None, (), None)
    assert verdict.sentence.startswith("A regression with terms saves 8.0 %")


def test_the_answer_changes_only_at_the_ends_of_intervals(rng: np.random.Generator) -> None:
    gain = asked(rng, 0.8, 0.9).by_pair[REGRESSION, EXTENDED]
    gains = {
        (REGRESSION, EXTENDED): gain.model_copy(update={"low": 0.1, "high": 0.3}),
        (REGRESSION, NETWORK): gain.model_copy(update={"low": 0.05, "high": 0.2}),
        (EXTENDED, NETWORK): gain.model_copy(update={"low": -0.1, "high": -0.02}),
    }

    assert spans(gains, Bar(0.05)) == (
        Span(low=0.0, high=0.1, left=(EXTENDED,)),
        Span(low=0.1, high=0.3, left=(REGRESSION, EXTENDED)),
        Span(low=0.3, high=0.99, left=(REGRESSION,)),
    )
    amounts = {"low_amount": 0.1, "high_amount": 0.3}
    held = {pair: each.model_copy(update=amounts) for pair, each in gains.items()}
    assert spans(held, Bar(0.05, 0.05)) == spans(gains, Bar(0.05))
    assert spans(held, Bar(0.05, 0.2))[0] == Span(low=0.0, high=0.3, left=(REGRESSION, EXTENDED))
    assert spans(held, Bar(0.05, 0.4)) == (Span(low=0.0, high=0.99, left=(REGRESSION,)),)


def test_the_answers_by_margin_reach_as_far_as_the_margin_itself(rng: np.random.Generator) -> None:
    verdict = asked(rng, 0.8, 0.9, margin=3.0, margin_of="unit")

    bar = verdict.bar
    last = spans(verdict.by_pair, bar)[-1]

    assert last.low < bar.margin < last.high
    assert last.left == verdict.left == (REGRESSION,)


def test_the_margins_at_which_the_answer_is_another_are_told(rng: np.random.Generator) -> None:
    verdict = asked(rng, 0.8, 0.9)

    assert verdict.margins_words is not None
    assert verdict.margins_words.startswith("By the margin: up to 19.")
    assert ", above the regression is enough. Where a gain is as likely above the margin as below: " in verdict.margins_words
    assert verdict.break_even[0].margin == pytest.approx(0.2, abs=0.002)


def test_a_curve_falls_from_one_to_nothing_and_is_half_at_the_break_even_margin(rng: np.random.Generator) -> None:
    frame = margin_curves(judges(pd.concat(three(rng, 0.8, 0.9, 0.4)), trials(), 5, {"y": Question()}))

    own = frame[(frame["base"] == REGRESSION) & (frame["other"] == EXTENDED)]
    assert len(own) == POINTS
    assert own["above"].is_monotonic_decreasing
    assert (own["above"].iloc[0] > 0.99, own["above"].iloc[-1] < 0.01) == (True, True)
    assert np.interp(-0.5, -own["above"], own["margin"]) == pytest.approx(own["break_even"].iloc[0], abs=2e-3)
    assert set(own["bound"]) == {0.05}
