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
from study.schema import ALL_ROWS, TREES, Search, Share, StudyError, fold_name

LONGEST_PART, LONGEST_PATH = 255, 3_800
"""Bytes of a folder's name, and of a whole path to a results folder: systems take 4,096, and files
stand below it."""
TEMPORARY = ".part"
"""Ending of a file that is being written."""
PACK = "trials.jsonl"
"""All records of a finished search's trials, one a line."""
SHARE = re.compile(r"[^.].*-(\d+)of(\d+)(?:\.json)?")


def safe_name(text: str) -> str:
    """`text` as one file name: itself if harmless, else its harmless characters and eight
    hexadecimal digits of its hash.

    Two different texts never share a name, and none leaves its folder, whatever a column is called.
    """
    kept = re.sub(r"[^A-Za-z0-9._+=-]+", "_", text).strip("._")[:80]
    if kept and kept == text:
        return kept
    content = text.encode(errors="surrogatepass")  # of a file name that is no UTF-8
    return f"{kept or 'x'}~{hashlib.sha256(content).hexdigest()[:8]}"


class _Place:
    """A file or folder below that of a study; `{share}` in its name stands for the share that a run
    works on.

    of_share: its name for a share, where that is another.
    """

    def __init__(self, name: str, of_share: str | None = None) -> None:
        self.name, self.of_share = name, of_share or name

    def __get__(self, paths: StudyPaths, owner: type[StudyPaths]) -> Path:
        if paths.share is None:
            return paths.root / self.name.format(share="")
        return paths.root / self.of_share.format(
            share=f"-{paths.share.number}of{paths.share.count}"
        )


@dataclass(frozen=True)
class StudyPaths:
    """Every file of one study, below `root` (`results/<name>`).

    share: the part of the searches that a run works on, if not on all; it has its own lock,
    environment and job.
    """

    root: Path
    share: Share | None = None

    def __post_init__(self) -> None:
        """Raise a StudyError where `root` is longer than a file system takes."""
        parts = [os.fsencode(part) for part in self.root.absolute().parts]
        longest = max(map(len, parts))
        whole = sum(map(len, parts)) + len(parts)
        begin = f"{str(self.root)[:60]!r}..."
        for has, most, where in (
            (longest, LONGEST_PART, "in a name"),
            (whole, LONGEST_PATH, "in its whole path"),
        ):
            if has > most:
                raise StudyError(
                    f"{begin} has {has:,} bytes {where}, more than the {most:,} that fit. Choose a shorter one."
                )

    config = _Place("config.yaml")
    environment = _Place("environment.json", ".study/environment{share}.json")
    lock = _Place(".study/lock{share}")
    """Held by the run that is at work here."""
    journal = _Place(".study/handed-out{share}")
    """What a run has out; one that ends in order removes it."""
    data = _Place(".study/data.json")
    """What was read and inferred: columns, kinds, reasons, notes."""
    job = _Place(".study/job{share}.json")
    """The SLURM job that works, or last worked, on the study."""
    trials = _Place("trials")
    results = _Place("results.parquet")
    results_csv = _Place("results.csv")
    frames = _Place("frames")
    """All other dataframes."""
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

    @property
    def shares(self) -> list[StudyPaths]:
        """The same for every share that a run has begun on."""
        names = (path.name for path in self.root.glob(".study/*-*"))
        found = {
            (int(match[2]), int(match[1])) for name in names if (match := SHARE.fullmatch(name))
        }
        return [
            StudyPaths(self.root, Share(number=number, count=count))
            for count, number in sorted(found)
        ]

    @property
    def concluded(self) -> list[Path]:
        """What is made of the records when a study ends, but the models: the verdicts, which say
        that it has, first.
        """
        reports = [self.figures, self.notebook, self.html, self.trials_html]
        return [self.verdicts, self.results, self.results_csv, self.frames, *reports]

    def frame(self, name: str) -> Path:
        """The file of a dataframe; `trials` is the one that lies where people look first."""
        return self.results if name == "trials" else self.frames / f"{name}.parquet"

    def search(self, search: Search) -> Path:
        return self.trials / _name(search.target, search.model_name, search.outer_fold)

    def trial(self, search: Search, number: int) -> Path:
        return self.search(search) / f"{number:04d}.json"

    def pack(self, search: Search) -> Path:
        """All records of a finished search, in place of one a trial."""
        return self.search(search) / PACK

    def winner(self, search: Search) -> Path:
        return self.search(search) / "winner.json"

    def work(self, work: FoldWork) -> Path:
        return self.trials / _name(work.target, work.sort, work.outer_fold) / f"{work.sort}.json"

    def model(self, search: Search) -> Path:
        """The judged model of a search."""
        return self.fold_model(search.target, search.model_name, search.outer_fold)

    def fold_model(self, target: str, name: str, outer_fold: int) -> Path:
        """The model of a search, or of work beside the searches: `trees` or `formula`."""
        return self.fold_models / f"{_name(target, name, outer_fold)}.{_ending(name)}"

    def delivered(self, target: str, name: str) -> Path:
        """A procedure's model of all rows: `regression`, `terms`, `network`, `formula` or `trees`."""
        return self.models / f"{safe_name(target)}-{name}.{_ending(name)}"

    def reader(self, target: str, outer_fold: int) -> Path:
        """What turns rows into those that the models of a target and outer fold take."""
        if outer_fold == ALL_ROWS:
            return self.models / f"{safe_name(target)}.json"
        return self.fold_models / f"{safe_name(target)}-{fold_name(outer_fold)}.json"


def _name(target: str, name: str, outer_fold: int) -> str:
    return f"{safe_name(target)}-{name}-{fold_name(outer_fold)}"


def _ending(name: str) -> str:
    return "skops" if name == TREES else "keras"


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file under a temporary name in the same folder, renamed at the end: a reader sees the
    whole file or none.

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
        error.filename = error.filename or str(
            temporary
        )  # a full disk does not name what it could not take
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
    """Remove what `atomic_file` left behind in a killed process; nobody may be writing below
    `root`.
    """
    for left in root.rglob(f".*{TEMPORARY}"):
        left.unlink(missing_ok=True)
