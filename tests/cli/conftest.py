"""Runs the command line in this process, in a folder of its own; a finished study that several
commands read.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.inputs import write_good
from study.cli import main as cli, progress
from study.records.results import Results
from study.schema import printable
from tests.cli.shown import Clock

SQUEUE = """
test -s state || { echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; }
head -n 1 state
sed -i 1d state
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def shown(self) -> str:
        """As it stands in a terminal, with the exit code where that is not 0."""
        code = f"[exit code {self.code}]\n" if self.code else ""
        return f"$ {printable(shlex.join(['study', *self.args]))}\n{self.out}{self.err}{code}"


Command = Callable[..., Ended]


def call(*args: str, columns: int = 200) -> Ended:
    """Run the program as a shell would in the working folder, on a screen of so many columns."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["study", *args])
        patch.setattr(
            cli.signal, "signal", lambda *_: None
        )  # what is set at the end of a program would last here
        patch.setenv("COLUMNS", str(columns))
        with pytest.raises(SystemExit) as ended:
            cli.main()
    code = ended.value.code
    return Ended(args, code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(folder: Path) -> Command:
    """`command("run", "table.csv", ...)` in `folder`."""
    return call


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished study, `party`, of one target, with a regression and a network."""
    from tests.report.synthetic import write_results

    return write_results(
        tmp_path_factory.mktemp("finished") / "party", ["balloons"], n_trials=1, depths=(1,)
    )


@pytest.fixture
def slurm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sbatch that keeps what it is told in `folder` and gives number 42, and a squeue that tells
    the lines of `state`.
    """
    commands = {
        "sbatch": 'printf "%s\\n" "$@" > arguments; cat > script; echo 42',
        "squeue": SQUEUE,
    }
    (folder / "bin").mkdir()
    for name, body in commands.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\ncd '{folder}' || exit 3\n{body}\n")
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    write_good(folder)
    return folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that a view looks at, which stands still."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock
