"""The answer of every target as a card: its gains as bars, its models as rows, its sentences, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd

from study.diagnostics.drawing.html_table import Html, table
from study.evidence.answer import Verdict
from study.evidence.findings import ENOUGH, TERMS, UNDECIDED, WORTH, Gain
from study.evidence.metrics import metric_of
from study.evidence.wording.answer import Words
from study.evidence.wording.together import together_words
from study.formatting import DASH, chance, given_percent, human, percent
from study.records.delivery import delivered_frame
from study.records.results import Results
from study.report import warnings
from study.report.card_bars import bars
from study.schema import EXTENDED, LOSS, LOSS_NAMES, NETWORK, REGRESSION, TREES, Kind

BADGES = {WORTH: "network", TERMS: "terms", ENOUGH: "regression", UNDECIDED: "undecided", None: "none"}
FAMILIAR = {
    Kind.CONTINUOUS: ("r2", "rmse"),
    Kind.BINARY: ("auc", "accuracy"),
    Kind.MULTICLASS: ("accuracy",),
    Kind.COUNT: ("rmse",),
}
"""The metric that stands beside the loss of a kind: the first that exists on the test rows."""
STYLE = Path(__file__).parent / "template" / "card.css"
ROWS = (REGRESSION, EXTENDED, NETWORK, TREES)


def answer(results: Results) -> Html:
    """The verdict of every target as a card, with the style that it needs wherever it is shown."""
    if not results.concluded or not results.verdicts:
        return Html("<p>No target has been scored yet.</p>")
    models = models_frame(results)
    cards = [
        _card(
            verdict,
            models[models["target"] == verdict.target],
            results.data.splitting,
            warnings.listed(results, verdict.target),
        )
        for verdict in results.verdicts
    ]
    if said := together_words(results.verdicts):
        cards.append(f'<p class="basis">{escape(said)}</p>')
    style = f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
    return Html(f'{style}<div class="answers">{"".join(cards)}</div>')


def models_frame(results: Results) -> pd.DataFrame:
    """What each procedure of ROWS loses on the test rows, one metric that people know, what it took, and what file holds it.

    Returns
    -------
    (n_models, 9) frame: target, procedure, model (its noun), kept (whether it is the answer, or what is kept while that is
    open), loss, metric (its label), value (of that), seconds and file (`study.records.delivery.delivered_frame`).
    """
    own, files = results.metrics[results.metrics["base"].isna()], delivered_frame(results)
    known = {(row["target"], row["metric"], row["other"]): row["value"] for row in own.to_dict("records")}
    made = {(row["target"], row["procedure"]): row for row in files.to_dict("records")}
    rows = []
    for verdict in results.verdicts:
        asked = verdict.question.metric
        names = (asked,) if asked != LOSS else FAMILIAR[verdict.kind]
        metric = next((name for name in names if pd.notna(known.get((verdict.target, name, REGRESSION)))), names[-1])
        for name in ROWS:
            place = verdict.target, name
            if place not in made and (verdict.target, LOSS, name) not in known:
                continue
            loss, value = (known.get((verdict.target, each, name)) for each in (LOSS, metric))
            file = made.get(place, {})
            about = *place, verdict.nouns[name].removeprefix("the "), name == verdict.answer_procedure and not verdict.use_none
            rows.append((*about, loss, metric_of(metric, verdict.kind).label, value, file.get("seconds"), file.get("file", "")))
    columns = ["target", "procedure", "model", "kept", "loss", "metric", "value", "seconds", "file"]
    return pd.DataFrame(rows, columns=columns)


def _card(verdict: Verdict, models: pd.DataFrame, splitting: str, warned: str) -> str:
    badge = verdict.verdict
    rungs = {f"{verdict.nouns[step.other]} over {verdict.nouns[step.base]}": step.gain for step in verdict.gains}
    facts = []
    if badge:
        inside = _basis(verdict, splitting) + table(gains_frame(rungs, "gain of", verdict.margin))
        facts.append(f"<details><summary>What this rests on</summary>{inside}</details>")
    return (
        f'<section class="answer {BADGES.get(badge, "none")}"><header><h3>{escape(verdict.target)}</h3>'
        f'<strong class="badge">{escape(str(badge or "no verdict"))}</strong></header>'
        f"{bars(verdict)}{_models(models, verdict)}"
        f'<p class="sentence">{escape(Words(verdict).sentence)}</p><p class="action">{escape(Words(verdict).action)}</p>'
        f"{warned}{''.join(facts)}</section>"
    )


def _models(models: pd.DataFrame, verdict: Verdict) -> str:
    """The rows of `models_frame` of one target as a table."""
    if models.empty:
        return ""
    made = models["seconds"].notna().any()
    heads = ["model", LOSS_NAMES[verdict.kind], models["metric"].iloc[0], *(["seconds to fit"] if made else [])]
    head = "".join(f'<th scope="col"{" class=n" * (place > 0)}>{escape(text)}</th>' for place, text in enumerate(heads))
    rows = []
    for row in models.to_dict("records"):
        numbers = [row["loss"], row["value"], *([row["seconds"]] if made else [])]
        cells = "".join(f'<td class="n">{human(number)}</td>' for number in numbers)
        file = f' <span class="file">{escape(row["file"])}</span>' if row["file"] else ""
        kept = ' class="kept"' if row["kept"] else ""
        rows.append(f'<tr{kept}><th scope="row">{escape(row["model"])}{file}</th>{cells}</tr>')
    notes = ["Seconds to fit: of the whole search on all rows that made the file, added over its tasks."] if made else []
    if models["kept"].any():
        notes.append(f"In bold: {'what to keep while it is open' if verdict.verdict == UNDECIDED else 'the answer'}.")
    return (
        f'<table class="models"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="note">{" ".join(notes)}</p>'
    )


def _basis(verdict: Verdict, splitting: str) -> str:
    """What the verdict is about and rests on, and what stands beside it. splitting: what groups or time do to the splits."""
    words = Words(verdict)
    told = [splitting, words.bound, words.margins, words.estimand, f"Intervals: {words.method}."]
    told += [_enough(verdict), words.depths, words.trees, words.floor]
    return f'<ul class="basis">{"".join(f"<li>{escape(part)}</li>" for part in told if part)}</ul>'


def _enough(verdict: Verdict) -> str:
    """How many hidden layers are surely enough, where the network is the answer."""
    if verdict.verdict != WORTH or verdict.smallest_sufficient is None:
        return ""
    depth = verdict.smallest_sufficient.depth
    return f"{depth} hidden layer{'s are' if depth > 1 else ' is'} enough: more gain too little to matter."


def gains_frame(gains: Mapping[str, Gain], of: str, margin: float | None = None) -> pd.DataFrame:
    """A row a gain, by its name in the column `of`: share, interval, level; with a margin also the chances of its sides."""
    rows = []
    for name, gain in gains.items():
        row = {of: name, "share": share_words(gain.improvement), **interval(gain.low, gain.high, gain.most, gain.level)}
        if margin is not None and not pd.isna(margin):
            bound = given_percent(margin)
            chances = (gain.better, gain.equal, gain.worse)
            named = zip((f"better by over {bound}", f"within {bound}", f"worse by over {bound}"), chances, strict=True)
            row |= {words: chance(each) for words, each in named}
        rows.append(row)
    return pd.DataFrame(rows)


def share_words(value: float) -> str:
    """A share of a loss, a dash where there is none."""
    return DASH if pd.isna(value) else f"{percent(value)} %"


def interval(low: float, high: float, most: float, level: float) -> dict[str, str]:
    """The cells of an interval and its level."""
    told = DASH if pd.isna(low) and pd.isna(high) else span(low, high, most)
    return {"interval": told, "level": level_words(level)}
