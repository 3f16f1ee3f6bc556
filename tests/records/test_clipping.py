"""When a report says that test rows lie outside what terms were made from."""

from __future__ import annotations

import re

import pytest

from study.records.clipping import clipping_notes
from study.records.trial import TermRow

from .examples import arm, winner


def term(form: str, *columns: str) -> TermRow:
    bounds = (0.0,) * len(columns) if form in {"product", "hinge"} else ()
    own = {"fill": (1.0,) * len(columns), "centers": (), "low": bounds, "high": bounds}
    return TermRow(form=form, columns=columns, knot=None, output=None, weight=1.0, **own)


TERMS = (term("intercept"), term("column", "age"), term("column", "town"), term("product", "age", "size"), term("hinge", "age"))
"""Made of two columns."""


@pytest.mark.parametrize(
    ("clipped", "ordered", "said"), [(4, False, False), (5, False, True), (0, True, False), (1, True, True)]
)
def test_more_than_a_hundredth_is_told_and_under_time_any(clipped: int, ordered: bool, said: bool) -> None:
    folds = [
        winner(arm("extended", fold=fold), rows=list(range(100)), terms=TERMS, clipped=clipped * (1 - fold)) for fold in (0, 1)
    ]

    notes = clipping_notes([*folds, winner()], ordered)

    assert [re.findall(r"'y'|[\d.]+(?= %)", note) for note in notes] == [["'y'", f"{100 * clipped / 400:.2g}"]] * said
