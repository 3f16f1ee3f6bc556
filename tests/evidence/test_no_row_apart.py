"""What no row, or one, tells apart: counts of wrong rows that agree are no certainty."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.judged import judges
from study.evidence import compare
from study.evidence.compare import Comparison, Model
from study.evidence.findings import UNDECIDED
from study.evidence.intervals import METHODS, method_at
from study.evidence.joint import answer_p
from study.evidence.metric_gains import metric_table
from study.evidence.pairs import paired
from study.evidence.scores import of_one
from study.evidence.thresholds import EvaluationSpec, Threshold
from study.evidence.winners import best_trials
from study.schema import NETWORK, REGRESSION, TERMS
from tests.evidence.asked import TRIALS, judged
from tests.evidence.losses import only_verdict, right_or_wrong

N = 150


def accurate(predictions: pd.DataFrame) -> dict[str, Model]:
    asked = {"y": EvaluationSpec(metric="accuracy")}
    (judge,) = judges(predictions, TRIALS, 5, asked)
    return judge.procedures


def test_two_that_differ_on_no_row_of_150_may_differ_on_some_of_the_next() -> None:
    """The exact upper bound of what was seen on none of n rows is 1 - (1 - confidence)^(1 / n),
    here 2.4 %.
    """
    sides = accurate(right_or_wrong(alike=False))
    pairs = paired(sides[REGRESSION].losses, sides[NETWORK].losses, 5)

    found = method_at("rows", 0.95)(pairs, "difference")

    assert found.estimate == 0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / N), rel=0.15)
    assert found.low == pytest.approx(-found.high)


def test_the_same_predictions_are_the_same_for_sure() -> None:
    sides = accurate(right_or_wrong(alike=True))

    gain = Comparison(5, Threshold(0.05)).gain(sides[REGRESSION], sides[NETWORK])

    assert (gain.low, gain.improvement, gain.high) == (0, 0, 0)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_takes_rows_that_agree_for_certainty(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    sides = accurate(right_or_wrong(alike=False, folds=5, wrong=60))
    monkeypatch.setattr(compare, "default_method", lambda *_: method)

    gain = Comparison(5, Threshold(0.05)).gain(sides[REGRESSION], sides[NETWORK])

    assert gain.low < -0.05 < 0.05 < gain.high


def test_a_verdict_of_accuracy_is_undecided_where_no_row_tells_two_apart() -> None:
    verdict = judged(right_or_wrong(alike=False))

    assert verdict.verdict == UNDECIDED


def test_a_regression_that_is_wrong_on_none_of_few_rows_is_not_sure_to_be_enough() -> None:
    verdict = judged(right_or_wrong(alike=False, folds=5, wrong=0))

    gain = verdict.by_pair[REGRESSION, NETWORK]
    assert verdict.verdict == UNDECIDED
    assert gain.low_amount < -0.01 < 0.01 < gain.high_amount
    assert gain.p_value > 0.05
    assert not gain.bounded


def test_enough_rows_without_a_wrong_one_hold_a_difference_below_the_min_margin_as_surely_as_they_can() -> (
    None
):
    verdict = judged(right_or_wrong(alike=False, wrong=0, n=600))

    gain = verdict.by_pair[REGRESSION, NETWORK]
    assert (verdict.verdict, gain.high_amount < 0.01) == (REGRESSION, True)
    assert answer_p(verdict.by_pair, verdict.threshold, REGRESSION) == pytest.approx(
        2 * gain.better
    )
    assert 0.005 < 2 * gain.better < 0.05


@pytest.mark.parametrize("question", [{"min_margin": 0.0}, {"margin_of": "unit"}])
def test_of_no_wrong_row_no_share_is_known_and_no_margin_that_is_one_decides(
    question: dict[str, Any],
) -> None:
    verdict = judged(right_or_wrong(alike=False, wrong=0, n=600), **question)

    assert verdict.verdict == UNDECIDED
    assert math.isnan(verdict.by_pair[REGRESSION, NETWORK].p_value)


def test_where_a_regression_is_never_wrong_one_that_predicts_the_same_adds_nothing() -> None:
    verdict = judged(right_or_wrong(alike=True, wrong=0))

    assert verdict.verdict == REGRESSION
    assert verdict.by_pair[REGRESSION, NETWORK].nothing


def test_where_one_predicts_the_same_and_another_does_not_only_the_other_may_save_rows() -> None:
    rows = right_or_wrong(alike=False, wrong=0)
    terms = rows[rows["family"] == "logistic"].assign(family="terms")
    trials = pd.concat([TRIALS, TRIALS[TRIALS["family"] == "logistic"].assign(family="terms")])

    asked = {"y": EvaluationSpec(metric="accuracy", min_margin=0.01)}
    verdict = only_verdict([rows, terms], trials, questions=asked)

    assert verdict.verdict == UNDECIDED
    assert {pair: gain.nothing for pair, gain in verdict.by_pair.items()} == {
        (REGRESSION, TERMS): True,
        (REGRESSION, NETWORK): False,
        (TERMS, NETWORK): False,
    }


def test_rows_apart_on_no_part_of_the_rows_still_foretell_at_how_many_it_is_decided() -> None:
    whole = right_or_wrong(alike=False, wrong=60)
    parts = [
        whole[whole["family"] != "baseline"].assign(candidate=f"rows-{share}", val_loss=1.0)
        for share in (0.25, 0.5)
    ]

    told = judged(pd.concat([whole, *parts], ignore_index=True)).decided_at

    assert told is not None
    assert [point.improvement for point in told.curve] == [0, 0, 0]
    assert [point.high for point in told.curve] == pytest.approx(
        [-point.low for point in told.curve]
    )
    assert [point.high for point in told.curve] == pytest.approx([told.curve[0].high] * 3)
    assert told.curve[0].high > 2 * np.sqrt(2) / 60
    assert 1 < told.times < 40
    assert told.side == "below"


def test_with_several_rows_apart_the_interval_is_that_of_the_rows() -> None:
    sides = accurate(right_or_wrong(alike=False, apart=8, wrong=12))
    pairs = paired(sides[REGRESSION].losses, sides[NETWORK].losses, 5)

    apart = (pairs["base"] - pairs["other"]).to_numpy()
    assert METHODS["rows"](pairs, "difference").std_error == pytest.approx(
        apart.std(ddof=1) / np.sqrt(N)
    )


def test_one_that_is_wrong_on_no_row_is_not_sure_to_be_right() -> None:
    table = metric_table(right_or_wrong(alike=False, wrong=0), best_trials(TRIALS), 5)

    (own,) = table[
        (table["metric"] == "accuracy") & (table["other"] == REGRESSION) & table["base"].isna()
    ].itertuples()
    assert own.value == 1
    assert 0.95 < own.low < 0.98


def test_the_accuracy_of_one_is_no_surer_than_its_rows_though_folds_agree() -> None:
    """60 of 150 rows are wrong, 12 in each of five folds, so that the folds' means do not vary at
    all.
    """
    model = accurate(right_or_wrong(alike=False, folds=5, wrong=60))[REGRESSION]

    found, _ = of_one(model.losses, 5)

    half = stats.t.ppf(0.975, N - 1) * np.sqrt(0.4 * 0.6 / (N - 1))
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.02)
    assert found.method == "rows"
