"""`study submit`: a study as a SLURM job."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from study.cli.given import config_of, print_json
from study.cli.options import AsJson, ConfigOrTable, Name, Overrides, ResultsRoot, Targets


def submit(
    source: ConfigOrTable,
    target: Targets = None,
    set_: Overrides = None,
    name: Name = None,
    results: ResultsRoot = Path("results"),
    nodes: Annotated[int, typer.Option(min=1, help="Nodes of the job.")] = 1,
    time: Annotated[
        str | None, typer.Option(help="Walltime, such as 02:00:00; default: the site's.")
    ] = None,
    cpus_per_task: Annotated[int, typer.Option(min=1, help="Cores on each node.")] = 1,
    gpus_per_node: Annotated[
        str | None, typer.Option(help="GPUs on each node: 2, or with a type a100:2.")
    ] = None,
    partition: Annotated[str | None, typer.Option(help="Partition of the cluster.")] = None,
    account: Annotated[str | None, typer.Option(help="Account to charge.")] = None,
    mem: Annotated[str | None, typer.Option(help="Memory on each node, such as 16G.")] = None,
    sbatch: Annotated[
        str, typer.Option(help='More options for sbatch: --sbatch "--qos=long --exclusive".')
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the job has left the queue.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the command and script without queueing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a config and queue its study as a SLURM job."""
    config = config_of(source, target, set_, name)
    from study.api import check_folder
    from study.execution.cluster.submit import Request, follow, make_submission, queue
    from study.plan import prepare
    from study.records.paths import StudyPaths

    prepared, paths = prepare(config), StudyPaths(results / config.name)
    check_folder(paths, prepared)
    given = [("--target", target), ("--set", set_), ("--name", [name] if name else None)]
    named = [f"{option}={value}" for option, values in given for value in values or []]
    arguments = [*named, f"--results={results}", "--", source]
    request = Request(nodes, time, cpus_per_task, gpus_per_node, partition, account, mem, sbatch)
    submission = make_submission(prepared.plan.config, request, arguments)
    if dry_run:
        if as_json:
            print_json({"command": submission.command, "script": submission.script})
        else:
            print(submission.text)
        return
    job = queue(paths, submission)
    if as_json:
        print_json({"job": job, "results": paths.root, "log": f"study-{job}.log"})
    else:
        print(f"Queued SLURM job {job}.")
        print(
            f"Follow it:  squeue --job={job}; tail -F study-{job}.log; study status {quote(str(paths.root))}"
        )
        print(f"Cancel it:  scancel {job}")
    if wait:
        follow(paths, job, partial(print, file=sys.stderr) if as_json else print)
