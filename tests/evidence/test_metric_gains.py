"""The table of metrics: every procedure, every pair, and which way is better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence.intervals import Rows
from study.evidence.metric_gains import metric_table
from study.evidence.pairs import paired
from study.evidence.scored_target import JUDGED
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.table import on_some_folds
from study.schema import FORMULA, NETWORK, REGRESSION, TERMS, TREES
from tests.evidence.asked import two_classes, with_terms
from tests.evidence.losses import only_verdict, scored, three, trial


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """All six procedures on 200 rows of one target of mean 0 and standard deviation 1, the last two
    of less loss.
    """
    rng = np.random.default_rng(0)
    base = rng.uniform(0.9, 1.1, 200)
    models = [
        *three(rng, 0.9, 0.8, n=200),
        scored(0.95 * base, "formula"),
        scored(0.5 * base, "trees"),
    ]
    found = pd.concat(models, ignore_index=True)
    observed = 1.0 - 2 * (found["row"] % 2)
    return found.assign(observed=observed, predicted=observed - np.sqrt(found["loss"]))


@pytest.fixture(scope="module")
def table(rows: pd.DataFrame) -> pd.DataFrame:
    return metric_table(rows, with_terms(), 5)


def test_every_procedure_has_every_metric_and_every_two_are_compared(table: pd.DataFrame) -> None:
    assert list(table["metric"].unique()) == ["loss", "r2", "rmse", "mae"]
    for _, own in table.groupby("metric"):
        assert list(own.loc[own["base"].isna(), "other"]) == list(JUDGED)
        assert own["base"].notna().sum() == 15
        assert own["p_value"].isna().sum() == 6


def test_more_is_better_whichever_way_a_metric_counts(table: pd.DataFrame) -> None:
    told = table.set_index(["metric", "base", "other"])

    for metric in ("loss", "r2", "rmse", "mae"):
        better = told.loc[(metric, REGRESSION, TREES)]
        assert better["value"] > better["low"] > 0
        assert better["p_value"] < 1e-6
    r2, rmse = (told.loc[(metric, REGRESSION, TREES)] for metric in ("r2", "rmse"))
    assert (
        r2["other_value"] - r2["base_value"]
        == pytest.approx(r2["value"])
        == pytest.approx(0.5, abs=0.01)
    )
    assert (
        rmse["base_value"] - rmse["other_value"]
        == pytest.approx(rmse["value"])
        == pytest.approx(1 - np.sqrt(0.5), abs=0.01)
    )


def test_a_metric_of_one_procedure_lies_in_its_interval(
    rows: pd.DataFrame, table: pd.DataFrame
) -> None:
    alone = table[table["base"].isna()]
    assert (alone["low"] < alone["value"]).all()
    assert (alone["value"] < alone["high"]).all()
    r2 = alone[(alone["metric"] == "r2") & (alone["other"] == TREES)]["value"].item()
    trees = rows[rows["family"] == "trees"]
    assert r2 == pytest.approx(1 - trees["loss"].mean() / trees["observed"].var(ddof=0))


def test_the_difference_of_two_losses_has_the_interval_of_the_losses(
    rows: pd.DataFrame, table: pd.DataFrame
) -> None:
    own = {
        family: rows.loc[rows["family"] == family, ["outer_fold", "row", "loss"]]
        for family in ("linear", "terms")
    }

    interval = Rows()(paired(own["linear"], own["terms"], 5), "difference")

    told = table.set_index(["metric", "base", "other"]).loc[("loss", REGRESSION, TERMS)]
    assert (told["low"], told["high"], told["n_rows"]) == (
        pytest.approx(interval.low),
        pytest.approx(interval.high),
        200,
    )


def test_a_procedure_that_was_not_scored_is_left_out(rows: pd.DataFrame) -> None:
    own = metric_table(rows[~rows["family"].isin(("trees", "formula", "terms"))], with_terms(), 5)

    assert set(own["other"]) == set(JUDGED) - {FORMULA, TREES, TERMS}
    assert NETWORK in set(own["other"])


@pytest.mark.parametrize(
    ("kind", "metric", "most"),
    [("binary", "accuracy", 1), ("binary", "auc", 1), ("multiclass", "brier", 2)],
)
def test_no_interval_of_a_metric_leaves_the_values_that_it_can_have(
    kind: str, metric: str, most: float
) -> None:
    """Six rows of two folds, on which nearly all is wrong."""
    y = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    wrong = np.array([0.01, 0.995, 0.02, 0.03, 0.04, 0.05])
    rows = scored(np.ones(6), family="logistic", kind=kind).assign(
        observed=y, predicted=np.where(y == 1, wrong, 1 - wrong)
    )
    if kind == "multiclass":
        rows = rows.assign(p_a=1 - rows["predicted"], p_b=rows["predicted"])
    folds = rows.assign(outer_fold=rows["row"] // 2)

    table = metric_table(folds, pd.DataFrame([trial("logistic", 0, 1.0, kind=kind)]), 3).set_index(
        "metric"
    )

    assert table.loc[metric, "low"] >= 0
    assert table.loc[metric, "high"] <= most
    assert 0 in {table.loc[metric, "low"], most - table.loc[metric, "high"]}


@pytest.mark.parametrize("one_class", [set(), {2}], ids=len)
def test_on_how_many_folds_an_area_rests_is_told_in_table_and_answer(one_class: set[int]) -> None:
    rows, trials = two_classes(one_class)

    table = metric_table(rows, trials, 5)

    count = 5 - len(one_class)
    told = on_some_folds(table)
    assert set(table.loc[table["metric"] == "auc", "n_folds"]) == {count}
    assert {place: words.split()[0] for place, words in told.items()} == (
        {("y", "AUC"): str(count)} if one_class else {}
    )


def test_an_area_of_one_fold_has_the_interval_of_its_rows_in_table_and_verdict() -> None:
    rows, trials = two_classes({0, 1, 2, 3})

    table = metric_table(rows, trials, 5)
    verdict = only_verdict([rows], trials, questions={"y": EvaluationSpec(metric="auc")})

    area = table[table["metric"] == "auc"].set_index("other")
    assert set(area["method"]) == {"rows"}
    assert (area["low"] < area["value"]).all()
    assert verdict.by_pair[REGRESSION, NETWORK].method == "rows"


def test_an_area_that_no_fold_has_is_left_out() -> None:
    rows, trials = two_classes({0, 1, 2, 3, 4})

    table = metric_table(rows, trials, 5)

    assert set(table["metric"]) == {"loss", "brier", "accuracy"}
    assert on_some_folds(table) == {}
