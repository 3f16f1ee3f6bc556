"""`study compare`: finished studies next to each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.cli.given import console, print_json
from study.cli.options import AsJson


def compare(
    results: Annotated[
        list[Path],
        typer.Argument(
            help="Two or more results folders; the first is what others are compared with."
        ),
    ],
    metric: Annotated[
        str | None,
        typer.Option(help="Compare all in this metric; default: the metric of each config."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare finished studies: configs, verdicts, and improvements on the same test rows."""
    from study.ask import compare as compared
    from study.cli.compared import print_compared
    from study.results import load_results

    found = compared([load_results(path) for path in results], metric)
    if as_json:
        print_json(found.to_json())
    else:
        print_compared(found, console())
