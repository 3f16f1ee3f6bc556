"""The first screen: each verdict with its models in one table, what to do, and why to trust it."""

from __future__ import annotations

import math
from collections.abc import Hashable
from html import escape
from pathlib import Path
from shlex import quote
from typing import Any

import pandas as pd

from study.diagnostics.drawing.html_table import Html, prose
from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED, Gain
from study.evidence.wording.answer import Words
from study.evidence.wording.table import ModelsTable, Row, models_table
from study.evidence.wording.together import together_words
from study.formatting import human, times
from study.records.delivery import delivered_frame
from study.records.results import Results
from study.report import warnings

STYLE = Path(__file__).parent / "template" / "card.css"
HEIGHT_PX, SLACK = 26, 1e-6


def answer(results: Results) -> Html:
    """The verdict on every target as a card, with the style that it needs wherever it is shown."""
    if not results.concluded or not results.verdicts:
        return Html("<p>No target has been scored yet.</p>")
    files = delivered_frame(results)
    cards = [
        _card(verdict, results, files[files["target"] == verdict.target])
        for verdict in results.verdicts
    ]
    if said := together_words(results.verdicts):
        cards.append(f'<p class="note">{escape(said)}</p>')
    return Html(
        f'<style>{STYLE.read_text(encoding="utf-8")}</style><div class="answers">{"".join(cards)}</div>'
    )


def _card(verdict: Verdict, results: Results, files: pd.DataFrame) -> str:
    words = Words(verdict)
    table = models_table(verdict, results.metrics)
    beside = [results.data.splitting, words.tested, words.method, words.depths, words.clipped]
    return (
        f'<section class="answer {verdict.verdict or "none"}">'
        f'<p class="eyebrow">{escape(f"{results.config.name} · {verdict.target} · {results.data.rows:,} rows")}</p>'
        f'<h3>{escape(words.headline)}</h3><p class="lead">{escape(" ".join(words.lines))}</p>'
        f"{warnings.doubts(results, verdict.target)}"
        f"{_models(table, verdict, files)}<p><b>What to do.</b> {prose(_todo(words, results))}</p>"
        f"<p><b>{'How models were tested' if verdict.verdict == UNDECIDED else 'Why you can trust this'}.</b></p>"
        f"{_items(trust(verdict, results))}{warnings.listed(results, verdict.target)}"
        f"<details><summary>More on this verdict</summary>{_items(beside)}</details></section>"
    )


def _items(told: list[str | None]) -> str:
    return f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in told if each)}</ul>"


def _todo(words: Words, results: Results) -> str:
    if not words.verdict.gains:
        return words.action
    how = "To predict: " if words.settle else ""
    return f"{words.action} {how}`study predict {quote(results.root.resolve().name)} new.csv`"


def trust(verdict: Verdict, results: Results) -> list[str | None]:
    """How rows were tested, for which margins the verdict holds, and the first doubt."""
    config, rows = results.config, results.data.rows
    if config.protocol == "holdout":
        tested = (
            f"Tested on {verdict.gains[0].gain.n_rows:,} of {rows:,} rows, held out once."
            if verdict.gains
            else None
        )
    elif results.data.time is not None:
        tested = f"Later rows were tested by models of earlier ones, in {config.outer.folds} folds."
    else:
        repeats = config.outer.repeats or 1
        how = f"{config.outer.folds} folds{f', repeated {times(repeats)}' * (repeats > 1)}, tuning inside each fold"
        tested = f"Each of the {rows:,} rows was tested by models that had never seen it: {how}."
    return [tested, Words(verdict).margins]


def _models(table: ModelsTable, verdict: Verdict, files: pd.DataFrame) -> str:
    made = {row["procedure"]: row for row in files.to_dict("records")}
    timed = bool(files["seconds"].notna().any())
    ends = edges(table.rows, verdict.margin)
    heads = [
        *table.heads[:4],
        f'{table.heads[4]}<span class="axis"><svg width="100%" height="14" aria-hidden="true">'
        f'<text x="{_place(0.0, ends):.2f}%" y="11">0</text></svg></span>',
    ]
    heads += ["seconds to train"] * timed
    head = "".join(
        f'<th scope="col"{" class=n" * (0 < place != 4)}>{text}</th>'
        for place, text in enumerate(heads)
    )
    body = "".join(
        _row(row, made.get(row.procedure, {}), ends, verdict.margin, timed, table.heads[1:4])
        for row in table.rows
    )
    margin = (
        f" Dashed: the margin, {Words(verdict).margin}." if not math.isnan(verdict.margin) else ""
    )
    return (
        f'<table class="models"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f'<p class="note">Improvement = share of {escape(table.of)} removed on test rows.{margin}</p>'
    )


def _row(
    row: Row,
    made: dict[Hashable, Any],
    ends: tuple[float, float],
    margin: float,
    timed: bool,
    heads: tuple[str, ...],
) -> str:
    told = zip(heads, (row.loss, row.metric, row.improvement), strict=True)
    cells = "".join(
        f'<td class="n" data-head="{escape(head)}">{escape(text)}</td>' for head, text in told
    )
    drawn = (
        _drawn(row.gain, ends, margin, row.reference)
        if row.gain and not math.isnan(row.gain.improvement)
        else ""
    )
    said = escape(row.interval) if drawn or row.reference else ""
    cells += f'<td class="bar {row.procedure}">{drawn}<small>{said}</small></td>'
    cells += f'<td class="n" data-head="seconds">{human(made.get("seconds"))}</td>' * timed
    file = f" <span class=file>{escape(made['file'])}</span>" if made.get("file") else ""
    kind = " class=kept" if row.use else " class=reference" if row.reference else ""
    return f'<tr{kind}><th scope="row">{escape(row.model)}{file}</th>{cells}</tr>'


def edges(rows: tuple[Row, ...], margin: float) -> tuple[float, float]:
    """Where the axis of the intervals ends: it holds all dots, and intervals within 100% to either
    side.
    """
    gains = [row.gain for row in rows if row.gain and not math.isnan(row.gain.improvement)]
    found = [
        end
        for gain in gains
        for end in (gain.improvement, gain.low, gain.high)
        if not math.isnan(end)
    ]
    least = 0.02 if math.isnan(margin) else 2 * margin
    return max(-1.0, min([-least, *found])), min(1.0, max([least, *found]))


def _drawn(gain: Gain, ends: tuple[float, float], margin: float, reference: bool) -> str:
    """An interval with its dot, an arrow where it goes on beyond the axis, and the margin dashed."""
    (left, right), middle = ends, HEIGHT_PX // 2
    low = -math.inf if math.isnan(gain.low) else gain.low
    high = gain.high if gain.bounded else math.inf
    first, last = (_place(min(max(end, left), right), ends) for end in (low, high))
    marks = [_upright("zero", 0.0, ends)] + (
        [] if math.isnan(margin) else [_upright("margin", margin, ends)]
    )
    if not reference:
        marks.append(
            f'<line class="interval" x1="{first:.2f}%" x2="{last:.2f}%" y1="{middle}" y2="{middle}"/>'
        )
        marks += [_arrow(first, -1)] * (low < left - SLACK) + [_arrow(last, 1)] * (
            high > right + SLACK
        )
    at = _place(min(max(gain.improvement, left), right), ends)
    if left <= gain.improvement <= right:
        marks.append(f'<circle class="dot" cx="{at:.2f}%" cy="{middle}" r="4.5"/>')
    else:
        marks.append(_arrow(at, -1 if gain.improvement < left else 1))
    return f'<svg width="100%" height="{HEIGHT_PX}" aria-hidden="true">{"".join(marks)}</svg>'


def _place(value: float, ends: tuple[float, float]) -> float:
    """Per cent of the width, of which 3 are left free at either side."""
    return 3 + 94 * (value - ends[0]) / (ends[1] - ends[0])


def _upright(name: str, value: float, ends: tuple[float, float]) -> str:
    x = f"{_place(value, ends):.2f}%"
    return f'<line class="{name}" x1="{x}" x2="{x}" y1="0" y2="{HEIGHT_PX}"/>'


def _arrow(place: float, way: int) -> str:
    path = f"M{9 * way} 0 L0 -6 L0 6 Z"
    return f'<svg x="{place:.2f}%" y="{HEIGHT_PX // 2}" overflow="visible"><path class="dot" d="{path}"/></svg>'
