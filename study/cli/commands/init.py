"""`study init`: a config from a table."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from study.cli.given import config_of, writing
from study.cli.options import AsJson
from study.schema import StudyError


def init(
    table: Annotated[
        str, typer.Argument(help="A table: CSV, TSV, Parquet, Feather, JSON lines, sklearn:NAME.")
    ],
    target: Annotated[
        list[str],
        typer.Option("--target", "-t", help="Column to predict; can be repeated."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: NAME.yaml.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented config for a table."""
    from study.cli.as_json import print_json
    from study.cli.template import write_config
    from study.plan import prepare

    config = config_of(table, target, None, None)
    path = output or Path(f"{config.name}.yaml")
    with writing(path):
        if path.exists():
            raise StudyError(f"{path} exists already. Name another file with --output.")
        written = write_config(path, prepare(config), table)
    if as_json:
        print_json({"wrote": written, "config": path})
        return
    print(
        f"Wrote {' and '.join(map(str, written))}. Next: study check {quote(str(path))}, then study run {quote(str(path))}"
    )
