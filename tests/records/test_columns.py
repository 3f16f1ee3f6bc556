"""The reference of columns is what a results folder holds."""

from __future__ import annotations

from fnmatch import fnmatch

import pandas as pd
import pytest

from study.diagnostics.registry import computed
from study.records.columns import FRAMES, OPEN, Frame
from study.schema import RESULT_COLUMNS

EVERY = FRAMES | {f"{name}.parquet": each.COLUMNS for name, each in computed().items()}
ALIKE = {("object", "str"), ("int64", "float64")}
"""Types on disk that are as good as the reference's: text with gaps, and numbers that happen to be
whole."""


def differences(found: pd.DataFrame, told: Frame) -> list[str]:
    """What a frame on disk and the reference say differently."""
    own = {str(name): str(dtype) for name, dtype in found.dtypes.items()}
    extra = [
        name
        for name in own
        if name not in told.columns and not any(fnmatch(name, each) for each in told.open)
    ]
    typed = [
        (name, own[name], told.columns[name][0])
        for name in own
        if name in told.columns and not found[name].isna().all()
    ]
    types = [
        f"{name} is {has}, not {says}"
        for name, has, says in typed
        if has != says and (has, says) not in ALIKE
    ]
    missing = [name for name in told.columns if name not in own]
    return [
        *(f"{name} is not in the reference" for name in extra),
        *types,
        *(f"{name} is missing" for name in missing),
    ]


@pytest.mark.parametrize("frame", EVERY.values(), ids=list(EVERY))
def test_every_column_has_a_type_and_a_sentence(frame: Frame) -> None:
    for dtype, meaning in [*frame.columns.values(), *(OPEN[name] for name in frame.open)]:
        assert dtype
        assert meaning[0].isupper() or meaning[0] in "`1(/e", meaning
        assert meaning.endswith("."), meaning


def test_the_columns_of_trials_are_those_of_the_schema() -> None:
    assert {
        name: dtype for name, (dtype, _) in FRAMES["results.parquet"].columns.items()
    } == RESULT_COLUMNS


def test_a_column_that_is_not_in_the_reference_is_found() -> None:
    found = pd.DataFrame({"target": ["y"], "p_red": [0.5], "oops": [1]})

    told = differences(found, Frame("", {"target": ("str", ""), "row": ("int64", "")}, ("p_*",)))

    assert [each.partition(" ")[0] for each in told] == ["oops", "row"]
