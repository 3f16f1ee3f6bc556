"""What a program puts into a page of the docs that people write: between marks, a table of a frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def markdown(frame: pd.DataFrame) -> str:
    """A frame as a table of Markdown."""
    head = [list(map(str, frame.columns)), ["---"] * len(frame.columns)]
    return (
        "\n".join(
            "| " + " | ".join(map(str, row)) + " |" for row in [*head, *frame.to_numpy().tolist()]
        )
        + "\n"
    )


def put(page: Path, text: str, mark: str) -> None:
    """Put text between the marks of a page; a ValueError where there are none."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- end of {mark} -->")
    if not end:
        raise ValueError(
            f"{page} lacks the marks <!-- {mark} --> and <!-- end of {mark} -->, each on a line of its own."
        )
    page.write_text(before + begin + text + end + after, encoding="utf-8")


def put_tables(page: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Put tables between the marks of a page that have their names, and print them."""
    for name, table in tables.items():
        put(page, markdown(table), name)
        print(f"{name}\n{table.to_string(index=False)}\n")
