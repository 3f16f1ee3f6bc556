"""`study report`: the page of a study."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from study.cli.given import print_json, writing
from study.cli.options import AsJson
from study.schema import StudyError


def report(
    results: Annotated[
        list[Path], typer.Argument(help="A results folder, such as results/balloons.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write a study's report again; of an unfinished study, its searches so far."""
    from study.api import write_report
    from study.cli.warned import count_words
    from study.records.results import load_results

    folder, *others = results
    if others:
        raise StudyError(
            f"A report is about one study. To compare several: study compare {shlex.join(map(str, results))}."
        )
    with writing(folder):
        opened = load_results(folder)
        page = write_report(opened.paths)
    if as_json:
        print_json({"results": folder, "report": page})
    else:
        print(page)
    if told := count_words(opened.warnings):
        print(told, file=sys.stderr)
