"""What a person sees while a study runs: one live table, or plain lines where the output is no terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from types import TracebackType

import pandas as pd
from rich.console import Console
from rich.live import Live
from rich.table import Table

from study.cli.ending import print_ending
from study.evidence.metrics import metric_of
from study.evidence.wording.amounts import listed
from study.evidence.wording.table import on_some_folds
from study.execution.cluster.ray import available_cpus
from study.execution.observer import Observer
from study.execution.queue import FoldQueue
from study.formatting import count, given, human, times
from study.records.results import Results, read_outcomes
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldRecord, failure_notes, reason
from study.schema import LOSS, TrialState
from study.search.arms import ArmSearch
from study.search.plan import Plan

LINE_EVERY_S = 5.0
"""Seconds between two plain lines."""


def span(seconds: float) -> str:
    """Seconds for people: `42 s`, `3:05 min`, `2:10 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3_600}:{whole % 3_600 // 60:02d} h"


def columns(names: Sequence[str], left: int, title: str | None = None) -> Table:
    """A table without frame of these columns, the first `left` of them of words, the others of numbers."""
    table = Table(title=title, title_justify="left", box=None)
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place < left else "right")
    return table


def workers_here(plan: Plan) -> int:
    """Workers that a study would have on this machine, where it has tasks for so many."""
    needs = plan.config.resources
    most = needs.max_concurrent or max(1, int(available_cpus() // needs.cpus_per_trial))
    return max(1, min(most, plan.slots + len(plan.beside)))


def budget_words(plan: Plan) -> str | None:
    """What a budget of core-hours buys, or that it is too small for even the least plan, or more than a plan takes unasked."""
    config, used = plan.config, plan.seconds / 3_600
    if config.budget_core_hours is None:
        return None
    told = f"budget_core_hours: {given(config.budget_core_hours, 6)}"
    if used > config.budget_core_hours:
        step = 10.0 ** (math.floor(math.log10(used)) - 1)  # rounded up, so that what is named is enough
        return (
            f"{told} is too little: the plan takes about {given(math.ceil(used / step) * step, 2)} core-hours with all "
            "that is left open at its least. Allow that, or name fewer targets, columns or families."
        )
    repeats, folds, seeds = config.outer.repeats or 1, config.outer.folds, config.inner.seeds or 1
    bought = [] if config.protocol == "holdout" else [f"{times(repeats)} {count(folds, 'outer fold')}"]
    if any(plan.trials(arm) > 1 for arm in plan.arms):
        bought.append(f"{config.search.trials} trials an arm")
    if depths := [str(depth) for depth in sorted({arm.depth for arm in plan.arms if arm.depth})]:
        bought += [count(seeds, "seed"), f"{config.training.epochs} epochs"]
        bought.append(f"depth {listed(depths)}")
    keys = "search.trials, inner.seeds" + ", outer.repeats" * (config.protocol != "holdout")
    more = f" More than that must be asked for by its keys ({keys})." * (used < config.budget_core_hours / 2)
    return f"{told} buys {', '.join(bought) or 'one fit a model'}: about {human(used)} core-hours.{more}"


class Progress(Observer):
    """Observer that shows a row an arm: trials done, best validation loss, time left.

    Outer folds of one family and depth share a row. The time left divides what the remaining trials of each arm will take,
    judged by its own mean so far (or by all, before its first), by the workers that were busy so far, since the first task
    began; it is no less than the longest arm takes task by task. Verdicts and report come on top, as the plan has them.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.plan: Plan | None = None
        self.arms: Mapping[str, ArmSearch] = {}
        self.beside = FoldQueue(())
        self.spent: dict[str, tuple[int, float]] = {}  # trials of an arm and their seconds, of this run
        self.worked = 0.0  # seconds of all tasks
        self.since = math.inf  # when the first of them began
        self.begin = time.monotonic()
        self.last_line = 0.0
        self.live: Live | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the last state on the screen."""
        self._end_live()

    def _end_live(self) -> None:
        if self.live is not None:
            self.live.update(self.table(), refresh=True)
            self.live.stop()
            self.live = None

    def started(self, plan: Plan, arms: Mapping[str, ArmSearch], beside: FoldQueue) -> None:
        self.plan, self.arms, self.beside, self.begin = plan, arms, beside, time.monotonic()
        done = sum(len(arm.records) for arm in arms.values())
        if done:
            ended = self._ended()
            rest = "nothing is left to train" if ended else f"{plan.n_trials - done} to go"
            self.note(f"Continuing '{plan.config.name}': {done} of {plan.n_trials} trials are done, {rest}.")
            if ended:
                return
        else:
            size = f"{count(plan.n_trials, 'trial')} in {count(len(plan.arms), 'arm')}, {count(plan.n_fits, 'fit')}"
            self.note(f"'{plan.config.name}': {size}.")
        if (bought := budget_words(plan)) is not None:
            self.note(bought)
        if plan.config.time_budget_min is not None:
            self.note(
                f"A time budget of {given(plan.config.time_budget_min, 6)} minutes is set: what is searched depends on this "
                "machine's speed, and another run will not give the same results."
            )
        if self.console.is_terminal:
            self.live = Live(console=self.console, get_renderable=self.table, refresh_per_second=2, transient=False)
            self.live.start()

    def finished(self, record: TrialRecord | WinnerRecord | FoldRecord) -> None:
        self.worked += record.wall_time_s
        self.since = min(self.since, time.monotonic() - record.wall_time_s)
        if isinstance(record, TrialRecord):
            own, seconds = self.spent.get(record.arm.key, (0, 0.0))
            self.spent[record.arm.key] = own + 1, seconds + record.wall_time_s
        if not isinstance(record, WinnerRecord) and record.state is TrialState.FAIL:
            name = f"The {record.work.noun} {record.work.key}" if isinstance(record, FoldRecord) else f"Trial {record.trial_id}"
            self.note(f"{name} failed and the study goes on: {reason(record.error)}")
        self._line(last=self._ended())

    def _ended(self) -> bool:
        return self.beside.finished and all(arm.finished for arm in self.arms.values())

    def concluded(self, results: Results) -> None:
        """Print the answer first, then the evidence in one table, then what to know."""
        self._end_live()
        self.console.print()
        print_ending(results, self.console)

    def note(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def _line(self, last: bool = False) -> None:
        now = time.monotonic()
        if self.live is not None or self.plan is None or (now - self.last_line < LINE_EVERY_S and not last):
            return
        self.last_line = now
        done = sum(len(arm.records) for arm in self.arms.values())
        scored = sum(arm.scored is not None for arm in self.arms.values())
        counts = [f"{done} of {count(self.plan.n_trials, 'trial')}", f"{scored} of {count(len(self.arms), 'winner')}"]
        counts += [f"{n - left} of {n} {many}" for many, (left, n) in self.beside.counts.items()]
        self.note(f"{span(now - self.begin)}: {listed(counts)} done, about {span(self.seconds_left())} left")

    def seconds_left(self, keys: list[str] | None = None) -> float:
        """Seconds until the given arms are done, or the command, if the workers stay as busy as they were."""
        plan = self.plan
        end = plan.cost.end if plan and keys is None else 0.0
        if keys is None and plan and self._ended():
            return end
        if not self.spent:
            if plan is None or keys is not None:
                return float("nan")
            undone = sum(max(0, arm.trials - len(arm.records)) for arm in self.arms.values())
            return (plan.cost.lasts(workers_here(plan)) - plan.cost.start - end) * undone / plan.n_trials + end
        counts, spent = zip(*self.spent.values(), strict=True)
        mean = sum(spent) / sum(counts)
        work, chains = 0.0, [0.0]
        for key in keys or list(self.arms):
            arm, (own, seconds) = self.arms[key], self.spent.get(key, (0, 0.0))
            trials, winner = max(0, arm.trials - len(arm.records)), 2 if arm.scored is None else 0
            trial = seconds / own if own else mean
            work += (trials + winner) * trial
            chains.append((math.ceil(trials / arm.width) + winner) * trial)
        if keys is None:
            beside = [self.beside.longest_s(each.sort) or 2 * mean for each in self.beside.left]
            work, chains = work + sum(beside), [*chains, *beside]
        busy = self.worked / max(1e-3, time.monotonic() - self.since)
        return max(work / max(0.5, busy), *chains) + end

    def table(self) -> Table:
        title = f"{self.plan.config.name if self.plan else ''} · {span(time.monotonic() - self.begin)}"
        table = columns(("target", "model", "trials", "best loss", "left"), left=2, title=title)
        rows: dict[tuple[str, str], list[str]] = {}
        for key, arm in self.arms.items():
            rows.setdefault((arm.arm.target, arm.arm.model_name), []).append(key)
        for (target, model), keys in rows.items():
            arms = [self.arms[key] for key in keys]
            losses = [own.val_loss for arm in arms if (own := arm.incumbent) and own.val_loss is not None]
            best = human(sum(losses) / len(losses) if losses else None, 4)
            done, total = sum(len(arm.records) for arm in arms), sum(arm.trials for arm in arms)
            seconds = self.seconds_left(keys)
            left = "done" if all(arm.finished for arm in arms) else "…" if math.isnan(seconds) else span(seconds)
            table.add_row(target, model, f"{done}/{total}", best, left)
        return table


def metrics_table(metrics: pd.DataFrame) -> Table:
    """A row a target, metric but the loss, and procedure: the metric on the test rows and its interval."""
    told = metrics[metrics["base"].isna() & (metrics["metric"] != LOSS)]
    table = columns(("target", "metric", "procedure", "value", "low", "high"), left=3, title="Metrics, with 95 % intervals")
    for row in told.to_dict("records"):
        numbers = (human(row[name]) for name in ("value", "low", "high"))
        table.add_row(row["target"], metric_of(row["metric"], row["kind"]).label, row["other"], *numbers)
    return table


def failed_words(failed: int, trials: int, root: Path) -> str:
    """How many trials failed, where it says why, and how they are run again."""
    return f"{failed} of {trials} trials failed; their records say why. `study retry {quote(str(root))}` runs them again."


def notes(results: Results) -> list[str]:
    """What to know of a finished study beside its answers."""
    failed = int((results.trials["state"] == "FAIL").sum())
    often = any(warning.id == "S005" for warning in results.warnings)
    told = [failed_words(failed, len(results.trials), results.root)] if failed and not often else []
    some = on_some_folds(results.metrics).items()
    told += [f"The {metric} of {target} is that of {words}." for (target, metric), words in some]
    return [*results.data.notes, *told, *failure_notes(read_outcomes(results.paths))]
