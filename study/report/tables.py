"""Tables and words of the report: frames with the names and digits that people read, shown as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from study.digits import human
from study.evidence.answer import Verdict
from study.evidence.findings import ENOUGH, TERMS, UNDECIDED, WORTH, Gain
from study.evidence.joint import together_words
from study.evidence.sentences import level_words, percent, span
from study.evidence.winners import incumbents
from study.records.delivery import delivery_notes
from study.records.results import Results
from study.report.html_table import Html as Html
from study.report.html_table import prose
from study.report.html_table import table as table
from study.report.metric_table import metrics_frame as metrics_frame
from study.report.style import model_name, with_names
from study.schema import CONSTANT, EXTENDED, NETWORK, REGRESSION

METRIC_NAMES = {
    "r2": "R²",
    "mae": "mean abs. error",
    "auc": "AUC",
    "brier": "Brier score",
    "accuracy": "accuracy",
    "calibration_error": "calibration error",
    "explained_deviance": "deviance explained",
}
_DASH = "\N{EN DASH}"
MOST_TERMS = 10
"""Most terms of the short formula in one table."""
BADGES = {WORTH: "network", TERMS: "terms", ENOUGH: "regression", UNDECIDED: "undecided", None: "none"}


def answer(results: Results) -> Html:
    """The verdict of every target as a card: badge, sentence, what to do, and the gains with their chances."""
    cards = [_card(verdict, results.data.splitting) for verdict in results.verdicts] if results.concluded else []
    if cards and (said := together_words(results.verdicts)):
        cards.append(f'<p class="basis">{escape(said)}</p>')
    return Html(no_break(f'<div class="answers">{"".join(cards)}</div>') if cards else "<p>No target has been scored yet.</p>")


def no_break(text: str) -> str:
    """`text` whose per cent signs stay on the line of their number."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _card(verdict: Verdict, splitting: str) -> str:
    badge = verdict.verdict
    rungs = {f"{verdict.nouns[step.other]} over {verdict.nouns[step.base]}": step.gain for step in verdict.gains}
    facts = []
    if verdict.smallest_sufficient is not None and verdict.left in ((REGRESSION,), (NETWORK,)):
        depth = verdict.smallest_sufficient.depth
        enough = f"{depth} hidden layer{'s' if depth != 1 else ''}" if depth else "no hidden layer"
        facts.append(f"<span><b>{enough}</b> {'are' if depth > 1 else 'is'} enough</span>")
    return (
        f'<section class="answer {BADGES.get(badge, "none")}"><header><h3>{escape(verdict.target)}</h3>'
        f'<span class="badge">{escape(str(badge or "no verdict"))}</span></header>'
        f'<p class="sentence">{escape(verdict.sentence)}</p>'
        f'<p class="action">{escape(verdict.action)}</p>{_basis(verdict, splitting) if badge else ""}'
        f"{table(gains_frame(rungs, 'gain of', verdict.margin)) if badge else ''}"
        f'{f"""<p class="facts">{"".join(facts)}</p>""" if facts else ""}</section>'
    )


def _basis(verdict: Verdict, splitting: str) -> str:
    """What the verdict is about and rests on, and what stands beside it. splitting: what groups or time do to the splits."""
    beside = (verdict.depths_words, verdict.trees_words, verdict.floor_words, verdict.carried_words)
    told = [splitting, verdict.bound_words, verdict.margins_words, verdict.candidate_words, verdict.estimand]
    told += [f"Intervals: {verdict.method_words}.", *beside]
    return f'<ul class="basis">{"".join(f"<li>{escape(part)}</li>" for part in told if part)}</ul>'


def gains_frame(gains: Mapping[str, Gain], of: str, margin: float | None = None) -> pd.DataFrame:
    """A row a gain, by its name in the column `of`: share, interval, level; with a margin also the chances of its sides."""
    rows = []
    for name, gain in gains.items():
        row = {of: name, "share": _share(gain.improvement), **_interval(gain.low, gain.high, gain.most, gain.level)}
        if margin is not None and not pd.isna(margin):
            bound = f"{100 * margin:.3g} %"
            chances = (gain.better, gain.equal, gain.worse)
            named = zip((f"better by over {bound}", f"within {bound}", f"worse by over {bound}"), chances, strict=True)
            row |= {words: _chance(chance) for words, chance in named}
        rows.append(row)
    return pd.DataFrame(rows)


def _share(share: float) -> str:
    return _DASH if pd.isna(share) else f"{percent(share)} %"


def _interval(low: float, high: float, most: float, level: float) -> dict[str, str]:
    told = _DASH if pd.isna(low) and pd.isna(high) else span(low, high, most)
    return {"interval": told, "level": level_words(level)}


def _chance(share: float) -> str:
    if pd.isna(share):
        return _DASH
    return "> 99 %" if share > 0.99 else "< 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")


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
    """Test loss, optimism and familiar metrics of every model and candidate."""
    names = {
        "target": "target", "model": "model", "candidate": "candidate", "test_loss": "test loss", "std_error": "std. error",
        "val_loss": "validation loss", "optimism": "optimism", **METRIC_NAMES, "n_rows": "test rows", "n_floor": "at the limit",
    }  # fmt: skip
    scores = _named(results.scores, results)
    scores = scores.assign(n_floor=scores["n_floor"].where(scores["n_floor"] > 0))
    return scores[list(names)].rename(columns=names)


def spread_frame(results: Results) -> pd.DataFrame:
    """Rank and test loss of every model with its interval, optimism, and where the spread of its loss comes from."""
    ranks = _named(results.ranks, results)
    ends = zip(ranks["low"], ranks["high"], strict=True)
    names = {
        "target": "target", "model": "model", "rank": "rank", "test_loss": "test loss", "interval": "95 % interval",
        "optimism": "optimism", "sd_splits": "spread by splits", "sd_seeds": "by seeds", "sd_rows": "by rows",
    }  # fmt: skip
    return ranks.assign(interval=[f"{human(low)} to {human(high)}" for low, high in ends])[list(names)].rename(columns=names)


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
    ends = [_interval(*row) for row in zip(pairs["low"], pairs["high"], most, pairs["level"], strict=True)]
    shown = {
        "target": pairs["target"], "model": other, "against": base,
        "gain": [_share(share) for share in pairs["improvement"]], "of that of": per,
        **{name: [row[name] for row in ends] for name in ("interval", "level")},
        "held against": [_share(share) for share in pairs[["margin", "floor"]].max(axis=1).where(pairs["margin"].notna())],
        "p": [_p(p) for p in pairs["p_value"]], "p, Holm": [_p(p) for p in pairs["p_holm"]],
        "better": [_chance(p) for p in pairs["better"]], "equal": [_chance(p) for p in pairs["equal"]],
        "worse": [_chance(p) for p in pairs["worse"]],
    }  # fmt: skip
    return pd.DataFrame(shown)


def _p(value: float) -> str:
    return _DASH if pd.isna(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def sources(results: Results) -> Html:
    """Where the gain of every target comes from, what is surely missing, and the short formula with its terms."""
    return Html(no_break("".join(map(_sources, filter(has_sources, results.verdicts)))))


def has_sources(verdict: Verdict) -> bool:
    """Whether anything of this is known of a target."""
    return any((verdict.sources_words, verdict.short_words, verdict.missing_words))


def _sources(verdict: Verdict) -> str:
    parts = [f"<h4>{escape(verdict.target)}</h4>", *map(_paragraph, (verdict.sources_words, verdict.missing_words))]
    if verdict.sources and verdict.sources_words:
        rest = verdict.by_pair.get((EXTENDED, NETWORK))
        told = {"interactions": verdict.sources.interactions, "curvature": verdict.sources.curvature}
        parts.append(table(gains_frame(told | ({"what only the network has": rest} if rest else {}), "from")))
    parts.append(_paragraph(verdict.short_words))
    if verdict.formula:
        parts.append(f"<pre><code>{escape(verdict.formula)}</code></pre>")
    if verdict.short and verdict.short.counts:
        counts = {"term": [c.term for c in verdict.short.counts], "outer folds": [c.n_folds for c in verdict.short.counts]}
        parts.append(table(pd.DataFrame(counts).head(MOST_TERMS)))
    return "".join(parts)


def _paragraph(text: str | None) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def coefficients_frame(results: Results) -> pd.DataFrame:
    """Weights of the regressions of all rows beside their reference, the gap in standard errors, and what these are over."""
    own = results.coefficients
    own = own[own["family"] != CONSTANT]
    own = own[own["outer_fold"] == own.groupby("target")["outer_fold"].transform("min")].replace("", None)
    penalised = own["note"].str.contains("penalised", na=False).any()
    names = {
        "target": "target", "term": "term", "level": "level", "output": "class", "unit": "unit", "estimate": "estimate",
        "ref_estimate": "reference", "ref_std_error": "std. error", "gap_in_se": "gap in std. errors",
        **({"mle_estimate": "without penalty", "mle_std_error": "its std. error", "pull_in_se": "pull in its std. errors"}
           if penalised else {}),
        "se_over": "std. errors over", "odds_ratio": "odds ratio", "ratio_to_largest": "share of largest", "note": "note",
    }  # fmt: skip
    shown: pd.DataFrame = own.reindex(columns=list(names)).rename(columns=names).reset_index(drop=True)
    return shown


def delivered(results: Results) -> Html:
    """Where the models are, and what they take."""
    return Html("".join(f"<p>{prose(note)}</p>" for note in delivery_notes(results)))
