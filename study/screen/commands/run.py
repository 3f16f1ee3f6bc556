"""`study run`: a study from end to end."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer

from study.screen.given import config_of, console
from study.screen.options import ConfigOrTable, Name, Overrides, ResultsRoot, Targets, Verbose

if TYPE_CHECKING:
    from study.config import StudyConfig


def run(
    source: ConfigOrTable,
    target: Targets = None,
    set_: Overrides = None,
    name: Name = None,
    results: ResultsRoot = Path("results"),
    verbose: Verbose = False,
) -> None:
    """Run a study, or go on with one, and write its report."""
    config = config_of(source, target, set_, name)
    go_on(config, results, verbose, " ".join(["study run", *(quote(arg) for arg in sys.argv[2:])]))


def go_on(config: StudyConfig, results: Path, verbose: bool, again: str) -> None:
    """Run a study, or what is left of it; `again` is the command that goes on with it."""
    from study.api import run_share, run_study
    from study.machines.allocation import array_share
    from study.records.paths import StudyPaths
    from study.running.job import running
    from study.running.observer import Interrupted
    from study.screen.progress import Progress

    share = array_share() if config.cluster.address == "slurm" else None
    paths = StudyPaths(results / config.name, share)
    try:
        with Progress(console()) as progress, running(config, paths, progress) as watch:
            if share is None:
                print(run_study(config, results, watch, verbose).paths.html)
            else:
                run_share(config, share, results, watch, verbose)
                print(f"Share {share.number + 1} of {share.count} is done; a job without --array gathers {paths.root}.")
    except Interrupted:
        print(f"\nStopped. Every finished trial is kept in {results / config.name}; go on with: {again}", file=sys.stderr)
        raise typer.Exit(130) from None
