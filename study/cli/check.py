"""What `study check` prints: what was inferred of a table and is asked of it, and what its study
costs.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.console import Console

from study.cli.ending import WIDTH, aligned, say
from study.cli.progress import budget_words, span, workers_here
from study.cli.warned import print_warnings
from study.config import StudyConfig
from study.config.questions import questions
from study.evidence.wording.questions import asked_words
from study.formatting import DASH, count, given_percent, times
from study.plan import Prepared
from study.schema import Search, printable
from study.search.plan import Plan

FIRST, LAST = 30, 10
"""Columns that are listed where there are more."""


def _models(plan: Plan) -> list[dict[str, Any]]:
    """Of each model of a target its outer folds, the trials of each of its searches, and the fits
    of a trial.
    """
    groups: dict[tuple[str, str], list[Search]] = {}
    for search in plan.searches:
        groups.setdefault((search.target, search.model_name), []).append(search)
    return [
        {
            "target": target,
            "model": model,
            "outer_folds": len(searches) - 1,
            "trials": plan.trials(searches[0]),
            "fits_a_trial": plan.replicates(searches[0]),
        }
        for (target, model), searches in groups.items()
    ]


def _testing(config: StudyConfig) -> str:
    """How every target is tested."""
    folds, repeats = count(config.outer.folds, "outer fold"), config.outer.repeats or 1
    if config.protocol == "holdout":
        return f"one split; {given_percent(config.outer.test_fraction)} of rows are test rows"
    if config.time is not None:  # which no repeat draws otherwise
        return f"{folds} in the order of time"
    many = f" \N{MULTIPLICATION SIGN} {repeats} repeats" if repeats > 1 else ""
    return f"{folds}{many}: each row is tested {times(repeats)}"


def check_json(prepared: Prepared) -> dict[str, Any]:
    """The same for programs: name, source, rows, digest, targets and features (as in data.json),
    asked (of each target, in words), splitting, notes, warnings, models (a row a model of a
    target), searches, trials, fits, epochs, workers, seconds (on so many workers, start and report
    included), core_seconds (of all workers, as modelled) and budget (what one buys)."""
    plan = prepared.plan
    data = prepared.description.model_dump(mode="json")
    config, workers = plan.config, workers_here(plan)
    kinds = {found.name: found.kind for found in prepared.table.targets}
    return {
        "name": config.name,
        "source": config.data.source,
        **{name: data[name] for name in ("rows", "digest", "targets", "features")},
        "asked": {
            name: asked_words(own, kinds[name], name)
            for name, own in questions(config, kinds).items()
        },
        "splitting": data["splitting"],
        "notes": data["notes"],
        "warnings": [each.model_dump(mode="json") for each in prepared.warnings],
        "models": _models(plan),
        "searches": len(plan.searches),
        "trials": plan.n_trials,
        "fits": plan.n_fits,
        "epochs": config.training.epochs,
        "workers": workers,
        "seconds": plan.cost.lasts(workers),
        "core_seconds": plan.seconds,
        "budget": budget_words(plan),
    }


def print_check(prepared: Prepared, console: Console) -> None:
    """Print the table's size and targets, the plan in one block, warnings, then the targets and all
    columns but numbers without an empty cell, of many the first and last.
    """
    table, plan = prepared.table, prepared.plan
    config, features, workers = plan.config, table.features, workers_here(plan)
    kinds = {found.name: found.kind for found in table.targets}
    targets = [f"{printable(name)} is {kind.value}" for name, kind in kinds.items()]
    source = printable(Path(config.data.source).name)
    size = f"{count(len(table.frame), 'row')}, {count(len(features), 'feature')}"
    console.print(fill(f"{source}: {size}. Target {', '.join(targets)}.", WIDTH), soft_wrap=True)
    types = Counter(feature.type for feature in features).most_common()
    empty = [feature.missing for feature in features if feature.missing]
    cells = f"; {count(sum(empty), 'empty cell')} in {count(len(empty), 'column')}" if empty else ""
    cost = (
        f"{count(len(plan.models), 'model')}, {count(plan.n_trials, 'trial')}, {count(plan.n_fits, 'fit')}: "
        f"about {span(plan.cost.lasts(workers))} on {count(workers, 'worker')}"
    )
    lines = [("Features", ", ".join(f"{n:,} {type_}" for type_, n in types) + cells)]
    for target, question in questions(config, kinds).items():
        said = asked_words(question, kinds[target], target)
        lines.append(("Verdict", said.removeprefix("Verdict on ")))
    lines += [("Testing", _testing(config)), ("", table.splitting), ("Cost", cost)]
    lines += [("Budget", budget_words(plan) or ""), *(("Note", note) for note in table.notes)]
    for name, text in lines:
        if text:
            say(console, text, f"  {name}")
    print_warnings(prepared.warnings, console)
    rows = [
        [own.name, own.kind.value, own.reason, f"{own.missing or DASH}"] for own in table.targets
    ]
    listed = [
        [own.name, own.type, own.reason, f"{own.missing or DASH}"]
        for own in features
        if own.missing or own.type != "numeric"
    ]
    if between := len(listed[FIRST:-LAST]):
        listed[FIRST:-LAST] = [["...", "", f"{count(between, 'column')} more", ""]]
    rows += listed
    console.print(aligned(["column", "type", "why", "empty cells"], rows, 3), crop=False)
