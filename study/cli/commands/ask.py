"""`study ask`: another question."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.given import console
from study.cli.options import ResultsFolder


def ask(
    results: ResultsFolder,
    metric: Annotated[
        str | None,
        typer.Option(help="loss, r2, rmse, mae, auc, brier, accuracy or explained_deviance."),
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(help="Smallest improvement worth switching models for: 0.05 or 5%."),
    ] = None,
    margin_of: Annotated[
        str | None, typer.Option(help="What the margin is a share of: regression; or unit.")
    ] = None,
    min_margin: Annotated[
        float | None, typer.Option(help="Absolute lower limit to the margin.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Target to ask about; default: all.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON as in verdicts.json.")
    ] = False,
) -> None:
    """Ask a finished study with another metric or margin. Nothing is written."""
    from study.cli.ending import print_verdict
    from study.cli.warned import print_warnings
    from study.evidence.stored import write_verdicts
    from study.evidence.warnings.answers import OF_A_QUESTION, asked_anew
    from study.results import load_results

    opened = load_results(results)
    found = opened.ask(metric, margin, margin_of, min_margin, target)
    warned = asked_anew(opened.warnings, found)
    if as_json:
        print(write_verdicts(found, warned))
    else:
        for verdict in found:
            print_verdict(verdict, console())
        print_warnings([each for each in warned if each.id in OF_A_QUESTION], console())
