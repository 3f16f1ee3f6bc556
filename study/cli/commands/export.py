"""`study export`: records in the forms of other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from study.cli.given import print_json, writing
from study.cli.options import AsJson, ResultsFolder


def export(
    results: ResultsFolder,
    to: Annotated[str, typer.Option("--to", help="csv, optuna or mlflow.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder or file to write; default: RESULTS/export/…"),
    ] = None,
    uri: Annotated[
        str | None, typer.Option(help="MLflow's tracking server, such as http://localhost:5000.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep exporting until the study is finished.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Export the records of a study, finished or not, to another tool."""
    from study.records.exports.exports import export
    from study.records.results import load_results

    def tell(trials: int) -> None:
        if follow:
            print(f"{trials:,} trials", file=sys.stderr)

    with writing(results):
        done = export(load_results(results), to, out, uri, follow, tell)
    if as_json:
        print_json(vars(done))
        return
    print(f"Exported {done.trials:,} trials to {done.where}.")
    if done.view:
        print(f"View: {done.view}")
