"""Wording is approved in tests/snapshots. No other test matches a sentence of the program, which
may change any day.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SENTENCE = re.compile(r"(?:[A-Za-z']+[,.;:]? ){3,}[A-Za-z']+")
"""Four words in a row."""


def matched(function: ast.FunctionDef) -> Iterator[str]:
    """Sentences in what a test asserts, in what an error must match, and in the cases it is given."""
    parts: list[ast.expr] = [
        cases for cases in function.decorator_list if "parametrize" in ast.unparse(cases)
    ]
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            parts.append(node.test)
        elif isinstance(node, ast.keyword) and node.arg == "match":
            parts.append(node.value)
    for part in parts:
        for node in ast.walk(part):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and (found := SENTENCE.search(node.value))
            ):
                yield found[0]


def functions(source: str) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


@pytest.mark.parametrize(
    "line",
    [
        "assert error == 'no such file or folder'",
        "assert 'it is not there' in str(error)",
        "with pytest.raises(ValueError, match='the file is gone'): pass",
    ],
)
def test_a_sentence_that_is_matched_is_found(line: str) -> None:
    (function,) = functions(f"def test_it():\n    {line}\n")

    assert len(list(matched(function))) == 1


def test_no_test_matches_a_sentence() -> None:
    found = {
        f"{path.relative_to(TESTS)}::{function.name}": sentences
        for path in sorted(TESTS.rglob("*.py"))
        if path.name != Path(__file__).name
        for function in functions(path.read_text(encoding="utf-8"))
        if (sentences := list(matched(function)))
    }

    assert found == {}
