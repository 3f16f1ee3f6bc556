"""How long `study check` says that studies take, beside how long they take here: `scripts/benchmark
estimates`.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.engine import ROOT, run_study
from harness.kept import kept
from study.cli.progress import workers_here
from study.config import load_config
from study.plan import prepare

LOOK_EVERY_S = 0.25


class Meter:
    """CPU seconds of this process's descendants, those that have ended included: of wall time the
    machine's load is a part.
    """

    def __init__(self) -> None:
        self.spent: list[tuple[float, float]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look at them all through the block."""
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(over,), daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()

    def _watch(self, over: threading.Event) -> None:
        known: dict[tuple[int, float], float] = {}
        while not over.wait(LOOK_EVERY_S):
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    known[process.pid, process.create_time()] = times.user + times.system
            self.spent.append((time.time(), sum(known.values())))

    def until(self, moment: float) -> float:
        """Those until so many seconds since the epoch."""
        return max((spent for at, spent in self.spent if at <= moment), default=0.0)


def estimates(configs: Sequence[str], keys: Sequence[str]) -> None:
    """Print a line a study: what is said and what was, in seconds of wall time, and core-seconds of
    the searches.
    """
    print(
        "| study | said, s | took, s | start, said | took | end, said | took | searches, said, core-s | took |"
    )
    print("| --- |" + " ---: |" * 8, flush=True)
    for config in configs:
        plan, meter = prepare(load_config(config, keys)).plan, Meter()
        with tempfile.TemporaryDirectory() as folder:
            with meter.running():
                begin = time.time()
                ran = run_study(ROOT, config, keys, Path(folder))
            ended = ran.ended()
            content = {
                ran.results / "trials" / name: record.content
                for name, record in kept(ran.results).items()
            }
            lasted = {path: float(json.loads(content[path])["wall_time_s"]) for path in ended}
        first, last = min(ended[path] - lasted[path] for path in ended), max(ended.values())
        searches = meter.until(begin + last) - meter.until(begin + first)
        cost = plan.cost
        said = (
            cost.lasts(workers_here(plan)),
            ran.end,
            cost.start,
            first,
            cost.end,
            ran.end - last,
            cost.seconds,
            searches,
        )
        print(
            f"| {Path(config).stem} | {' | '.join(f'{seconds:.1f}' for seconds in said)} |",
            flush=True,
        )
