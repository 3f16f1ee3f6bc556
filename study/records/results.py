"""Records on disk, and a results folder as it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pandas as pd
from pyarrow.parquet import read_metadata
from pydantic import ValidationError

from study.config import StudyConfig, load_config
from study.evidence.answer import Verdict
from study.evidence.stored import read_verdicts, read_warnings
from study.evidence.wording.answer import Words
from study.records.environment import Environment
from study.records.frames import curves_frame, folds_frame, trials_frame
from study.records.outcome import Outcome
from study.records.packs import read_arm
from study.records.paths import StudyPaths, write_atomic
from study.records.refusal import first_wrong, name_of, run_again, unreadable
from study.records.short import ShortRecord
from study.records.trees import TreesRecord
from study.records.trial import TrialRecord, WinnerRecord
from study.records.work import FoldOutcome, FoldRecord, FoldWork
from study.schema import HOST_COLUMNS, Arm, Frozen, StudyData, StudyError, StudyWarning

R = TypeVar("R", bound=Frozen)
W = TypeVar("W", bound=FoldRecord)
C = TypeVar("C")


def write_trial(paths: StudyPaths, record: TrialRecord) -> None:
    """Write one trial's record, whole or not at all."""
    write_atomic(paths.trial(record.arm, record.number), record.model_dump_json())


def write_winner(paths: StudyPaths, record: WinnerRecord, files: dict[str, bytes]) -> None:
    """Write an arm's models, then its winner's record: a record's files are always there."""
    for name, content in files.items():
        write_atomic(paths.fold_models / name, content)
    write_atomic(paths.winner(record.arm), record.model_dump_json())


def write_work(paths: StudyPaths, record: FoldRecord, files: dict[str, bytes]) -> None:
    """Write what work on one target and outer fold beside its arms leaves, models first, each whole or not at all."""
    for name, content in files.items():
        write_atomic(paths.fold_models / name, content)
    write_atomic(paths.work(record.work), record.model_dump_json())


def _read(
    paths: StudyPaths, files: Iterable[Path], model: type[R], place: Callable[[R], Path], broken: list[Path] | None
) -> Iterator[R]:
    for path in files:
        try:
            record = model.model_validate_json(path.read_bytes())
            if place(record) != path:
                raise ValueError("another trial's record")
            yield record
        except ValueError:
            if broken is not None:
                broken.append(path)


def read_trials(
    paths: StudyPaths,
    broken: list[Path] | None = None,
    arms: Iterable[Arm] | None = None,
    loose: set[Path] | None = None,
) -> Iterator[TrialRecord]:
    """Every trial's record below `trials/`, in order of arm and number, an arm at a time: a large study does not fit in memory.

    broken: takes the files that are truncated, empty or misplaced, whose trials count as not run. arms: those alone. loose: as
    in `study.records.packs.read_arm`.
    """
    folders = paths.trials.glob("*/") if arms is None else map(paths.arm, arms)
    for folder in sorted(folders):
        yield from read_arm(paths, folder, broken, loose)


def read_winners(paths: StudyPaths, broken: list[Path] | None = None, arms: Iterable[Arm] | None = None) -> list[WinnerRecord]:
    """Every winner's record below `trials/`, in order of arm; broken and arms as in `read_trials`."""
    files = paths.trials.glob("*/winner.json") if arms is None else filter(Path.exists, map(paths.winner, arms))
    return list(_read(paths, sorted(files), WinnerRecord, lambda record: paths.winner(record.arm), broken))


def read_work(
    paths: StudyPaths, model: type[W], broken: list[Path] | None = None, beside: Iterable[FoldWork] | None = None
) -> list[W]:
    """Every record of one sort of such work, in order of target and outer fold; broken as in `read_trials`.

    beside: those alone.
    """
    places = None if beside is None else (paths.work(work) for work in beside if work.sort == model.sort)
    files = paths.trials.glob(f"*/{model.sort}.json") if places is None else filter(Path.exists, places)
    return list(_read(paths, sorted(files), model, lambda record: paths.work(record.work), broken))


def read_outcomes(
    paths: StudyPaths, broken: list[Path] | None = None, beside: Iterable[FoldWork] | None = None
) -> list[FoldOutcome]:
    """Outcomes of all such work; broken and beside as in `read_work`."""
    beside = None if beside is None else list(beside)
    sorts: tuple[type[FoldRecord], ...] = (TreesRecord, ShortRecord)
    return [record.outcome() for model in sorts for record in read_work(paths, model, broken, beside)]


@dataclass(frozen=True)
class Records:
    """All that lies below `trials/`, each in order, and the broken files among it; of trials and `beside` the outcomes.

    loose: folders of arms that have single files of trials.
    """

    trials: list[Outcome]
    winners: list[WinnerRecord]
    beside: list[FoldOutcome]
    broken: list[Path]
    loose: set[Path] = field(default_factory=set, compare=False)


def read_records(paths: StudyPaths, arms: Sequence[Arm] | None = None, beside: Sequence[FoldWork] | None = None) -> Records:
    """Read every record, or those of some arms and work alone."""
    broken, loose = list[Path](), set[Path]()
    known: dict[str, Arm] = {}
    read = read_trials(paths, broken, arms, loose)
    trials = [Outcome.of(each, known.setdefault(each.arm.key, each.arm)) for each in read]
    winners = read_winners(paths, broken, arms)
    return Records(trials, winners, read_outcomes(paths, broken, beside), broken, loose)


def digest(trials: pd.DataFrame) -> str:
    """SHA-256 of a results dataframe without study name, hosts and timings, to the bit of every float."""
    kept = trials.drop(columns=[c for c in (*HOST_COLUMNS, "study") if c in trials])
    kept = kept.sort_values(["target", "outer_fold", "depth", "family", "number"])[sorted(kept.columns)]
    sha = hashlib.sha256()
    for column in kept:
        sha.update(str(column).encode())
        for value in kept[column]:
            sha.update(b"\0" if pd.isna(value) else (value.hex() if isinstance(value, float) else str(value)).encode())
            sha.update(b"\x1f")
    return sha.hexdigest()


class _Frame(cached_property[pd.DataFrame]):
    """A frame on disk, read when it is first asked for, from the place of its name.

    gathered: makes it of the records where the study has not finished yet. place: another name.
    """

    def __init__(
        self, gathered: Callable[[Iterable[TrialRecord]], pd.DataFrame] | None = None, place: str | None = None
    ) -> None:
        super().__init__(self._read)
        self.gathered, self.place = gathered, place

    def _read(self, results: Results) -> pd.DataFrame:
        path = getattr(results.paths, self.place or str(self.attrname))
        if self.gathered and not path.exists():
            return self.gathered(read_trials(results.paths))
        return pd.read_parquet(results.present(path))


@dataclass(frozen=True)
class Results:
    """A results folder, read as needed; every attribute is cached.

    trials: one row a trial (`trials_frame`). folds: one row a trial and replicate (`folds_frame`). curves: loss by epoch
    (`curves_frame`). coefficients: the regressions' weights beside their reference fits. predictions: the winners and the short
    formulas on the test rows (`predictions_frame`). trees: the same of boosted trees. terms: weights of the regressions with
    terms and of the short formulas (`terms_frame`). scores: test loss of every model and candidate
    (`study.evidence.scores.model_scores`). pairs: gain of every model over every simpler one
    (`study.evidence.verdicts.pair_table`). metrics: of every procedure (`study.evidence.metric_gains.metric_table`). warnings:
    what may be wrong. All others are those of the diagnostics, by their names (`study.diagnostics.registry`).

    Each raises a StudyError where its file is not there yet, or not of this version.
    """

    root: Path

    @property
    def paths(self) -> StudyPaths:
        return StudyPaths(self.root)

    @property
    def concluded(self) -> bool:
        """Whether the verdicts are drawn: only then there are coefficients, predictions, scores, pairs and verdicts."""
        return self.paths.verdicts.exists()

    def present(self, path: Path) -> Path:
        """`path`, or a StudyError that says how it comes to be there."""
        if path.exists():
            return path
        if self.concluded:
            before = "as after a version before this one"
            raise StudyError(f"{path} does not exist, {before}; {self.again} concludes the study anew.")
        raise StudyError(f"{path} does not exist yet; {self.again} finishes the study.")

    @property
    def again(self) -> str:
        """The command that goes on with this study (`run_again`)."""
        return run_again(self.root, name_of(self.root))

    def _record(self, path: Path, model: type[R]) -> R:
        try:
            return model.model_validate_json(self.present(path).read_bytes())
        except ValidationError as error:
            wrong = f"{path} is not what this version writes ({first_wrong(error)})"
            raise StudyError(f"{wrong}; remove it, and {self.again} writes it anew.") from None

    @cached_property
    def config(self) -> StudyConfig:
        """The resolved config the study ran with."""
        return load_config(self.paths.config)

    @cached_property
    def data(self) -> StudyData:
        """What was read and inferred of the table, and the models that are compared on it."""
        return self._record(self.paths.data, StudyData)

    @cached_property
    def environment(self) -> Environment:
        """Where the study ran last."""
        return self._record(self.paths.environment, Environment)

    trials = _Frame(trials_frame, "results")
    folds = _Frame(folds_frame)
    curves = _Frame(curves_frame)
    coefficients = _Frame()
    predictions = _Frame()
    trees = _Frame()
    terms = _Frame()
    scores = _Frame()
    pairs = _Frame()
    metrics = _Frame()
    margins = _Frame()
    effects = _Frame()
    importances = _Frame()
    helps = _Frame()
    residuals = _Frame()
    calibration = _Frame()
    discrimination = _Frame()
    confusion = _Frame()
    hyperparameters = _Frame()

    def curves_of(self, trial_ids: Iterable[str]) -> pd.DataFrame:
        """`curves` of some trials only: those of a large study do not fit in memory."""
        wanted = set(trial_ids)
        if self.paths.curves.exists():
            if not read_metadata(self.paths.curves).num_rows:  # of regressions alone: columns without a type take no filter
                return pd.read_parquet(self.paths.curves)
            return pd.read_parquet(self.paths.curves, filters=[("trial_id", "in", wanted)])
        return curves_frame(record for record in read_trials(self.paths) if record.trial_id in wanted)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """The answer for each target."""
        return self._concluded(read_verdicts)

    @property
    def words(self) -> list[Words]:
        """What is said of each verdict: `sentence`, `action` and more."""
        return [Words(verdict) for verdict in self.verdicts]

    @cached_property
    def warnings(self) -> list[StudyWarning]:
        """What may be wrong (`study.evidence.warnings`): of a finished study all that was found, else what the table shows."""
        return self._concluded(read_warnings) if self.concluded else list(self.data.warnings)

    def _concluded(self, read: Callable[[str], list[C]]) -> list[C]:
        """What `read` gives of verdicts.json."""
        text = self.present(self.paths.verdicts).read_text(encoding="utf-8")
        try:
            return read(text)
        except ValueError as error:
            way = f"{self.again} draws the verdicts anew from the records; trials that are there are not run again."
            raise StudyError(f"{self.paths.verdicts} cannot be read: {unreadable(error)}. {way}") from None


def load_results(path: str | Path) -> Results:
    """Open a results folder.

    Raises
    ------
    StudyError
        The folder does not exist or holds no study, or its path is too long.
    """
    root = Path(path)
    if not StudyPaths(root).config.is_file():
        raise StudyError(f"{root} is not a results folder: it has no config.yaml. `study run CONFIG` makes one.")
    return Results(root)
