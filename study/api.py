"""A whole study in a few steps: prepare, search, conclude, report. What the command line and
`import study` call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from study.conclude import conclude
from study.config import StudyConfig, differing_keys, dump_config, load_config
from study.config.metrics import QUESTION_KEYS
from study.config.options import ClusterConfig
from study.data.reader import make_reader
from study.execution.cluster.checks import check_cluster
from study.execution.cluster.lock import locked
from study.execution.observer import Observer, interruptible
from study.execution.pool import Pool
from study.execution.queue import FoldQueue
from study.execution.runner import run_searches
from study.families import packages
from study.families.chosen import search_trials
from study.plan import Prepared, prepare, survey, table_sizes
from study.records import results as records
from study.records.environment import Environment
from study.records.older import tidy
from study.records.paths import StudyPaths, clear_temporaries, write_atomic
from study.records.work import FoldOutcome
from study.results import Results, load_results
from study.schema import Search, Share, StudyError
from study.search.plan import make_beside, searches_of


def run_study(
    config: StudyConfig | str | Path,
    results: str | Path = "results",
    observer: Observer | None = None,
    verbose: bool = False,
    report: bool = True,
) -> Results:
    """Run a study, or what is left of it, and write its records, dataframes, verdicts and report
    below `results/<name>/`.

    Parameters
    ----------
    config
        A StudyConfig or the path of a YAML file.
    results
        Folder that holds the results folders of all studies.
    observer
        Who is told of every finished trial and of the end; nobody by default.
    verbose
        Let Ray and TensorFlow speak.
    report
        Whether to execute the notebook and render the HTML too.

    Raises
    ------
    StudyError
        Whatever a user can mend: table, config, a results folder of another config or at which
        another run is at work.
    study.execution.observer.Interrupted
        Ctrl-C, SIGTERM or SIGHUP stopped it; the same call goes on.

    Examples
    --------
    A study that is finished trains nothing more.

    >>> import study
    >>> results = study.run_study("configs/smoke.yaml", report=False)
    >>> results.verdicts[0].verdict
    'terms'
    """
    if not isinstance(config, StudyConfig):
        config = load_config(config)
    observer = observer or Observer()
    paths = StudyPaths(Path(results) / config.name)
    with _at_work(config, paths, verbose) as (prepared, pool):
        clear_temporaries(paths.root)
        for each in prepared.warnings:
            observer.note(f"! {each.id} {each.sentence}")
        run_searches(prepared.plan, prepared.data, paths, pool, observer)
        conclude(paths, prepared.data)
        observer.concluded(load_results(paths.root))
        if report:
            write_report(paths)
    return load_results(paths.root)


def run_share(
    config: StudyConfig,
    share: Share,
    results: str | Path = "results",
    observer: Observer | None = None,
    verbose: bool = False,
) -> None:
    """Run the searches of one share of a study and its work beside them; `run_study` does what is
    left and draws the verdicts.

    Shares of one study may run at once, on machines that see one `results`. Parameters and errors
    are those of `run_study`.
    """
    paths = StudyPaths(Path(results) / config.name, share)
    with _at_work(config, paths, verbose) as (prepared, pool):
        plan = prepared.plan.share(share)
        if plan.searches or plan.beside:
            run_searches(plan, prepared.data, paths, pool, observer)


@contextmanager
def _at_work(
    config: StudyConfig, paths: StudyPaths, verbose: bool
) -> Iterator[tuple[Prepared, Pool]]:
    """Prepare a study and hold its results folder, described and cleared to begin or go on.

    The workers of a new study start while it is encoded; one that goes on may have nothing left to
    do.
    """
    with interruptible():
        surveyed = survey(config, paths.share)
        try:
            new = not paths.config.exists()
            if new:  # before a folder is begun
                check_cluster(config, verbose)
            with locked(paths), Pool(config, surveyed.data_bytes, verbose) as pool:
                tidy(paths)
                if new:
                    pool.start(surveyed.own.n_trials)
                prepared = prepare(config, surveyed)
                check_folder(paths, prepared)
                _write_description(paths, prepared)
                yield prepared, pool
        except OSError as error:
            raise StudyError(
                f"Can't write {error.filename2 or error.filename or paths.root}: {error.strerror or error}. "
                "Choose another folder with --results, or make room. Finished trials are kept."
            ) from None


def check_folder(paths: StudyPaths, prepared: Prepared) -> None:
    """Raise a StudyError where a results folder holds a study of another config or of other data."""
    config, there = prepared.plan.config, Results(paths.root)
    if paths.config.exists() and (differing := differing_keys(there.config, config)):
        lines = "".join(
            f"  - {key}: {old!r} there, {new!r} now\n" for key, (old, new) in differing.items()
        )
        raise StudyError(
            f"{paths.root} has a study with another config. These keys differ:\n{lines}"
            f"Choose another --name, or remove the folder.{_asking(paths, differing)}"
        )
    if paths.data.exists() and there.data.digest != prepared.table.digest:
        raise StudyError(
            f"{paths.root} has a study of other data: {config.data.source} has changed since. "
            f"Choose another --name than '{config.name}', or remove the folder."
        )


def _asking(paths: StudyPaths, differing: Iterable[str]) -> str:
    """The way to another question, where nothing but the question differs."""
    if (
        not all(key.partition(".")[0] in QUESTION_KEYS for key in differing)
        or not paths.verdicts.exists()
    ):
        return ""
    return f" To ask the finished study another question, use `study ask {paths.root}`."


def _write_description(paths: StudyPaths, prepared: Prepared) -> None:
    """Say what the study is, and where it runs; of shares that begin at once all say the same, and
    most find it said.
    """
    config = prepared.plan.config.replace(
        cluster=ClusterConfig()
    )  # where it ran is no part of what it is
    _say(paths.config, dump_config(config))
    _say(paths.data, prepared.description.model_dump_json(indent=2))
    environment = Environment.here(config.seed, packages(config.families))
    write_atomic(paths.environment, environment.model_dump_json(indent=2))
    for (target, fold), encoded in prepared.data.items():
        _say(
            paths.reader(target, fold),
            make_reader(prepared.table, encoded).model_dump_json(indent=1),
        )


def _say(path: Path, text: str) -> None:
    """Write a file unless it says that already."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == text.encode():
            return
    write_atomic(path, text)


def study_searches(results: records.Results) -> list[tuple[Search, int]]:
    """Every search of a results folder and its budget of trials, from its config and what was
    inferred of its targets.
    """
    config = results.config
    return [
        (search, search_trials(config, search))
        for search in searches_of(config, table_sizes(results.data))
    ]


def study_beside(results: records.Results, outcomes: Iterable[FoldOutcome]) -> FoldQueue:
    """The work beside the searches of a results folder, and what is recorded of it."""
    return FoldQueue(make_beside(results.config, table_sizes(results.data)), outcomes)


def write_report(paths: StudyPaths) -> Path:
    """Execute the notebook of a study and render it, of an unfinished one with its search alone;
    gives the path of the report.

    Raises
    ------
    StudyError
        There is no trial yet, or a version before this one concluded the study.
    """
    if (results := load_results(paths.root)).trials.empty:
        raise StudyError(f"{paths.root} has no trial to report yet. Resume: {results.again}.")
    from study.report.notebook import write_report as write

    return write(paths)
