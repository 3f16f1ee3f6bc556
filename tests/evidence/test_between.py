"""Gains between studies: paired row by row on the folds of all, told as shares of the first, and
refused where rows differ.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from study.evidence.between import Between, between
from study.evidence.compare import Comparison, Model
from study.evidence.matched import split_digest
from study.evidence.scores import row_losses, units
from study.evidence.thresholds import Threshold
from study.evidence.wording.between import between_words
from tests.evidence.finished import apart, plain_study, study
from tests.evidence.losses import in_folds, scored


def losses(rng: np.random.Generator, network: float) -> tuple[np.ndarray, np.ndarray]:
    """(400,) of a regression, and of a network that loses so much of it on average."""
    base = rng.uniform(0.5, 1.5, 400)
    return base, network * base * rng.uniform(0.8, 1.2, 400)


def gain_of(found: Between, procedure: str, place: int = 1) -> Any:
    return next(each for each in found.gains if (each.procedure, each.study) == (procedure, place))


def test_a_procedure_of_another_study_is_paired_row_by_row_and_told_as_a_share_of_the_first_regression(
    rng: np.random.Generator,
) -> None:
    (base, network), (_, better) = losses(rng, 0.8), losses(rng, 0.6)
    one, other = (
        study("a", [scored(base), scored(each, "neural", 1)]) for each in (network, better)
    )

    found, tie = between([one, other]), between([one, one])

    gain = gain_of(found, "network").gain
    sides = [
        Model("neural", 1, units(row_losses(scored(each, "neural", 1))))
        for each in (network, better)
    ]
    same = Comparison(
        5, Threshold(0.05), per=Model("linear", 0, units(row_losses(scored(base))))
    ).gain(*sides)
    assert gain.improvement == pytest.approx((network.mean() - better.mean()) / base.mean())
    assert (gain.low, gain.high) == pytest.approx((same.low, same.high))
    assert (found.n_rows, found.outer_folds, found.per) == (400, 1, "linear")
    assert found.losses[1] == pytest.approx({"regression": base.mean(), "network": better.mean()})
    assert (found.best, tie.best) == (1, None)


def test_studies_that_differ_by_rounding_lose_the_same_and_none_is_best(
    rng: np.random.Generator,
) -> None:
    base, network = losses(rng, 0.8)
    told = [
        study(name, [scored(base), scored(network - less, "neural", 1)])
        for name, less in (("a", 0.0), ("b", 1e-14))
    ]

    found = between(told)

    same, verdicts = between([told[0], replace(told[0], name="b")]), [each.verdict for each in told]
    assert found.best is None
    assert [*between_words(found, "ab", verdicts)] == [
        *between_words(same, "ab", [told[0].verdict] * 2)
    ]


def test_of_three_studies_each_interval_is_wider_so_that_both_hold(
    rng: np.random.Generator,
) -> None:
    base, network = losses(rng, 0.8)
    told = [
        study(name, [scored(base), scored(k * network, "neural", 1)])
        for name, k in (("a", 1), ("b", 0.9), ("c", 0.7))
    ]

    two, three = between(told[:2]), between(told)

    assert [gain_of(three, "network", place).gain.level for place in (1, 2)] == [0.975, 0.975]
    narrow, wide = gain_of(two, "network").gain, gain_of(three, "network").gain
    assert wide.low < narrow.low < narrow.high < wide.high


def test_studies_of_more_and_fewer_repeats_are_compared_on_the_folds_of_both(
    rng: np.random.Generator,
) -> None:
    base = rng.uniform(0.5, 1.5, (3, 5, 20))
    many = study("many", [in_folds(base), in_folds(0.7 * base, "neural", 1)])
    few = study("few", [in_folds(base[:1]), in_folds(0.9 * base[:1], "neural", 1)])

    found = between([many, few])

    assert (found.outer_folds, gain_of(found, "network").gain.improvement) == (
        5,
        pytest.approx(-0.2),
    )
    assert found.losses[0]["regression"] == pytest.approx(base[0].mean())
    assert between([many, replace(many, folds=3)]).differs == "splits"


def test_studies_of_other_rows_tables_or_questions_are_not_paired() -> None:
    plain = plain_study("a")

    found = {what: between([plain, other]) for what, other in apart(plain).items()}

    assert {what: each.differs for what, each in found.items()} == {what: what for what in found}
    assert all((each.gains, each.digest) == ((), None) for each in found.values())
    assert "7 of 400" in str(found["target"].refused)
    assert "300" in str(found["splits"].refused)
    assert "--metric loss" in str(found["metric"].refused)


def test_the_digest_of_splits_hears_of_rows_folds_groups_and_targets_and_not_of_losses_or_order() -> (
    None
):
    rows = in_folds(np.ones((1, 5, 4)))
    same = rows.sample(frac=1, random_state=1).assign(loss=3.0, family="terms")

    others = [
        rows.assign(row=rows["row"] + 1),
        rows.assign(outer_fold=rows["outer_fold"] + 1),
        rows.assign(group=rows["row"] // 2),
        rows.assign(observed=rows["observed"] * 2),
    ]
    assert split_digest(rows) == split_digest(same)
    assert len({split_digest(each) for each in [rows, *others]}) == 5
