"""How models were compared: how rows were split, how much each model was tuned, and what was read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from study.diagnostics.drawing.html_table import Html, folded, prose, table
from study.diagnostics.drawing.style import by_target_of, with_names
from study.formatting import count, given_percent, human, times
from study.records.reading import read_outcomes
from study.records.results import Results
from study.records.work import failure_notes
from study.schema import LOSS_NAMES, TrialState


def splits(results: Results) -> Html:
    """How rows are kept apart, as a list."""
    return _list(split_words(results))


def split_words(results: Results) -> list[str]:
    """The same as sentences."""
    config, data = results.config, results.data
    outer, repeats = config.outer.folds, config.outer.repeats or 1
    repeated = f", repeated {times(repeats)}" if repeats > 1 else ""
    tested = f"Each of the {human(data.rows)} rows is tested {times(repeats)}: {outer}-fold cross-validation{repeated}."
    if data.time is not None:
        tested = f"Of the {human(data.rows)} rows, later ones are tested by models of earlier ones, in {outer} outer folds."
    if config.protocol == "holdout":
        tested = f"{given_percent(config.outer.test_fraction)} of the {human(data.rows)} rows are tested, once."
    seeds = count(config.inner.seeds or 1, "seed")
    inner = f"Inside each outer fold, {config.inner.folds} inner folds choose the trial, with {seeds} per network."
    apart = data.splitting or "No `groups` or `time` column: rows count as independent."
    return [tested, apart, inner]


def budgets_frame(results: Results) -> pd.DataFrame:
    """How much every model was tuned on every target, with the last search on all rows.

    Returns
    -------
    (n_models, 8) frame: target, model, searches, trials, stopped early, failed,
    fits (models trained by its trials), seconds (on one core each).
    """
    named = with_names(results.trials, results.data.models)
    frame = named.assign(
        pruned=named["state"] == TrialState.PRUNED, failed=named["state"] == TrialState.FAIL
    ).groupby(["target", "model"], sort=False, as_index=False).agg(
        searches=("outer_fold", "nunique"), trials=("number", "size"), **{"stopped early": ("pruned", "sum")},
        failed=("failed", "sum"), fits=("n_replicates", "sum"), seconds=("wall_time_s", "sum"),
    )  # fmt: skip
    return by_target_of(results.trials, frame)


def budgets(results: Results) -> Html:
    """The budgets as a table, and where time ended a search."""
    minutes = results.config.time_budget_min
    until = f"<p>No trial was suggested after {human(minutes)} minutes, so counts depend on the machine.</p>"
    frame = budgets_frame(results)
    left_out = [name for name in ("stopped early", "failed") if not frame[name].any()]
    left_out += ["target"] if len(results.data.targets) == 1 else []
    return Html((until if minutes else "") + table(frame.drop(columns=left_out)))


def columns(results: Results) -> Html:
    """What was read of the table and what was left out: notes, targets, and the features, folded,
    with their reasons.
    """
    data = results.data
    targets = [
        target.model_dump(mode="json") | {"loss": LOSS_NAMES[target.kind]}
        for target in data.targets
    ]
    features = [feature.model_dump(exclude={"pattern"}) for feature in data.features]
    counts = pd.Series([feature.type for feature in data.features]).value_counts(sort=False)
    kinds = ", ".join(f"{human(int(n))} {name}" for name, n in counts.items())
    named = f"{count(len(features), 'feature')} ({kinds}), with reasons"
    return Html(
        f"{_list([*data.notes, *failure_notes(read_outcomes(results.paths))])}<h4>Targets</h4>{table(_records(targets))}"
        f"<h4>Features</h4>{folded(named, table(_records(features)))}"
    )


def _list(sentences: list[str]) -> Html:
    items = "".join(f"<li>{prose(sentence)}</li>" for sentence in sentences)
    return Html(f"<ul>{items}</ul>" if items else "")


def _records(records: Any) -> pd.DataFrame:
    def shown(value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else value

    return pd.DataFrame(records).map(shown).replace("", None)
