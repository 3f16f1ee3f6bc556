"""Run a study without its report, telling every note: drive.py CONFIG RESULTS [KEY=VALUE ...]."""

from __future__ import annotations

import sys

from study.api import run_study
from study.config import load_config
from study.execution.observer import Observer


class Notes(Observer):
    """Prints what a user should know."""

    def note(self, text: str) -> None:
        print(text, flush=True)


if __name__ == "__main__":
    run_study(load_config(sys.argv[1], sys.argv[3:]), sys.argv[2], Notes(), report=False)
