"""`study retry`: what failed, once more."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.commands.run import go_on
from study.cli.given import writing
from study.cli.options import AsJson, Overrides, ResultsFolder, Verbose


def retry(
    results: ResultsFolder,
    trial: Annotated[
        str | None,
        typer.Option(help="Which one, such as y-neural-d1-o0-0003; all that failed if left out."),
    ] = None,
    set_: Overrides = None,
    verbose: Verbose = False,
    put_aside: Annotated[
        bool, typer.Option("--put-aside", help="Run nothing; `study run` or a job goes on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run again what failed in a study, with all that was suggested or concluded from it."""
    from study.api import check_folder
    from study.cli.as_json import print_json
    from study.config import load_config
    from study.execution.again import retry as set_aside
    from study.plan import prepare
    from study.records.results import load_results
    from study.records.retried import failures

    opened, place = load_results(results), results.resolve()
    config = load_config(opened.paths.config, set_ or []).replace(name=place.name)
    if not put_aside and failures(opened.paths, trial):
        check_folder(opened.paths, prepare(config))  # what cannot run again is left as it is
    with writing(results):
        told: list[str] = []
        set_aside(results, trial, told.append if as_json else print)
    again = opened.again.strip("`")
    if not put_aside:
        go_on(
            config,
            results.parent if results.name == place.name else place.parent,
            verbose,
            again,
            as_json,
        )
    elif as_json:
        print_json({"results": results, "told": told, "again": again})
    else:
        print(f"Go on with: {again}")
