"""`study show`: what came out, or all of one trial."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.given import console, print_json
from study.cli.options import AsJson, ResultsFolder


def show(
    results: ResultsFolder,
    trial: Annotated[
        str | None, typer.Option(help="Show one trial, such as y-neural-d1-o0-0003.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show all details.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the results of a finished study, or one trial of any study."""
    from study.cli import trial as one
    from study.cli.ending import print_all, print_ending
    from study.cli.summary import summary_json
    from study.records.one import find_trial
    from study.records.results import load_results

    found = load_results(results)
    if trial is not None:
        own = find_trial(found.paths, trial)
        if as_json:
            print_json(one.to_json(found, own))
        else:
            one.print_trial(found, own)
        return
    found.check_records()
    if as_json:
        print_json(summary_json(found))
    else:
        (print_all if all_ else print_ending)(found, console())
