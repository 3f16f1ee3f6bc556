"""A whole study in a few steps: prepare, search, conclude, report. What the command line and `import study` call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from study.conclude import conclude
from study.config import StudyConfig, differing_keys, dump_config, load_config
from study.config.metrics import QUESTION_KEYS, metrics_asked
from study.config.options import ClusterConfig
from study.config.unit import check_unit
from study.data.encoding import Encoded, EncodedData, encode_all
from study.data.reader import make_reader
from study.data.splits import Split, first_development, make_splits
from study.data.tables import Table, read_table
from study.data.vocabulary import MOST_LEVELS, find_vocabulary, missing_name
from study.families import packages
from study.machines.lock import locked
from study.machines.ray import check_gpus, check_job
from study.predicting.results import Results, load_results
from study.records import results as records
from study.records.environment import Environment
from study.records.paths import StudyPaths, clear_temporaries, write_atomic
from study.records.work import FoldOutcome
from study.report.kernel import Kernel
from study.running.observer import Observer, interruptible
from study.running.pool import Pool
from study.running.queue import FoldQueue
from study.running.runner import search
from study.schema import Arm, Share, StudyData, StudyError, Target
from study.search.cost import Size
from study.search.models import arm_trials
from study.search.plan import Plan, make_arms, make_beside, make_plan, resolve_outer
from study.training.device import overridden


@dataclass(frozen=True)
class Surveyed:
    """A study of which the table is read, and nothing encoded.

    plan: as terms are not known yet. splits: by target, of those that the run is about. share: of the arms, if not all.
    """

    table: Table
    description: StudyData
    plan: Plan
    splits: Mapping[str, tuple[Split, ...]]
    share: Share | None = None

    @property
    def own(self) -> Plan:
        """What the run does."""
        return self.plan if self.share is None else self.plan.share(self.share)

    @cached_property
    def places(self) -> set[tuple[str, int]]:
        """Targets and outer folds that the run is about."""
        plan = self.own
        return {(arm.target, arm.outer_fold) for arm in plan.arms} | {(work.target, work.outer_fold) for work in plan.beside}

    def bounds(self, target: str) -> tuple[int, int]:
        """`Encoded.bounds` of a target, from all of its outer folds."""
        splits = self.splits[target]
        held = max(len(validation) for split in splits for _, validation in split.inner)
        return max(len(split.development) for split in splits), held

    @property
    def data_bytes(self) -> int:
        """About how much the encoded data take: the matrix, of which a category's levels are not known yet, targets, folds."""
        terms = sum(MOST_LEVELS if feature.type == "category" else 1 for feature in self.description.features)
        bits = sum(2 * len(split.inner) + 6 for _, split in self.own_splits)
        return self.description.rows * (4 * terms + 24 * len(self.splits)) + self.description.rows * bits // 8

    @property
    def own_splits(self) -> list[tuple[Target, Split]]:
        """Those of its places, by target."""
        own = [target for target in self.table.targets if target.name in self.splits]
        return [(t, split) for t in own for split in self.splits[t.name] if (t.name, split.outer_fold) in self.places]


@dataclass(frozen=True)
class Prepared:
    """A study before anything is trained. data: by target and outer fold."""

    table: Table
    description: StudyData
    plan: Plan
    data: Mapping[tuple[str, int], Encoded]


def survey(config: StudyConfig, share: Share | None = None) -> Surveyed:
    """Read the table, infer kinds and split, of a share its own targets.

    Raises
    ------
    StudyError
        Whatever is wrong with table or config, but what only encoding shows.
    """
    table = read_table(config)
    description = table.summary()
    kinds = {target.name: target.kind for target in table.targets}
    check_unit(config.margin, config.margin_of, metrics_asked(config.metric, kinds), kinds)
    config = resolve_outer(config, _table_sizes(description))
    plan = make_plan(config, _table_sizes(description))
    surveyed = Surveyed(table, description, plan, {}, share)
    own = {name for name, _ in surveyed.places}
    return replace(surveyed, splits={t.name: make_splits(table, t, config) for t in table.targets if t.name in own})


def prepare(config: StudyConfig, surveyed: Surveyed | None = None) -> Prepared:
    """Read the table, unless it was, infer kinds, split, encode and plan; nothing is written.

    surveyed: if of a share, what its tasks are about alone is encoded; the plan is that of all arms.

    Raises
    ------
    StudyError
        Whatever is wrong with table or config.
    """
    surveyed = surveyed or survey(config)
    table = surveyed.table
    data = encode_all(table, surveyed.own_splits)
    if surveyed.share is not None:
        data = {key: replace(encoded, bounds=surveyed.bounds(encoded.target)) for key, encoded in data.items()}
    sizes = _first_sizes(surveyed, data)
    plan = make_plan(resolve_outer(config, _table_sizes(surveyed.description)), sizes)
    return Prepared(table, surveyed.description.model_copy(update={"models": plan.models}), plan, data)


def _first_sizes(surveyed: Surveyed, data: EncodedData) -> list[Size]:
    """Size of every target by its first outer fold, whose terms are found also where it is not encoded."""
    table, config = surveyed.table, surveyed.plan.config
    known: dict[bytes, int] = {}  # targets with the same rows have the same terms
    missing = missing_name(table)
    found = []
    for target in table.targets:
        if (first := data.get((target.name, 0))) is not None:
            found.append(Size(first.target, first.kind, len(first.development), len(first.terms), first.n_outputs))
            continue
        rows = first_development(table, target, config)
        if (key := rows.tobytes()) not in known:
            known[key] = len(find_vocabulary(table.frame, rows, table.features, missing).terms)
        found.append(Size(target.name, target.kind, len(rows), known[key], target.n_outputs))
    return found


def _table_sizes(data: StudyData) -> list[Size]:
    """Sizes before anything is encoded."""
    return [Size(each.name, each.kind, data.rows - each.missing, len(data.features), each.n_outputs) for each in data.targets]


def run_study(
    config: StudyConfig | str | Path,
    results: str | Path = "results",
    observer: Observer | None = None,
    verbose: bool = False,
    report: bool = True,
) -> Results:
    """Run a study, or what is left of it, and write its records, dataframes, verdicts and report below `results/<name>/`.

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
        Whatever a user can mend: table, config, a results folder of another config or at which another run is at work.
    study.running.observer.Interrupted
        Ctrl-C, SIGTERM or SIGHUP stopped it; the same call goes on.
    """
    if not isinstance(config, StudyConfig):
        config = load_config(config)
    observer = observer or Observer()
    paths = StudyPaths(Path(results) / config.name)
    with _at_work(config, paths, verbose) as (prepared, pool), Kernel(paths.root) as kernel:
        clear_temporaries(paths.root)
        search(prepared.plan, prepared.data, paths, pool, observer)
        if report:
            with suppress(Exception):  # the report tries again, and tells why it cannot
                kernel.start()  # its imports go on beside what follows
        conclude(paths, prepared.data)
        observer.concluded(load_results(paths.root))
        if report:
            write_report(paths, kernel)
    return load_results(paths.root)


def run_share(
    config: StudyConfig, share: Share, results: str | Path = "results", observer: Observer | None = None, verbose: bool = False
) -> None:
    """Run the arms of one share of a study and its work beside them; `run_study` does what is left and draws the verdicts.

    Shares of one study may run at once, on machines that see one `results`. Parameters and errors are those of `run_study`.
    """
    paths = StudyPaths(Path(results) / config.name, share)
    with _at_work(config, paths, verbose) as (prepared, pool):
        plan = prepared.plan.share(share)
        if plan.arms or plan.beside:
            search(plan, prepared.data, paths, pool, observer)


@contextmanager
def _at_work(config: StudyConfig, paths: StudyPaths, verbose: bool) -> Iterator[tuple[Prepared, Pool]]:
    """Prepare a study and hold its results folder, described and cleared to begin or go on.

    The workers of a new study start while it is encoded; one that goes on may have nothing left to do.
    """
    with interruptible():
        surveyed = survey(config, paths.share)
        try:
            new = not paths.config.exists()
            if new:  # before a folder is begun
                check_job(config)
                check_gpus(config, verbose)
            with locked(paths), Pool(config, surveyed.data_bytes, verbose) as pool:
                if new:
                    pool.start(surveyed.own.n_trials)
                prepared = prepare(config, surveyed)
                check_folder(paths, prepared)
                _write_description(paths, prepared)
                yield prepared, pool
        except OSError as error:
            raise StudyError(
                f"Cannot write {error.filename or paths.root}: {error.strerror or error}. "
                "Free the place, or choose another with --results; finished trials are kept and the same command goes on."
            ) from None


def check_folder(paths: StudyPaths, prepared: Prepared) -> None:
    """Raise a StudyError where a results folder holds a study of another config or of other data."""
    if not paths.config.exists():
        return
    config = prepared.plan.config
    if differing := differing_keys(load_config(paths.config), config):
        lines = "".join(f"  - {key}: {old!r} there, {new!r} now\n" for key, (old, new) in differing.items())
        raise StudyError(
            f"{paths.root} holds a study of another config. These keys differ:\n{lines}"
            f"Choose another name with --name, or remove {paths.root} if its results are not needed.{_asking(paths, differing)}"
        )
    if paths.data.exists() and Results(paths.root).data.digest != prepared.table.digest:
        raise StudyError(
            f"{paths.root} holds a study of other data: {config.data.source} has changed since. Choose "
            f"another name with --name (it is '{config.name}' now), or remove {paths.root} if its results are not needed."
        )


def _asking(paths: StudyPaths, differing: Iterable[str]) -> str:
    """The way to another question, where nothing but the question differs."""
    if not all(key.partition(".")[0] in QUESTION_KEYS for key in differing) or not paths.verdicts.exists():
        return ""
    return f" `study ask {paths.root}` asks the finished study another question and changes nothing."


def _write_description(paths: StudyPaths, prepared: Prepared) -> None:
    """Say what the study is, and where it runs; of shares that begin at once all say the same, and most find it said."""
    config = prepared.plan.config.replace(cluster=ClusterConfig())  # where it ran is no part of what it is
    _say(paths.config, dump_config(config))
    _say(paths.data, prepared.description.model_dump_json(indent=2))
    environment = Environment.here(config.seed, packages(config.families), overridden())
    write_atomic(paths.environment, environment.model_dump_json(indent=2))
    for (target, fold), encoded in prepared.data.items():
        _say(paths.reader(target, fold), make_reader(prepared.table, encoded).model_dump_json(indent=1))


def _say(path: Path, text: str) -> None:
    """Write a file unless it says that already."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == text.encode():
            return
    write_atomic(path, text)


def study_arms(results: records.Results) -> list[tuple[Arm, int]]:
    """Every arm of a results folder and its budget of trials, from its config and what was inferred of its targets."""
    config = results.config
    return [(arm, arm_trials(config, arm)) for arm in make_arms(config, _table_sizes(results.data))]


def study_beside(results: records.Results, outcomes: Iterable[FoldOutcome]) -> FoldQueue:
    """The work beside the arms of a results folder, and what is recorded of it."""
    return FoldQueue(make_beside(results.config, _table_sizes(results.data)), outcomes)


def write_report(paths: StudyPaths, kernel: Kernel | None = None) -> Path:
    """Execute the notebook of a study and render it, of an unfinished one with its search alone; gives the path of the HTML.

    kernel: of its folder, started or not; it ends with this.

    Raises
    ------
    StudyError
        There is no trial yet, or a version before this one concluded the study.
    """
    if load_results(paths.root).trials.empty:
        raise StudyError(f"{paths.root} has no trial yet, so there is nothing to report; `study run {paths.config}` goes on.")
    with kernel or Kernel(paths.root) as own:
        own.start()  # it imports at the same time as this process
        from study.report.notebook import write_report as write

        return write(paths, own)
