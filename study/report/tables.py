"""Tables and words of the report: frames with the names and digits that people read, shown as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.findings import RankedTerm, Shortfall, Step
from study.evidence.sentences import percent
from study.evidence.winners import incumbents
from study.records.delivery import delivery_notes
from study.records.results import Results, read_outcomes
from study.records.work import failure_notes
from study.report.style import human, model_name, with_names
from study.schema import CONSTANT, LOSS_NAMES

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
MOST_RANKED = 10
"""Most terms that the regression lacks in one table."""
BADGES = {"network is worth it": "network", "regression is enough": "regression", "undecided": "undecided", None: "none"}


class Html(str):
    """Markup that a notebook shows as it is."""

    def _repr_html_(self) -> str:
        return str(self)


def answer(results: Results) -> Html:
    """The verdict of every target as a card: badge, sentence, the chances, and what to do."""
    cards = [_card(verdict) for verdict in results.verdicts] if results.concluded else []
    return Html(no_break(f'<div class="answers">{"".join(cards)}</div>') if cards else "<p>No target has been scored yet.</p>")


def no_break(text: str) -> str:
    """`text` whose per cent signs stay on the line of their number."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _card(verdict: Verdict) -> str:
    badge, gain = verdict.verdict, verdict.gain
    facts = []
    if badge and pd.notna(gain.better):
        margin = f"{100 * verdict.margin:.3g} %"
        words = (f"better by over {margin}", f"within {margin}", f"worse by over {margin}")
        chances = zip((gain.better, gain.equal, gain.worse), words, strict=True)
        facts += [f"<span><b>{_chance(chance)}</b> {word}</span>" for chance, word in chances]
    if badge and verdict.smallest_sufficient is not None:
        depth = verdict.smallest_sufficient.depth
        enough = f"{depth} hidden layer{'s' if depth != 1 else ''}" if depth else "no hidden layer"
        facts.append(f"<span><b>{enough}</b> {'are' if depth > 1 else 'is'} enough</span>")
    return (
        f'<section class="answer {BADGES.get(badge, "none")}"><header><h3>{escape(verdict.target)}</h3>'
        f'<span class="badge">{escape(str(badge or "no verdict"))}</span></header>'
        f'<p class="sentence">{escape(verdict.sentence)}</p>'
        f'<p class="action">{escape(verdict.action)}</p>{_basis(verdict)}'
        f'{f"""<p class="facts">{"".join(facts)}</p>""" if facts else ""}</section>'
    )


def _basis(verdict: Verdict) -> str:
    """What the verdict is about and rests on, and boosted trees beside it."""
    if not verdict.verdict:
        return ""
    said = [verdict.candidate_words, verdict.estimand, f"Interval: {verdict.method_words}.", verdict.trees_words]
    said += [verdict.shortfall.sentence] if verdict.shortfall else []
    return f'<p class="basis">{" ".join(escape(part) for part in said if part)}</p>'


def _chance(share: float) -> str:
    if pd.isna(share):
        return _DASH
    return "> 99 %" if share > 0.99 else "< 1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")


def table(frame: pd.DataFrame, empty: str = "Nothing to show.") -> Html:
    """`frame` as HTML with three significant digits; columns that hold nothing are left out."""
    shown = frame.dropna(axis="columns", how="all")
    if shown.empty:
        return Html(f"<p>{escape(empty)}</p>")
    is_number = {column: pd.api.types.is_numeric_dtype(shown[column]) for column in shown}
    head = "".join(f"<th{_right(is_number[column])}>{escape(str(column))}</th>" for column in shown)
    rows = ["".join(map(_td, row, is_number.values())) for row in shown.astype(object).itertuples(index=False)]
    body = "".join(f"<tr>{cells}</tr>" for cells in rows)
    return Html(f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


def by_target(frame: pd.DataFrame, empty: str = "Nothing to show.") -> Html:
    """A `table` for every target, each with the columns that it fills."""
    if frame.empty:
        return table(frame, empty)
    parts = [(target, rows.drop(columns="target")) for target, rows in frame.groupby("target", sort=False)]
    return Html("".join(f"<h4>{escape(str(target))}</h4>{table(rows)}" for target, rows in parts))


def _right(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def _td(value: Any, is_number: bool) -> str:
    text = str(value) if isinstance(value, list | dict | tuple) else human(value)
    long = ' class="long"' if len(text) > 44 else ""
    return f"<td{_right(is_number) or long}>{escape(text)}</td>"


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
        "val_loss": "validation loss", "optimism": "optimism", **METRIC_NAMES, "n_rows": "test rows",
    }  # fmt: skip
    return _named(results.scores, results)[list(names)].rename(columns=names)


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
    """Every model against every simpler one: gain, interval, p-values and chances."""
    pairs = results.pairs
    if pairs.empty:
        return pairs
    other, base = (
        [model_name(str(f), int(d), results.data.models) for f, d in zip(pairs[name], pairs[f"{name}_depth"], strict=True)]
        for name in ("other", "base")
    )
    ends = zip(pairs["low"], pairs["high"], strict=True)
    interval = [f"{percent(low)} to {percent(high)} %" if low <= high else _DASH for low, high in ends]
    shown = {
        "target": pairs["target"], "model": other, "against": base,
        "gain": [_DASH if pd.isna(share) else f"{percent(share)} %" for share in pairs["improvement"]],
        "95 % interval": interval,
        "p": [_p(p) for p in pairs["p_value"]], "p, Holm": [_p(p) for p in pairs["p_holm"]],
        "better": [_chance(p) for p in pairs["better"]], "equal": [_chance(p) for p in pairs["equal"]],
        "worse": [_chance(p) for p in pairs["worse"]],
    }  # fmt: skip
    return pd.DataFrame(shown)


def _p(value: float) -> str:
    return _DASH if pd.isna(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def shortfall(results: Results) -> Html:
    """What the regression misses, of every target whose network is worth it: finding, formula, ranked terms, steps."""
    parts = [_shortfall(v.target, v.shortfall) for v in results.verdicts if v.shortfall]
    return Html(no_break("".join(parts)))


def _shortfall(target: str, found: Shortfall) -> str:
    formula = f"<pre><code>{escape(found.formula)}</code></pre>" if found.formula else ""
    closed = {"loss": "test loss", "share_closed": "share of the gap closed"}
    alone = _terms(found.ranking[:MOST_RANKED], {"term": "added alone", "form": "form"} | closed)
    together = _terms(found.steps, {"n_terms": "terms", "terms": "added together"} | closed)
    return f"<h4>{escape(target)}</h4><p>{escape(found.sentence)}</p>{formula}{alone}{together}"


def _terms(rows: Iterable[RankedTerm | Step], names: dict[str, str]) -> Html:
    frame = _records([row.model_dump() for row in rows]).reindex(columns=list(names))
    shares = [_DASH if pd.isna(share) else f"{percent(share)} %" for share in frame["share_closed"].astype(float)]
    return table(frame.assign(share_closed=shares).rename(columns=names), "No term was tried.")


def coefficients_frame(results: Results) -> pd.DataFrame:
    """Weights of the regressions of all rows beside their reference and the gap in standard errors."""
    own = results.coefficients
    own = own[(own["family"] != CONSTANT) & (own["outer_fold"] == own["outer_fold"].min())].replace("", None)
    penalised = own["note"].str.contains("penalised", na=False).any()
    names = {
        "target": "target", "term": "term", "level": "level", "output": "class", "unit": "unit", "estimate": "estimate",
        "ref_estimate": "reference", "ref_std_error": "std. error", "gap_in_se": "gap in std. errors",
        **({"mle_estimate": "without penalty", "mle_std_error": "its std. error", "pull_in_se": "pull in its std. errors"}
           if penalised else {}),
        "odds_ratio": "odds ratio", "ratio_to_largest": "share of largest", "note": "note",
    }  # fmt: skip
    shown: pd.DataFrame = own.reindex(columns=list(names)).rename(columns=names).reset_index(drop=True)
    return shown


def data_summary(results: Results) -> Html:
    """What was read: rows, targets, features with their reasons, notes."""
    data = results.data
    notes = "".join(f"<li>{escape(note)}</li>" for note in [*data.notes, *failure_notes(read_outcomes(results.paths))])
    targets = [target.model_dump(mode="json") | {"loss": LOSS_NAMES[target.kind]} for target in data.targets]
    features = [feature.model_dump(exclude={"pattern"}) for feature in data.features]
    parts = [f"<p>{human(data.rows)} rows.</p>", f"<ul>{notes}</ul>" if notes else ""]
    parts += [f"<h4>{title}</h4>{table(_records(rows))}" for title, rows in (("Targets", targets), ("Features", features))]
    return Html("".join(parts))


def delivered(results: Results) -> Html:
    """Which models there are, and what no test row can say of them."""
    return Html("".join(f"<p>{escape(note)}</p>" for note in delivery_notes(results)))


def _records(records: Any) -> pd.DataFrame:
    frame = pd.DataFrame(records)
    joined = {c: [", ".join(map(str, v)) if isinstance(v, list | tuple | dict) else v for v in frame[c]] for c in frame}
    return pd.DataFrame(joined).replace("", None)


def failures_frame(results: Results) -> pd.DataFrame:
    """How many trials of every arm ended in each state, where any failed."""
    named = with_names(results.trials, results.data.models)
    counts = named.pivot_table("number", ["target", "model", "outer_fold"], "state", "count", fill_value=0, sort=False)
    counts = counts.rename_axis(columns=None).reset_index()
    return counts[counts["FAIL"] > 0] if "FAIL" in counts else counts.iloc[:0]


def environment_frame(results: Results) -> pd.DataFrame:
    """`environment.json`, flat: a key and a value a row."""
    told: dict[str, Any] = {}
    for key, value in results.environment.model_dump().items():
        told |= {f"{key} {name}": version for name, version in value.items()} if isinstance(value, dict) else {key: value}
    rows = [(key.replace("_", " "), str(value)) for key, value in told.items() if value not in (None, "")]
    return pd.DataFrame(rows, columns=["what", "value"])
