"""`study run`: a study from end to end."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer

from study.cli.given import config_of, console, print_json
from study.cli.options import AsJson, ConfigOrTable, Name, Overrides, ResultsRoot, Targets, Verbose

if TYPE_CHECKING:
    from study.config import StudyConfig


def run(
    source: ConfigOrTable,
    target: Targets = None,
    set_: Overrides = None,
    name: Name = None,
    results: ResultsRoot = Path("results"),
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Run or resume a study, and write its report."""
    config = config_of(source, target, set_, name)
    go_on(
        config,
        results,
        verbose,
        " ".join(["study run", *(quote(arg) for arg in sys.argv[2:])]),
        as_json,
    )


def go_on(
    config: StudyConfig, results: Path, verbose: bool, again: str, as_json: bool = False
) -> None:
    """Run a study, or what is left of it; `again` is the command that resumes it.

    as_json: what is seen while it runs goes to standard error.
    """
    try:
        from study.api import run_share, run_study
        from study.cli.progress import Progress
        from study.cli.summary import summary_json
        from study.execution.cluster.allocation import array_share
        from study.execution.job import running
        from study.records.paths import StudyPaths

        share = array_share() if config.cluster.address == "slurm" else None
        paths = StudyPaths(results / config.name, share)
        with (
            Progress(console(stderr=as_json)) as progress,
            running(config, paths, progress) as watch,
        ):
            if share is None:
                done = run_study(config, results, watch, verbose)
                if as_json:
                    print_json(summary_json(done))
                else:
                    print(done.paths.html)
            else:
                run_share(config, share, results, watch, verbose)
                if as_json:
                    print_json(
                        {"results": paths.root, "share": share.number, "shares": share.count}
                    )
                else:
                    print(
                        f"Share {share.number + 1} of {share.count} is done. A job without --array finishes {paths.root}."
                    )
    except KeyboardInterrupt:
        print(
            f"\nStopped. Finished trials are kept in {results / config.name}. Resume: {again}",
            file=sys.stderr,
        )
        raise typer.Exit(130) from None
