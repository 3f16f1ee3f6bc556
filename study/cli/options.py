"""What several commands take, with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOrTable = Annotated[
    str,
    typer.Argument(
        help="A YAML config, or a table: CSV, TSV, Parquet, Feather, JSON lines, sklearn:NAME."
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", "-t", help="Column to predict; may be given several times."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key: search.trials=20."),
]
ResultsRoot = Annotated[Path, typer.Option(help="Folder for the results folders of all studies.")]
Name = Annotated[
    str | None, typer.Option("--name", "-n", help="Name of the study and of its results folder.")
]
ResultsFolder = Annotated[Path, typer.Argument(help="A results folder, such as results/balloons.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Let Ray and TensorFlow speak.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object in place of text.")]
