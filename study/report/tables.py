"""Tables and words of the report: frames with the names and digits that people read, shown as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np
import pandas as pd

from study.diagnostics.drawing.html_table import (
    Html as Html,
    by_target as by_target,
    prose,
    table as table,
)
from study.diagnostics.drawing.style import by_target_of, model_name, with_names
from study.evidence.answer import Verdict
from study.evidence.winners import CHOSEN
from study.evidence.wording.amounts import signed, span
from study.evidence.wording.answer import Words
from study.formatting import DASH, chance
from study.records.delivery import delivery_notes
from study.records.results import Results
from study.report.card import answer as answer
from study.report.metric_table import metrics_frame as metrics_frame

SCORES = "target model candidate rank test_loss std_error val_loss optimism calibration_error n_rows n_clipped"
MOST_TERMS = 10
"""Most terms of the simple formula in one table."""


def scores_frame(results: Results) -> pd.DataFrame:
    """Test loss, optimism and calibration error of every model and candidate, by target as in
    `results.trials`, from simple to deep.
    """
    names = {
        "std_error": "std. error", "val_loss": "validation loss", "test_loss": "test loss", "n_rows": "test rows",
        "calibration_error": "calibration error", "n_clipped": "clipped",
    }  # fmt: skip
    scores = with_names(_once(results.scores, [CHOSEN], results), results.data.models)
    scores["n_clipped"] = scores["n_clipped"].where(scores["n_clipped"] > 0)
    shown = by_target_of(results.trials, scores)[SCORES.split()]
    return shown.rename(columns=names)


def pairwise_frame(results: Results) -> pd.DataFrame:
    """Every model against every simpler one: improvement, its interval, and how likely it is
    better, the same or worse.
    """
    pairs = _once(results.pairs, set(results.trials["depth"]) - {0}, results)
    if pairs.empty:
        return pairs
    other, base = (
        [
            model_name(str(f), int(d), results.data.models)
            for f, d in zip(pairs[name], pairs[f"{name}_depth"], strict=True)
        ]
        for name in ("other", "base")
    )
    most = (pairs["base_loss"] / pairs["per_loss"]).where(pairs["base_loss"] > 0, np.inf)
    chances = zip(pairs["better"], pairs["equal"], pairs["worse"], strict=True)
    shown = {
        "target": pairs["target"], "model": other, "compared with": base,
        "improvement": [DASH if np.isnan(share) else signed(share) for share in pairs["improvement"]],
        "interval": [span(*row) for row in zip(pairs["low"], pairs["high"], most, strict=True)],
        "better / same / worse": [" / ".join(map(chance, row)) for row in chances],
    }  # fmt: skip
    return pd.DataFrame(shown)


def _once(frame: pd.DataFrame, twice: Iterable[int], results: Results) -> pd.DataFrame:
    """`frame` without the depths that are in it twice where there is one to choose."""
    many = results.trials.query("depth > 0").groupby(["family", "depth"]).ngroups != 1
    return frame[~frame.filter(like="depth").isin(twice).any(axis=1) | many]


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
        counts = {
            "term": [c.term for c in verdict.formula_line.counts],
            "outer folds": [c.n_folds for c in verdict.formula_line.counts],
        }
        parts.append(table(pd.DataFrame(counts).head(MOST_TERMS)))
    return "".join(parts)


def delivered(results: Results) -> Html:
    """Where the models are, and what they take."""
    return Html("".join(f"<p>{prose(note)}</p>" for note in delivery_notes(results)))
