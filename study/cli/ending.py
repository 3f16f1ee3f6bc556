"""The end of a run: what the models compare to, the verdict, and where everything is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from study.evidence.answer import Verdict
from study.evidence.findings import NONE, UNDECIDED
from study.evidence.metrics import metrics_of
from study.evidence.warnings.catalogue import CATALOGUE
from study.evidence.wording.amounts import small
from study.evidence.wording.answer import BESIDE, Words
from study.evidence.wording.table import NAMES as MODELS, ModelsTable, metric_words, models_table
from study.evidence.wording.together import together_words
from study.records.results import Results
from study.schema import LOSS, printable

MOST_WARNINGS = 3
"""Warnings that are named at the end of a run, as far as they fit in"""
WIDTH = 80
"""columns."""


def print_ending(results: Results, console: Console) -> None:
    """Print each verdict with its models in one table, then warnings, and where model and report
    are.
    """
    verdicts = results.verdicts
    for verdict in verdicts:
        table = models_table(verdict, results.metrics)
        print_verdict(verdict, console)
        console.print()
        console.print(_models(table), crop=False)
        if verdict.formula:
            lines = map(printable, verdict.formula.splitlines())
            say(console, "Formula   " + f"\n{'':12}".join(lines))
        if verdict is verdicts[-1]:
            of = table.of if len(verdicts) == 1 else "the regression's loss"
            say(console, f"Improvement = share of {of} removed on test rows.", style="dim")
        console.print()
    if said := together_words(verdicts):
        say(console, said)
    _places(results, console)


def print_verdict(verdict: Verdict, console: Console, brief: bool = False) -> None:
    """Print its headline and, unless `brief`, the lines below."""
    words = Words(verdict)
    open_ = verdict.verdict in (UNDECIDED, NONE, None)
    mark = Text("? ", style="yellow") if open_ else Text("\N{HEAVY CHECK MARK} ", style="green")
    head = f"{printable(verdict.target)}: {small(words.headline)}"
    console.print(mark + Text(head, style="bold"), soft_wrap=True)
    for line in () if brief else words.lines:
        say(console, line)


def print_all(results: Results, console: Console) -> None:
    """Print the end of the run, then all that stands beside each verdict, the warnings with their
    fixes, and the notes.
    """
    from study.cli.progress import notes
    from study.cli.warned import print_warnings
    from study.records.delivery import delivery_notes

    print_ending(results, console)
    for verdict in results.verdicts:
        words = Words(verdict)
        console.print(Text(f"\n{printable(verdict.target)}", style="bold"))
        for name in (*BESIDE, "settle", "tested", "method"):
            if told := getattr(words, name):
                say(console, told)
        console.print(_metrics(verdict, results.metrics), crop=False)
    print_warnings(results.warnings, console)
    for note in filter(None, [results.data.splitting, *notes(results), *delivery_notes(results)]):
        say(console, note)


def say(console: Console, text: str, style: str | None = None) -> None:
    """Print a line, indented."""
    console.print(f"  {text}", style=style, markup=False, highlight=False, soft_wrap=True)


def _models(found: ModelsTable) -> Table:
    cells = [[row.model, row.loss, row.metric, row.improvement, row.interval] for row in found.rows]
    table = aligned(found.heads, cells)
    for own, row in zip(table.rows, found.rows, strict=True):
        own.style = "bold" if row.use else "dim" if row.reference else None
    return table


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Table:
    """Rows of cells that stay on one line each, under heads that wrap where the terminal is narrow.

    left: columns of words, before those of numbers.
    """
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="")
    for place, (head, *cells) in enumerate(zip(heads, *rows, strict=True)):
        width = max(map(len, [*head.split(), *cells]))
        table.add_column(head, justify="left" if place < left else "right", min_width=width)
    for row in rows:
        table.add_row(*row)
    return table


def _metrics(verdict: Verdict, metrics: pd.DataFrame) -> Table:
    """A row a model, a column a metric but the loss, on the test rows."""
    own = metrics[
        (metrics["target"] == verdict.target) & metrics["base"].isna() & (metrics["metric"] != LOSS)
    ]
    asked = [metric for metric in metrics_of(verdict.kind) if metric.name in set(own["metric"])]
    rows = []
    for model, values in own.groupby("other", sort=False):
        known = dict(zip(values["metric"], values["value"], strict=True))
        told = [metric_words(metric, known.get(metric.name, math.nan)) for metric in asked]
        rows.append([MODELS.get(str(model), verdict.nouns[str(model)]), *told])
    return aligned(["metrics", *(metric.label for metric in asked)], rows)


def _places(results: Results, console: Console) -> None:
    """Warnings by name, then where models and report are, and what shows more."""
    warned = list(dict.fromkeys(warning.id for warning in results.warnings))
    for most in range(min(MOST_WARNINGS, len(warned)), 0, -1):
        more = len(warned) - most
        named = [*(CATALOGUE[each].phrase for each in warned[:most]), f"{more} more"]
        line = f"Warnings  {' · '.join(named if more else named[:-1])}"
        if len(line) <= WIDTH - 2 or most == 1:
            say(console, line)
            break
    paths = results.paths
    if len(results.verdicts) > 1:
        say(console, f"Models    {paths.models}/")
    elif name := results.verdicts[0].answer_procedure:
        say(console, f"Model     {paths.delivered(results.verdicts[0].target, name)}")
    say(console, f"Report    {paths.html}")
    say(console, f"More      study show {results.root} --all")
