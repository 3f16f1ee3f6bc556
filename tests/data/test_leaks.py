from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from study import api
from study.data.leaks import area, explained
from study.execution.observer import Observer
from study.plan import prepare

from .helpers import config_for, plain_frame, saved, table_of

RNG = np.random.default_rng(1)


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

    table = table_of(tmp_path, plain_frame().assign(y=y, good=y + 0.05 * np.sin(np.arange(40))))

    assert table.warnings == ()


def test_a_value_of_few_rows_tells_a_class_by_luck(tmp_path: Path) -> None:
    table = table_of(
        tmp_path, plain_frame().assign(y=["a", "b"] * 20, good=[f"v{i % 10}" for i in range(40)])
    )

    assert table.warnings == ()


def test_a_value_of_few_rows_tells_no_number_either(tmp_path: Path) -> None:
    table = table_of(tmp_path, plain_frame().assign(good=[f"v{i // 2}" for i in range(40)]))

    assert table.warnings == ()


@pytest.mark.parametrize("bend", [lambda y: y, np.exp, lambda y: np.abs(y) ** 0.5])
@pytest.mark.parametrize(("noise", "leaks"), [(0.05, True), (0.25, False)])
def test_a_share_of_the_target_plus_noise_is_a_leak_and_half_of_it_is_not(
    tmp_path: Path, bend: Callable[[Any], Any], noise: float, leaks: bool
) -> None:
    x = RNG.normal(size=1000)
    frame = pd.DataFrame({"x": x, "y": bend(x)})
    frame["y"] += noise * frame["y"].std() * RNG.normal(size=1000)

    found = table_of(tmp_path, frame).warnings

    assert [(each.id, "'x'" in each.text) for each in found] == [("S006", True)] * leaks


@pytest.mark.parametrize(("distance", "leaks"), [(4.5, True), (2.5, False)])
def test_a_number_that_separates_the_classes_but_for_some_rows_is_a_leak(
    tmp_path: Path, distance: float, leaks: bool
) -> None:
    classes = RNG.integers(0, 2, 600)
    frame = pd.DataFrame({"x": distance * classes + RNG.normal(size=600), "y": classes})

    found = table_of(tmp_path, frame).warnings

    assert [each.id for each in found] == ["S006"] * leaks


def test_an_empty_cell_is_a_leak_where_it_tells_the_class(tmp_path: Path) -> None:
    y = np.array(["left", "stayed"])[RNG.integers(0, 2, 400)]
    gone = np.where(y == "left", RNG.normal(size=400), np.nan)
    some = np.where(RNG.random(400) < 0.5, RNG.normal(size=400), np.nan)

    (found,) = table_of(tmp_path, pd.DataFrame({"gone": gone, "some": some, "y": y})).warnings

    assert re.findall(r"'(\S+)'", found.text) == ["y", "gone[missing]"]


def test_a_leak_is_seen_in_a_column_with_gaps(tmp_path: Path) -> None:
    y = RNG.normal(size=400)
    twin = np.where(RNG.random(400) < 0.5, 3 * y, np.nan)

    (found,) = table_of(tmp_path, pd.DataFrame({"x": y**2, "twin": twin, "y": y})).warnings

    assert re.findall(r"'(\S+)'", found.text) == ["y", "twin"]


def test_numbers_of_rows_that_order_the_target_are_warned_of_though_left_out(
    tmp_path: Path,
) -> None:
    x, y = RNG.normal(size=(2, 200))

    (told,) = table_of(
        tmp_path, pd.DataFrame({"id": np.arange(200), "x": x, "y": np.sort(y) + 0.1 * x})
    ).warnings
    none = table_of(tmp_path, pd.DataFrame({"id": np.arange(200), "x": x, "y": y})).warnings

    assert (told.id, "'id'" in told.text) == ("S006", True)
    assert "time" in told.todo
    assert none == ()


def test_rows_that_are_copied_make_no_feature_a_leak(tmp_path: Path) -> None:
    frame = pd.DataFrame(RNG.normal(size=(100, 3)), columns=[*"xzy"])

    assert table_of(tmp_path, pd.concat([frame, frame])).warnings == ()
    assert (
        table_of(tmp_path, pd.concat([frame, frame]).assign(id=RNG.permutation(200))).warnings == ()
    )


def test_a_share_of_variance_explained_is_right_for_a_bent_function() -> None:
    x = RNG.uniform(-2, 2, 2000)
    y = np.sin(3 * x) + 0.3 * RNG.normal(size=2000)

    assert explained(x, y) == pytest.approx(1 - 0.09 / y.var(), abs=0.03)


def test_the_area_is_that_of_scikit_learn_for_a_number_and_for_levels() -> None:
    classes = RNG.integers(0, 2, 4000).astype(float)
    number = classes + RNG.normal(size=4000)
    level = np.where(RNG.random(4000) < 0.8, classes, 2.0)

    assert area(number, classes) == pytest.approx(roc_auc_score(classes, number), abs=1e-9)
    assert area(level, classes) == pytest.approx(0.98, abs=0.01)
    assert area(RNG.uniform(size=4000), classes) < 0.6


def test_a_run_says_what_is_wrong_with_its_table_before_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = RNG.normal(size=60)
    table = saved(tmp_path, pd.DataFrame({"x": RNG.normal(size=60), "twin": 2 * y, "y": y}))
    config = config_for(table)
    notes = list[str]()
    watch = Observer()
    monkeypatch.setattr(watch, "note", notes.append)
    monkeypatch.setattr(api, "_at_work", lambda *_: nullcontext((prepare(config), None)))
    monkeypatch.setattr(api, "run_searches", _train)

    with pytest.raises(Trained):
        api.run_study(config, tmp_path, watch)

    assert ["S006" in note and "'twin'" in note for note in notes] == [True]


class Trained(Exception):
    """Training begins."""


def _train(*_: Any) -> None:
    raise Trained
