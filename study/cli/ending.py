"""The end of a run: what the models compare to, the verdict, and where everything is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import fill

from rich.console import Console
from rich.table import Table
from rich.text import Text

from study.evidence.answer import Verdict
from study.evidence.findings import NONE, UNDECIDED
from study.evidence.warnings.catalogue import CATALOGUE
from study.evidence.wording.amounts import capital, limits, signed, small
from study.evidence.wording.answer import BESIDE, Words
from study.evidence.wording.table import ModelsTable, models_table
from study.evidence.wording.together import together_words
from study.formatting import DASH, chance
from study.records.results import Results
from study.report.metric_table import metrics_frame
from study.schema import REGRESSION, printable

MOST_WARNINGS = 3
"""Warnings that are named at the end of a run."""
WIDTH = 80
"""Columns."""
LONG = 24
"""Characters of a cell that stay on one line in any terminal."""


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
            label = "  Formula"
            for line in verdict.formula.splitlines():
                say(console, printable(line), label)
                label = " "
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
    head = fill(
        f"{printable(verdict.target)}: {small(words.headline)}", WIDTH - 2, subsequent_indent="  "
    )
    console.print(mark + Text(head, style="bold"), soft_wrap=True)
    for line in () if brief else words.lines:
        say(console, line)


def print_all(results: Results, console: Console) -> None:
    """Print the end of the run, then of each verdict its comparisons and metrics and what stands
    beside it, then warnings with their fixes, notes and files.
    """
    from study.cli.progress import notes
    from study.cli.warned import print_warnings
    from study.records.delivery import delivered_frame

    print_ending(results, console)
    console.print()
    for verdict in results.verdicts:
        words = Words(verdict)
        console.print(Text(printable(verdict.target), style="bold"))
        if verdict.gains:
            console.print(_comparisons(verdict), "", crop=False)
        console.print(_metrics(results, verdict.target), "", crop=False)
        for name in (*BESIDE[1:], "settle", "tested", "method"):
            if told := getattr(words, name):
                say(console, told, f"  {capital(name)}")
        console.print()
    print_warnings(results.warnings, console)
    for note in filter(None, [results.data.splitting, *notes(results)]):
        say(console, note, "  Note")
    files = [
        [file, f"{(results.root / file).stat().st_size / 1_000:,.0f} kB"]
        for file in delivered_frame(results)["file"]
    ]
    if files:
        console.print("", aligned(["final model", "size"], files), crop=False)


def say(console: Console, text: str, label: str = "", style: str | None = None) -> None:
    """Print a text in lines of WIDTH, all of them indented, or behind a label."""
    start = f"{label:<12}" if label else "  "
    said = fill(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(said, style=style, markup=False, highlight=False, soft_wrap=True)


def _models(found: ModelsTable) -> Table:
    cells = [[row.model, row.loss, row.metric, row.improvement, row.interval] for row in found.rows]
    table = aligned(found.heads, cells)
    for own, row in zip(table.rows, found.rows, strict=True):
        own.style = "bold" if row.use else "dim" if row.reference else None
    return table


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Table:
    """Rows of cells, of which long words and heads wrap where the terminal is narrow.

    left: columns of words, before those of numbers.
    """
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="")
    for place, (head, *cells) in enumerate(zip(heads, *rows, strict=True)):
        width = min(max(map(len, [*head.split(), *cells])), LONG)
        table.add_column(
            head, justify="left" if place < left else "right", min_width=width, overflow="fold"
        )
    for row in rows:
        table.add_row(*row)
    return table


def _comparisons(verdict: Verdict) -> Table:
    """A row a pair of models, the richer one first."""
    rows = []
    for (base, other), gain in verdict.by_pair.items():
        unit, of = ("%", "") if base == REGRESSION else ("", " points")
        odds = " / ".join(map(chance, (gain.better, gain.equal, gain.worse)))
        known = not math.isnan(gain.improvement)
        size = f"{signed(gain.improvement, unit)}{of}" if known else DASH
        rows.append([f"{other}, {base}", size, limits(gain, unit), odds])
    heads = ["comparisons", "improvement", "interval", "better / same / worse"]
    return aligned(heads, rows)


def _metrics(results: Results, target: str) -> Table:
    """A row a model, a column a metric but the loss, on the test rows."""
    frame = metrics_frame(results)
    own = frame[frame["target"] == target].drop(columns="target").dropna(axis="columns")
    cells = own.map(lambda cell: cell.partition(" (")[0])
    return aligned(["metrics", *own.columns[1:]], cells.to_numpy().tolist())


def _places(results: Results, console: Console) -> None:
    """Warnings by name, then where models and report are, and what shows more."""
    warned = list(dict.fromkeys(warning.id for warning in results.warnings))
    named = [CATALOGUE[each].phrase for each in warned[:MOST_WARNINGS]]
    named += [f"{len(warned) - MOST_WARNINGS} more"] * (len(warned) > MOST_WARNINGS)
    if warned:
        say(console, " · ".join(named), "  Warnings")
    paths = results.paths
    if len(results.verdicts) > 1:
        say(console, f"{paths.models}/", "  Models")
    elif name := results.verdicts[0].answer_procedure:
        say(console, f"{paths.delivered(results.verdicts[0].target, name)}", "  Model")
    say(console, str(paths.html), "  Report")
    say(console, f"study show {results.root} --all", "  More")
