"""`study compare`: finished studies beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.cli.options import AsJson


def compare(
    results: Annotated[
        list[Path],
        typer.Argument(help="Results folders, two or more; the others are held against the first."),
    ],
    metric: Annotated[
        str | None,
        typer.Option(help="Ask all of one metric; by default each of what its config asks."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare finished studies: configs, verdicts, and improvements on the same test rows."""
    from study.ask import compare as compared
    from study.cli.as_json import print_json
    from study.cli.compared import print_compared
    from study.cli.given import console
    from study.results import load_results

    found = compared([load_results(path) for path in results], metric)
    if as_json:
        print_json(found.to_json())
    else:
        print_compared(found, console())
