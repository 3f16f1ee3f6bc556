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
    typer.Option("--target", "-t", help="Column to predict; can be repeated."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a key of the config: search.trials=20."),
]
ResultsRoot = Annotated[Path, typer.Option(help="Folder that holds the results folders.")]
Name = Annotated[
    str | None, typer.Option("--name", "-n", help="Name of the study and its results folder.")
]
ResultsFolder = Annotated[Path, typer.Argument(help="A results folder, such as results/balloons.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what Ray and TensorFlow log.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]
