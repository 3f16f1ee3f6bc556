"""`study init`: a config from a table."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from study.cli.given import check_new, config_of, print_json, writing
from study.cli.options import AsJson, Force


def init(
    table: Annotated[
        str, typer.Argument(help="A table: CSV, TSV, Parquet, Feather, JSON lines, sklearn:NAME.")
    ],
    target: Annotated[
        list[str],
        typer.Option("--target", "-t", help="Column to predict; can be repeated."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "--output", "-o", help="File to write; default: NAME.yaml."),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented config for a table."""
    from study.cli.template import write_config
    from study.plan import prepare

    config = config_of(table, target, None, None)
    path = out or Path(f"{config.name}.yaml")
    with writing(path):
        check_new(path, force)
        written = write_config(path, prepare(config), table)
    if as_json:
        print_json({"wrote": written, "config": path})
        return
    print(
        f"Wrote {' and '.join(map(str, written))}. Next: study check {quote(str(path))}, then study run {quote(str(path))}"
    )
