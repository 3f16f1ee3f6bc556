"""Where a verdict is hardest: cells, their truth, and what the tables of a calibration say of the
intervals.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from calibrations import hardest, tables as simulated
from calibrations.cells import AT_MARGIN, BESIDE, HARD, SHIPPED
from calibrations.report import ROOT, kept
from harness.truths import Cell
from study.data.splits import make_splits
from study.data.tables import read_table
from study.evidence.intervals import METHODS
from tests.scripts.calibrated import FOLDS, made, small

PAIR = ("regression", "network")
FIRST, SECOND = HARD[0].cell, HARD[1].cell
TRUE = {FIRST: (1.0, 1.0, 0.95), SECOND: (1.0, 0.99, 0.94)}
"""Expected losses of regression, regression with terms and network in each table of a cell."""
TESTED = [(1.0, 1.0, 0.95), (1.0, 1.0, 0.8), (1.0, 1.0, 0.95)]
"""Mean losses of the test rows of each of its tables: the second flatters the network."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tables of the first cell and two of the second, and beside their folder the page of
    docs with what they say.
    """
    found = tmp_path_factory.mktemp("calibration") / "hardest"
    found.mkdir()
    for (cell, true), count in zip(TRUE.items(), (3, 2), strict=True):
        for number, tested in enumerate(TESTED[:count]):
            made(true, tested, number).assign(seconds=900.0).to_parquet(
                found / f"{cell.key}-{number}.parquet"
            )
    page = found.with_name("page.md")
    shutil.copy(ROOT / "docs" / "calibration-tables.md", page)
    hardest.write(found, FOLDS, page)
    return found


@pytest.fixture(scope="module")
def tables(folder: Path) -> pd.DataFrame:
    return hardest.read(kept(folder.with_name("page.md"), "hardest"))


def test_no_table_has_a_say_in_the_truth_that_it_is_judged_by() -> None:
    losses = {
        "regression": [1.0, 1.0, 1.0],
        "terms": [1.0, 1.0, 1.0],
        "network": [0.9, 0.96, 0.98],
    }
    about = {"cell": "a", "pair": [PAIR] * 3, "said": "network", "left": [("network",)] * 3}

    found = hardest.with_truth(pd.DataFrame(losses | about))

    assert [true[PAIR] for true in found["true"]] == pytest.approx([0.03, 0.06, 0.07])
    assert found["right"].tolist() == ["regression", "network", "network"]
    assert found["too_rich"].tolist() == [True, False, False]
    assert found["gain_of_cell"].iloc[0] == pytest.approx(0.16 / 3)


def test_a_cell_of_one_table_has_no_truth_and_is_left_out() -> None:
    one = {"regression": [1.0], "terms": [1.0], "network": [0.9], "cell": "a", "pair": [PAIR]}

    assert hardest.with_truth(pd.DataFrame(one)).empty


@pytest.mark.parametrize(
    ("covered", "tables", "said"),
    [
        (0.95, 400, "holds"),
        (0.95, 100, "open"),
        (0.8, 100, "fails"),
        (1.0, 400, "fails"),
        (0.2, 20, "open"),
    ],
)
def test_a_cell_fails_where_the_exact_interval_lies_outside_the_band_and_holds_with_enough_tables_alone(
    covered: float, tables: int, said: str
) -> None:
    hits = pd.Series(np.arange(tables) < covered * tables)

    assert hardest.verdict(hits, *hardest.COVERS) == said


def test_false_worth_at_the_margin_fails_only_where_the_exact_interval_lies_above_five_per_cent() -> (
    None
):
    assert hardest.verdict(pd.Series([True] * 40 + [False] * 360), 0, hardest.FALSE) == "fails"
    assert hardest.verdict(pd.Series([True] * 24 + [False] * 376), 0, hardest.FALSE) == "holds"
    assert hardest.verdict(pd.Series([True] * 2 + [False] * 8), 0, hardest.FALSE) == "open"


def test_an_interval_misses_the_table_whose_test_rows_flatter_the_network(
    tables: pd.DataFrame,
) -> None:
    found = hardest.intervals_of(tables)
    used = found[found["in_use"] & found["tuned"]]

    assert len(found) == 5 * 3 * len(METHODS)
    assert used.groupby("table")["covered"].all().tolist() == [True, False, True]
    assert used.groupby("table")["below"].all().tolist() == [False, True, False]


def test_a_cell_at_the_margin_is_judged_by_what_is_falsely_above_it(tables: pd.DataFrame) -> None:
    cells = hardest.by_cell(tables).set_index("cell")

    assert cells["falsely above"].str.split().str[0].tolist() == ["33.3", "50.0"]
    assert cells.loc[FIRST.key, "true gain"] == "5.0 ± 0.0"
    assert cells.loc[FIRST.key, "verdict"] == "open"
    assert (HARD[0].aim, HARD[1].aim) == (AT_MARGIN, AT_MARGIN)


def test_a_method_is_chosen_on_one_half_of_the_cells_and_reported_on_the_other() -> None:
    def half(name: str, method: str, covered: float, width: float) -> pd.DataFrame:
        about = {
            "scheme": "repeats",
            "half": name,
            "method": method,
            "width": width,
            "tuned": True,
            "in_use": method == "rows",
        }
        return pd.DataFrame(about | {"covered": np.arange(100) < 100 * covered})

    first, second = hardest.HALVES
    wide, narrow, narrower = "corrected t", "rows and repeats", "rows"
    intervals = [
        half(first, wide, 0.97, 9),
        half(first, narrow, 0.94, 5),
        half(first, narrower, 0.8, 4),
    ]
    intervals += [
        half(second, wide, 0.95, 9),
        half(second, narrow, 0.7, 5),
        half(second, narrower, 0.95, 4),
    ]

    found = hardest.by_method(pd.concat(intervals)).set_index("method")

    assert found["is"][lambda said: said != ""].to_dict() == {narrow: "chosen", narrower: "in use"}
    assert found.loc[[wide, narrow, narrower], "verdict"].to_dict() == {
        wide: "open",
        narrow: "fails",
        narrower: "open",
    }
    assert found.loc[narrow, f"{second}: covers"].startswith("70.0")


def test_every_table_is_put_at_its_mark_of_the_page_with_the_hours_it_took(
    folder: Path, tmp_path: Path
) -> None:
    shipped, page = tmp_path / "shipped", tmp_path / "page.md"
    shipped.mkdir()
    for path in sorted(folder.glob(f"{FIRST.key}-*"))[:2]:
        shutil.copy(path, shipped)
    shutil.copy(folder.with_name("page.md"), page)

    hardest.write(shipped, FOLDS, page)

    text = page.read_text()
    for name, row in (("hardest", "2 | 5 | 2 | 3 | 1.2"), ("shipped", "1 | 2 | 2 | 2 | 0.5")):
        lines = text.partition(f"<!-- {name}-runs -->\n")[2].splitlines()
        assert lines[0].startswith("| cells | tables |")
        assert lines[2].startswith(f"| {row} |")
    for name in ("runs", "cells", "answers", "gains", "methods"):
        assert text.partition(f"<!-- hardest-{name} -->\n")[2].startswith("| ")


def test_tables_of_several_machines_add_up(folder: Path, tmp_path: Path) -> None:
    page, here, there = (
        tmp_path / "page.md",
        tmp_path / "here" / "hardest",
        tmp_path / "there" / "hardest",
    )
    first = sorted(folder.glob(f"{FIRST.key}-*"))
    for some, own in ((here, first[:1]), (there, first[:2])):
        some.mkdir(parents=True)
        for path in own:
            shutil.copy(path, some)

    hardest.keep(here, FOLDS, page)
    both = hardest.keep(there, FOLDS, page)

    whole = kept(folder.with_name("page.md"), "hardest")
    own = whole[(whole["cell"] == FIRST.key) & (whole["table"] < 2)]
    assert_frame_equal(
        *(frame.sort_values("table").reset_index(drop=True) for frame in (both, own))
    )


def test_nothing_is_written_where_no_cell_has_two_tables(tmp_path: Path) -> None:
    hardest.write(tmp_path, FOLDS, tmp_path / "none.md")

    assert not (tmp_path / "none.md").exists()


def test_cells_are_at_the_margin_or_beside_it_and_each_half_has_groups_time_and_one_split() -> None:
    assert len({hard.cell.key for hard in HARD}) == len(HARD)
    assert {hard.cell.kind for hard in HARD} == {"continuous", "binary", "multiclass", "count"}
    for half in (HARD[::2], HARD[1::2]):
        assert {"groups", "time", "heavy"} <= {hard.cell.together for hard in half}
        assert {hard.aim for hard in half} == {AT_MARGIN, BESIDE}
        assert {hard.cell.rows for hard in half} == {300, 600, 5_000}
    assert set(SHIPPED) < set(HARD)


@pytest.mark.parametrize(
    ("cell", "folds", "column"),
    [
        (Cell("count", 120, together="groups"), 2 * FOLDS, "groups"),
        (Cell("count", 180, together="time"), FOLDS, "time"),
        (Cell("binary", 5_000), 1, None),
    ],
)
def test_a_table_is_split_by_its_groups_in_time_order_or_once(
    cell: Cell, folds: int, column: str | None, tmp_path: Path
) -> None:
    frame, _ = simulated.simulate(cell, 0, 60)
    frame.to_parquet(tmp_path / "table.parquet")

    config = simulated.config_of(
        cell, 0, simulated.QUESTIONS["hardest"], tmp_path / "table.parquet"
    )
    table = read_table(config)

    assert len(make_splits(table, table.targets[0], config)) == folds + 1  # and that of all rows
    assert {name for name in ("groups", "time") if getattr(config, name)} == (
        {column} if column else set()
    )


def test_the_shipped_budgets_are_those_of_a_config_that_sets_none(tmp_path: Path) -> None:
    config = simulated.config_of(
        HARD[0].cell, 7, simulated.QUESTIONS["shipped"], tmp_path / "table.parquet"
    )

    assert (config.families, config.protocol, config.search.trials, config.inner.seeds) == (
        "auto",
        "auto",
        None,
        None,
    )


@pytest.mark.parametrize(
    "cell", [Cell("count", 120, together="groups"), Cell("binary", 120, together="time")]
)
def test_a_file_keeps_groups_and_the_order_of_time_and_has_losses_of_every_kind(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, folds=2, trials=1, epochs=5)

    frame = simulated.run_table(cell, 0, simulated.Question(["terms", "neural"], 1, [], fresh=120))
    tested = frame[frame["part"] == "test"]

    assert np.isfinite(frame["loss"]).all()
    assert (frame["seconds"] > 0).all()
    assert np.isfinite(hardest.judge(frame, 2)["network"])  # type: ignore[call-overload]
    if cell.together == "groups":
        assert tested.drop_duplicates("row").groupby("group").size().eq(6).all()
    else:
        assert (tested["time"] == tested["row"]).all()
