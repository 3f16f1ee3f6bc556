"""`study retry`: run again what failed."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.commands.run import go_on
from study.cli.given import print_json, writing
from study.cli.options import AsJson, Overrides, ResultsFolder, Verbose


def retry(
    results: ResultsFolder,
    trial: Annotated[
        str | None,
        typer.Option(help="Trial, such as y-neural-d1-o0-0003; default: all that failed."),
    ] = None,
    set_: Overrides = None,
    verbose: Verbose = False,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Only set it aside; `study run` or a job resumes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run again what failed in a study, and all that followed from it."""
    from study.api import check_folder
    from study.config import load_config
    from study.execution.again import retry as set_aside
    from study.plan import prepare
    from study.records.results import load_results
    from study.records.retried import failures

    opened, place = load_results(results), results.resolve()
    config = load_config(opened.paths.config, set_ or []).replace(name=place.name)
    if not no_run and failures(opened.paths, trial):
        check_folder(opened.paths, prepare(config))  # what cannot run again is left as it is
    with writing(results):
        messages: list[str] = []
        set_aside(results, trial, messages.append if as_json else print)
    resume = opened.again.strip("`")
    if not no_run:
        go_on(
            config,
            results.parent if results.name == place.name else place.parent,
            verbose,
            resume,
            as_json,
        )
    elif as_json:
        print_json({"results": results, "messages": messages, "resume": resume})
    else:
        print(f"Resume: {resume}")
