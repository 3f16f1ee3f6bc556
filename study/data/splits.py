"""Which rows are tested, which validate and which train: the same for every family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.config import StudyConfig
from study.data.rows import IntArray
from study.data.tables import Table, target_values
from study.schema import ALL_ROWS, StudyError, Target

FloatArray = npt.NDArray[np.float64]
Pair = tuple[IntArray, IntArray]
Part = tuple[float, IntArray]


@dataclass(frozen=True, eq=False)
class Split:
    """One outer fold, or all rows (ALL_ROWS), which has no test rows and no parts.

    All arrays are ascending row positions of `table.frame`, int64, of rows with a target.

    development (n_development,), test (n_test,): disjoint.
    inner: (training, validation) pairs, both subsets of development and disjoint.
    parts: (fraction, rows) pairs, subsets of development that show how losses fall with rows.
    """

    outer_fold: int
    development: IntArray
    test: IntArray
    inner: Sequence[Pair]
    parts: Sequence[Part] = ()


def make_splits(table: Table, target: Target, config: StudyConfig) -> tuple[Split, ...]:
    """Split the rows that have a target, by scikit-learn's splitters and `config.seed` alone.

    Binary and multiclass targets are stratified. With groups, a group's rows stay together in outer
    and inner folds. With time, all rows of one time stay together, test rows are later than all
    development rows and validation rows later than all training rows. Outer fold `r * folds + f` is
    fold f of repeat r.

    Returns
    -------
    tuple of Split
        One for `protocol: holdout`, else folds x repeats; repeats that are not filled in are one.
        Then that of all rows.

    Raises
    ------
    StudyError
        Classes, groups, times or rows cannot fill the folds.
    """
    cutter, rows = _cutter(table, target)
    splits = []
    for outer_fold, (development, test) in enumerate(_outer(cutter, rows, config)):
        inner = cutter.folds(
            development, config.inner.folds, _seed(config.seed, 1, outer_fold), "inner.folds"
        )
        parts = cutter.parts(development, _seed(config.seed, 2, outer_fold))
        splits.append(Split(outer_fold, development, test, inner, parts))
        cutter.check_training([development, *(training for training, _ in inner)])
    return (*splits, split_all_rows(table, target, config))


def first_development(table: Table, target: Target, config: StudyConfig) -> IntArray:
    """Development rows of outer fold 0 alone; errors as `make_splits`."""
    return next(_outer(*_cutter(table, target), config))[0]


def split_all_rows(table: Table, target: Target, config: StudyConfig) -> Split:
    """The last of these alone: what is delivered is searched for on all rows; errors as
    `make_splits`.
    """
    cutter, rows = _cutter(table, target)
    inner = cutter.folds(rows, config.inner.folds, _seed(config.seed, 3, 0), "inner.folds")
    cutter.check_training([training for training, _ in inner])
    return Split(ALL_ROWS, rows, rows[:0], inner)


def _cutter(table: Table, target: Target) -> tuple[_Cutter, IntArray]:
    """What cuts a table, and its rows that have a target."""
    values = target_values(table, target)
    rows = np.flatnonzero(~np.isnan(values)).astype(np.int64)
    return _Cutter(target, values, codes(table, table.groups), codes(table, table.time)), rows


def _outer(cutter: _Cutter, rows: IntArray, config: StudyConfig) -> Iterator[Pair]:
    if config.protocol == "holdout":
        yield cutter.holdout(rows, config.outer.test_fraction, _seed(config.seed, 0, 0))
        return
    repeats = config.outer.repeats or 1
    if cutter.times is not None and repeats > 1:
        raise StudyError(
            f"outer.repeats is {repeats}, but folds in time order are the same in every repeat. Set it to 1."
        )
    for repeat in range(repeats):
        yield from cutter.folds(
            rows, config.outer.folds, _seed(config.seed, 0, repeat), "outer.folds"
        )


def _seed(seed: int, level: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, level, number]).generate_state(1)[0])


def codes(table: Table, column: str | None) -> IntArray | None:
    """Ranks 0.. of the distinct values of a column, (n_rows,)."""
    return (
        None if column is None else pd.factorize(table.frame[column], sort=True)[0].astype(np.int64)
    )


def time_folds(rows: IntArray, times: IntArray, folds: int) -> list[Pair]:
    """Pairs (earlier, next) of `rows` by their times (indexed by rows), of which there are more
    than folds.
    """
    from sklearn.model_selection import TimeSeriesSplit

    own = times[rows]
    moments = np.unique(own)
    pairs = TimeSeriesSplit(folds).split(moments)
    return [
        (rows[np.isin(own, moments[kept])], rows[np.isin(own, moments[held])])
        for kept, held in pairs
    ]


@dataclass(frozen=True, eq=False)
class _Cutter:
    """Cuts row positions in two, by the target's classes, the groups and the times (each (n_rows,),
    codes or None).
    """

    target: Target
    labels: FloatArray
    groups: IntArray | None
    times: IntArray | None

    def folds(self, rows: IntArray, folds: int, seed: int, key: str) -> list[Pair]:
        """`folds` pairs (kept, held out) of `rows`."""
        from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

        self._check_counts(rows, folds, key)
        if self.times is not None:
            return time_folds(rows, self.times, folds)
        y = self.labels[rows]
        classes = bool(self.target.classes)
        if self.groups is not None:
            splitter = (StratifiedGroupKFold if classes else GroupKFold)(
                folds, shuffle=True, random_state=seed
            )
            pairs = splitter.split(rows, y, self.groups[rows])
        else:
            splitter = (StratifiedKFold if classes else KFold)(
                folds, shuffle=True, random_state=seed
            )
            pairs = splitter.split(rows, y)
        return [(rows[np.sort(kept)], rows[np.sort(held)]) for kept, held in pairs]

    def holdout(self, rows: IntArray, fraction: float, seed: int) -> Pair:
        """(kept, held out) of `rows`, about `fraction` of them held out."""
        from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

        self._check_counts(rows, 2, "outer.test_fraction")
        if self.times is not None:
            return _latest(rows, self.times[rows], fraction)
        y = self.labels[rows]
        if self.groups is not None:
            if self.target.classes:
                return self._stratified_groups(rows, self.groups[rows], fraction, seed)
            pairs = GroupShuffleSplit(1, test_size=fraction, random_state=seed).split(
                rows, y, self.groups[rows]
            )
        else:
            splitter = StratifiedShuffleSplit if self.target.classes else ShuffleSplit
            pairs = splitter(1, test_size=fraction, random_state=seed).split(rows, y)
        try:
            kept, held = next(pairs)
        except ValueError as error:
            raise StudyError(
                f"outer.test_fraction {fraction} of {len(rows)} rows leaves a class or group of {self.target.name!r} "
                f"without training or test rows: {str(error).rstrip('.')}. Set it nearer to 0.3."
            ) from None
        return rows[np.sort(kept)], rows[np.sort(held)]

    def parts(self, rows: IntArray, seed: int) -> tuple[Part, ...]:
        """A random half and a quarter out of it; of rows in time order the latest half and quarter.

        None where classes or groups are too few to be cut in four, or a part has a single target
        value.
        """
        if self.times is not None:
            times = self.times[rows]
            found = [(fraction, _latest(rows, times, fraction)[1]) for fraction in (0.5, 0.25)]
        else:
            try:
                a, b, *_ = (held for _, held in self.folds(rows, 4, seed, "inner.folds"))
            except StudyError:
                return ()
            found = [(0.5, np.sort(np.concatenate([a, b]))), (0.25, a)]
        varied = all(len(np.unique(self.labels[part])) > 1 for _, part in found)
        return tuple(found) if varied else ()

    def _stratified_groups(
        self, rows: IntArray, groups: IntArray, fraction: float, seed: int
    ) -> Pair:
        """Of up to twenty stratified slices of the groups, as many as make up `fraction`."""
        scarce = min(
            len(np.unique(groups)),
            int(np.unique(self.labels[rows], return_counts=True)[1].min()),
        )
        slices = max(2, min(20, scarce))
        pairs = self.folds(rows, slices, seed, "outer.test_fraction")
        taken = min(max(1, round(fraction * slices)), slices - 1)
        held = np.sort(np.concatenate([held for _, held in pairs[:taken]]))
        return np.setdiff1d(rows, held), held

    def _check_counts(self, rows: IntArray, folds: int, key: str) -> None:
        """Raise a StudyError where rows, times, groups or a class are fewer than the folds need."""
        name = self.target.name
        if self.times is not None:
            moments = len(np.unique(self.times[rows]))
            if moments < folds + 1:
                raise StudyError(
                    f"{folds} folds in time order need {folds + 1} times, but {name!r} has {moments} to split. "
                    f"Lower {key}, or use a finer time column."
                )
            return
        if self.groups is not None:
            groups = len(np.unique(self.groups[rows]))
            if groups < folds:
                raise StudyError(
                    f"{folds} folds need {folds} groups, but {name!r} has {groups} to split. Lower {key}."
                )
        elif len(rows) < 2 * folds:
            raise StudyError(
                f"{folds} folds need {2 * folds} rows, but {name!r} has {len(rows)} to split. Lower {key}."
            )
        if self.target.classes:
            codes, counts = np.unique(self.labels[rows], return_counts=True)
            if counts.min() < folds:
                label = list(self.target.classes)[int(codes[counts.argmin()])]
                raise StudyError(
                    f"{folds} folds need {folds} rows of each class, but {label!r} of {name!r} has {counts.min()} to split. "
                    f"Lower {key}, merge the class with another, or remove its rows."
                )

    def check_training(self, kept: list[IntArray]) -> None:
        """Raise a StudyError where some training rows all have one target value: nothing can be
        learnt from them.
        """
        for rows in kept:
            if len(np.unique(self.labels[rows])) < 2:
                raise StudyError(
                    f"All values of {self.target.name!r} are the same on {len(rows)} training rows of a fold. "
                    "Use fewer folds, or other groups or times."
                )


def _latest(rows: IntArray, times: IntArray, fraction: float) -> Pair:
    """The cut between two of the rows' times that leaves a share nearest to `fraction` behind it."""
    starts = np.unique(times)[1:]
    shares = np.array([(times >= start).mean() for start in starts])
    start = starts[np.abs(shares - fraction).argmin()]
    return rows[times < start], rows[times >= start]
