"""What `study check` prints: what was inferred of a table and is asked of it, the searches of its
study, and what they cost.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console

from study.cli.progress import budget_words, columns, span, workers_here
from study.cli.warned import print_warnings
from study.config.questions import questions
from study.data.fold_warnings import fold_warnings
from study.evidence.warnings.answers import in_order
from study.evidence.wording.questions import asked_words
from study.formatting import count, given_percent, times
from study.plan import Prepared
from study.schema import Search, StudyWarning, printable
from study.search.plan import Plan


def _models(plan: Plan) -> list[tuple[str, str, int, int, int]]:
    """Of each model of a target its outer folds, the trials of each of its searches, and the fits
    of a trial.
    """
    groups: dict[tuple[str, str], list[Search]] = {}
    for search in plan.searches:
        groups.setdefault((search.target, search.model_name), []).append(search)
    return [
        (*names, len(searches) - 1, plan.trials(searches[0]), plan.replicates(searches[0]))
        for names, searches in groups.items()
    ]


def cost_lines(plan: Plan) -> list[str]:
    """How long it will take on this machine, and how every target is tested."""
    config, workers = plan.config, workers_here(plan)
    cost = (
        f"{count(len(plan.searches), 'search')}, {count(plan.n_trials, 'trial')}, {count(plan.n_fits, 'fit')}, at most "
        f"{config.training.epochs} epochs: about {span(plan.cost.lasts(workers))} on {count(workers, 'worker')}. "
        f"At most {count(plan.slots, 'trial')} run at once."
    )
    folds = count(config.outer.folds, "outer fold")
    repeats = config.outer.repeats or 1
    if config.protocol == "holdout":
        tested = f"on one split, {given_percent(config.outer.test_fraction)} of its rows"
    elif config.time is not None:  # which no repeat draws otherwise
        tested = f"in {folds}, in the order of time"
    else:
        tested = f"in {folds}, repeated {times(repeats)}" if repeats > 1 else f"in {folds}"
    return [cost, f"Every target is tested {tested}."]


def check_json(prepared: Prepared) -> dict[str, Any]:
    """The same for programs: name, source, rows, digest, targets and features (as in data.json),
    asked (of each target, in words), splitting, notes, warnings, models (a row a model of a
    target), searches, trials, fits, epochs, workers, seconds (on so many workers, start and report
    included), core_seconds (of all workers, as modelled) and budget (what one buys)."""
    plan = prepared.plan
    data = prepared.description.model_dump(mode="json")
    config, workers = plan.config, workers_here(plan)
    kinds = {found.name: found.kind for found in prepared.table.targets}
    told = {name: data[name] for name in ("rows", "digest", "targets", "features")}
    names = ("target", "model", "outer_folds", "trials", "fits_a_trial")
    return {
        "name": config.name,
        "source": config.data.source,
        **told,
        "asked": {
            name: asked_words(own, kinds[name], name)
            for name, own in questions(config, kinds).items()
        },
        "splitting": data["splitting"],
        "notes": data["notes"],
        "warnings": [each.model_dump(mode="json") for each in _warned(prepared)],
        "models": [dict(zip(names, row, strict=True)) for row in _models(plan)],
        "searches": len(plan.searches),
        "trials": plan.n_trials,
        "fits": plan.n_fits,
        "epochs": config.training.epochs,
        "workers": workers,
        "seconds": plan.cost.lasts(workers),
        "core_seconds": plan.seconds,
        "budget": budget_words(plan),
    }


def _warned(prepared: Prepared) -> list[StudyWarning]:
    return in_order([*prepared.table.warnings, *fold_warnings(prepared.data)])


def print_check(prepared: Prepared, console: Console) -> None:
    """Print all of it."""
    table, config = prepared.table, prepared.plan.config
    console.print(
        f"{config.name}: {count(len(table.frame), 'row')} from {printable(config.data.source)}",
        soft_wrap=True,
    )
    for found in table.targets:
        console.print(f"Target {found.name} is {found.kind.value}: {found.reason}.", soft_wrap=True)
    kinds = {found.name: found.kind for found in table.targets}
    for target, question in questions(config, kinds).items():
        console.print(asked_words(question, kinds[target], target), soft_wrap=True)
    if table.splitting:
        console.print(table.splitting, soft_wrap=True)
    features = columns(("feature", "type", "empty cells", "why"), left=4)
    for feature in table.features:
        features.add_row(feature.name, feature.type, str(feature.missing or "-"), feature.reason)
    console.print(features)
    for note in table.notes:
        console.print(f"Note: {note}", soft_wrap=True)
    print_warnings(_warned(prepared), console)
    models = columns(("target", "model", "outer folds", "trials", "fits a trial"), left=2)
    for target, model, folds, trials, fits in _models(prepared.plan):
        models.add_row(target, model, f"{folds} and all rows", str(trials), str(fits))
    console.print(models)
    for line in filter(None, (budget_words(prepared.plan), *cost_lines(prepared.plan))):
        console.print(line, soft_wrap=True)
