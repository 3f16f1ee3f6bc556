"""Warnings in the terminal: those of a study, and `study explain`, which says what one of them means."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from study.evidence.warnings.catalogue import CATALOGUE, ENTRIES, entry_of
from study.schema import StudyWarning

if TYPE_CHECKING:
    from rich.console import Console


def explain(
    warning: Annotated[str | None, typer.Argument(help="The id of a warning, such as S003; a list of all if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what a warning means, why it matters and what to do."""
    if as_json:
        told = [asdict(each) for each in ENTRIES] if warning is None else asdict(entry_of(warning))
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif warning is None:
        for each in ENTRIES:
            print(f"{each.id}  {each.title} (touches {each.touches})")
    else:
        entry = entry_of(warning)
        print(f"{entry.id} {entry.title}\n\n{entry.text.replace('**', '')}")


def print_warnings(warnings: Iterable[StudyWarning], console: Console) -> None:
    """Print each with what to do, and how to know more."""
    told = list(warnings)
    for warning in told:
        console.print(f"Warning {warning.id}: {warning.sentence}", soft_wrap=True)
    if told:
        console.print(f"`study explain {told[0].id}` says more of a warning.", soft_wrap=True)


def count_words(warnings: Iterable[StudyWarning]) -> str:
    """All of them in one line; nothing of none."""
    told = [f"{CATALOGUE[each.id].phrase}{f' ({each.target})' if each.target else ''}" for each in warnings]
    return f"{len(told)} warning{'s' * (len(told) > 1)}: {', '.join(told)}." if told else ""
