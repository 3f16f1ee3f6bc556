from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .helpers import plain_frame, table_of


@pytest.mark.parametrize(
    ("y", "twin"),
    [
        (np.linspace(0, 1, 40) ** 2, 5 - 3 * np.linspace(0, 1, 40) ** 2),
        (["a", "b", "c", "a"] * 10, ["C", "A", "B", "C"] * 10),
        (["a", "b", "c", "a"] * 10, [1.5, 2.5, 0.5, 1.5] * 10),
        (["a", "b", "a", "b"] * 10, ["p", "q", "r", "q"] * 10),
    ],
)
def test_a_feature_that_is_the_target_in_another_dress_is_warned_of(
    tmp_path: Path, y: Any, twin: Any
) -> None:
    table = table_of(tmp_path, plain_frame().assign(y=y, twin=twin))

    assert "twin" in {feature.name for feature in table.features}
    (found,) = table.warnings
    assert (found.id, found.target) == ("S006", "y")
    assert "'twin'" in found.text


def test_a_good_feature_is_no_leak(tmp_path: Path) -> None:
    y = np.linspace(0, 1, 40) ** 2

    table = table_of(tmp_path, plain_frame().assign(y=y, good=y + 0.001 * np.sin(np.arange(40))))

    assert table.warnings == ()


def test_a_value_of_few_rows_tells_a_class_by_luck(tmp_path: Path) -> None:
    table = table_of(
        tmp_path, plain_frame().assign(y=["a", "b"] * 20, good=[f"v{i % 10}" for i in range(40)])
    )

    assert table.warnings == ()
