"""What `study compare` prints: how configs differ, the verdicts side by side, and what one study
saves over another.
"""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from study.ask import Compared
from study.cli.ending import aligned, say
from study.evidence.between import Between
from study.evidence.metrics import metric_of
from study.evidence.wording.table import NAMES as MODELS
from study.formatting import DASH, human
from study.schema import NOUNS, REGRESSION, printable


def print_compared(found: Compared, console: Console) -> None:
    """Print all of it."""
    if found.config:
        rows = [[key, *map(_shown, values)] for key, values in found.config.items()]
        heads = ["where configs differ", *found.names]
        console.print(aligned(heads, rows, len(heads)), crop=False)
    else:
        console.print(
            "Their configs don't differ in anything that changes results.", soft_wrap=True
        )
    verdicts = [
        [target, *(((own.verdict or "none") if own else DASH) for own in each)]
        for target, each in found.verdicts.items()
    ]
    heads = ["verdicts", *found.names]
    console.print("", aligned(heads, verdicts, len(heads)), crop=False)
    for target in found.targets:
        _print_target(found, target, console)


def _shown(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _print_target(found: Compared, target: Between, console: Console) -> None:
    if target.refused:
        console.print(target.refused, soft_wrap=True)
        return
    metric = metric_of(str(target.metric), target.kind)
    nouns = {REGRESSION: NOUNS.get(str(target.per), "regression"), **MODELS}
    rows = [
        [nouns[name], *(human(own.get(name)) for own in target.losses)]
        for name in dict.fromkeys(name for own in target.losses for name in own)
    ]
    title = f"\n{target.target}: {metric.noun} on {target.n_rows:,} test rows"
    console.print(title, aligned(["model", *found.names], rows), sep="\n", crop=False)
    for said in dict.fromkeys(found.words(target)):
        say(console, said)
