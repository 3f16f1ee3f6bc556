"""The table of answers in small."""

from __future__ import annotations

import math

from benchmarks.answers import ALL_TABLES, gain, row, slug

FOUND = {
    "kind": "binary", "rows": 6366, "columns": 8, "answer": "undecided", "left": ["regression", "terms"], "use_none": False,
    "terms": [0.064, -0.034, 0.163], "network": [-0.048, -0.2763, 0.179], "trees": None, "plain": [1.0], "test": [[0]],
}  # fmt: skip


def test_a_line_names_what_is_undecided_and_keeps_the_sign_of_every_gain() -> None:
    line = row("a:b=c", FOUND)

    name, shape, kind, answer, *gains = line.strip("| ").split(" | ")
    assert (name, shape, kind) == ("`a:b=c`", "6,366 x 8", "binary")
    assert answer.startswith("undecided")
    assert gains == [
        "6.4 (\N{MINUS SIGN}3.4 to 16.3)",
        "\N{MINUS SIGN}4.8 (\N{MINUS SIGN}27.6 to 17.9)",
        "-",
        "-",
    ]


def test_a_machine_that_loses_a_tenth_more_has_a_gain_below_nothing() -> None:
    found = FOUND | {"ebm": 1.1, "answer": "regression", "left": ["regression"], "use_none": True}

    line = row("a:b=c", found)

    assert line.endswith("| \N{MINUS SIGN}10.0 |")
    assert "baseline" in line


def test_a_gain_that_leaves_next_to_nothing_is_told_from_all() -> None:
    assert gain([0.999998, 0.9999, 1.0]) == "over 99.99 (99.99 to 100)"


def test_a_gain_without_rows_for_an_interval_is_told_as_such() -> None:
    assert gain([0.1, math.nan, math.nan]) == "10.0 (no interval)"


def test_fourteen_tables_have_files_of_their_own() -> None:
    assert len({slug(*table.rsplit("=", 1)) for table in ALL_TABLES}) == len(ALL_TABLES) >= 14
