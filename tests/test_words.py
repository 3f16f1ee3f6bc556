"""What people read is in plain words and short sentences: errors, notes, help, descriptions, texts of
the report and its figures, README and docs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEAKS = {"StudyError", "StudyWarning", "ValueError", "Entry", "note", "tell", "echo", "print"}
"""Calls whose strings people read; of other calls the arguments `help` and `description`."""
WORDS = re.compile(
    r"\b(held against|told|beside|stake|rung|arm|incumbent|replicate|floor|hands over|goes on|surely|of the gain|so that)\b",
    re.IGNORECASE,
)
CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)
END = re.compile(r"[.?!:](?=[\s\"')*]|$)|\n\s*\n|\||\n(?=[-#>])")
MOST_WORDS, SHORT = 25, 0.95
"""Words that a sentence has at most, and the share of sentences that must."""


def spelt(node: ast.AST) -> str:
    """The strings in code as they are read, a value in one as `x`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(spelt(v) if isinstance(v, ast.Constant) else "x" for v in values)
    return "\n\n".join(filter(None, map(spelt, ast.iter_child_nodes(node))))


def read_by_people(tree: ast.Module, shown: bool) -> Iterator[ast.AST]:
    """Code whose strings people read; shown: in a module whose constants are, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            every = ast.unparse(node.func).split(".")[-1] in SPEAKS
            yield from node.args if every else ()
            yield from (k.value for k in node.keywords if every or k.arg in {"help", "description"})
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            name = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if shown or ast.unparse(name) == "TEXT":
                yield node.value


@cache
def texts() -> list[tuple[str, int, str]]:
    """File, line and text of everything that people read, without what is code in it."""
    found = []
    for path in sorted((ROOT / "study").rglob("*.py")):
        shown = path.name == "figure.py" or "report" in path.parts
        for node in read_by_people(ast.parse(path.read_text(encoding="utf-8")), shown):
            found.append((path, getattr(node, "lineno", 0), spelt(node)))
    docs = [path for path in (ROOT / "docs").rglob("*.md") if "design" not in path.parts]
    found += [(path, 1, path.read_text(encoding="utf-8")) for path in (ROOT / "README.md", *docs)]
    return [
        (str(path.relative_to(ROOT)), line, CODE.sub(lambda c: "x" + "\n" * c[0].count("\n"), text))
        for path, line, text in found
    ]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Line, from 0, and number of words of each sentence."""
    start = 0
    for end in [*(match.end() for match in END.finditer(text)), len(text)]:
        part = text[start:end]
        blank = len(part) - len(part.lstrip())
        if (words := len(re.findall(r"[\w'%]+", part))) > 3:
            yield text.count("\n", 0, start + blank), words
        start = end


def test_no_text_has_a_word_that_plain_ones_replace() -> None:
    found = [
        f"{file}:{line + text.count(chr(10), 0, word.start())}: {word[0]}"
        for file, line, text in texts()
        for word in WORDS.finditer(text)
    ]

    assert not found, "\n".join(found)


def test_nearly_all_sentences_are_short() -> None:
    found = [(f"{f}:{n + at}", words) for f, n, text in texts() for at, words in sentences(text)]
    long = [f"{place}: {words} words" for place, words in found if words > MOST_WORDS]

    assert len(long) <= (1 - SHORT) * len(found), "\n".join(long)


@pytest.mark.parametrize("text", ["the arm", "Told so", "it goes on"])
def test_a_word_is_found_whatever_its_case(text: str) -> None:
    assert WORDS.search(text)
