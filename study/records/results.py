"""Records on disk, and a results folder as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pandas as pd

from study.config import StudyConfig, dump_config, load_config
from study.evidence.answer import Verdict
from study.evidence.stored import read_verdicts, read_warnings
from study.evidence.wording.answer import Words
from study.records.environment import Environment
from study.records.frames import curves_frame, folds_frame, trials_frame
from study.records.paths import StudyPaths
from study.records.reading import R, read_records, read_trials
from study.records.refusal import damaged, name_of, opened, run_again
from study.records.trial import TrialRecord
from study.schema import StudyData, StudyError, StudyWarning

C = TypeVar("C")
GATHERED: dict[str, Callable[[Iterable[TrialRecord]], pd.DataFrame]] = {
    "trials": trials_frame,
    "folds": folds_frame,
    "curves": curves_frame,
}
"""Frames that a study has from its first trial on, and what makes them of its records; the others
come with its verdicts."""


class MissingFrame(StudyError, AttributeError):
    """A frame is not there, or not yet; says what makes it."""


@dataclass(frozen=True)
class Results:
    """A results folder, read as needed; every attribute is cached.

    trials: one row a trial (`trials_frame`). folds: one row a trial and replicate (`folds_frame`).
    curves: loss by epoch (`curves_frame`). coefficients: the regressions' weights beside their
    reference fits. predictions: the winners and the simple formulas on the test rows
    (`predictions_frame`). trees: the same of boosted trees. terms: weights of the regressions with
    terms and of the simple formulas (`terms_frame`). scores: test loss of every model and candidate
    (`study.evidence.scores.model_scores`). pairs: gain of every model over every simpler one
    (`study.evidence.verdicts.pair_table`). metrics: of every procedure
    (`study.evidence.metric_gains.metric_table`). warnings: what may be wrong. All others are those
    of the diagnostics, by their names (`study.diagnostics.registry`).

    Each raises a StudyError where its file is not there yet, or not of this version.
    """

    root: Path

    @property
    def paths(self) -> StudyPaths:
        return StudyPaths(self.root)

    @property
    def concluded(self) -> bool:
        """Whether the verdicts are drawn: only then there are coefficients, predictions, scores,
        pairs and verdicts.
        """
        return self.paths.verdicts.exists()

    def present(self, path: Path) -> Path:
        """`path`, or a StudyError that says how it comes to be there."""
        if not path.exists():
            raise StudyError(self._missing(path))
        return path

    def _missing(self, path: Path) -> str:
        if self.concluded:
            return f"{path} is missing, perhaps since an older version. {self.again} writes it."
        return f"{path} does not exist yet. {self.again} finishes the study."

    @property
    def again(self) -> str:
        """The command that goes on with this study (`run_again`)."""
        return run_again(self.root, name_of(self.root))

    def record(self, path: Path, model: type[R]) -> R:
        """What a JSON file of the folder holds; a StudyError says how it is made again."""
        self.present(path)
        with opened(path, self.root):
            return model.model_validate_json(path.read_bytes())

    @cached_property
    def config(self) -> StudyConfig:
        """The resolved config the study ran with."""
        path = self.paths.config
        try:
            config = load_config(path)
            text = path.read_text(encoding="utf-8")
            if text != (full := dump_config(config)) and full.startswith(text):
                raise StudyError(f"Can't read the config {path}: it is cut.")
            return config
        except StudyError as error:
            raise StudyError(
                f"{error} Remove it; the command that began the study writes it again."
            ) from None

    @cached_property
    def data(self) -> StudyData:
        """What was read and inferred of the table, and the models that are compared on it."""
        return self.record(self.paths.data, StudyData)

    @cached_property
    def environment(self) -> Environment:
        """Where the study ran last."""
        return self.record(self.paths.environment, Environment)

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A frame by its name, read when it is first asked for; those of the search are gathered
        where it has not ended.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        if (path := self.paths.frame(name)).exists():
            with opened(path, self.root):
                frame = pd.read_parquet(path, page_checksum_verification=True)
        elif name in GATHERED:
            frame = GATHERED[name](self._trials())
        else:
            raise MissingFrame(self._missing(path))
        self.__dict__[name] = frame
        return frame

    def check_records(self) -> None:
        """Raise a StudyError where a record cannot be read."""
        for path in read_records(self.paths).broken:
            raise damaged(path, self.root)

    def _trials(self) -> Iterator[TrialRecord]:
        if self.concluded:
            self.check_records()
        return read_trials(self.paths)

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.frames]

    @property
    def frames(self) -> list[str]:
        """Names of the frames that there are, those of the search first."""
        return list(
            dict.fromkeys(
                [*GATHERED, *sorted(path.stem for path in self.paths.frames.glob("*.parquet"))]
            )
        )

    def curves_of(self, trial_ids: Iterable[str]) -> pd.DataFrame:
        """`curves` of some trials only: those of a large study do not fit in memory."""
        wanted = set(trial_ids)
        if (path := self.paths.frame("curves")).exists():
            with opened(path, self.root):
                return pd.read_parquet(path, filters=[("trial_id", "in", wanted)])
        return curves_frame(record for record in self._trials() if record.trial_id in wanted)

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
        """What may be wrong (`study.evidence.warnings`): of a finished study all that was found,
        else what the table shows.
        """
        return self._concluded(read_warnings) if self.concluded else list(self.data.warnings)

    def _concluded(self, read: Callable[[str], list[C]]) -> list[C]:
        """What `read` gives of verdicts.json."""
        path = self.present(self.paths.verdicts)
        with opened(path, self.root):
            return read(path.read_text(encoding="utf-8"))


def load_results(path: str | Path) -> Results:
    """Open a results folder.

    Raises
    ------
    StudyError
        The folder does not exist or holds no study, or its path is too long.
    """
    root = Path(path)
    if not StudyPaths(root).config.is_file():
        raise StudyError(
            f"{root} is not a results folder: it has no config.yaml. `study run CONFIG` makes one."
        )
    return Results(root)
