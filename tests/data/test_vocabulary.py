"""Which columns, gaps and levels become terms, and what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data.encode import encode
from study.data.encoding import design
from study.data.vocabulary import LEAST_LEVEL_ROWS, MOST_LEVELS

from .helpers import bare, table_of


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


COUNTED = np.arange(50.0)
BESIDE = {
    "a": np.where(COUNTED % 4 == 0, np.nan, COUNTED),
    "b": COUNTED**2,
    "town": pd.Series(["Bonn", "Ulm", "Ulm", None, "Aix"] * 10),
}
"""Columns whose levels, gaps, products and hinges have names of their own."""
RESERVED = [
    *[
        "intercept",
        "row",
        "fold",
        "outer_fold",
        "loss",
        "constant",
        "baseline",
        "model",
        "target",
        "linear",
        "neural",
    ],
    *[
        "terms",
        "formula",
        "prediction",
        "predicted",
        "split",
        "index",
        "term",
        "level",
        "output",
        "estimate",
        "weight",
    ],
    *[
        "coef_a",
        "params_l2",
        "column",
        "trial_id",
        "repeat",
        "trees",
        "network",
        "regression",
        "time",
    ],
    *["group", "observed", "candidate", "seed", "low", "high", "self", "kind", "family", "depth"],
    "hinge(a)",
    "a[missing]",
    "town[Bonn]",
    "town[missing]",
    "'a'",
    '"a"',
    "a\N{MULTIPLICATION SIGN}b",
]


def term_names(columns: dict[str, Any]) -> dict[str, str | None]:
    """Column of each term, or None of a level's or a gap's, by the term's name."""
    types = {name: "category" if name == "town" else "numeric" for name in columns}
    terms = encode(*bare(columns, types)).terms
    found = {term.name: term.column if term.level is None else None for term in terms}
    assert len(found) == len(terms)
    return found


@pytest.mark.parametrize("name", [*RESERVED, "a (2)", "town[Bonn] (2)", "intercept (2)", "a b"])
def test_a_column_keeps_its_name_and_a_term_has_none_of_a_column_or_of_the_intercept(
    name: str,
) -> None:
    found = term_names(BESIDE | {name: COUNTED})

    assert "intercept" not in found
    assert found["intercept (2)" if name == "intercept" else name] == name


@pytest.mark.parametrize("name", RESERVED)
def test_a_category_of_any_name_has_its_levels_for_terms(name: str) -> None:
    words = ["x"] * 25 + ["y"] * 25
    columns = {"a": COUNTED, "b": COUNTED**2, name: pd.Series(words).sample(50, random_state=0)}
    columns[name] = columns[name].to_numpy()
    types = {"a": "numeric", "b": "numeric", name: "category"}

    terms = encode(*bare(columns, types)).terms

    assert [(term.column, term.level) for term in terms][2:] in ([(name, "x")], [(name, "y")])
    assert terms[-1].name in {f"{name}[x]", f"{name}[y]"}


@pytest.mark.parametrize("role", ["target", "groups", "time"])
@pytest.mark.parametrize("name", RESERVED)
def test_a_target_and_the_columns_that_split_have_any_name(
    name: str, role: str, tmp_path: Path
) -> None:
    other = "y" if role != "target" else name
    columns = {"x": np.sin(COUNTED), other: np.cos(COUNTED)}
    more: dict[str, Any] = {}
    if role != "target":
        more = {role: name}
        columns[name] = COUNTED // 5
    table = table_of(tmp_path, pd.DataFrame(columns), other, **more)

    assert [own.name for own in table.targets] == [other]
    assert [own.name for own in table.features] == ["x"]


def test_all_such_names_at_once_stay_apart() -> None:
    more = [*RESERVED, "intercept (2)", "town[Bonn] (2)", "a[missing] (2)"]

    found = term_names(BESIDE | dict.fromkeys(more, COUNTED))

    assert {name: found[name] for name in more if name != "intercept"} == {
        name: name for name in more if name != "intercept"
    }
    assert found["intercept (3)"] == "intercept"
    assert found["town[Bonn] (3)"] is found["a[missing] (3)"] is None


def test_a_level_is_suffixed_where_the_column_of_its_name_is_constant_on_an_outer_fold() -> None:
    columns = BESIDE | {"town[Bonn]": np.where(COUNTED < 40, 1.0, 2.0)}

    assert term_names(columns)["town[Bonn] (2)"] is None
