"""Tables and words of the report: frames with the names and digits that people read, shown as HTML."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from study.diagnostics.drawing.html_table import (
    Html as Html,
    by_target as by_target,
    table as table,
)
from study.diagnostics.drawing.style import by_target_of, model_name, with_names
from study.evidence.answer import Verdict
from study.evidence.winners import CHOSEN, select_candidate
from study.evidence.wording.amounts import signed, span
from study.evidence.wording.answer import Words
from study.formatting import DASH, chance
from study.records.results import Results
from study.report.card import answer as answer
from study.report.metric_table import metrics_frame as metrics_frame

SCORES = "target model test_loss std_error val_loss optimism calibration_error n_clipped"
MOST_TERMS = 10
"""Most terms of the simple formula in one table."""


def scores_frame(results: Results) -> pd.DataFrame:
    """Test loss, optimism and calibration error of every model as it is used, by target as in
    `results.trials`, from simple to deep.
    """
    names = {
        "std_error": "std. error", "val_loss": "validation loss", "test_loss": "test loss",
        "calibration_error": "calibration error", "n_clipped": "clipped",
    }  # fmt: skip
    scores = with_names(select_candidate(results.scores), results.data.models)
    if len(set(scores["depth"][scores["depth"] > 0])) == 1:
        scores = scores[scores["depth"] != CHOSEN]  # which is that depth
    scores["n_clipped"] = scores["n_clipped"].where(scores["n_clipped"] > 0)
    shown = by_target_of(results.trials, scores)[SCORES.split()]
    return shown.rename(columns=names)


def pairwise_frame(results: Results) -> pd.DataFrame:
    """Every model against every simpler one: improvement, its interval, and how likely it is
    better, the same or worse.
    """
    pairs = results.pairs
    if pairs.empty:
        return pairs
    single = len(set(pairs["other_depth"][pairs["other_depth"] > 0])) == 1
    if single:  # the network as chosen is the one of that depth
        pairs = pairs[(pairs["base_depth"] <= 0) & (pairs["other_depth"] <= 0)]
    other, base = (
        [
            model_name(str(f), int(d), results.data.models)
            for f, d in zip(pairs[name], pairs[f"{name}_depth"], strict=True)
        ]
        for name in ("other", "base")
    )
    units = np.where(np.isclose(pairs["base_loss"], pairs["per_loss"]), "%", "")
    most = (pairs["base_loss"] / pairs["per_loss"]).where(pairs["base_loss"] > 0, np.inf)
    chances = zip(pairs["better"], pairs["equal"], pairs["worse"], strict=True)
    shown = {
        "target": pairs["target"], "model": other, "compared with": base,
        "improvement": [
            DASH if np.isnan(share) else signed(share, unit or " points")
            for share, unit in zip(pairs["improvement"], units, strict=True)
        ],
        "interval": [span(*row) for row in zip(pairs["low"], pairs["high"], most, units, strict=True)],
        "better / same / worse": [" / ".join(map(chance, row)) for row in chances],
    }  # fmt: skip
    return pd.DataFrame(shown)


def sources(results: Results) -> Html:
    """What extra terms consist of, and the simple formula, of every target."""
    return Html("".join(map(_sources, filter(has_sources, results.verdicts))))


def has_sources(verdict: Verdict) -> bool:
    """Whether anything of this is known of a target."""
    words = Words(verdict)
    return any((words.sources, words.formula))


def _sources(verdict: Verdict) -> str:
    words = Words(verdict)
    told = (words.sources, words.formula)
    parts = [
        f"<h4>{escape(verdict.target)}</h4>",
        *(f"<p>{escape(text)}</p>" for text in told if text),
    ]
    if verdict.formula:
        parts.append(f"<pre><code>{escape(verdict.formula)}</code></pre>")
    if verdict.formula_line and verdict.formula_line.counts:
        counts = [(c.term, c.n_folds) for c in verdict.formula_line.counts[:MOST_TERMS]]
        parts.append(table(pd.DataFrame(counts, columns=["term", "outer folds"])))
    return "".join(parts)
