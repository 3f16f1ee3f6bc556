"""The two commands of the README, one after the other, as a newcomer types them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.checks
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout")
def test_both_commands_of_the_readme_pass_one_after_the_other_and_leave_git_clean(
    tmp_path: Path,
) -> None:
    clone = tmp_path / "fresh"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = {
        name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "BUDGET"}
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=clone, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    report = Path(run("scripts/run").splitlines()[-1])
    assert (clone / report).name == "report.html"
    assert (clone / report).is_file()
    assert run("git", "status", "--porcelain") == ""
    assert " passed" in run(
        "scripts/test", "tests/test_digits.py"
    )  # linters and types of the whole; tests of one file
    assert run("git", "status", "--porcelain") == ""
