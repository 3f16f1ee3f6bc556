"""Records on disk, and a results folder as it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pandas as pd
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
GATHERED: dict[str, Callable[[Iterable[TrialRecord]], pd.DataFrame]] = {
    "trials": trials_frame,
    "folds": folds_frame,
    "curves": curves_frame,
}
"""Frames that a study has from its first trial on, and what makes them of its records; the others come with its verdicts."""


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
    paths: StudyPaths, broken: list[Path] | None = None, arms: Iterable[Arm] | None = None
) -> Iterator[TrialRecord]:
    """Every trial's record below `trials/`, in order of arm and number, an arm at a time: a large study does not fit in memory.

    broken: takes the files that are truncated, empty or misplaced, whose trials count as not run. arms: those alone.
    """
    folders = paths.trials.glob("*/") if arms is None else map(paths.arm, arms)
    for folder in sorted(folders):
        yield from read_arm(paths, folder, broken)


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
    """All that lies below `trials/`, each in order, and the broken files among it; of trials and `beside` the outcomes."""

    trials: list[Outcome]
    winners: list[WinnerRecord]
    beside: list[FoldOutcome]
    broken: list[Path]


def read_records(paths: StudyPaths, arms: Sequence[Arm] | None = None, beside: Sequence[FoldWork] | None = None) -> Records:
    """Read every record, or those of some arms and work alone."""
    broken = list[Path]()
    known: dict[str, Arm] = {}
    read = read_trials(paths, broken, arms)
    trials = [Outcome.of(each, known.setdefault(each.arm.key, each.arm)) for each in read]
    winners = read_winners(paths, broken, arms)
    return Records(trials, winners, read_outcomes(paths, broken, beside), broken)


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


class MissingFrame(StudyError, AttributeError):
    """A frame is not there, or not yet; says what makes it."""


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
        if not path.exists():
            raise StudyError(self._missing(path))
        return path

    def _missing(self, path: Path) -> str:
        if self.concluded:
            return f"{path} does not exist, as after a version before this one; {self.again} concludes the study anew."
        return f"{path} does not exist yet; {self.again} finishes the study."

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

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A frame by its name, read when it is first asked for; those of the search are gathered where it has not ended."""
        if name.startswith("_"):
            raise AttributeError(name)
        if (path := self.paths.frame(name)).exists():
            frame = pd.read_parquet(path)
        elif name in GATHERED:
            frame = GATHERED[name](read_trials(self.paths))
        else:
            raise MissingFrame(self._missing(path))
        self.__dict__[name] = frame
        return frame

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.frames]

    @property
    def frames(self) -> list[str]:
        """Names of the frames that there are, those of the search first."""
        return list(dict.fromkeys([*GATHERED, *sorted(path.stem for path in self.paths.frames.glob("*.parquet"))]))

    def curves_of(self, trial_ids: Iterable[str]) -> pd.DataFrame:
        """`curves` of some trials only: those of a large study do not fit in memory."""
        wanted = set(trial_ids)
        if (path := self.paths.frame("curves")).exists():
            return pd.read_parquet(path, filters=[("trial_id", "in", wanted)])
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
