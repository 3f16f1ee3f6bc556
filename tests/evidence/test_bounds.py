"""Where an interval has no end, and where no row compares two."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.compare import Comparison, Model
from study.evidence.joint import answer_p
from study.evidence.thresholds import Threshold
from study.schema import NETWORK, TERMS
from tests.evidence.losses import only_verdict, parted, scored, trial


def judged(base: np.ndarray, network: np.ndarray) -> Verdict:
    return only_verdict([scored(base), scored(network, "neural", 1)])


def test_a_gain_of_few_rows_has_no_end_and_of_a_loss_that_one_row_makes_no_lower_one() -> None:
    few = judged(np.array([9.0, 1.0, 1.0]), np.array([1.0, 2.0, 1.0]))
    one = judged(np.r_[np.full(39, 0.05), 40.0], np.random.default_rng(0).uniform(0.5, 1.5, 40))

    assert [each.verdict for each in (few, one)] == ["undecided"] * 2
    assert [each.gains[0].gain.bounded for each in (few, one)] == [False, True]
    assert np.isnan([each.gains[0].gain.low for each in (few, one)]).all()


def test_of_one_test_row_it_is_not_known_whether_anything_beats_the_constant() -> None:
    verdict = only_verdict(
        [
            scored(np.array([2.0]), "baseline"),
            scored(np.array([1.0])),
            scored(np.array([0.5]), "neural", 1),
        ]
    )

    assert verdict.beats_baseline is None
    assert not verdict.use_none
    assert verdict.verdict == "undecided"


def test_where_few_rows_cannot_bound_a_gain_that_of_a_model_without_loss_is_no_bound() -> None:
    lost = [9.0, 1.0, 1.0], [1.0, 2.0, 1.0]
    base, other = (
        pd.DataFrame({"outer_fold": range(3), "row": range(3), "loss": losses}) for losses in lost
    )

    gain = Comparison(3, Threshold(0.05)).gain(
        *(Model("linear", 0, side) for side in (base, other))
    )

    assert gain.most == 1
    assert not gain.bounded
    assert gain.low < 0


def test_a_gain_near_all_of_the_loss_stays_below_it_without_being_clipped(
    rng: np.random.Generator,
) -> None:
    base, other = rng.exponential(1.0, 300), 1e-8 * rng.exponential(1.0, 300)

    gain = Comparison(3, Threshold(0.05)).gain(
        *(Model("linear", 0, scored(side)) for side in (base, other))
    )

    assert gain.bounded
    assert 1 - 2e-8 < gain.low < gain.improvement < gain.high < 1


def test_two_without_a_common_test_row_are_both_left_and_neither_is_sure_at_all() -> None:
    searches = [
        (f, d, k) for k in range(4) for f, d in (("linear", 0), ("terms", 0), ("neural", 1))
    ]

    verdict = only_verdict(
        parted(0.6, 0.5), pd.DataFrame([trial(f, d, 1.0, outer_fold=k) for f, d, k in searches])
    )

    assert (verdict.left, len(verdict.gains)) == ((TERMS, NETWORK), 2)
    assert (TERMS, NETWORK) not in verdict.by_pair
    assert answer_p(verdict.by_pair, verdict.threshold, TERMS) == 1.0
