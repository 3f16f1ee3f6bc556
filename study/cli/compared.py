"""What `study compare` prints: how configs differ, the verdicts side by side, and what one study
saves over another.
"""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from study.ask import Compared
from study.cli.ending import say
from study.cli.progress import columns
from study.evidence.between import Between
from study.evidence.metrics import metric_of
from study.evidence.wording.table import NAMES as MODELS
from study.formatting import human
from study.schema import NOUNS, REGRESSION, printable


def print_compared(found: Compared, console: Console) -> None:
    """Print all of it."""
    if found.config:
        console.print(_configs(found))
    else:
        console.print(
            "Their configs don't differ in anything that changes results.", soft_wrap=True
        )
    console.print(_answers(found))
    for target in found.targets:
        _print_target(found, target, console)


def _configs(found: Compared) -> Table:
    table = columns(
        ("key", *found.names), left=1 + len(found.names), title="Where their configs differ"
    )
    for key, values in found.config.items():
        table.add_row(key, *map(_shown, values))
    return table


def _shown(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _answers(found: Compared) -> Table:
    table = columns(("target", *found.names), left=1 + len(found.names), title="Verdicts")
    for target, own in found.verdicts.items():
        table.add_row(
            target, *(((verdict.verdict or "none") if verdict else "-") for verdict in own)
        )
    return table


def _print_target(found: Compared, target: Between, console: Console) -> None:
    if target.refused:
        console.print(target.refused, soft_wrap=True)
        return
    title = f"{target.target}: {metric_of(str(target.metric), target.kind).noun} on {target.n_rows:,} test rows"
    table = columns(("model", *found.names), left=1, title=title)
    nouns = {REGRESSION: NOUNS.get(str(target.per), "regression"), **MODELS}
    for name in dict.fromkeys(name for own in target.losses for name in own):
        table.add_row(nouns[name], *(human(own.get(name)) for own in target.losses))
    console.print(table)
    for said in dict.fromkeys(found.words(target)):
        say(console, said)
