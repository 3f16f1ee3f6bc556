"""Benchmarks of regressions in small: a fold of each, and the numbers they print."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fair import denser, grid, line
from benchmarks.searched import best, cautious, folds, loss_of, plain, searched
from benchmarks.terms import shares
from benchmarks.truths import encoded_truth, summary, table
from study.families.extra_terms import FIRST
from study.records.trial import TrialRecord
from study.schema import TERMS

CHOICES = [{"products": products, "curves": curves} for products, curves in FIRST[:4]]


def test_the_regressions_first_trial_with_terms_is_the_plain_one() -> None:
    encoded = folds("sklearn:iris", "target", 1)[0]

    records = searched(encoded, TERMS, CHOICES[:1])

    assert records[0].val_loss == plain(encoded).val_loss
    assert loss_of(encoded, records[0]) == loss_of(encoded, plain(encoded))


def test_where_the_truth_has_terms_the_regression_with_terms_saves_a_tenth() -> None:
    encoded = encoded_truth(table("products", "continuous", 300, 0), 300, 0)

    records = searched(encoded, TERMS, CHOICES)

    assert len(encoded.development) == 300
    assert loss_of(encoded, best(records)) < 0.9 * loss_of(encoded, records[0])


def test_a_gain_within_its_standard_error_on_the_inner_folds_goes_back_to_the_plain_regression() -> (
    None
):
    encoded = folds("sklearn:diabetes", "target", 1)[0]
    first, other = searched(encoded, TERMS, CHOICES[:2])

    def gaining(gains: list[float]) -> TrialRecord:
        parts = [
            own.model_copy(update={"val_loss": own.val_loss - gain})
            for own, gain in zip(first.replicates, gains, strict=True)
        ]
        return other.model_copy(
            update={"replicates": tuple(parts), "val_loss": first.val_loss - float(np.mean(gains))}
        )

    unsure, sure = gaining([9.0, -4.0, -4.0, 4.0, 1.0]), gaining([9.0, 8.0, 9.0, 8.0, 9.0])

    assert best([first, unsure]) is unsure
    assert cautious([first, unsure]) is first
    assert cautious([first, sure]) is sure


def test_the_plain_regression_is_within_two_per_cent_of_a_fine_grid_and_of_four_times_its_penalties() -> (
    None
):
    encoded = folds("sklearn:diabetes", "target", 1)[0]

    own = loss_of(encoded, plain(encoded))

    assert own == pytest.approx(grid(encoded, 20), rel=0.02)
    assert own == pytest.approx(loss_of(encoded, plain(encoded, denser(encoded))), rel=0.02)


def test_shares_are_of_mean_losses_and_their_spread_is_over_repeats() -> None:
    found = shares({"plain": [1.0, 3.0, 2.0, 2.0], "other": [1.0, 1.0, 2.0, 4.0]}, repeats=2)

    assert found["plain"] == (1.0, 0.0)
    assert found["other"] == (1.0, pytest.approx(np.std([0.5, 1.5], ddof=1)))


def test_printed_ratios_say_mean_quantile_largest_and_how_often_plain_was_left() -> None:
    assert summary([1.0, 1.0, 1.0, 1.4]) == "1.1000 ± 0.1000 | 1.280 | 1.400 | 25%"
    assert (
        line("t", "a / b", [1.0, 2.0], [1.0, 1.0], 2)
        == "| t | a / b | 1.5 | 1 | 1.5000 | 1.000 to 2.000 |"
    )
