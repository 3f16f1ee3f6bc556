"""`study dashboard`: Optuna's dashboard of a study."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.options import ResultsFolder


def dashboard(
    results: ResultsFolder,
    host: Annotated[str, typer.Option(help="Name or address to listen on.")] = "localhost",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")
    ] = 8080,
) -> None:
    """Show the searches of a study in Optuna's dashboard, until Ctrl-C."""
    from study.records.exports.dashboard import serve
    from study.records.results import load_results

    serve(
        load_results(results),
        host,
        port,
        lambda address: print(f"{address} shows {results}. Ctrl-C stops it.", flush=True),
    )
