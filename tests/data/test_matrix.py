"""The one float32 copy of a table: what rounding leaves of its columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.data.matrix import make_matrix
from study.schema import Feature

NUMBER = Feature(name="v", type="numeric", reason="", missing=0)


@pytest.mark.parametrize(
    ("middle", "width", "digits"),
    [
        (0.0, 1.0, 6),
        (-10.0, 1.0, 5),
        (18_700.0, 300.0, 6),
        (-2e6, 10.0, 4),
        (1.6e9, 1e4, 4),
        (5e-9, 1e-12, 4),
    ],
)
def test_the_matrix_keeps_digits_of_a_columns_spread_wherever_it_lies(
    middle: float, width: float, digits: int
) -> None:
    values = middle + width * np.random.default_rng(0).uniform(-1, 1, 500)

    matrix = make_matrix(
        pd.DataFrame({"v": values}),
        (Feature(name="v", type="numeric", reason="", missing=0),),
        "",
        [("v", None)],
    )

    kept = matrix.values[:, 0] + matrix.offset[0]
    np.testing.assert_allclose(kept, values, rtol=0, atol=width * 10.0**-digits)


def test_a_fifth_of_the_rows_does_not_move_what_is_taken_off_a_column() -> None:
    values = 18_700 + np.random.default_rng(0).uniform(-400, 400, 500)
    others = np.where(np.arange(500) % 5 == 0, -25_000.0, values)

    one, other = (
        make_matrix(pd.DataFrame({"v": v}), [NUMBER], "", [("v", None)]).offset
        for v in (values, others)
    )

    assert one == other != 0
