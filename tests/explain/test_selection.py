"""Terms that a regression lacks: found where they are known, none where there are none, chosen without the test rows."""

# ruff: noqa: RUF001  # products are compared as they are written, with the multiplication sign

from __future__ import annotations

import dataclasses
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
from study.explain import selection
from study.explain.newton import regress
from study.explain.selection import select_terms, thinned
from study.explain.terms import Columns, formula
from study.families.heads import HEADS
from study.records import selection as records
from study.records.selection import Selection
from study.schema import Kind


def encoded_of(source: str | Path, target: str, **more: Any) -> dict[int, Encoded]:
    config = make_config({"name": "test", "data": {"source": str(source)}, "targets": [target], "protocol": "holdout"} | more)
    table = read_table(config)
    return {s.outer_fold: encode(table, table.targets[0], s)[0] for s in make_splits(table, table.targets[0], config)}


def written(encoded: Encoded, found: Selection, tolerance: float) -> str:
    """The formula with all terms that were selected."""
    own = thinned(encoded)
    return formula(Columns(own), found.terms, own.development, found.l2[-1], tolerance)


def names(found: Selection) -> tuple[str, ...]:
    return tuple(extra.name for extra in found.terms)


def saved(folder: Path, **columns: Any) -> Path:
    path = folder / "table.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_the_linear_regression_of_balloons_lacks_the_two_interactions_and_is_exact_with_them() -> None:
    encoded = encoded_of("balloons", "balloons")[0]

    found = select_terms(encoded)

    alone = sorted((loss, extra.name) for extra, loss in found.alone)
    assert {name for _, name in alone[:2]} == {"relationship×children", "relationship×age"}
    assert [loss / found.losses[0] for loss, _ in alone[:3]] == pytest.approx([0.5, 0.5, 1.0], abs=0.03)
    assert names(found) == ("relationship×children", "relationship×age")
    assert found.losses[-1] < 1e-14
    assert written(encoded, found, 1e-5) == (
        "balloons ~ 0.45·children + 0.15·age + 0.7·relationship×children + 0.7·relationship×age"
    )


def test_nothing_is_added_where_the_truth_is_linear(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 800))
    data = encoded_of(saved(tmp_path, a=a, b=b, c=c, y=a - b + rng.normal(size=800)), "y", protocol="nested")

    assert [names(select_terms(encoded)) for encoded in data.values()] == [()] * len(data)


def test_a_square_about_a_mean_far_from_zero_is_found_and_written_about_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    age, noise = rng.normal(50, 10, 1000), rng.normal(size=1000)
    town = rng.choice(["Bonn", "Ulm"], 1000, p=[0.7, 0.3])
    y = 3 + 0.2 * age + 0.02 * (age - 40) ** 2 + (town == "Ulm") + noise
    encoded = encoded_of(saved(tmp_path, age=age, town=town, y=y), "y")[0]

    found = select_terms(encoded)

    assert found.terms[0].name == "age²"
    found = found.model_copy(update={"terms": found.terms[:1], "l2": found.l2[:2]})
    shape = r"y ~ (\u2212?[\d.]+) \+ ([\d.]+)·age \+ ([\d.]+)·town\[Ulm\] \+ 0\.02·\(age \u2212 50\)²"
    numbers = re.fullmatch(shape, written(encoded, found, 0.005 * found.losses[0]))
    assert numbers is not None
    assert float(numbers[2]) == pytest.approx(0.6, abs=0.03)


def test_an_interaction_of_counts_is_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 1500))
    y = rng.poisson(np.exp(0.3 * a + 0.4 * a * b))

    found = select_terms(encoded_of(saved(tmp_path, a=a, b=b, y=y), "y", targets={"y": "count"})[0])

    assert names(found) == ("a×b",)


def test_several_classes_are_each_compared_with_the_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 1200))
    eta = np.stack([0 * a, 2 * a * b, a], axis=1) + rng.gumbel(size=(1200, 3))
    path = saved(tmp_path, a=a, b=b, y=np.array(["blue", "green", "red"])[eta.argmax(axis=1)])
    encoded = encoded_of(path, "y")[0]

    found = select_terms(encoded)

    assert names(found)[0] == "a×b"
    lines = written(encoded, found, 0.005).split("\n")
    assert [line.split(" ~ ")[0] for line in lines] == ["log-odds(y = green against blue)", "log-odds(y = red against blue)"]
    assert "a×b" in lines[0]


def test_levels_and_dates_are_written_as_the_table_has_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    town, sex = rng.choice(["Bonn", "Ulm"], 900, p=[0.6, 0.4]), rng.choice(["f", "m"], 900, p=[0.6, 0.4])
    days = rng.integers(0, 1000, 900)
    y = 0.01 * days + 4.0 * ((town == "Ulm") & (sex == "m")) + rng.normal(size=900) / 100
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")
    encoded = encoded_of(saved(tmp_path, town=town, sex=sex, day=day, y=y), "y")[0]

    found = select_terms(encoded)

    shape = r"y ~ \u2212[\d.]+ \+ 0\.01·day \+ 4·town\[Ulm\]×sex\[m\]\nwith day in days since 1970-01-01"
    assert re.fullmatch(shape, written(encoded, found, 0.005 * found.losses[0]))


def test_test_targets_choose_no_term() -> None:
    encoded = encoded_of("balloons", "balloons")[0]
    y = encoded.y.copy()
    y[encoded.test] = np.random.default_rng(0).normal(size=len(encoded.test))

    found, blind = (select_terms(each) for each in (encoded, dataclasses.replace(encoded, y=y)))

    assert (blind.terms, blind.l2, blind.val_losses) == (found.terms, found.l2, found.val_losses)
    assert {extra for extra, _ in blind.alone} == {extra for extra, _ in found.alone}


def test_a_long_table_is_searched_by_some_of_its_development_rows_and_judged_by_all_its_test_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded = encoded_of("balloons", "balloons")[0]
    monkeypatch.setattr(records, "MOST_CELLS", 100 * len(encoded.terms))

    some = thinned(encoded)

    assert len(some.development) == 100
    assert some.rows[some.test].tolist() == encoded.rows[encoded.test].tolist()
    assert {*some.rows[some.development]} <= {*encoded.rows[encoded.development]}
    for thin, whole in zip([*some.train, *some.validation], [*encoded.train, *encoded.validation], strict=True):
        assert {*some.rows[thin]} <= {*encoded.rows[whole]}
    np.testing.assert_array_equal(some.x(0, some.test), encoded.x(0, encoded.test))
    assert {*names(select_terms(encoded))} == {"relationship×children", "relationship×age"}


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
