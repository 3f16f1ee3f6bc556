"""What a person sees while a study runs and at its end: a bar, or plain lines where the output is
no terminal.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from rich import progress as bar
from rich.console import Console
from rich.table import Column
from rich.text import Text

from study.cli.ending import print_ending
from study.evidence.wording.table import on_some_folds
from study.execution.cluster.checks import available_cpus
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.formatting import count, given, human
from study.records.reading import read_outcomes
from study.records.results import Results
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord, failure_notes, reason
from study.schema import TrialState
from study.search.pace import REFITS, TRIALS, Pace
from study.search.plan import Plan
from study.search.state import SearchState


def span(seconds: float) -> str:
    """Seconds for people: `42 s`, `3:05 min`, `2:10 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3_600}:{whole % 3_600 // 60:02d} h"


def workers_here(plan: Plan) -> int:
    """Workers that a study would have on this machine, where it has tasks for so many."""
    needs = plan.config.resources
    room = int(available_cpus() // needs.cpus_per_trial)
    return max(1, min(needs.max_concurrent or room, room, plan.slots + len(plan.beside)))


def budget_words(plan: Plan) -> str | None:
    """What a budget of core-hours buys, or that it is too small for even the least plan."""
    config, used = plan.config, plan.seconds / 3_600
    if config.budget_core_hours is None:
        return None
    told = f"budget_core_hours: {given(config.budget_core_hours, 6)}"
    if used > config.budget_core_hours:
        step = 10.0 ** (
            math.floor(math.log10(used)) - 1
        )  # rounded up, so that what is named is enough
        return (
            f"{told} is too little: the least plan takes about {given(math.ceil(used / step) * step, 2)} core-hours. "
            "Allow that, or name fewer targets, columns or families."
        )
    return (
        f"{told} buys up to {config.search.trials} trials a search: about {human(used)} core-hours."
    )


def _far(task: bar.Task) -> str:
    """How far it is: `64%  977/1,520 trials  1:12 min  40 s left`."""
    told = [f"{task.percentage:.0f}%", task.fields["phase"], span(task.elapsed or 0.0)]
    if (ends := task.fields["ends"]) is not None:
        told.append(f"{span(ends - task.get_time())} left")
    return "  ".join(told)


class _Far(bar.ProgressColumn):
    def render(self, task: bar.Task) -> Text:
        return Text(_far(task), style="progress.percentage")


class Progress(Observer):
    """Observer that shows one line: the share of this run's tasks that is done, the phase, the time
    so far and, once it is known, the time left until the report is written.

    Without a terminal the same is printed without the bar, once every tenth.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.shown = bar.Progress(
            bar.TextColumn("{task.description}", markup=False),
            bar.BarColumn(bar_width=30),
            _Far(table_column=Column(no_wrap=True)),
            console=console,
            refresh_per_second=2,
            get_time=time.monotonic,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""
        self.shown.stop()

    def started(self, plan: Plan, searches: Mapping[str, SearchState], beside: FoldQueue) -> None:
        done = sum(len(search.records) for search in searches.values())
        if done:
            self.note(
                f"Resuming '{plan.config.name}': {done:,} of {plan.n_trials:,} trials are done."
            )
        else:
            size = f"{count(plan.n_trials, 'trial')} in {count(len(plan.searches), 'search')}, {count(plan.n_fits, 'fit')}"
            self.note(f"'{plan.config.name}': {size}.")
        if (bought := budget_words(plan)) is not None:
            self.note(bought)
        if plan.config.time_budget_min is not None:
            self.note(
                f"time_budget_min: {given(plan.config.time_budget_min, 6)}. Results depend on this machine's speed, "
                "and another run gives others."
            )
        work = [(TRIALS, each.spec, each.trials - len(each.records)) for each in searches.values()]
        work += [(REFITS, each.spec, int(not each.finished)) for each in searches.values()]
        work += [(each.many, each.search, 1) for each in beside.left]
        self.pace = Pace(plan.cost, work)
        total, phase = self.pace.all.total(), self.pace.phase
        self.shown.add_task(
            plan.config.name, total=total or 1, completed=not total, phase=phase, ends=None
        )
        self.shown.start()

    def finished(self, record: TrialRecord | WinnerRecord | FoldRecord) -> None:
        if not isinstance(record, WinnerRecord) and record.state is TrialState.FAIL:
            name = (
                f"The {record.work.noun} {record.work.key}"
                if isinstance(record, FoldRecord)
                else f"Trial {record.trial_id}"
            )
            self.note(f"{name} failed: {reason(record.error)}. The study continues.")
        (task,) = self.shown.tasks
        tenths, now = task.percentage // 10, task.get_time()
        many = REFITS if isinstance(record, WinnerRecord) else TRIALS
        many = record.work.many if isinstance(record, FoldRecord) else many
        left = self.pace.ended(many, record.search, record.wall_time_s, now)
        ends = None if left is None else now + left
        self.shown.update(task.id, advance=1, phase=self.pace.phase, ends=ends)
        if self.shown.disable and task.percentage // 10 > tenths:
            self.note(f"{task.description} {_far(task)}")

    def concluded(self, results: Results) -> None:
        """Print the answer first, then the evidence in one table, then what to know."""
        self.shown.stop()
        self.console.print()
        print_ending(results, self.console)
        self.note("Writing the report.")

    def note(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)


def failed_words(failed: int, trials: int, root: Path) -> str:
    """How many trials failed, where it says why, and how they are run again."""
    return f"{failed} of {trials} trials failed. `study retry {quote(str(root))}` runs them again."


def notes(results: Results) -> list[str]:
    """What to know of a finished study beside its answers."""
    failed = int((results.trials["state"] == "FAIL").sum())
    often = any(warning.id == "S005" for warning in results.warnings)
    told = [failed_words(failed, len(results.trials), results.root)] if failed and not often else []
    some = on_some_folds(results.metrics).items()
    told += [f"The {metric} of {target} is of {words}." for (target, metric), words in some]
    return [*results.data.notes, *told, *failure_notes(read_outcomes(results.paths))]
