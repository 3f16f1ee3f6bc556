"""Every command that prints facts prints one JSON object with --json, with the keys that
docs/json.md names.
"""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from harness.inputs import write_good
from study.cli.given import as_json
from study.cli.main import COMMANDS
from study.records.results import Results
from tests.cli.conftest import Command
from tests.records.exports.searched import searched

PAGE = Path(__file__).parents[2] / "docs/json.md"
PRICE = ("good.csv", "--target", "price")


def documented() -> dict[str, list[str]]:
    """Of each command the keys of its row, those in brackets left out: they are of what lies below."""
    rows = re.findall(
        r"^\| `study ([^`]+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {
        command: re.findall(
            r"`(\w+)`", "`version`" + re.sub(r"\([^)]*\)", "", keys.partition(";")[0])
        )
        for command, keys in rows
    }


def test_the_page_names_every_command_that_prints_facts() -> None:
    assert {command.split()[0] for command in documented()} == {
        each.__name__ for each in COMMANDS
    } - {"dashboard"}


@pytest.fixture
def begun(folder: Path) -> None:
    """A table, and a study of it that is being searched."""
    write_good(folder)
    searched(folder / "party")


@pytest.mark.usefixtures("begun")
def test_one_object_with_these_keys_and_nothing_else_is_printed(
    finished: Results, command: Command
) -> None:
    cases = {
        "check": ("check", *PRICE),
        "init": ("init", *PRICE),
        "status": ("status", "party"),
        "show --trial": ("show", "party", "--trial", "y-linear-o0-0000"),
        "show": ("show", str(finished.root)),
        "ask": ("ask", str(finished.root), "--metric", "rmse"),
        "export": ("export", "party", "--to", "csv"),
        "explain": ("explain",),
    }
    keys = documented()
    for named, args in cases.items():
        ended = command(*args, "--json")

        assert (ended.code, ended.err) == (0, ""), named
        assert list(json.loads(ended.out)) == keys[named]


@pytest.mark.usefixtures("begun")
def test_status_counts_what_is_left_and_names_the_way_on(command: Command) -> None:
    found = json.loads(command("status", "party", "--json").out)

    network = next(
        each
        for each in found["searches"]
        if each["model"] == "neural-d1" and each["outer_fold"] == 0
    )
    assert (network["trials"], network["failed"], network["val_loss"], network["winner"]) == (
        2,
        0,
        1 / 3,
        False,
    )
    assert (found["finished"], found["failed"], found["digest"]) == (False, 1, None)
    assert found["resume"].startswith("study run party/config.yaml")
    assert found["remaining"]["winners"] == len(found["searches"])


@pytest.mark.usefixtures("begun")
def test_what_is_put_aside_and_a_job_that_would_be_queued_are_told(command: Command) -> None:
    retried = json.loads(command("retry", "party", "--no-run", "--json").out)
    job = json.loads(command("submit", *PRICE, "--dry-run", "--json").out)

    keys = PAGE.read_text(encoding="utf-8")
    assert list(retried) == ["version", "results", "messages", "resume"]
    assert "with `--no-run` `results`, `messages`, `resume`" in keys
    assert "y-linear-o0-0001" in retried["messages"][0]
    assert retried["resume"].startswith("study run party/config.yaml")
    assert list(job) == ["version", "command", "script"]
    assert "with `--dry-run` `command`, `script`" in keys
    assert job["command"][0] == "sbatch"
    assert job["script"].startswith("#!/bin/bash")


@pytest.mark.parametrize(
    "args",
    [("check", "none.csv", "-t", "y"), ("status", "none"), ("ask", "none"), ("run", "none.yaml")],
)
def test_an_error_is_no_object_and_stays_on_standard_error(
    args: tuple[str, ...], folder: Path, command: Command
) -> None:
    ended = command(*args, "--json")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: ")


def test_what_json_cannot_say_is_null_or_text() -> None:
    frame = pd.DataFrame({"x": [1, 2], "y": [0.5, float("nan")]})

    found = json.loads(
        as_json(
            {"frame": frame, "path": Path("a/b"), "none": [float("inf"), pd.NA, pd.Timestamp(0)]}
        )
    )

    assert found == {
        "frame": [{"x": 1, "y": 0.5}, {"x": 2, "y": None}],
        "path": "a/b",
        "none": [None, None, "1970-01-01T00:00:00"],
    }
    assert type(found["frame"][0]["x"]) is int


def program(*lines: list[str]) -> list[str]:
    """A command that runs the program on each of these lines, one after the other in one process."""
    code = f"""
import sys
from study.cli.main import main
for words in {lines!r}:
    sys.argv = ["study", *words]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
"""
    return [sys.executable, "-P", "-c", code]


HELP, STATUS = ["--help"], ["status", "party"]
COLOURS = re.compile(r"\x1b\[[\d;]*(?:3[0-7]|9[0-7]|38;5|38;2|4[0-7])[\d;]*m")


def in_terminal(folder: Path, command: list[str], **more: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in {"NO_COLOR", "FORCE_COLOR", "CI"}
    }
    environment |= {"TERM": "xterm-256color", "COLUMNS": "100"} | more
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment, cwd=folder
    ) as process:
        os.close(theirs)
        told = b""
        while True:
            try:
                told += (part := os.read(ours, 65_536))
            except OSError:  # the other end is closed
                break
            if not part:
                break
        process.wait()
    os.close(ours)
    return told.decode()


@pytest.mark.usefixtures("begun")
def test_a_terminal_gets_colours_unless_no_color_is_set_and_a_pipe_no_escape_sequence(
    folder: Path,
) -> None:
    coloured, bare = (
        in_terminal(folder, program(HELP)),
        in_terminal(folder, program(HELP, STATUS), NO_COLOR="1"),
    )
    piped = subprocess.run(program(HELP), capture_output=True, text=True, cwd=folder, check=True)

    assert COLOURS.search(coloured)
    assert not COLOURS.search(bare)
    assert "network, 1 layer" in bare
    assert "\x1b" not in piped.stdout + piped.stderr
    assert all("Commands" in told for told in (coloured, bare, piped.stdout))
