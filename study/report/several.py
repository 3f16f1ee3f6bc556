"""Several studies on one page: their answers beside each other, what is paired, and the way to each report."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import nbformat
import pandas as pd
from nbformat import NotebookNode

from study.digits import human
from study.evidence.answer import Verdict
from study.evidence.between import Between
from study.evidence.findings import Gain
from study.evidence.metrics import metric_of
from study.evidence.sentences import ends, percent
from study.records.results import Results
from study.report import tables
from study.report.html_table import Html, table
from study.report.markdown import literal
from study.schema import EXTENDED, NETWORK, NOUNS, REGRESSION, printable

INTRODUCTION = """\
Each card is a study's own answer, from its own test rows. Losses of two studies are held against each other only where both
tested the same rows of the same data, in the same splits; otherwise the reason stands there. The best of several studies on the
same rows is flattered by having been chosen on them.
"""
NAMES = {REGRESSION: "regression", EXTENDED: "terms", NETWORK: "network"}


class Compared(Protocol):
    """What is known of several studies, as `study.predicting.compared.compare` finds it."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each is called."""

    @property
    def config(self) -> Mapping[str, tuple[Any, ...]]:
        """Keys that differ, with the value of every study."""

    @property
    def verdicts(self) -> Mapping[str, tuple[Verdict | None, ...]]:
        """By target, one a study, None where it has no such target."""

    @property
    def targets(self) -> tuple[Between, ...]:
        """What is paired, of targets that all have."""


def build_page(studies: Sequence[Results], found: Compared, links: Sequence[Path], folder: Path) -> NotebookNode:
    """A notebook of the page, with its outputs.

    links: the report of each study. folder: where the page will be, from which it links to them.
    """
    cells = [_said(f"# {literal(_title(found))}\n\n{INTRODUCTION}"), _said("## The verdicts"), _shown(_verdicts(found))]
    for own, name, link in zip(studies, found.names, links, strict=True):
        cells += [_said(f"## {literal(name)}"), _shown(_facts(own, os.path.relpath(link.resolve(), folder.resolve())))]
        cells += [_shown(tables.answer(own))]
    cells += [_said("## Where their configs differ"), _shown(_configs(found))]
    cells += [_said("## Losses on the same test rows")]
    for target in found.targets:
        cells += [_said(f"### {literal(target.target)}"), _shown(_paired(target, found.names))]
    cells += [_shown(Html(f"<p>{escape(line)}</p>")) for line in _alone(found)]
    command = " ".join(shlex.quote(printable(os.path.relpath(own.root.resolve(), folder.resolve()))) for own in studies)
    cells += [_said(f"## How to repeat this\n\nFrom the folder of this page:\n\n```\nstudy report {command}\n```")]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    return nbformat.v4.new_notebook(cells=cells, metadata={"title": _title(found)})


def _title(found: Compared) -> str:
    return f"{', '.join(found.names[:-1])} and {found.names[-1]} side by side"


def _said(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def _shown(html: Html) -> NotebookNode:
    output = nbformat.v4.new_output("display_data", {"text/html": str(html), "text/plain": ""})
    return nbformat.v4.new_code_cell("", outputs=[output])


def _facts(own: Results, link: str) -> Html:
    """What a study is, and the way to its report; link: a path from the page."""
    data, source = own.data, escape(printable(own.config.data.source))
    facts = (
        f"{data.rows:,} rows of {source}, {len(data.features):,} columns, {len(own.trials):,} trials, seed {own.config.seed}."
    )
    return Html(f'<p>{facts} <a href="{escape(quote(Path(link).as_posix()))}">The whole report</a></p>')


def _verdicts(found: Compared) -> Html:
    """A row a target and study: its verdict, and what richer procedures save."""
    rows = [
        {"target": target, "study": name, "verdict": each.verdict or "none"}
        | {f"{NAMES[gain.other]} over {NAMES[gain.base]}": _share(gain.gain) for gain in each.gains}
        for target, own in found.verdicts.items()
        for name, each in zip(found.names, own, strict=True)
        if each is not None
    ]
    return table(pd.DataFrame(rows))


def _share(gain: Gain) -> str:
    """A gain with its interval."""
    return f"{percent(gain.improvement)} % ({ends(gain)})" if gain.known else f"{percent(gain.improvement)} %"


def _configs(found: Compared) -> Html:
    rows = [{"key": key, **dict(zip(found.names, map(_value, own), strict=True))} for key, own in found.config.items()]
    return table(pd.DataFrame(rows), "Their configs differ in nothing that a result depends on.")


def _value(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _paired(target: Between, names: Sequence[str]) -> Html:
    """One target: the losses of all, what one saves over the first, or why nothing is paired."""
    if target.refused:
        return Html(f"<p>{escape(target.refused)}</p>")
    noun = NOUNS.get(str(target.per), "the regression").removeprefix("the ")
    procedures = dict.fromkeys(name for own in target.losses for name in own)
    rows = [
        {"procedure": noun if name == REGRESSION else NOUNS[name].removeprefix("the ")}
        | {study: human(own.get(name)) for study, own in zip(names, target.losses, strict=True)}
        for name in procedures
    ]
    stake = metric_of(str(target.metric), target.kind).noun
    words = f"<p>The {escape(stake)} on the {target.n_rows:,} test rows that all share.</p>"
    said = [gain.sentence for gain in target.gains] + list(target.together)
    return Html(f"{words}{table(pd.DataFrame(rows))}<ul>{''.join(f'<li>{escape(line)}</li>' for line in said)}</ul>")


def _alone(found: Compared) -> list[str]:
    """Targets that some study lacks."""
    lines = []
    for target, own in found.verdicts.items():
        without = [name for name, verdict in zip(found.names, own, strict=True) if verdict is None]
        if without:
            have = "have" if len(without) > 1 else "has"
            lines.append(f"No gain on {printable(target)} is told: {', '.join(without)} {have} no such target.")
    return lines
