"""`study predict`: rows of a table, by a finished study's model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from study.cli.given import print_json
from study.cli.options import AsJson, Force, ResultsFolder


def predict(
    results: ResultsFolder,
    rows: Annotated[
        Path,
        typer.Argument(
            help="Rows to predict, with every feature: CSV, TSV, Parquet, Feather, JSON lines."
        ),
    ],
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Target, if the study has several.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="answer (the recommended), regression, terms, formula, network or trees.",
        ),
    ] = "answer",
    fold: Annotated[
        int | None, typer.Option(help="Use the model of this outer fold, not the final one.")
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(help="Add intervals, or sets of classes, that cover this share: 0.9."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "--output", "-o", help="CSV, TSV or Parquet file to write; default: print."
        ),
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Predict the rows of a table with a model of a finished study."""
    from study.cli.rows import check_out, read_rows, write_rows
    from study.inference.predictions import predict
    from study.results import load_results

    if out is not None:
        check_out(out, force)
    found = predict(load_results(results), read_rows(rows), target, model, fold, interval)
    if as_json:
        if out is not None:
            write_rows(found.frame, out)
        told = {"results": results, "model": found.model, "rows": len(found.frame), "out": out}
        told |= {"warnings": found.warnings, "notes": found.notes}
        print_json(told | ({"predictions": found.frame} if out is None else {}))
        return
    for text in found.warnings:
        print(f"Warning: {text}", file=sys.stderr)
    for text in found.notes:
        print(text, file=sys.stderr)
    write_rows(found.frame, out)
