"""What no row, or one, tells apart: counts of wrong rows that agree are no certainty."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.evidence.compare import Model, paired_gain
from study.evidence.findings import UNDECIDED
from study.evidence.intervals import METHODS, method_at
from study.evidence.margins import Question
from study.evidence.metric_gains import metric_table, of_one, procedures, without_loss
from study.evidence.metrics import measure
from study.evidence.pairs import paired
from study.evidence.winners import incumbents
from study.schema import NETWORK, REGRESSION, Kind
from tests.evidence.losses import only_verdict, scored, trial

N = 150
ARMS = ("constant", 0), ("logistic", 0), ("neural", 1)
TRIALS = pd.DataFrame([trial(f, d, 1.0, kind="binary", outer_fold=fold) for fold in range(5) for f, d in ARMS])


def classes(*, alike: bool, apart: int = 0, folds: int = 1, wrong: int = 4) -> pd.DataFrame:
    """Two procedures that are wrong on the same rows, but `apart` that the network has right alone; alike: equally sure."""
    row = np.arange(N)
    found = []
    for family, depth, missed in (
        ("constant", 0, row < N // 2),
        ("logistic", 0, row < wrong),
        ("neural", 1, (row < wrong) & (row >= apart)),
    ):
        p = np.where(missed, 0.3, 0.9 if alike or not depth else 0.95)
        y = (row % 2).astype(float)
        rows = scored(-np.log(p), family, depth, kind="binary").assign(outer_fold=row % folds)
        found.append(rows.assign(observed=y, predicted=np.where(y == 1, p, 1 - p)))
    return pd.concat(found, ignore_index=True)


def accurate(predictions: pd.DataFrame) -> dict[str, Model]:
    return procedures(measure("accuracy", Kind.BINARY, predictions), incumbents(TRIALS))


def test_two_that_differ_on_no_row_of_150_may_differ_on_some_of_the_next() -> None:
    """The exact upper bound of what was seen on none of n rows is 1 - (1 - confidence)^(1 / n), here 2.4 %."""
    sides = accurate(classes(alike=False))
    pairs = paired(sides[REGRESSION].losses, sides[NETWORK].losses, 5)

    found = method_at("rows", 0.95)(pairs, "difference")

    assert found.estimate == 0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / N), rel=0.15)
    assert found.low == pytest.approx(-found.high)


def test_the_same_predictions_are_the_same_for_sure() -> None:
    sides = accurate(classes(alike=True))

    gain = paired_gain(sides[REGRESSION], sides[NETWORK], 0.05, 5)

    assert (gain.low, gain.improvement, gain.high) == (0, 0, 0)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_takes_rows_that_agree_for_certainty(method: str) -> None:
    sides = accurate(classes(alike=False, folds=5, wrong=60))

    gain = paired_gain(sides[REGRESSION], sides[NETWORK], 0.05, 5, method)

    assert gain.low < -0.05 < 0.05 < gain.high


def test_a_verdict_of_accuracy_is_undecided_where_no_row_tells_two_apart() -> None:
    verdict = only_verdict([classes(alike=False)], TRIALS, questions={"y": Question(metric="accuracy", floor=0.01)})

    assert verdict.verdict == UNDECIDED
    assert "at most 0 %" not in verdict.action


def test_with_several_rows_apart_the_interval_is_that_of_the_rows() -> None:
    sides = accurate(classes(alike=False, apart=8, wrong=12))
    pairs = paired(sides[REGRESSION].losses, sides[NETWORK].losses, 5)

    apart = (pairs["base"] - pairs["other"]).to_numpy()
    assert METHODS["rows"](pairs, "difference").std_error == pytest.approx(apart.std(ddof=1) / np.sqrt(N))


def test_one_that_is_wrong_on_no_row_is_not_sure_to_be_right() -> None:
    table = metric_table(classes(alike=False, wrong=0), incumbents(TRIALS), 5)

    (own,) = table[(table["metric"] == "accuracy") & (table["other"] == REGRESSION) & table["base"].isna()].itertuples()
    assert own.value == 1
    assert 0.95 < own.low < 0.98


def test_the_accuracy_of_one_is_no_surer_than_its_rows_though_folds_agree() -> None:
    """60 of 150 rows are wrong, 12 in each of five folds, so that the folds' means do not vary at all."""
    model = accurate(classes(alike=False, folds=5, wrong=60))[REGRESSION]
    pairs = paired(model.losses, without_loss(model.losses), 5)

    found = of_one(pairs, METHODS["corrected t"])

    half = stats.t.ppf(0.975, N - 1) * np.sqrt(0.4 * 0.6 / (N - 1))
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.02)
    assert found.method == "rows"


def test_where_few_wrong_rows_bound_no_share_the_rows_themselves_are_bounded() -> None:
    """Asked of the accuracy or of the loss, as much is known of how many more rows would be right."""
    by_loss, by_rows = (
        only_verdict([classes(alike=False, apart=1)], TRIALS, questions={"y": Question(metric=metric, margin=0.5)})
        for metric in ("loss", "accuracy")
    )

    assert by_loss.meaning is not None
    assert by_rows.meaning is not None
    (loss,), (rows,) = by_loss.meaning.differences, by_rows.meaning.differences
    assert not by_rows.by_pair[REGRESSION, NETWORK].bounded
    assert (rows.value, rows.low, rows.high) == pytest.approx((loss.value, loss.low, loss.high))
    assert by_rows.action.endswith("In what it means there is one: at most 5.0 % more of the rows would be right.")
