"""The parts of a sentence: what a bound is called, ends that do not exist, and pairs that no row compares."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from study.evidence.answer import Verdict
from study.evidence.clauses import Clauses, given_away
from study.evidence.compare import Model, paired_gain
from study.evidence.findings import DecidedAt, Gain, Rung, RungGain
from study.evidence.joint import answer_p
from study.evidence.margins import FLOOR, MARGIN, Bar
from study.evidence.rule import standing
from study.evidence.sentences import decided_words
from study.schema import EXTENDED, NETWORK, NOUNS, REGRESSION
from tests.evidence.losses import in_folds, only_verdict, scored, trial

NAMED = {MARGIN: "5 % margin", FLOOR: "floor of 1 % of the rows"}


def gain(low: float, high: float, low_amount: float = math.nan, high_amount: float = math.nan) -> Gain:
    """One over a base of loss 0.01, of which shares are told too."""
    improvement = high if math.isnan(low) else (low + high) / 2
    told = dict.fromkeys(("std_error", "df", "p_value", "better", "equal", "worse"), 1.0)
    told |= {"per_loss": 0.01, "base_loss": 0.01, "other_loss": 0.01 * (1 - improvement), "improvement": improvement}
    size = {"n_rows": 100, "n_groups": 100, "n_folds": 1, "n_repeats": 1, "per": "linear", "method": "rows", "level": 0.975}
    ends = {"low": low, "high": high, "low_amount": low_amount, "high_amount": high_amount}
    return Gain.model_validate(told | size | ends)


def sentence(gains: dict[tuple[str, str], Gain], bar: Bar) -> str:
    steps = tuple(RungGain(base=base, other=other, gain=each) for (base, other), each in gains.items())
    chosen, left = {0: Rung(family="neural", depth=1)}, standing(gains, bar)
    nouns = NOUNS | {REGRESSION: NOUNS["linear"]}
    return Clauses("y", steps, left, "regression is enough", nouns, chosen, bar, NAMED, "loss").sentence()


def test_it_is_the_bound_that_was_named_last() -> None:
    at_margin, at_floor = gain(0.01, 0.19, 0.0009, 0.0011), gain(0.055, 0.075, 0.00055, 0.00075)
    pairs = (REGRESSION, EXTENDED), (REGRESSION, NETWORK), (EXTENDED, NETWORK)

    other, same = (
        sentence(dict(zip(pairs, gains, strict=True)), Bar(0.05, 0.0008))
        for gains in ((at_margin, at_floor, at_margin), (at_margin, at_floor, at_floor))
    )

    assert other.count("on both sides of the 5 % margin") == 2
    assert same.endswith("below it: undecided between linear regression and the regression with terms.")
    assert "below the floor of 1 % of the rows; over" in same


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-5.0, -1.5, "97.5 % interval 2.5 to 6 times"),
        (math.nan, -1.5, "with 97.5 % confidence at least 2.5 times"),
        (-5.0, 1.2, "with 97.5 % confidence at most 6 times"),
        (math.nan, 1.2, "97.5 % interval of the gain with no bound on either side"),
    ],
)
def test_a_loss_of_so_many_times_names_no_end_that_does_not_exist(low: float, high: float, told: str) -> None:
    found = gain(low, high).model_copy(update={"improvement": -3.0})

    assert f"has 4 times linear regression's loss on y ({told})" in sentence({(REGRESSION, NETWORK): found}, Bar(0.05))


def test_a_bound_in_what_it_means_has_its_confidence() -> None:
    endless = [gain(-0.1, 1.2), gain(-0.1, 0.2)]

    assert given_away(endless, "of the loss", "at most 3 % more of the rows would be right").endswith(
        "In what it means there is one: with 95 % confidence at most 3 % more of the rows would be right."
    )


@pytest.mark.parametrize(("times", "told"), [(2.36, "2.4"), (99.7, "100"), (9.97, "10"), (37.4, "37")])
def test_so_many_times_the_rows_is_a_number_that_people_read(times: float, told: str) -> None:
    rows = np.random.default_rng(0).uniform(0.9, 1.1, (2, 50))
    base, other = (Model("linear", 0, scored(losses)) for losses in rows)
    found = DecidedAt(
        base=REGRESSION, other=NETWORK, bound=0.05, rows=200 * times, times=times, side="above", above=0.8, below=0.1,
        slope=0.0, slope_error=0.1, repeats_limit=math.nan, curve=(),
    )  # fmt: skip

    assert f" ({told} times as many)" in decided_words(found, paired_gain(base, other, 0.05, 5), "a", "b", "margin")


def parted(terms: float, network: float, folds: int = 4) -> Verdict:
    """A regression of all folds, one with terms of the first half of them, and a network of the second."""
    base = np.random.default_rng(0).uniform(0.9, 1.1, (1, folds, 50))
    noise = np.random.default_rng(1).uniform(0.98, 1.02, (2, *base.shape))
    ext, net = in_folds(terms * base * noise[0], "extended"), in_folds(network * base * noise[1], "neural", 1)
    arms = [(f, d, k) for k in range(folds) for f, d in (("linear", 0), ("extended", 0), ("neural", 1))]
    told = [in_folds(base), ext[ext["outer_fold"] < folds / 2], net[net["outer_fold"] >= folds / 2]]
    return only_verdict(told, pd.DataFrame([trial(f, d, 1.0, outer_fold=k) for f, d, k in arms]))


def test_two_without_a_common_test_row_are_said_to_have_none() -> None:
    verdict = parted(0.6, 0.5)

    assert (verdict.left, len(verdict.gains)) == ((EXTENDED, NETWORK), 2)
    assert verdict.sentence.endswith(
        "; no test row compares the regression with terms and the network: undecided between the regression with terms and the "
        "network."
    )
    assert verdict.action == (
        "Keep the regression with terms, the simpler of the two: no test row compares it with the network, so that nothing "
        "bounds what is given away."
    )


def test_an_answer_that_takes_a_gain_which_no_row_tells_is_not_sure_at_all() -> None:
    verdict = parted(0.6, 0.5)

    assert answer_p(verdict.by_pair, verdict.bar, EXTENDED) == 1.0
