"""The command line: one command each. Heavy imports wait inside the commands, so that `--help` answers at once."""

from __future__ import annotations

import gc
import sys
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from study.schema import StudyError, printable
from study.screen.explain import count_words, explain, print_warnings
from study.screen.flags import App
from study.screen.given import as_options, config_of, console, writing

if TYPE_CHECKING:
    from study.config import StudyConfig

app = App(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Is a linear or logistic regression enough for this table, or is a neural network worth it, and how sure are we?",
)

ConfigOrTable = Annotated[
    str, typer.Argument(help="A YAML config, or a table: CSV, TSV, Parquet, Feather, JSON lines, sklearn:NAME.")
]
Targets = Annotated[list[str] | None, typer.Option("--target", "-t", help="Column to predict; may be given several times.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key: search.trials=20.")]
ResultsRoot = Annotated[Path, typer.Option(help="Folder for the results folders of all studies.")]
Name = Annotated[str | None, typer.Option("--name", "-n", help="Name of the study and of its results folder.")]
ResultsFolder = Annotated[Path, typer.Argument(help="A results folder, such as results/balloons.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"family-study {version('family-study')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print name and version, and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


@app.command()
def run(
    source: ConfigOrTable,
    target: Targets = None,
    set_: Overrides = None,
    name: Name = None,
    results: ResultsRoot = Path("results"),
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Let Ray and TensorFlow speak.")] = False,
) -> None:
    """Run a study, or go on with one, and write its report."""
    config = config_of(source, target, set_, name)
    _run(config, results, verbose, " ".join(["study run", *(quote(arg) for arg in sys.argv[2:])]))


def _run(config: StudyConfig, results: Path, verbose: bool, again: str) -> None:
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


@app.command()
def submit(
    source: ConfigOrTable,
    target: Targets = None,
    set_: Overrides = None,
    name: Name = None,
    results: ResultsRoot = Path("results"),
    nodes: Annotated[int, typer.Option(min=1, help="Nodes of the job.")] = 1,
    time: Annotated[str | None, typer.Option(help="Walltime, such as 02:00:00; the site's default if left out.")] = None,
    cpus_per_task: Annotated[int, typer.Option(min=1, help="Cores on each node.")] = 1,
    gpus_per_node: Annotated[str | None, typer.Option(help="GPUs on each node: 2, or a100:2 of a type.")] = None,
    partition: Annotated[str | None, typer.Option(help="Partition of the cluster.")] = None,
    account: Annotated[str | None, typer.Option(help="Account that pays.")] = None,
    mem: Annotated[str | None, typer.Option(help="Memory on each node, such as 16G.")] = None,
    sbatch: Annotated[str, typer.Option(help='More options for sbatch: --sbatch "--qos=long --exclusive".')] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the job has left the queue.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command and the script, and queue nothing.")] = False,
) -> None:
    """Queue a study as a SLURM job, after a check of its config."""
    config = config_of(source, target, set_, name)
    from study.api import check_folder
    from study.machines.submit import Request, follow, make_submission, queue
    from study.prepare import prepare
    from study.records.paths import StudyPaths

    prepared, paths = prepare(config), StudyPaths(results / config.name)
    check_folder(paths, prepared)
    given = [("--target", target), ("--set", set_), ("--name", [name] if name else None)]
    named = [f"{option}={value}" for option, values in given for value in values or []]
    arguments = [*named, f"--results={results}", "--", source]
    request = Request(nodes, time, cpus_per_task, gpus_per_node, partition, account, mem, sbatch)
    submission = make_submission(prepared.plan.config, request, arguments)
    if dry_run:
        print(submission.text)
        return
    job = queue(paths, submission)
    print(f"Queued SLURM job {job}.")
    print(f"Follow it:  squeue --job={job}; tail -F study-{job}.log; study status {quote(str(paths.root))}")
    print(f"Cancel it:  scancel {job}")
    if wait:
        follow(paths, job, print)


@app.command()
def check(source: ConfigOrTable, target: Targets = None, set_: Overrides = None, name: Name = None) -> None:
    """Validate a config or table and print what would be done, without doing it."""
    from study.prepare import prepare
    from study.screen.check import print_check

    print_check(prepare(config_of(source, target, set_, name)), console())


@app.command()
def init(
    table: Annotated[str, typer.Argument(help="A table: CSV, TSV, Parquet, Feather, JSON lines, sklearn:NAME.")],
    target: Annotated[list[str], typer.Option("--target", "-t", help="Column to predict; may be given several times.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; NAME.yaml by default.")] = None,
) -> None:
    """Write a commented config from a table."""
    from study.prepare import prepare
    from study.screen.template import write_config

    config = config_of(table, target, None, None)
    path = output or Path(f"{config.name}.yaml")
    try:
        if path.exists():
            raise StudyError(f"{path} exists already and is left as it is; name another file with --output.")
        written = write_config(path, prepare(config), table)
    except OSError as error:
        raise StudyError(f"Cannot write {path}: {error.strerror}. Name another file with --output.") from None
    print(f"Wrote {' and '.join(map(str, written))}. Next: study check {quote(str(path))}, then study run {quote(str(path))}")


@app.command()
def status(results: ResultsFolder) -> None:
    """Say how far a study is: a row an arm, failures, and the digest of a finished dataframe."""
    from study.machines.submit import queued
    from study.records.paths import StudyPaths
    from study.records.results import load_results
    from study.screen.status import print_status

    if job := queued(StudyPaths(results)):
        print(job)
        if not StudyPaths(results).config.exists():
            return
    print_status(load_results(results), console(), job)


@app.command()
def retry(
    results: ResultsFolder,
    trial: Annotated[
        str | None, typer.Option(help="Which one, such as y-neural-d1-o0-0003; all that failed if left out.")
    ] = None,
    set_: Overrides = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Let Ray and TensorFlow speak.")] = False,
    put_aside: Annotated[bool, typer.Option("--put-aside", help="Run nothing; `study run` or a job goes on.")] = False,
) -> None:
    """Run again what failed in a study, with all that was suggested or concluded from it."""
    from study.api import check_folder
    from study.config import load_config
    from study.prepare import prepare
    from study.records.results import load_results
    from study.records.retried import failures
    from study.running.again import retry as set_aside

    opened, place = load_results(results), results.resolve()
    config = load_config(opened.paths.config, set_ or []).replace(name=place.name)
    if not put_aside and failures(opened.paths, trial):
        check_folder(opened.paths, prepare(config))  # what cannot run again is left as it is
    with writing(results):
        set_aside(results, trial)
    again = opened.again.strip("`")
    if put_aside:
        print(f"Go on with: {again}")
    else:
        _run(config, results.parent if results.name == place.name else place.parent, verbose, again)


@app.command()
def predict(
    results: ResultsFolder,
    rows: Annotated[Path, typer.Argument(help="Rows: CSV, TSV, Parquet, Feather or JSON lines, with every feature.")],
    target: Annotated[str | None, typer.Option("--target", "-t", help="Which target, where there are several.")] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="answer (the verdict's), regression, extended, short, network or trees.")
    ] = "answer",
    fold: Annotated[int | None, typer.Option(help="Predict with the model that was judged on this outer fold.")] = None,
    interval: Annotated[float | None, typer.Option(help="Add intervals, or sets, that hold this share: 0.9.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="CSV, TSV or Parquet to write; printed if left out.")] = None,
) -> None:
    """Predict the rows of a table with a finished study's model."""
    from study.predicting.predictions import predict
    from study.predicting.results import load_results
    from study.screen.rows import check_out, read_rows, write_rows

    if out is not None:
        check_out(out)
    found = predict(load_results(results), read_rows(rows), target, model, fold, interval)
    for text in found.warnings:
        print(f"Warning: {text}", file=sys.stderr)
    for text in found.notes:
        print(text, file=sys.stderr)
    write_rows(found.frame, out)


@app.command()
def ask(
    results: ResultsFolder,
    metric: Annotated[str | None, typer.Option(help="loss, r2, rmse, mae, auc, brier, accuracy or explained_deviance.")] = None,
    margin: Annotated[float | None, typer.Option(help="Smallest gain for which you would change the model.")] = None,
    margin_of: Annotated[str | None, typer.Option(help="What the margin is of: regression, explained or unit.")] = None,
    floor: Annotated[float | None, typer.Option(help="Smallest difference that can matter.")] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="Which target; all if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what verdicts.json would hold.")] = False,
) -> None:
    """Ask a finished study another question, of another metric or margin; nothing in its folder is changed."""
    from study.evidence.answer import write_verdicts
    from study.evidence.warnings.answers import OF_A_QUESTION, asked_anew
    from study.predicting.results import load_results
    from study.screen.progress import print_verdicts

    opened = load_results(results)
    try:
        found = opened.ask(metric, margin, margin_of, floor, target)
    except StudyError as error:
        raise StudyError(as_options(str(error))) from None
    warned = asked_anew(opened.warnings, found)
    if as_json:
        print(write_verdicts(found, warned))
    else:
        print_verdicts(found, console())
        print_warnings([each for each in warned if each.id in OF_A_QUESTION], console())


@app.command()
def report(results: ResultsFolder) -> None:
    """Execute the notebook of a study anew and render its HTML; of an unfinished one it shows the search alone."""
    from study.api import write_report
    from study.records.results import load_results

    opened = load_results(results)
    with writing(results):
        print(write_report(opened.paths))
    if told := count_words(opened.warnings):
        print(told, file=sys.stderr)


app.command()(explain)


def main() -> None:
    """Entry point: what a user can mend ends in one message and exit code 2, without a traceback."""
    try:
        app(prog_name="study")
    except StudyError as error:
        print("\n".join(map(printable, f"Error: {error}".split("\n"))), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    finally:
        gc.freeze()  # or Python looks for garbage among all that was imported, for half a second, before it ends


if __name__ == "__main__":
    main()
