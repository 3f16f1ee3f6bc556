"""What a regression misses: found where it is known, not found where there is nothing, chosen without the test rows."""

# ruff: noqa: RUF001  # products are compared as they are written, with the multiplication sign

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from study.config import make_config
from study.data.encoding import Encoded, encode
from study.data.splits import make_splits
from study.data.tables import read_table
from study.evidence.findings import Shortfall
from study.explain import selection
from study.explain.newton import regress
from study.explain.selection import select_terms, thinned
from study.explain.shortfall import shortfall
from study.families.heads import HEADS
from study.records import selection as records
from study.records.selection import Selection
from study.schema import Kind


def encoded_of(source: str | Path, target: str, **more: Any) -> dict[int, Encoded]:
    config = make_config({"name": "test", "data": {"source": str(source)}, "targets": [target], "protocol": "holdout"} | more)
    table = read_table(config)
    return {s.outer_fold: encode(table, table.targets[0], s) for s in make_splits(table, table.targets[0], config)[:-1]}


def find(data: dict[int, Encoded], regression: float, network: float) -> Shortfall:
    selections = {fold: select_terms(encoded) for fold, encoded in data.items()}
    return shortfall(data, selections, dict.fromkeys(data, regression), dict.fromkeys(data, network), margin=0.05)


def saved(folder: Path, **columns: Any) -> Path:
    path = folder / "table.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_the_linear_regression_of_balloons_lacks_the_two_interactions_and_is_exact_with_them() -> None:
    found = find(encoded_of("balloons", "balloons"), regression=0.0204, network=1.2e-4)

    assert [row.term for row in found.ranking][:2] == ["relationship×children", "relationship×age"]
    assert [row.share_closed for row in found.ranking][:2] == pytest.approx([0.5, 0.5], abs=0.02)
    assert max(row.share_closed for row in found.ranking) < 0.55
    assert [step.terms for step in found.steps] == [
        (),
        ("relationship×children",),
        ("relationship×children", "relationship×age"),
    ]
    assert found.steps[-1].loss < 1e-14
    assert found.formula == "balloons ~ 0.45·children + 0.15·age + 0.7·relationship×children + 0.7·relationship×age"
    loss = f"{found.steps[-1].loss:.3g}"
    assert found.sentence == (
        "What the linear regression of balloons misses is relationship×children and relationship×age: with them, its test "
        f"loss falls from 0.0202 to {loss}, within the 5 % margin of the network's 0.00012."
    )


def test_colours_are_separated_by_one_interaction_already() -> None:
    found = find(encoded_of("balloons", "colour"), regression=0.196, network=0.0098)

    assert {row.term for row in found.ranking[:2]} == {"relationship×age", "relationship×children"}
    assert min(row.share_closed for row in found.ranking[:2]) > 0.9
    assert found.ranking[2].share_closed < 0.1
    assert found.terms == ("relationship×age",)
    assert found.steps[-1].loss < 0.005
    assert found.formula is not None
    shape = r"log-odds\(colour = red\) ~ (\d+)·children \+ (\d+)·age \+ (\d+)·relationship×age"
    numbers = re.fullmatch(shape, found.formula)
    assert numbers is not None
    children, age, both = map(float, numbers.groups())
    assert ((age + both / 2) / children, (age - both / 2) / children) == pytest.approx((1, 0.25), abs=0.05)


def test_nothing_is_added_where_the_truth_is_linear(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 800))
    data = encoded_of(saved(tmp_path, a=a, b=b, c=c, y=a - b + rng.normal(size=800)), "y", protocol="nested")

    found = find(data, regression=1.0, network=0.5)

    assert [step.terms for step in found.steps] == [()]
    assert max(abs(row.share_closed) for row in found.ranking) < 0.05
    assert (found.terms, found.formula) == ((), None)
    assert found.sentence == (
        "No interaction and no curved term makes the linear regression of y reliably better, so what the network gains lies "
        "elsewhere."
    )


def test_a_square_about_a_mean_far_from_zero_is_found_and_written_about_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    age, noise = rng.normal(50, 10, 1000), rng.normal(size=1000)
    town = rng.choice(["Bonn", "Ulm"], 1000, p=[0.7, 0.3])
    y = 3 + 0.2 * age + 0.02 * (age - 40) ** 2 + (town == "Ulm") + noise
    data = encoded_of(saved(tmp_path, age=age, town=town, y=y), "y", protocol="nested")

    found = find(data, regression=9.0, network=1.05)

    assert found.terms == ("age²",)
    assert found.ranking[0].term == "age²"
    assert [step.n_agree for step in found.steps] == [5, 5]
    assert found.formula is not None
    shape = r"y ~ (\u2212?[\d.]+) \+ ([\d.]+)·age \+ ([\d.]+)·town\[Ulm\] \+ 0\.02·\(age \u2212 50\)²"
    numbers = re.fullmatch(shape, found.formula)
    assert numbers is not None
    assert float(numbers[2]) == pytest.approx(0.6, abs=0.03)


def test_terms_that_help_without_reaching_the_network_are_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 1500))
    y = rng.poisson(np.exp(0.3 * a + 0.4 * a * b))
    data = encoded_of(saved(tmp_path, a=a, b=b, y=y), "y", targets={"y": "count"})

    found = find(data, regression=0.6, network=0.1)

    share = f"{100 * found.steps[-1].share_closed:.0f}"
    assert [step.terms for step in found.steps] == [(), ("a×b",)]
    assert found.sentence == (
        f"Added to the Poisson regression of y, a×b closes {share} % of the gap to the network, and no further term helps: no "
        "regression within the 5 % margin was found."
    )


def test_several_classes_are_each_compared_with_the_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 1200))
    eta = np.stack([0 * a, 2 * a * b, a], axis=1) + rng.gumbel(size=(1200, 3))
    path = saved(tmp_path, a=a, b=b, y=np.array(["blue", "green", "red"])[eta.argmax(axis=1)])

    found = find(encoded_of(path, "y"), regression=1.0, network=0.85)

    assert found.terms == ("a×b",)
    assert found.formula is not None
    lines = found.formula.split("\n")
    assert [line.split(" ~ ")[0] for line in lines] == ["log-odds(y = green against blue)", "log-odds(y = red against blue)"]
    assert "a×b" in lines[0]


def test_levels_and_dates_are_written_as_the_table_has_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    town, sex = rng.choice(["Bonn", "Ulm"], 900, p=[0.6, 0.4]), rng.choice(["f", "m"], 900, p=[0.6, 0.4])
    days = rng.integers(0, 1000, 900)
    y = 0.01 * days + 4.0 * ((town == "Ulm") & (sex == "m")) + rng.normal(size=900) / 100
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")

    found = find(encoded_of(saved(tmp_path, town=town, sex=sex, day=day, y=y), "y"), regression=1.0, network=0.0001)

    assert found.formula is not None
    assert re.fullmatch(
        r"y ~ \u2212[\d.]+ \+ 0\.01·day \+ 4·town\[Ulm\]×sex\[m\]\nwith day in days since 1970-01-01", found.formula
    )


def test_a_network_that_gains_nothing_leaves_nothing_to_find() -> None:
    found = find(encoded_of("sklearn:diabetes", "target"), regression=3000.0, network=1e6)

    assert found.formula is None
    assert all(np.isnan(row.share_closed) for row in found.ranking)
    assert found.sentence == (
        "The network has no less loss than the linear regression of target, so there is nothing that the regression misses."
    )


def test_a_regression_within_the_margin_needs_no_further_terms() -> None:
    data = encoded_of("sklearn:diabetes", "target")
    base = find(data, regression=3000.0, network=1.0).base_loss

    found = find(data, regression=base, network=0.97 * base)

    assert (found.terms, [step.n_terms for step in found.steps]) == ((), [0])
    assert found.sentence == "The linear regression of target is within the 5 % margin of the network without further terms."


def test_test_targets_choose_no_term() -> None:
    data = encoded_of("balloons", "balloons")
    y = data[0].y.copy()
    y[data[0].test] = np.random.default_rng(0).normal(size=len(data[0].test))

    found, blind = (find(d, 0.0204, 0.0) for d in (data, {0: dataclasses.replace(data[0], y=y)}))

    assert [step.terms for step in blind.steps][: len(found.steps)] == [step.terms for step in found.steps]
    assert [step.val_loss for step in blind.steps][: len(found.steps)] == [step.val_loss for step in found.steps]
    assert {row.term for row in blind.ranking} == {row.term for row in found.ranking}


def test_the_finding_survives_json() -> None:
    found = find(encoded_of("sklearn:diabetes", "target"), regression=3000.0, network=1e6)

    written = found.model_dump_json()

    assert Shortfall.model_validate_json(written) == found
    assert json.loads(written)["ranking"][0]["share_closed"] is None


def test_a_long_table_is_searched_by_some_of_its_development_rows_and_judged_by_all_its_test_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded_of("balloons", "balloons")
    encoded = data[0]
    monkeypatch.setattr(records, "MOST_CELLS", 100 * len(encoded.terms))

    some = thinned(encoded)
    found = find(data, 0.5, 0.0)

    assert len(some.development) == 100
    assert some.rows[some.test].tolist() == encoded.rows[encoded.test].tolist()
    assert {*some.rows[some.development]} <= {*encoded.rows[encoded.development]}
    for thin, whole in zip([*some.train, *some.validation], [*encoded.train, *encoded.validation], strict=True):
        assert {*some.rows[thin]} <= {*encoded.rows[whole]}
    np.testing.assert_array_equal(some.x(0, some.test), encoded.x(0, encoded.test))
    assert found.formula is not None


def test_losses_of_other_outer_folds_are_refused() -> None:
    data = encoded_of("sklearn:diabetes", "target")
    message = "Data, selections and losses must have the same outer folds, at least one, but have [0], [0], [0, 1], [0]."

    with pytest.raises(ValueError, match=re.escape(message)):
        shortfall(data, {0: select_terms(data[0])}, {0: 1.0, 1: 1.0}, {0: 1.0}, margin=0.05)


def test_what_an_outer_fold_selects_is_the_same_after_a_way_through_json() -> None:
    found = select_terms(encoded_of("balloons", "balloons")[0])

    again = Selection.model_validate_json(found.model_dump_json())

    assert again == found
    assert [extra.name for extra in again.terms] == ["relationship×children", "relationship×age"]
    assert len(again.l2) == len(again.val_losses) == len(again.losses) == 3
    assert {extra for extra, _ in again.alone} >= set(again.terms)


def test_candidates_that_are_held_one_at_a_time_are_ranked_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = encoded_of("sklearn:iris", "target")[0]
    at_once = select_terms(encoded)

    monkeypatch.setattr(selection, "BLOCK", 1)
    one_by_one = select_terms(encoded)

    assert at_once.terms == one_by_one.terms
    assert len(at_once.alone) > 10
    assert [extra for extra, _ in at_once.alone] == [extra for extra, _ in one_by_one.alone]
    np.testing.assert_allclose([loss for _, loss in at_once.alone], [loss for _, loss in one_by_one.alone])


@pytest.mark.parametrize("kind", list(Kind))
def test_newton_finds_the_minimum_that_scikit_learn_finds(kind: Kind) -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(size=(300, 3))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    eta, l2 = z @ [0.5, -0.3, 0.0], 0.01
    y = {
        Kind.CONTINUOUS: eta + rng.normal(size=300),
        Kind.BINARY: (rng.logistic(size=300) < eta) * 1.0,
        Kind.MULTICLASS: np.digitize(eta + rng.logistic(size=300), [-1, 1]) * 1.0,
        Kind.COUNT: rng.poisson(np.exp(eta)) * 1.0,
    }[kind]
    model = {
        Kind.CONTINUOUS: Ridge(alpha=300 * l2),
        Kind.COUNT: PoissonRegressor(alpha=2 * l2, tol=1e-10, solver="newton-cholesky"),
    }.get(kind, LogisticRegression(C=1 / (600 * l2), tol=1e-10, solver="newton-cholesky"))

    fit = regress(z * 7 + 100, y, HEADS[kind], 3 if kind is Kind.MULTICLASS else 1, l2)

    expected = np.atleast_2d(model.fit(z, y).coef_).T
    np.testing.assert_allclose(fit.weights[1:], expected, atol=1e-5)
