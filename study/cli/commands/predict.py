"""`study predict`: rows of a table, by a finished study's model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from study.cli.options import AsJson, ResultsFolder


def predict(
    results: ResultsFolder,
    rows: Annotated[
        Path,
        typer.Argument(help="Rows: CSV, TSV, Parquet, Feather or JSON lines, with every feature."),
    ],
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Which target, where there are several.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="answer (the verdict's), regression, terms, formula, network or trees.",
        ),
    ] = "answer",
    fold: Annotated[
        int | None, typer.Option(help="Predict with the model that was judged on this outer fold.")
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="Add intervals, or sets, that hold this share: 0.9.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="CSV, TSV or Parquet to write; printed if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the rows of a table with a finished study's model."""
    from study.cli.as_json import print_json
    from study.cli.rows import check_out, read_rows, write_rows
    from study.inference.predictions import predict
    from study.results import load_results

    if out is not None:
        check_out(out)
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
