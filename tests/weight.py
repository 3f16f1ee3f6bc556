"""What the package weighs: tokens of code by room, without comments, docstrings and layout, held to
`tests/budget.toml`.

`python -m tests.weight` prints them, and `--write` writes them into the budget, whose `most` is
lowered and never raised. Counted by Python 3.11: later ones take f-strings apart.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.budget import lowered, read_budget, write_budget

PACKAGE = Path(__file__).parents[1] / "study"
SUITE = "code"
LAYOUT = frozenset({"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENCODING", "ENDMARKER"})
LONG_FUNCTION, LONG_FILE = 60, 300
"""Lines."""


def _docstrings(tree: ast.Module) -> set[tuple[int, int]]:
    """Where strings begin that stand alone: docstrings, also of constants and fields."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {
        (t.lineno, t.col_offset)
        for t in texts
        if isinstance(t, ast.Constant) and isinstance(t.value, str)
    }


def tokens(path: Path) -> int:
    """Tokens of code in a file."""
    skipped = _docstrings(ast.parse(path.read_bytes()))
    with path.open("rb") as file:
        kinds = (
            (tokenize.tok_name[token.type], token.start)
            for token in tokenize.tokenize(file.readline)
        )
        return sum(kind not in LAYOUT and start not in skipped for kind, start in kinds)


def by_room() -> dict[str, int]:
    """Tokens of every folder of the package, the heavy first; modules beside the folders are
    `study` itself.
    """
    rooms: Counter[str] = Counter()
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).parts
        rooms["/".join(["study", *inside[: min(1, len(inside) - 1)]])] += tokens(path)
    return dict(rooms.most_common())


def long_files() -> list[str]:
    """Files of more than LONG_FILE lines."""
    return [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.read_text().count("\n") > LONG_FILE
    ]


def long_functions() -> Iterator[str]:
    """Functions of more than LONG_FUNCTION lines."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.end_lineno - node.lineno >= LONG_FUNCTION
            ):
                yield f"{path.relative_to(PACKAGE)}: {node.name}"


def main() -> None:
    rooms = by_room()
    for room, count in rooms.items():
        print(f"{count:9,} {room}")
    print(
        f"{sum(rooms.values()):9,} tokens of code; the budget is {read_budget().get(SUITE, {}).get('most')}"
    )
    for long in [*long_files(), *long_functions()]:
        print(f"          long: {long}")
    if "--write" in sys.argv:
        write_budget(read_budget() | {SUITE: lowered(SUITE, sum(rooms.values()), rooms)})


if __name__ == "__main__":
    main()
