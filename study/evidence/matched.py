"""Whether two studies tested the same rows in the same way, so that their losses can be paired."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd

from study.evidence.scores import with_groups

PLACE = ["outer_fold", "row"]
TOLD = ["group", "time", "observed"]
SPLITS = "Studies of one seed, protocol, outer.folds and outer.test_fraction test the same rows"


def tested_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """Every test row of one target once an outer fold, in that order: outer_fold, row, group, time
    and observed.

    Without groups a row's group is the row itself, without an order its time is NaN.
    """
    rows = predictions.drop_duplicates(PLACE).sort_values(PLACE, ignore_index=True)
    return with_groups(rows)[[*PLACE, *TOLD]]


def split_digest(predictions: pd.DataFrame) -> str:
    """SHA-256 of the `tested_rows` of one target: alike where the same rows were tested in the same
    outer folds.

    It takes in what each row's target was, which rows belong together, and their order in time.
    """
    rows = tested_rows(predictions).astype(float)
    return hashlib.sha256(rows.to_numpy("<f8", na_value=float("nan")).tobytes()).hexdigest()


def common_folds(frames: Sequence[pd.DataFrame]) -> list[int]:
    """Outer folds that every one of some studies tested, ascending: of repeats all have the first
    ones.
    """
    folds = [set(frame["outer_fold"].unique()) for frame in frames]
    return sorted(int(fold) for fold in set.intersection(*folds)) if folds else []


def mismatch(one: pd.DataFrame, other: pd.DataFrame) -> tuple[str, str] | None:
    """What keeps the test rows of two studies of one target from being paired, as a word and in
    words, with the fix; None if nothing does.

    one, other: predictions of the outer folds that both tested. The word is `splits`, `target`,
    `groups` or `time`.
    """
    a, b = tested_rows(one), tested_rows(other)
    if a.empty or b.empty:
        return "splits", f"they have no outer fold in common. {SPLITS}"
    if not a[PLACE].equals(b[PLACE]):
        fold = next(f for f in common_folds([a, b]) if _rows(a, f) != _rows(b, f))
        n = len(_rows(a, fold))
        m = len(_rows(b, fold))
        both = len(_rows(a, fold) & _rows(b, fold))
        return (
            "splits",
            f"outer fold {fold} tests {n:,} rows of one and {m:,} of the other, of which {both:,} are the same. {SPLITS}",
        )
    if (changed := a["observed"] != b["observed"]).any():
        return (
            "target",
            f"the target differs on {changed.sum():,} of {len(a):,} tested rows. "
            "Both must predict the same column of the same rows",
        )
    if (changed := pd.factorize(a["group"])[0] != pd.factorize(b["group"])[0]).any():
        return (
            "groups",
            f"other rows belong together, on {changed.sum():,} of {len(a):,} tested rows. "
            "Give both the same groups",
        )
    if not a["time"].equals(b["time"]):
        return (
            "time",
            "their rows are in another order of time, or one's are in none. Give both the same time",
        )
    return None


def _rows(tested: pd.DataFrame, fold: int) -> set[int]:
    return set(tested.loc[tested["outer_fold"] == fold, "row"])
