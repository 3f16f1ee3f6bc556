"""What a fault did to the records of a study: which are gone, which were written twice, and a table
of it.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.kept import Kept, kept

Records = dict[str, Kept]


def snapshot(folder: Path) -> Records:
    """Every whole record of a results folder by trial id, or search and `winner`, `trees` or
    `formula`.
    """
    found = {}
    for name, record in kept(folder).items():
        with suppress(ValueError):  # cut on purpose
            json.loads(record.content)
            found[name.removesuffix(".json").replace("/", "-")] = record
    return found


def lost(before: Records, now: Records) -> set[str]:
    """Records that are gone or have other bytes."""
    return {
        name
        for name, record in before.items()
        if name not in now or now[name].content != record.content
    }


def rewritten(before: Records, now: Records) -> set[str]:
    """Records that were written again."""

    def again(one: Kept, other: Kept) -> bool:
        files = one.written, other.written
        return one.content != other.content or (None not in files and files[0] != files[1])

    return {name for name, record in before.items() if name in now and again(record, now[name])}


@dataclass
class Count:
    """What one fault did. pauses: longest seconds without a new record after each fault, where they
    were taken.
    """

    injected: int = 0
    lost: int = 0
    repeated: int = 0
    studies: set[int] = field(default_factory=set)
    pauses: list[float] = field(default_factory=list)


def sound(counts: Mapping[str, Count], equal: Mapping[int, bool]) -> bool:
    """Whether no fault lost a trial and every study ended with the expected digest."""
    return not any(count.lost for count in counts.values()) and all(equal.values())


def table(counts: Mapping[str, Count], equal: Mapping[int, bool]) -> Iterator[str]:
    """Lines of a table in Markdown. equal: whether a study ended with the expected digest, by its
    number.
    """
    timed = any(count.pauses for count in counts.values())
    yield (
        "| fault | injected | trials lost | trials repeated | digests equal |"
        + timed * " seconds without a new record |"
    )
    yield "|---|--:|--:|--:|--:|" + timed * "--:|"
    for name, count in counts.items():
        same = (
            f"{sum(equal.get(number, False) for number in count.studies)} of {len(count.studies)}"
        )
        row = f"| {name} | {count.injected} | {count.lost} | {count.repeated} | {same} |"
        if timed:
            row += (
                f" {statistics.median(count.pauses):.0f}, at most {max(count.pauses):.0f} |"
                if count.pauses
                else " |"
            )
        yield row


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)
