"""How often is a verdict right? The real pipeline on many simulated tables whose truth is known.

Each table is split, encoded, searched and scored as `study run` does, on small budgets, by Ray
tasks of which each leaves one file; a run that was stopped goes on. Fresh rows of the same truth,
which nothing of the pipeline trains on or selects by, tell what the difference truly is. Files hold
losses, so that a changed rule is judged anew without running anything.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module
from pathlib import Path

from calibrations.report import PAGE, ROOT, kept
from calibrations.tables import FOLDS, QUESTIONS, simulate_all


def main() -> None:
    """Parse the command line."""
    parser = ArgumentParser(
        "scripts/calibration", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "question",
        choices=QUESTIONS,
        help="what is asked of the tables; the page says what each answers",
    )
    parser.add_argument("--tables", type=int, default=15, help="tables a cell")
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "results" / "calibration",
        help="folder of a folder a question",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="tables at once")
    parser.add_argument(
        "--report", action="store_true", help="simulate nothing, and judge what is there"
    )
    arguments = parser.parse_args()
    folder = arguments.out / arguments.question
    folder.mkdir(parents=True, exist_ok=True)
    if not arguments.report:
        known = kept(PAGE, folder.name)
        done = set(zip(known["cell"], known["table"], strict=True))
        simulate_all(
            QUESTIONS[arguments.question], arguments.tables, folder, arguments.workers, done
        )
    judged = (
        "hardest" if arguments.question == "shipped" else arguments.question
    )  # by the same module
    import_module(f"calibrations.{judged}").write(folder, FOLDS, PAGE)


if __name__ == "__main__":
    main()
