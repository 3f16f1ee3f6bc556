"""Tables and words of the report: frames with the names and digits that people read, shown as HTML."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from study.diagnostics.coefficients.figure import first_fold
from study.diagnostics.drawing.html_table import Html as Html
from study.diagnostics.drawing.html_table import prose
from study.diagnostics.drawing.html_table import table as table
from study.diagnostics.drawing.style import model_name, with_names
from study.diagnostics.hyperparameters.figure import not_measured as not_measured
from study.evidence.answer import Verdict
from study.evidence.winners import incumbents
from study.evidence.wording.answer import Words
from study.formatting import chance, human, p_value
from study.records.delivery import delivery_notes
from study.records.results import Results
from study.report.card import answer as answer
from study.report.card import gains_frame, interval, share_words
from study.report.helps import helps as helps
from study.report.metric_table import metrics_frame as metrics_frame
from study.schema import EXTENDED, NETWORK

MOST_TERMS = 10
"""Most terms of the short formula in one table."""
MOST_WEIGHTS = 100
"""Most weights of a regression in one table."""


def by_target(frame: pd.DataFrame, empty: str = "Nothing to show.") -> Html:
    """A `table` for every target, each with the columns that it fills."""
    if frame.empty:
        return table(frame, empty)
    parts = [(target, rows.drop(columns="target")) for target, rows in frame.groupby("target", sort=False)]
    return Html("".join(f"<h4>{escape(str(target))}</h4>{table(rows)}" for target, rows in parts))


def incumbents_frame(results: Results) -> pd.DataFrame:
    """Every arm's best trial, its losses and hyperparameters."""
    best = _named(incumbents(results.trials), results, "outer_fold")
    fixed = {
        "target": "target", "model": "model", "outer_fold": "outer fold", "number": "trial", "val_loss": "validation loss",
        "val_loss_se": "std. error", "train_loss": "training loss", "best_epoch": "best epoch", "n_parameters": "parameters",
    }  # fmt: skip
    if not best["outer_fold"].any():
        fixed.pop("outer_fold")
    columns = [str(column) for column in best]
    params = {name: name.removeprefix("params_").replace("_", " ") for name in columns if name.startswith("params_")}
    return best[[*fixed, *params]].rename(columns=fixed | params)


def _named(frame: pd.DataFrame, results: Results, *then: str) -> pd.DataFrame:
    """`frame` with the names of its models, by target as in `results.trials`, then by columns, then from simple to deep."""
    place = {target: i for i, target in enumerate(results.trials["target"].unique())}
    named = with_names(frame, results.data.models)
    return named.assign(place=named["target"].map(place)).sort_values(["place", *then], kind="stable")


def scores_frame(results: Results) -> pd.DataFrame:
    """Test loss, optimism and calibration error of every model and candidate."""
    names = {
        "target": "target", "model": "model", "candidate": "candidate", "rank": "rank", "test_loss": "test loss",
        "std_error": "std. error",
        "val_loss": "validation loss", "optimism": "optimism", "calibration_error": "calibration error",
        "n_rows": "test rows", "n_floor": "at the limit",
    }  # fmt: skip
    scores = _named(results.scores, results)
    scores = scores.assign(n_floor=scores["n_floor"].where(scores["n_floor"] > 0))
    return scores[list(names)].rename(columns=names)


def pairwise_frame(results: Results) -> pd.DataFrame:
    """Every model against every simpler one: gain, interval, p-values (that the gain is the margin) and chances."""
    pairs = results.pairs
    if pairs.empty:
        return pairs
    other, base = (
        [model_name(str(f), int(d), results.data.models) for f, d in zip(pairs[name], pairs[f"{name}_depth"], strict=True)]
        for name in ("other", "base")
    )
    own = zip(pairs["per"], pairs["base"], base, strict=True)
    per = [against if f == family else model_name(str(f), 0, results.data.models) for f, family, against in own]
    most = (pairs["base_loss"] / pairs["per_loss"]).where(pairs["base_loss"] > 0, np.inf)
    ends = [interval(*row) for row in zip(pairs["low"], pairs["high"], most, pairs["level"], strict=True)]
    shown = {
        "target": pairs["target"], "model": other, "against": base,
        "gain": [share_words(share) for share in pairs["improvement"]], "of that of": per,
        **{name: [row[name] for row in ends] for name in ("interval", "level")},
        "held against": [share_words(share) for share in pairs[["margin", "floor"]].max(axis=1).where(pairs["margin"].notna())],
        "p": [p_value(p) for p in pairs["p_value"]], "p, Holm": [p_value(p) for p in pairs["p_holm"]],
        "better": [chance(p) for p in pairs["better"]], "equal": [chance(p) for p in pairs["equal"]],
        "worse": [chance(p) for p in pairs["worse"]],
    }  # fmt: skip
    return pd.DataFrame(shown)


def sources(results: Results) -> Html:
    """Where the gain of every target comes from, and the short formula with its terms."""
    return Html("".join(map(_sources, filter(has_sources, results.verdicts))))


def has_sources(verdict: Verdict) -> bool:
    """Whether anything of this is known of a target."""
    words = Words(verdict)
    return any((words.sources, words.short))


def _sources(verdict: Verdict) -> str:
    words = Words(verdict)
    parts = [f"<h4>{escape(verdict.target)}</h4>", _paragraph(words.sources)]
    if verdict.sources and words.sources:
        rest = verdict.by_pair.get((EXTENDED, NETWORK))
        told = {"interactions": verdict.sources.interactions, "curvature": verdict.sources.curvature}
        parts.append(table(gains_frame(told | ({"what only the network has": rest} if rest else {}), "from")))
    parts.append(_paragraph(words.short))
    if verdict.formula:
        parts.append(f"<pre><code>{escape(verdict.formula)}</code></pre>")
    if verdict.short and verdict.short.counts:
        counts = {"term": [c.term for c in verdict.short.counts], "outer folds": [c.n_folds for c in verdict.short.counts]}
        parts.append(table(pd.DataFrame(counts).head(MOST_TERMS)))
    return "".join(parts)


def _paragraph(text: str | None) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def coefficients(results: Results) -> Html:
    """`coefficients_frame` by target, with how many more there are."""
    own = first_fold(results.coefficients)
    more = {str(target): len(rows) - MOST_WEIGHTS for target, rows in own.groupby("target") if len(rows) > MOST_WEIGHTS}
    told = "".join(
        f"<p>Of {escape(target)} the {MOST_WEIGHTS} largest standardised weights; coefficients.parquet has {human(n)} more.</p>"
        for target, n in more.items()
    )
    return Html(by_target(coefficients_frame(results)) + told)


def coefficients_frame(results: Results) -> pd.DataFrame:
    """Weights of the regressions of all rows beside their reference, the gap in standard errors, and what these are over.

    Of more than MOST_WEIGHTS a target those of largest standardised size, intercepts always.
    """
    own = first_fold(results.coefficients)
    size = own["standardised"].astype(float).abs().fillna(np.inf)
    own = own[size.groupby(own["target"]).rank(method="first", ascending=False) <= MOST_WEIGHTS].replace("", None)
    penalised = own["note"].str.contains("penalised", na=False).any()
    names = {
        "target": "target", "term": "term", "level": "level", "output": "class", "unit": "unit", "estimate": "estimate",
        "standardised": "for one std. deviation", "ref_estimate": "reference", "ref_std_error": "std. error",
        "gap_in_se": "gap in std. errors",
        **({"mle_estimate": "without penalty", "mle_std_error": "its std. error", "pull_in_se": "pull in its std. errors"}
           if penalised else {}),
        "se_over": "std. errors over", "odds_ratio": "odds ratio", "ratio_to_largest": "share of largest", "note": "note",
    }  # fmt: skip
    shown: pd.DataFrame = own.reindex(columns=list(names)).rename(columns=names).reset_index(drop=True)
    return shown


def delivered(results: Results) -> Html:
    """Where the models are, and what they take."""
    return Html("".join(f"<p>{prose(note)}</p>" for note in delivery_notes(results)))
