"""Finished studies, looked at in processes of their own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness.studies import run

HERE = Path(__file__).parent


def reproduce(folder: Path) -> dict[str, float]:
    """Gap between stored predictions and those of the saved models, by arm."""
    ended = run(sys.executable, HERE / "reproduce.py", folder, cwd=folder)
    assert ended.returncode == 0, ended.stderr
    gaps: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return gaps
