"""Warnings in the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from study.evidence.warnings.catalogue import CATALOGUE
from study.schema import StudyWarning

if TYPE_CHECKING:
    from rich.console import Console


def print_warnings(warnings: Iterable[StudyWarning], console: Console) -> None:
    """Print each with what to do, and how to know more."""
    told = list(warnings)
    for warning in told:
        console.print(f"Warning {warning.id}: {warning.sentence}", soft_wrap=True)
    if told:
        console.print(f"More about a warning: study explain {told[0].id}", soft_wrap=True)


def count_words(warnings: Iterable[StudyWarning]) -> str:
    """All of them in one line; nothing of none."""
    told = [
        f"{CATALOGUE[each.id].phrase}{f' ({each.target})' if each.target else ''}"
        for each in warnings
    ]
    return f"{len(told)} warning{'s' * (len(told) > 1)}: {', '.join(told)}." if told else ""
