"""The table of metrics: every procedure, every pair, and which way is better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence.intervals import Rows
from study.evidence.margins import Question
from study.evidence.metric_gains import JUDGED, metric_table, on_some_folds
from study.evidence.pairs import paired
from study.schema import EXTENDED, NETWORK, REGRESSION, SHORT, TREES
from tests.evidence.losses import only_verdict, scored, three, trial, usual_trials


@pytest.fixture
def rows(rng: np.random.Generator) -> pd.DataFrame:
    """All six procedures on 500 rows of one target of mean 0 and standard deviation 1, the last two of less loss."""
    base = rng.uniform(0.9, 1.1, 500)
    found = pd.concat([*three(rng, 0.9, 0.8), scored(0.95 * base, "short"), scored(0.5 * base, "trees")], ignore_index=True)
    observed = 1.0 - 2 * (found["row"] % 2)
    return found.assign(observed=observed, predicted=observed - np.sqrt(found["loss"]))


@pytest.fixture
def winners() -> pd.DataFrame:
    return pd.concat([usual_trials(), pd.DataFrame([trial("extended", 0, 1.0)])], ignore_index=True)


def test_every_procedure_has_every_metric_and_every_two_are_compared(rows: pd.DataFrame, winners: pd.DataFrame) -> None:
    table = metric_table(rows, winners, 5)

    assert list(table["metric"].unique()) == ["loss", "r2", "rmse", "mae"]
    for _, own in table.groupby("metric"):
        assert list(own.loc[own["base"].isna(), "other"]) == list(JUDGED)
        assert own["base"].notna().sum() == 15
        assert own["p_value"].isna().sum() == 6


def test_more_is_better_whichever_way_a_metric_counts(rows: pd.DataFrame, winners: pd.DataFrame) -> None:
    table = metric_table(rows, winners, 5).set_index(["metric", "base", "other"])

    for metric in ("loss", "r2", "rmse", "mae"):
        better = table.loc[(metric, REGRESSION, TREES)]
        assert better["value"] > better["low"] > 0
        assert better["p_value"] < 1e-6
    r2, rmse = (table.loc[(metric, REGRESSION, TREES)] for metric in ("r2", "rmse"))
    assert r2["other_value"] - r2["base_value"] == pytest.approx(r2["value"]) == pytest.approx(0.5, abs=0.01)
    assert rmse["base_value"] - rmse["other_value"] == pytest.approx(rmse["value"]) == pytest.approx(1 - np.sqrt(0.5), abs=0.01)


def test_a_metric_of_one_procedure_lies_in_its_interval(rows: pd.DataFrame, winners: pd.DataFrame) -> None:
    table = metric_table(rows, winners, 5)

    alone = table[table["base"].isna()]
    assert (alone["low"] < alone["value"]).all()
    assert (alone["value"] < alone["high"]).all()
    r2 = alone[(alone["metric"] == "r2") & (alone["other"] == TREES)]["value"].item()
    trees = rows[rows["family"] == "trees"]
    assert r2 == pytest.approx(1 - trees["loss"].mean() / rows.loc[rows["family"] == "trees", "observed"].var(ddof=0))


def test_the_difference_of_two_losses_has_the_interval_of_the_losses(rows: pd.DataFrame, winners: pd.DataFrame) -> None:
    own = {family: rows.loc[rows["family"] == family, ["outer_fold", "row", "loss"]] for family in ("linear", "extended")}

    interval = Rows()(paired(own["linear"], own["extended"], 5), "difference")

    table = metric_table(rows, winners, 5).set_index(["metric", "base", "other"])
    told = table.loc[("loss", REGRESSION, EXTENDED)]
    assert (told["low"], told["high"], told["n_rows"]) == (pytest.approx(interval.low), pytest.approx(interval.high), 500)


def test_a_procedure_that_was_not_scored_is_left_out(rows: pd.DataFrame, winners: pd.DataFrame) -> None:
    table = metric_table(rows[~rows["family"].isin(("trees", "short"))], winners, 5)

    assert set(table["other"]) == set(JUDGED) - {SHORT, TREES}
    assert NETWORK in set(table["other"])


@pytest.mark.parametrize(
    ("kind", "metric", "most"), [("binary", "accuracy", 1), ("binary", "auc", 1), ("multiclass", "brier", 2)]
)
def test_no_interval_of_a_metric_leaves_the_values_that_it_can_have(kind: str, metric: str, most: float) -> None:
    """Six rows of two folds, on which nearly all is wrong."""
    y = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    wrong = np.array([0.01, 0.995, 0.02, 0.03, 0.04, 0.05])
    rows = scored(np.ones(6), family="logistic", kind=kind).assign(observed=y, predicted=np.where(y == 1, wrong, 1 - wrong))
    if kind == "multiclass":
        rows = rows.assign(p_a=1 - rows["predicted"], p_b=rows["predicted"])
    folds = rows.assign(outer_fold=rows["row"] // 2)

    table = metric_table(folds, pd.DataFrame([trial("logistic", 0, 1.0, kind=kind)]), 3).set_index("metric")

    assert table.loc[metric, "low"] >= 0
    assert table.loc[metric, "high"] <= most
    assert 0 in {table.loc[metric, "low"], most - table.loc[metric, "high"]}


def two_classes(rng: np.random.Generator, one_class: set[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test rows of five outer folds, some of them of one class alone, and their trials."""
    arms, row = (("constant", 0), ("logistic", 0), ("neural", 1)), np.arange(100)
    hit = (row // 5 % 2 == 1) | np.isin(row % 5, list(one_class))
    found = []
    for place, (family, depth) in enumerate(arms):
        p = np.clip(np.where(hit, 0.55, 0.45) + rng.normal(0, 0.2 / (1 + place), 100), 0.05, 0.95)
        rows = scored(-np.log(np.where(hit, p, 1 - p)), family, depth, kind="binary")
        found.append(rows.assign(outer_fold=row % 5, observed=hit.astype(float), predicted=p))
    trials = [trial(family, depth, 1.0, kind="binary", outer_fold=fold) for fold in range(5) for family, depth in arms]
    return pd.concat(found, ignore_index=True), pd.DataFrame(trials)


@pytest.mark.parametrize(
    ("one_class", "said"),
    [
        (set(), ""),
        ({2}, "4 of 5 outer folds; the other has one class alone"),
        ({0, 2, 3}, "2 of 5 outer folds; the others have one class alone"),
    ],
)
def test_on_how_many_folds_an_area_rests_is_told_in_table_and_sentence(
    one_class: set[int], said: str, rng: np.random.Generator
) -> None:
    rows, trials = two_classes(rng, one_class)

    table = metric_table(rows, trials, 5)
    verdict = only_verdict([rows], trials, questions={"y": Question(metric="auc")})

    assert on_some_folds(table) == ({("y", "auc"): said} if said else {})
    assert set(table.loc[table["metric"] == "auc", "n_folds"]) == {5 - len(one_class)}
    assert (f"(the network), on {said}." if said else "(the network).") in verdict.sentence


def test_an_area_of_one_fold_has_the_interval_of_its_rows_in_table_and_verdict(rng: np.random.Generator) -> None:
    rows, trials = two_classes(rng, {0, 1, 2, 3})

    table = metric_table(rows, trials, 5)
    verdict = only_verdict([rows], trials, questions={"y": Question(metric="auc")})

    area = table[table["metric"] == "auc"].set_index("other")
    assert set(area["method"]) == {"rows"}
    assert (area["low"] < area["value"]).all()
    assert verdict.by_pair[REGRESSION, NETWORK].method == "rows"


def test_an_area_that_no_fold_has_is_left_out(rng: np.random.Generator) -> None:
    rows, trials = two_classes(rng, {0, 1, 2, 3, 4})

    table = metric_table(rows, trials, 5)

    assert set(table["metric"]) == {"loss", "brier", "accuracy"}
    assert on_some_folds(table) == {}
