"""`study status`: how far a study is."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from study.cli.given import console, print_json
from study.cli.options import AsJson, ResultsFolder
from study.formatting import count


def status(
    results: ResultsFolder,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file, and name each that is broken.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far a study is: its searches, failures and how to resume."""
    from study.cli.status import print_status, status_json
    from study.execution.cluster.submit import queued
    from study.records.paths import StudyPaths
    from study.records.results import load_results

    if verify:
        from study.cli.verify import verify as verified

        print(
            f"{count(verified(load_results(results)), 'file')} read, none broken.", file=sys.stderr
        )
    job = queued(StudyPaths(results))
    waits = bool(job) and not StudyPaths(results).config.exists()
    if as_json:
        print_json(
            {"results": results, "queued": job}
            if waits
            else status_json(load_results(results), job)
        )
        return
    if job:
        print(job)
    if not waits:
        print_status(load_results(results), console(), job)
