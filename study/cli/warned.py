"""Warnings in the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from study.cli.ending import say
from study.evidence.warnings.catalogue import CATALOGUE
from study.schema import StudyWarning

if TYPE_CHECKING:
    from rich.console import Console


def print_warnings(warnings: Iterable[StudyWarning], console: Console) -> None:
    """Print each with what to do."""
    for warning in warnings:
        say(console, warning.sentence, f"! {warning.id}")


def count_words(warnings: Iterable[StudyWarning]) -> str:
    """All of them in one line; nothing of none."""
    told = [
        f"{CATALOGUE[each.id].phrase}{f' ({each.target})' if each.target else ''}"
        for each in warnings
    ]
    return f"{len(told)} warning{'s' * (len(told) > 1)}: {', '.join(told)}." if told else ""
