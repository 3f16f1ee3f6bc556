"""Which columns, gaps and levels become terms, and what they are called."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.data.encode import encode
from study.data.encoding import design
from study.data.vocabulary import LEAST_LEVEL_ROWS, MOST_LEVELS

from .helpers import bare


def test_at_most_twenty_levels_are_listed_and_rarer_ones_are_zeros() -> None:
    sizes = range(30, 5, -1)
    levels = [f"l{size:02d}" for size in sizes for _ in range(size)]
    table, target, split = bare({"c": [*levels, *["l30"] * 10]}, {"c": "category"})

    encoded = encode(table, target, split)
    indicators = design(encoded)

    assert [term.level for term in encoded.terms] == [
        f"l{size:02d}" for size in range(30 - MOST_LEVELS, 30)
    ]
    assert encoded.references == {"c": "l30"}
    assert indicators[[level == "l06" for level in [*levels, *["l30"] * 10]]].to_numpy().sum() == 0


def test_levels_and_gaps_in_too_few_rows_get_no_term() -> None:
    rare, enough = LEAST_LEVEL_ROWS - 1, LEAST_LEVEL_ROWS
    words = ["a"] * 31 + ["b"] * enough + ["c"] * rare
    number = [*np.linspace(0, 1, 40 - rare), *[np.nan] * rare]
    other = [*np.linspace(0, 1, 40 - enough), *[np.nan] * enough]
    columns = {"w": words + ["c"] * 10, "n": number + [np.nan] * 10, "o": other + [0.0] * 10}
    table, target, split = bare(columns, {"w": "category", "n": "numeric", "o": "numeric"})

    encoded = encode(table, target, split)

    assert [term.name for term in encoded.terms] == ["n", "o", "o[missing]", "w[b]"]


def test_columns_with_the_same_gaps_share_an_indicator() -> None:
    gappy = np.where(np.arange(50) % 4 == 0, np.nan, np.arange(50.0))
    table, target, split = bare({"a": gappy, "b": gappy**2}, {"a": "numeric", "b": "numeric"})

    encoded = encode(table, target, split)

    assert [term.name for term in encoded.terms] == ["a", "b", "a[missing]"]


def test_a_level_called_missing_or_nan_is_a_level() -> None:
    words = np.array(["missing", "nan", None, "x", "x"] * 10, dtype=object)
    table, target, split = bare({"w": pd.Series(words).astype("str")}, {"w": "category"})

    encoded = encode(table, target, split)

    assert [term.name for term in encoded.terms] == ["w[(missing)]", "w[missing]", "w[nan]"]
    np.testing.assert_array_equal(design(encoded)["w[nan]"], words == "nan")
    np.testing.assert_array_equal(design(encoded)["w[(missing)]"], [word is None for word in words])


def test_term_names_never_clash() -> None:
    number = np.where(np.arange(50) % 4 == 0, np.nan, np.arange(50.0))
    table, target, split = bare(
        {"a": number, "a[missing]": np.arange(50.0)}, {"a": "numeric", "a[missing]": "numeric"}
    )

    encoded = encode(table, target, split)

    assert [term.name for term in encoded.terms] == ["a", "a[missing]", "a[missing] (2)"]
