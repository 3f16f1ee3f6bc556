"""From the name of a source to its raw frame: built-in tables and files, read without inferring
more than text or number.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from study.config.options import DataConfig
from study.data.balloons import make_balloons
from study.data.files import FORMATS, read_file
from study.formatting import unique
from study.schema import StudyError, nearest

Reader = Callable[[str, DataConfig], pd.DataFrame]

SKLEARN_TABLES = ("breast_cancer", "diabetes", "digits", "iris", "wine")
"""Tables that scikit-learn ships; their target is the column `target`, with class names where they
have names."""


@dataclass(frozen=True)
class Source:
    """What was read.

    frame: raw columns under unique text names, index 0..n-1.
    digest: SHA-256 (hexadecimal) of the content, the same on every machine.
    origin: how errors and notes call it.
    targets: columns that the source itself knows as targets, never features unless named as such.
    """

    frame: pd.DataFrame
    digest: str
    origin: str
    targets: tuple[str, ...] = ()


def read_source(data: DataConfig) -> Source:
    """Read the rows that `data.source` names.

    Raises
    ------
    StudyError
        The source is unknown, missing, unreadable or empty, or two of its columns share a name.
    """
    targets: tuple[str, ...] = ()
    if data.is_path:
        path = Path(data.source)
        frame, digest = read_file(path)
        origin = path.name
    else:
        word, _, name = data.source.partition(":")
        if word not in LIBRARIES:
            raise StudyError(
                f"data.source '{data.source}' is not a table.{nearest(word, LIBRARIES)} It is a file ({', '.join(FORMATS)}), "
                f"or a table's name behind one of {', '.join(LIBRARIES)}."
            )
        frame, digest = LIBRARIES[word](name, data), ""
        origin, targets = data.source, TARGETS.get(word, ())
    frame = named(frame, origin)
    if not len(frame):
        raise StudyError(f"{origin} has no rows below its header. Add rows, or name another file.")
    digest = (
        digest
        or hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
    )
    return Source(frame, digest, origin, targets)


def _balloons(name: str, data: DataConfig) -> pd.DataFrame:
    if name:
        raise StudyError(
            f"data.source 'balloons:{name}': the balloons are one table. Remove ':{name}'."
        )
    return make_balloons(data.rows, data.seed)


def _sklearn(name: str, data: DataConfig) -> pd.DataFrame:
    if name not in SKLEARN_TABLES:
        hint = nearest(name, SKLEARN_TABLES)
        raise StudyError(
            f"scikit-learn has no table 'sklearn:{name}'.{hint} Choose one of {', '.join(SKLEARN_TABLES)}."
        )
    from sklearn import datasets

    if name == "diabetes":
        return pd.DataFrame(datasets.load_diabetes(scaled=False, as_frame=True).frame)
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = pd.DataFrame(bunch.frame)
    return frame.assign(target=[str(bunch.target_names[code]) for code in frame["target"]])


def _statsmodels(name: str, data: DataConfig) -> pd.DataFrame:
    import statsmodels.datasets as datasets

    names = sorted(
        m.name for m in pkgutil.iter_modules(datasets.__path__) if m.ispkg and m.name != "tests"
    )
    if name not in names:
        hint = nearest(name, names) or f" It has {', '.join(names)}."
        raise StudyError(f"statsmodels has no table 'statsmodels:{name}'.{hint}")
    return pd.DataFrame(importlib.import_module(f"statsmodels.datasets.{name}").load_pandas().data)


LIBRARIES: dict[str, Reader] = {
    "balloons": _balloons,
    "sklearn": _sklearn,
    "statsmodels": _statsmodels,
}
"""Readers by the word before the colon of `data.source`; each is given the name behind it, empty
without one."""
TARGETS = {"balloons": ("balloons", "colour")}
"""Columns of such sources that are never features unless named as such."""


def _printable(name: object) -> str:
    """A name in one line, without control characters, at which both pandas and scikit-learn
    stumble.
    """
    return "".join(
        character
        for character in " ".join(str(name).split())
        if unicodedata.category(character) not in {"Cc", "Cs"}
    )


def named(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    """`frame` with unique text names, index 0..n-1, and an index that says something kept as a
    column.
    """
    given = list(map(_printable, frame.columns))
    names = [name or unique([f"column {i}"], given)[0] for i, name in enumerate(given, 1)]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise StudyError(f"{origin} has two columns named {twice[0]!r}. Rename one.")
    index = frame.index
    telling = index.nlevels == 1 and (index.name is not None or index.dtype.kind not in "iu")
    label = _printable(index.name if index.name is not None else "index")
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    if telling and label not in names:
        frame.insert(0, label, index.to_numpy())
    return frame
