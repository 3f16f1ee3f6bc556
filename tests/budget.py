"""What the tests cost: test-seconds in units of a yardstick that the run times itself, held to a
budget.

Machines differ, and are busy at times. So every process that runs tests times one fixed stacked fit
again and again, and a suite's test-seconds over the median of these times must stay below its
`most` in `budget.toml`. That file also holds what each test file cost when it was last written, to
name what grew. `--budget-write` writes it anew, and lowers `most` where it can.
"""

from __future__ import annotations

import os
import time
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

FILE = Path(__file__).with_name("budget.toml")
EVERY_S = 15.0
"""Seconds of tests in a process before the yardstick is timed there again."""
ROOM = 1.25
"""How much more than a run cost a budget leaves: the ratio differs by a tenth between runs of one
machine."""


class Yardstick:
    """A fixed fit: ten networks of two layers at once, 300 steps of gradient descent, each called
    from Python.
    """

    def __init__(self) -> None:
        from study.training.device import prepare_tensorflow

        prepare_tensorflow()
        import tensorflow as tf

        shapes = ((10, 64, 32), (10, 64, 1), (10, 32, 64), (10, 64, 64), (10, 64, 1))
        self.x, self.y, *first = (
            np.random.default_rng(0).normal(0, 0.3, shape).astype(np.float32) for shape in shapes
        )
        self.weights = [tf.Variable(weight) for weight in first]

        def step() -> None:
            with tf.GradientTape() as tape:
                first, second, last = self.weights
                hidden = tf.nn.relu(tf.nn.relu(self.x @ first) @ second)
                loss = tf.reduce_mean(tf.square(hidden @ last - self.y))
            for weight, slope in zip(self.weights, tape.gradient(loss, self.weights), strict=True):
                weight.assign_sub(0.01 * slope)

        self.step = tf.function(step, jit_compile=True)
        self.step()

    def seconds(self) -> float:
        began = time.perf_counter()
        for _ in range(300):
            self.step()
        return time.perf_counter() - began


class Budget:
    """Adds up what tests take, in every process, and says so at the end; with `--budget` it fails a
    run that is above it.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.suite = config, config.getoption("--budget")
        self.seconds: Counter[str] = Counter()
        self.times: list[float] = []
        self.yardstick: Yardstick | None = None
        self.measured = -float("inf")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        yield
        if self.suite and time.monotonic() > self.measured + EVERY_S:
            self.yardstick = self.yardstick or Yardstick()
            self.times.append(self.yardstick.seconds())
            self.measured = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["yardstick"] = self.times
        elif self.suite and self.config.getoption("--budget-write"):
            self._write()
        elif (
            self.suite
            and os.environ.get("BUDGET") == "required"
            and self.above()
            and session.exitstatus == 0
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.times += getattr(node, "workeroutput", {}).get("yardstick", [])

    @property
    def unit(self) -> float:
        """Seconds of the yardstick in this run."""
        return median(self.times)

    @property
    def allowed(self) -> dict[str, Any]:
        """The suite's part of the budget: its most, and by file what it cost; empty before it was
        first written.
        """
        return dict(read_budget().get(self.suite, {}))

    def by_file(self) -> dict[str, float]:
        """Yardsticks of each file, the costly first."""
        files: Counter[str] = Counter()
        for name, seconds in self.seconds.items():
            files[name.partition("::")[0]] += seconds / self.unit
        return dict(files.most_common())

    def above(self) -> dict[str, float]:
        """By file, how much it grew, the most first; empty within the budget."""
        files, then = self.by_file(), self.allowed.get("files", {})
        if sum(files.values()) <= self.allowed.get("most", float("inf")):
            return {}
        grown = Counter({name: cost - then.get(name, 0.0) for name, cost in files.items()})
        return {name: more for name, more in grown.most_common(10) if more > 0}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        total, say = sum(self.seconds.values()), terminalreporter.write_line
        terminalreporter.section("cost")
        for name, seconds in self.seconds.most_common(10):
            say(f"{seconds:7.1f} s {name}")
        say(f"{total:7.1f} s of {len(self.seconds):,} tests")
        if not self.times:
            return
        most = self.allowed.get("most")
        say(
            f"{total / self.unit:7.0f} yardsticks of {1000 * self.unit:.0f} ms, the median of {len(self.times)}; "
            f"the budget is {most}"
        )
        for name, more in self.above().items():
            say(f"{more:+7.0f} yardsticks: {name} (tests/budget.toml)", red=True)

    def _write(self) -> None:
        files = self.by_file()
        write_budget(
            read_budget()
            | {self.suite: lowered(self.suite, round(ROOM * sum(files.values())), files)}
        )


def read_budget() -> dict[str, Any]:
    """What is allowed by suite, and of the package's code: `most`, and by file or room what each
    cost.
    """
    return tomllib.loads(FILE.read_text()) if FILE.exists() else {}


def lowered(name: str, most: int, files: Mapping[str, float]) -> dict[str, Any]:
    """The part of a budget, whose `most` is never raised."""
    return {"most": min(most, read_budget().get(name, {}).get("most", most)), "files": files}


def write_budget(known: Mapping[str, Any]) -> None:
    """Write all parts of the budget."""
    lines = [
        "# What the tests may cost, in yardsticks (tests/budget.py), and the code weigh, in tokens (tests/weight.py).",
        "# Lowered, never raised.",
    ]
    for name, part in known.items():
        costs = sorted(part["files"].items(), key=lambda item: -item[1])
        lines += ["", f"[{name}]", f"most = {part['most']}", f"[{name}.files]"]
        lines += [f'"{file}" = {cost:.0f}' for file, cost in costs if cost >= 1]
    FILE.write_text("\n".join(lines) + "\n")
