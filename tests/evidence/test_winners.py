"""Which losses are the least, but for rounding."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from study.evidence.winners import baseline, least, ranks


@pytest.mark.parametrize(
    ("losses", "whole", "expected"),
    [
        ([3.0, 1.0, 2.0, 1.0], 3.0, [4, 1, 3, 1]),
        ([6.91e-32, 6.11e-32, 0.03], 0.25, [1, 1, 3]),
        ([6.11e-32, 6.91e-32, 0.03], 0.25, [1, 1, 3]),
        ([0.1, 0.1 + 0.9e-9, 0.1 + 1.1e-9], 1.0, [1, 1, 2]),  # the last is beyond the first alone
        ([0.1 + 1.1e-9, 0.1], 2.0, [1, 1]),
        ([6.91e-32, 6.11e-32], 6.91e-32, [2, 1]),
        ([math.nan, math.inf, 0.5], 1.0, [math.nan, 2, 1]),
    ],
)
def test_losses_are_ranked_by_what_is_more_than_rounding_of_the_baseline(
    losses: list[float], whole: float, expected: list[float]
) -> None:
    own = pd.Series(losses, [f"model {k}" for k in range(len(losses))])

    assert ranks(own, whole).tolist() == pytest.approx(expected, nan_ok=True)
    assert least(own, whole) == [f"model {k}" for k, rank in enumerate(expected) if rank == 1]


def test_the_baseline_is_the_constant_or_else_the_largest() -> None:
    own = pd.DataFrame(
        {"family": ["baseline", "linear", "neural", "neural"], "loss": [2.0, 1.0, 3.0, 5.0]}
    )

    assert baseline(own, "loss") == 2.0
    assert baseline(own[1:], "loss") == 4.0
    assert (
        baseline(pd.concat([own[1:], own[:1].assign(family="trees", loss=math.inf)]), "loss") == 4.0
    )
