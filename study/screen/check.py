"""What `study check` prints: what was inferred of a table and is asked of it, the arms of its study, and what they cost."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from study.data.fold_warnings import fold_warnings
from study.digits import count, given_percent, times
from study.evidence.questions import asked_words
from study.evidence.warnings.answers import in_order
from study.prepare import Prepared
from study.records.questions import questions
from study.schema import Arm, printable
from study.screen.progress import budget_words, columns, span, workers_here
from study.screen.warned import print_warnings
from study.search.plan import Plan


def arms_table(plan: Plan) -> Table:
    """A row a model of a target; its outer folds share it."""
    table = columns(("target", "model", "outer folds", "trials", "fits a trial"), left=2)
    groups: dict[tuple[str, str], list[Arm]] = {}
    for arm in plan.arms:
        groups.setdefault((arm.target, arm.model_name), []).append(arm)
    for names, arms in groups.items():
        table.add_row(*names, f"{len(arms) - 1} and all rows", str(plan.trials(arms[0])), str(plan.replicates(arms[0])))
    return table


def cost_lines(plan: Plan) -> list[str]:
    """How long it will take on this machine, and how every target is tested."""
    config, workers = plan.config, workers_here(plan)
    cost = (
        f"{count(len(plan.arms), 'arm')}, {count(plan.n_trials, 'trial')}, {count(plan.n_fits, 'fit')}, at most "
        f"{config.training.epochs} epochs; "
        f"about {span(plan.cost.lasts(workers))} on {count(workers, 'worker')}, start and report included, and with "
        f"the last search, on all rows, whose models are delivered. "
        f"At most {count(plan.slots, 'trial')} run at once, and a worker compiles at most "
        f"{count(plan.programs, 'program')} of networks."
    )
    if config.protocol == "holdout":
        return [cost, f"Every target is tested on one split, {given_percent(config.outer.test_fraction)} of its rows."]
    if config.time is not None:  # which no repeat draws otherwise
        return [cost, f"Every target is tested in {count(config.outer.folds, 'outer fold')}, in the order of time."]
    repeats = config.outer.repeats or 1
    tested = (
        f"Every target is tested in {count(config.outer.folds, 'outer fold')}, drawn {times(repeats)}; "
        f"a further repeat (outer.repeats) adds about {span(plan.seconds / repeats / workers)} and narrows the interval."
    )
    return [cost, tested]


def print_check(prepared: Prepared, console: Console) -> None:
    """Print all of it."""
    table, config = prepared.table, prepared.plan.config
    console.print(f"{config.name}: {count(len(table.frame), 'row')} from {printable(config.data.source)}", soft_wrap=True)
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
    print_warnings(in_order([*table.warnings, *fold_warnings(prepared.data)]), console)
    console.print(arms_table(prepared.plan))
    for line in filter(None, (budget_words(prepared.plan), *cost_lines(prepared.plan))):
        console.print(line, soft_wrap=True)
