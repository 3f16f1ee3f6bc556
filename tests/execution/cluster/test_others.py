"""Steps on other nodes, here commands of this machine: started again where they end, and named
once.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from study.execution.cluster import others
from study.execution.cluster.allocation import Allocation, Given
from study.execution.cluster.others import Others, Step

JOB = Allocation("7", 0, Given("n1", 1, 0, None), ("n1", "n2", "n3"))
LISTENS = ["sh", "-c", 'while read line; do echo "heard $line"; test "$line" = end && exit; done']
FAILS = ["sh", "-c", "read line; echo no disk; exit 1"]


def wait_for(step: Step) -> None:
    step.process.wait(timeout=10)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_step_hears_the_token_and_the_goodbye(log: Path) -> None:
    step = Step("n2", LISTENS, "secret", log)

    step.tell("end\n")
    step.wait(time.monotonic() + 10)

    assert (step.process.returncode, step.said) == (0, "heard secret\nheard end")


def test_a_step_that_does_not_end_is_ended(log: Path) -> None:
    step = Step("n2", ["sleep", "60"], "secret", log)

    step.wait(time.monotonic() + 0.2)

    assert step.process.returncode != 0


def test_a_step_that_has_ended_is_started_again_after_a_pause_that_doubles(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(others.time, "monotonic", lambda: now)
    step = Step("n2", FAILS, "secret", log)
    starts = []
    for seconds in (
        0,
        19,
        2,
        0,
        39,
        2,
    ):  # it is seen to have ended, and looked at again so many seconds later
        wait_for(step)
        now += seconds
        step.look()
        starts.append(step.starts)
    wait_for(step)
    step.close()

    assert starts == [1, 1, 2, 2, 2, 3]
    assert step.failed
    assert step.said.splitlines().count("no disk") == 3


def test_where_there_is_no_srun_the_step_says_so(log: Path) -> None:
    step = Step("n2", ["no-such-srun"], "secret", log)
    wait_for(step)
    step.close()

    assert "no-such-srun" in step.said


def test_who_does_not_come_is_named_once_and_greeted_later(tmp_path: Path) -> None:
    said: list[str] = []
    steps = [
        Step(node, command, "secret", tmp_path / node)
        for node, command in (("n2", LISTENS), ("n3", FAILS))
    ]
    wait_for(steps[1])
    both = Others(JOB, steps, said.append)

    both._look({"n1"})
    both._look({"n1"})
    awaited = both.awaited()
    both._look({"n1", "n2"})
    later = both.awaited()
    both._look({"n1", "n2", "n3"})
    both.end()

    assert (awaited, later) == (True, False)
    assert len(said) == 2
    assert all("n3" in each and "n2" not in each for each in said)
    assert said[0].endswith("\nno disk")


def test_who_is_silent_is_named_after_three_minutes(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    step = Step("n2", LISTENS, "secret", log)
    one = Others(JOB, [step], said.append)

    one._look({"n1"})
    before = list(said)
    later = time.monotonic() + others.JOIN_S + 1
    with monkeypatch.context() as patch:
        patch.setattr(others.time, "monotonic", lambda: later)
        one._look({"n1"})
    one.end()

    assert before == []
    (silent,) = said
    assert re.search(r"\bn2\b", silent)
