"""The only place that spells a file name under `results/<name>/`."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from study.records.work import FoldWork
from study.schema import ALL_ROWS, TREES, Arm, Share, StudyError, fold_name

LONGEST_PART, LONGEST_PATH = 255, 3_800
"""Bytes of a folder's name, and of a whole path to a results folder: systems take 4,096, and files stand below it."""
TEMPORARY = ".part"
"""Ending of a file that is being written."""
PACK = "trials.jsonl"
"""All records of a finished arm's trials, one a line."""
SHARE = re.compile(r"(?:environment|job|\.lock)-(\d+)of(\d+)(?:\.json)?")


def safe_name(text: str) -> str:
    """`text` as one file name: itself if harmless, else its harmless characters and eight hexadecimal digits of its hash.

    Two different texts never share a name, and none leaves its folder, whatever a column is called.
    """
    kept = re.sub(r"[^A-Za-z0-9._+=-]+", "_", text).strip("._")[:80]
    if kept and kept == text:
        return kept
    content = text.encode(errors="surrogatepass")  # of a file name that is no UTF-8
    return f"{kept or 'x'}~{hashlib.sha256(content).hexdigest()[:8]}"


class _Place:
    """A file or folder below that of a study; `{share}` in its name stands for the share that a run works on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, paths: StudyPaths, owner: type[StudyPaths]) -> Path:
        share = "" if paths.share is None else f"-{paths.share.number}of{paths.share.count}"
        return paths.root / self.name.format(share=share)


@dataclass(frozen=True)
class StudyPaths:
    """Every file of one study, below `root` (`results/<name>`).

    share: the part of the arms that a run works on, if not on all; it has its own lock, environment and job.
    """

    root: Path
    share: Share | None = None

    def __post_init__(self) -> None:
        """Raise a StudyError where `root` is longer than a file system takes."""
        parts = [os.fsencode(part) for part in self.root.absolute().parts]
        longest, whole = max(map(len, parts)), sum(map(len, parts)) + len(parts)
        begin = f"{str(self.root)[:60]!r}..."
        for has, most, where in ((longest, LONGEST_PART, "in a name"), (whole, LONGEST_PATH, "in its whole path")):
            if has > most:
                raise StudyError(
                    f"A results folder has at most {most:,} bytes {where}, but {begin} has {has:,}. Choose a shorter one."
                )

    config = _Place("config.yaml")
    environment = _Place("environment{share}.json")
    lock = _Place(".lock{share}")
    """Held by the run that is at work here."""
    journal = _Place(".handed-out{share}")
    """What a run has out; one that ends in order removes it."""
    data = _Place("data.json")
    """What was read and inferred: columns, kinds, reasons, notes."""
    job = _Place("job{share}.json")
    """The SLURM job that works, or last worked, on the study."""
    trials = _Place("trials")
    results = _Place("results.parquet")
    results_csv = _Place("results.csv")
    folds = _Place("folds.parquet")
    curves = _Place("curves.parquet")
    coefficients = _Place("coefficients.parquet")
    predictions = _Place("predictions.parquet")
    trees = _Place("trees.parquet")
    """Test rows of the boosted trees: the line beside a verdict."""
    terms = _Place("terms.parquet")
    """Weights of the regressions with terms and of the short formulas."""
    scores = _Place("scores.parquet")
    """What the winners lost on the test rows, by candidate, and the metrics that people know."""
    pairs = _Place("pairs.parquet")
    """Every model against every simpler one."""
    metrics = _Place("metrics.parquet")
    """The metrics that people know of every procedure, and by how much one is better than another, with intervals."""
    margins = _Place("margins.parquet")
    """How probable it is that a gain of a verdict is above a margin, for every margin."""
    effects = _Place("effects.parquet")
    """Mean effects of single columns on the predictions of regression, regression with terms and network."""
    importances = _Place("importances.parquet")
    """How much more every model loses where a column is permuted."""
    helps = _Place("helps.parquet")
    """Rows on which the network helps most and least, and what they have in common."""
    residuals = _Place("residuals.parquet")
    """Mean residuals in bins of the prediction."""
    calibration = _Place("calibration.parquet")
    """How often what is predicted with a probability happens."""
    discrimination = _Place("discrimination.parquet")
    """ROC and precision-recall curves."""
    confusion = _Place("confusion.parquet")
    """Which classes are taken for which."""
    hyperparameters = _Place("hyperparameters.parquet")
    """How much each hyperparameter mattered to a search."""
    verdicts = _Place("verdicts.json")
    models = _Place("models")
    """What is delivered: the judged procedures run once more on all rows."""
    fold_models = _Place("models/folds")
    """The models that were judged, each on the test rows of its outer fold."""
    retried = _Place("retried")
    """What `study retry` has put aside, each time in a folder of its own; nobody reads it."""
    exported = _Place("export")
    """What `study export` writes for other tools, where nothing else is said."""
    figures = _Place("figures")
    notebook = _Place("report.ipynb")
    html = _Place("report.html")
    trials_html = _Place("trials.html")
    markdown = _Place("report.md")
    pdf = _Place("report.pdf")

    @property
    def shares(self) -> list[StudyPaths]:
        """The same for every share that a run has begun on."""
        found = {(int(match[2]), int(match[1])) for path in self.root.glob("*-*") if (match := SHARE.fullmatch(path.name))}
        return [StudyPaths(self.root, Share(number=number, count=count)) for count, number in sorted(found)]

    @property
    def concluded(self) -> list[Path]:
        """What is made of the records when a study ends, but the models: the verdicts, which say that it has, first."""
        places = ((name, place.name) for name, place in vars(StudyPaths).items() if isinstance(place, _Place))
        frames = [getattr(self, name) for name, file in places if file.endswith((".parquet", ".csv"))]
        return [self.verdicts, *frames, self.figures, self.notebook, self.html, self.trials_html, self.markdown, self.pdf]

    def arm(self, arm: Arm) -> Path:
        return self.trials / f"{safe_name(arm.target)}-{arm.model_name}-{fold_name(arm.outer_fold)}"

    def trial(self, arm: Arm, number: int) -> Path:
        return self.arm(arm) / f"{number:04d}.json"

    def pack(self, arm: Arm) -> Path:
        """All records of a finished arm, in place of one a trial."""
        return self.arm(arm) / PACK

    def winner(self, arm: Arm) -> Path:
        return self.arm(arm) / "winner.json"

    def work(self, work: FoldWork) -> Path:
        return self.trials / f"{safe_name(work.target)}-{work.sort}-{fold_name(work.outer_fold)}" / f"{work.sort}.json"

    def model(self, arm: Arm) -> Path:
        """The judged model of an arm."""
        return self.fold_models / f"{safe_name(arm.target)}-{arm.model_name}-{fold_name(arm.outer_fold)}.keras"

    def fold_model(self, target: str, name: str, outer_fold: int) -> Path:
        """The model of work beside the arms: `trees` or `short`."""
        return self.fold_models / f"{safe_name(target)}-{name}-{fold_name(outer_fold)}.{_ending(name)}"

    def delivered(self, target: str, name: str) -> Path:
        """A procedure's model of all rows: `regression`, `extended`, `network`, `short` or `trees`."""
        return self.models / f"{safe_name(target)}-{name}.{_ending(name)}"

    def reader(self, target: str, outer_fold: int) -> Path:
        """What turns rows into those that the models of a target and outer fold take."""
        if outer_fold == ALL_ROWS:
            return self.models / f"{safe_name(target)}.json"
        return self.fold_models / f"{safe_name(target)}-{fold_name(outer_fold)}.json"


def _ending(name: str) -> str:
    return "skops" if name == TREES else "keras"


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file under a temporary name in the same folder, renamed at the end: a reader sees the whole file or none.

    So does one after a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(temporary)  # a full disk does not name what it could not take
        raise
    finally:
        temporary.unlink(missing_ok=True)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot sync the names of a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file, whole or not at all."""
    with atomic_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def clear_temporaries(root: Path) -> None:
    """Remove what `atomic_file` left behind in a killed process; nobody may be writing below `root`."""
    for left in root.rglob(f".*{TEMPORARY}"):
        left.unlink(missing_ok=True)
