"""Numbers as people read them."""

from __future__ import annotations

import pytest

from study.formatting import (
    about,
    are_years,
    chance,
    count,
    given,
    given_percent,
    human,
    percent,
    times,
    year,
)

TIMES, MINUS, DASH = "\N{MULTIPLICATION SIGN}", "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2548.31, "2,548"),
        (1_154_569.3, "1,154,569"),
        (9.996, "10.0"),
        (0.00012346, "0.000123"),
        (2.08e-12, f"2.08 {TIMES} 10\u207b\u00b9\u00b2"),
        (1.4e7 + 0.5, f"1.40 {TIMES} 10\u2077"),
        (-1234567, f"{MINUS}1,234,567"),
    ],
)
def test_a_number_has_three_digits_and_no_letter_e(value: float, text: str) -> None:
    assert human(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.05, "0.05"),
        (0.1 + 0.2, "0.3"),
        (200.0, "200"),
        (1e-5, "10\u207b\u2075"),
        (2.5e-5, f"2.5 {TIMES} 10\u207b\u2075"),
    ],
)
def test_a_number_that_was_chosen_has_no_zeros_at_its_end(value: float, text: str) -> None:
    assert given(value) == text


def test_shares_near_all_are_over_99_99_and_all_alone_is_100() -> None:
    shares = (0.9998, 0.99991, 0.9999997, 1 - 1e-10, 1.0, 0.5, -0.0123)

    assert [percent(share) for share in shares] == [
        "99.98",
        *["over 99.99"] * 3,
        "100",
        "50.0",
        f"{MINUS}1.2",
    ]


def test_words_around_numbers_fit_one_and_many() -> None:
    assert [given_percent(share) for share in (0.05, 0.975)] == ["5%", "97.5%"]
    assert [count(n, "trial") for n in (0, 1, 1200)] == ["0 trials", "1 trial", "1,200 trials"]
    assert [times(n) for n in (1, 2, 3)] == ["once", "twice", "3 times"]
    assert [about(value) for value in (1583, 3.14, 17_239, 9.97, 99.7)] == [
        "1,600",
        "3.1",
        "17,000",
        "10",
        "100",
    ]
    assert [chance(share) for share in (0.001, 0.374, 0.999, float("nan"))] == [
        "<1%",
        "37%",
        ">99%",
        DASH,
    ]


@pytest.mark.parametrize(
    ("values", "name", "are"),
    [
        ([1998, 2008, float("nan")], "built", True),
        ([2008.0000001], "built", True),
        ([1998, 2008.5], "built", False),
        ([1998.2, 2008.5], "Year of sale", True),
        ([1998, 2300], "year", False),
        ([3, 12], "years", False),
    ],
)
def test_years_are_whole_or_called_so_and_lie_in_our_era(
    values: list[float], name: str, are: bool
) -> None:
    assert are_years(values, name) is are


def test_a_year_has_no_separator() -> None:
    assert [year(2008.0), year(2008.5)] == ["2008", "2008.5"]
