"""Formulas in words: numbers as round as they may be, ranges said once, levels and dates as the
table has them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.formula import formula
from study.families.heads import HEADS
from study.schema import Kind
from tests.diagnostics.formulas import ROWS, encoded_of, predictor, row


def test_products_are_not_expanded_and_clip_stands_only_where_it_matters(tmp_path: Path) -> None:
    text = formula(ROWS, encoded_of(tmp_path), 0.5)

    first, second = text.split("\n")
    assert re.fullmatch(
        r"y ≈ \u22120\.\d+ \+ 0\.21\d*·age \+ sex\[m\] \u2212 0\.71\d*·\(clip\(age\) \u2212 50\)·clip\(size\)"
        r" \+ 1\.2\d*·\(clip\(age\) \u2212 50\)·sex\[m\] \+ 0\.31\d*·max\(clip\(age\) \u2212 61\.\d+, 0\)",
        first,
    ), first
    ages, sizes = (
        re.findall("[\u22120-9.]+", each) for each in second.partition("age")[2].split("size")
    )
    assert (ages, sizes) == (["18", "81.5"], ["\u22122.5", "2.5"])


def test_a_smaller_tolerance_makes_more_digits_and_keeps_the_loss(tmp_path: Path) -> None:
    encoded = encoded_of(tmp_path)

    rough, fine = (formula(ROWS, encoded, tolerance).split("\n")[0] for tolerance in (10.0, 1e-6))

    assert len(fine) > len(rough)
    assert "0.212\N{MIDDLE DOT}age" in fine
    assert "0.21\N{MIDDLE DOT}age" in rough


def test_dates_are_said_in_days_and_no_clip_without_a_term(tmp_path: Path) -> None:
    rows = [row("intercept", 0.0), row("column", 0.5, "day")]

    _, told, *more = formula(rows, encoded_of(tmp_path), 1e9).split("\n")
    assert (re.findall(r"\bday\b|1970-01-01", told), more) == (["day", "1970-01-01"], [])


@pytest.mark.parametrize(
    ("kind", "left"),
    [(Kind.BINARY, [["b"]]), (Kind.MULTICLASS, [["b", "a"], ["c", "a"]])],
)
def test_classes_are_each_compared_with_the_first(
    tmp_path: Path, kind: Kind, left: list[list[str]]
) -> None:
    names = ["a", "b", "c"] if kind is Kind.MULTICLASS else ["a", "b"]
    encoded = encoded_of(tmp_path, y=np.random.default_rng(1).choice(names, 400))
    outputs: list[str | None] = [*names] if kind is Kind.MULTICLASS else [None]
    rows = [
        made
        for o in outputs
        for made in (
            row("intercept", 0.1, output=o),
            row("column", ord(o or "b") - 97.0, "size", output=o),
        )
    ]

    lines = formula(rows, encoded, 1e-9).split("\n")

    assert [re.findall(r"\b[abc]\b", line.split(" ≈ ")[0]) for line in lines] == left
    assert [line.endswith(f"{'' if i == 0 else '2·'}size") for i, line in enumerate(lines)] == [
        True
    ] * len(lines)


def test_the_predictor_is_the_sum_of_weighted_terms_with_gaps_filled_and_cells_held_in_their_range() -> (
    None
):
    frame = pd.DataFrame(
        {"age": [20.0, 90.0, np.nan], "size": [1.0, -9.0, 2.0], "sex[m]": [1.0, 0.0, 1.0]}
    )
    rows = [each.model_copy(update={"fill": (50.0, 0.0)[: len(each.columns)]}) for each in ROWS]

    eta = predictor(rows, frame)[:, 0]

    first = -0.51234 + 0.21234 * 20 + 1 - 0.71234 * -30 * 1 + 1.21234 * -30 * 1
    second = -0.51234 + 0.21234 * 90 - 0.71234 * 31.5 * -2.5 + 0.31234 * (81.5 - 61.234)
    third = -0.51234 + 0.21234 * 50 + 1
    np.testing.assert_allclose(eta[:2], [first, second])
    assert eta[2] == pytest.approx(third + 50 * 0 if rows[3].fill[0] == 0 else third)
    assert HEADS[Kind.CONTINUOUS].response(eta[:, None]).shape == (3,)


def test_where_the_fit_is_exact_rounding_of_float64_is_not_printed(tmp_path: Path) -> None:
    encoded = encoded_of(tmp_path)
    age = encoded.raw()[:, [term.name for term in encoded.terms].index("age")]
    exact = replace(encoded, y=2 * age)
    rows = [
        row("intercept", -4e-9),
        row("column", 1.999999988, "age"),
        row("column", 3e-9, "size"),
        row("column", 0.0, "sex[m]"),
    ]

    assert formula(rows, exact, 0.0) == "y ≈ 2·age"
