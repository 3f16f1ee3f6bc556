"""Seconds and size of the reports of studies of so many trials: `scripts/benchmark report`."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine import ROOT
from pages.marks import put

PAGE = ROOT / "docs" / "scaling.md"
SEARCHES, FOLDS = 6, 5
"""Searches of every model: one an outer fold of FOLDS, and one of all rows."""
MOST_S, MOST_MB = 60, 5
"""What a report may take."""
PARTS = {
    "figures": re.compile(r"<figure\b.*?</figure>", re.S),
    "tables": re.compile(r"<table\b.*?</table>", re.S),
    "style and script": re.compile(r"<(style|script)\b.*?</\1>", re.S),
}
"""Of a page, in the order in which they are taken out of it; what is left is text."""


@dataclass(frozen=True)
class Cost:
    """What the report of a study took: seconds of the whole command, bytes of the page, of its
    parts and of what lies beside.

    cpu_s: of all its processes, which other work on the machine does not change. beside: of the
    notebook and of the figures' files.
    """

    trials: int
    searches: int
    seconds: float
    cpu_s: float
    page: int
    parts: dict[str, int]
    beside: dict[str, int]

    def row(self) -> list[str]:
        """As cells of the table of `told`."""
        parts = [f"{size / 1e6:.2f}" for size in (*self.parts.values(), *self.beside.values())]
        return [
            f"{self.trials:,}",
            f"{self.searches:,}",
            f"{self.seconds:.0f}",
            f"{self.cpu_s:.0f}",
            f"{self.page / 1e6:.2f}",
            *parts,
        ]


def trials_an_arm(trials: int) -> int:
    """Trials of a network's search with which a study comes closest to so many in all: three
    depths, the regressions beside.
    """
    return min(range(1, trials), key=lambda n: abs(all_trials(n) - trials))


def all_trials(n: int) -> int:
    """Trials of a study whose searches may have n: one of the constant and the regression, 12 at
    most of the one with terms.
    """
    return SEARCHES * (2 + min(n, 12) + 3 * n)


def made(folder: Path, trials: int) -> Path:
    """A real study of diabetes with about so many trials of networks that learn for a few epochs,
    without its report.
    """
    from study import run_study
    from study.config import make_config

    config = make_config(
        {
            "name": f"of-{trials}",
            "data": {"source": "sklearn:diabetes"},
            "targets": {"target": "continuous"},
            "depths": [1, 2, 3],
            "protocol": "nested",
            "outer": {"folds": FOLDS, "repeats": 1},
            "inner": {"seeds": 1},
            "search": {"trials": trials_an_arm(trials)},
            "training": {"epochs": 40},
        }
    )
    return run_study(config, folder, report=False).root


def measured(results: Path) -> Cost:
    """Time `study report` from start to end and weigh what it wrote."""
    from study import load_results

    begin, spent = time.perf_counter(), _cpu_s()
    subprocess.run(
        [sys.executable, "-m", "study.cli.main", "report", str(results)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds, cpu_s = time.perf_counter() - begin, _cpu_s() - spent
    opened = load_results(results)
    searches = opened.trials[["target", "family", "depth", "outer_fold"]].drop_duplicates()
    html = opened.paths.html.read_text(encoding="utf-8")
    beside = {
        "notebook": opened.paths.notebook.stat().st_size,
        "figures' files": sum(path.stat().st_size for path in opened.paths.figures.iterdir()),
    }
    return Cost(
        len(opened.trials), len(searches), seconds, cpu_s, len(html.encode()), weighed(html), beside
    )


def _cpu_s() -> float:
    """CPU seconds of all processes that this one has started and seen end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def weighed(html: str) -> dict[str, int]:
    """Bytes of the parts of a page."""
    sizes, rest = {}, html
    for name, part in PARTS.items():
        left = part.sub("", rest)
        sizes[name], rest = len(rest.encode()) - len(left.encode()), left
    return sizes | {"text": len(rest.encode())}


def told(costs: Sequence[Cost]) -> str:
    """A table in Markdown, of MB but for the first columns."""
    names = [
        "trials",
        "searches",
        "seconds",
        "CPU seconds",
        "report.html, MB",
        *(f"of it {name}" for name in costs[0].parts),
        *costs[0].beside,
    ]
    lines = [f"| {' | '.join(names)} |", f"|{' ---: |' * len(names)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cost.row())} |" for cost in costs)]) + "\n"


def report(sizes: Sequence[int], page: Path | None = None) -> None:
    """Print the table, put it into a page where one is named, and fail where a report takes more
    than it may.
    """
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        for trials in sizes:
            costs.append(measured(made(Path(folder), trials)))
            print(told(costs[-1:]), flush=True)
    if page is not None:
        put(page, told(costs), "report")
    over = [cost for cost in costs if cost.seconds > MOST_S or cost.page > MOST_MB * 1e6]
    if over:
        limits = f"{MOST_S} s or {MOST_MB} MB"
        raise SystemExit(
            f"{len(over)} of {len(costs)} reports took more than {limits}; beside other work seconds say little."
        )
