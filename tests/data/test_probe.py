"""A model that is known is asked column by column, and answers what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.splits import make_splits
from study.diagnostics.probe import (
    LEVELS,
    MOST_CLASSES,
    MOST_COLUMNS,
    POINTS,
    axis_of,
    leading,
    probe,
)
from study.records.inspection import Inspection
from study.schema import ALL_ROWS, Kind

from .helpers import bare, config_for, plain_frame, saved, table_of

FloatArray = np.ndarray


def encoded_from(folder: Path, frame: pd.DataFrame, **more: object) -> Encoded:
    table = table_of(folder, frame, **more)
    split = make_splits(table, table.targets[0], config_for(saved(folder, frame), **more))[0]
    return encode(table, table.targets[0], split)


def squared(predicted: FloatArray, y: FloatArray) -> FloatArray:
    return (predicted - y) ** 2


def at(encoded: Encoded, name: str) -> int:
    return [term.name for term in encoded.terms].index(name)


def asked(encoded: Encoded, answer: object) -> Inspection:
    found = probe(encoded, lambda raw: answer(np.nan_to_num(raw))[None, :, None], squared)  # type: ignore[operator]
    assert found is not None
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    return encoded_from(tmp_path_factory.mktemp("plain"), plain_frame(400))


def test_the_effect_of_a_column_is_its_own_function_where_a_model_adds_them_up(
    plain: Encoded,
) -> None:
    age, seen = at(plain, "age"), at(plain, "seen")

    found = asked(plain, lambda raw: raw[:, age] ** 2 + 5 * raw[:, seen])

    (effect,) = (each for each in found.effects if each.axis.column == "age")
    values = np.array(effect.axis.values)
    curve = np.array(effect.curves)[0, :, 0]
    assert (effect.axis.sort, len(values)) == ("number", POINTS)
    np.testing.assert_allclose(curve - curve[0], values**2 - values[0] ** 2, rtol=1e-4)
    assert sum(effect.axis.shares) == pytest.approx(1, abs=1e-5)


def test_a_category_is_set_to_one_level_after_the_other_and_a_gap_is_closed(plain: Encoded) -> None:
    levels = [term.name for term in plain.terms if term.column == "town"]
    weights = {at(plain, name): 1.0 + k for k, name in enumerate(levels)}
    gap = at(plain, "age[missing]")

    found = asked(
        plain,
        lambda raw: sum(weight * raw[:, i] for i, weight in weights.items()) + 100 * raw[:, gap],
    )

    effects = {each.axis.column: each for each in found.effects}
    town = dict(
        zip(effects["town"].axis.levels, np.array(effects["town"].curves)[0, :, 0], strict=True)
    )
    by_level = {plain.terms[i].level: weight for i, weight in weights.items()} | {
        plain.references["town"]: 0.0
    }
    assert {
        level: value - town[plain.references["town"]] for level, value in town.items()
    } == pytest.approx(by_level)
    age = np.array(effects["age"].curves)[0, :, 0]
    assert np.ptp(age) == 0  # whatever the age is set to, it is there


def test_the_points_of_a_date_are_days_and_the_shares_those_of_the_nearest_rows(
    plain: Encoded,
) -> None:
    axis, _ = axis_of(plain, "seen")

    days = (
        plain.matrix.values[plain.rows, plain.columns[at(plain, "seen")]]
        + plain.matrix.offset[plain.columns[at(plain, "seen")]]
    )
    nearest = np.abs(days[:, None] - np.array(axis.values)).argmin(axis=1)
    assert axis.sort == "date"
    np.testing.assert_allclose(
        axis.shares, np.bincount(nearest, minlength=POINTS) / len(nearest), atol=0.01
    )


def test_a_number_that_is_nearly_always_the_same_has_points_elsewhere_too(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    rare = np.where(np.arange(1_000) < 15, np.arange(1_000.0), 0.0)
    encoded = encoded_from(
        tmp_path, pd.DataFrame({"rare": rng.permutation(rare), "y": rng.normal(size=1_000)})
    )

    axis, _ = axis_of(encoded, "rare")

    assert axis.values[0] == 0
    assert axis.values[-1] > 10
    assert 4 < len(axis.values) <= POINTS
    assert axis.shares[0] == pytest.approx(0.986, abs=0.002)


def test_replicates_stand_below_their_mean(plain: Encoded) -> None:
    age = at(plain, "age")

    found = probe(
        plain,
        lambda raw: np.stack([k * np.nan_to_num(raw[:, age]) for k in (1, 2, 6)])[..., None],
        squared,
    )

    assert found is not None
    (effect,) = (each for each in found.effects if each.axis.column == "age")
    curves = np.array(effect.curves)[:, :, 0]
    np.testing.assert_allclose(curves[0], curves[1:].mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(curves[1:], curves[1] * np.array([[1], [2], [6]]), rtol=1e-4)


def test_a_column_that_a_model_does_not_read_costs_nothing_when_permuted_and_one_it_reads_twice_its_variance(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    x = rng.normal(size=(3_000, 2))
    encoded = encoded_from(
        tmp_path, pd.DataFrame({"used": x[:, 0], "unused": x[:, 1], "y": x[:, 0]})
    )

    found = asked(encoded, lambda raw: raw[:, at(encoded, "used")])

    rises = {each.column: each for each in found.rises}
    assert (rises["unused"].rise, rises["unused"].error, found.loss) == (
        0,
        0,
        pytest.approx(0, abs=1e-9),
    )
    assert rises["used"].rise == pytest.approx(2, rel=0.25)
    assert 0.02 < rises["used"].error < 0.4
    assert found.constant == pytest.approx(1, rel=0.25)


def test_rows_of_a_group_stray_together(tmp_path: Path, rng: np.random.Generator) -> None:
    group = np.repeat(np.arange(60), 10)
    x = rng.normal(size=60)[group]
    frame = pd.DataFrame({"x": x, "z": rng.normal(size=600), "who": group, "y": x * (group % 7)})
    grouped = encoded_from(tmp_path, frame, groups="who")
    free = replace(grouped, groups=None)

    errors = [asked(e, lambda raw: raw[:, at(grouped, "x")]).rises for e in (grouped, free)]

    (alike, alone) = ({each.column: each.error for each in rises}["x"] for rises in errors)
    assert alike > 1.3 * alone


def test_of_a_wide_table_the_columns_that_matter_only_together_lead(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    x = rng.normal(size=(800, 40))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(40)]).assign(
        y=np.sign(x[:, 7]) * x[:, 31]
    )

    columns = leading(encoded_from(tmp_path, frame))

    assert len(columns) == MOST_COLUMNS
    assert set(columns[:2]) == {"x7", "x31"}


def test_of_many_classes_the_commonest_are_kept_and_each_level_stands_for_rows(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    share = np.arange(1, 10) / 45
    y = rng.choice(list("abcdefghi"), 900, p=share)
    town = rng.choice([f"t{i:02d}" for i in range(18)], 900)
    encoded = encoded_from(
        tmp_path,
        pd.DataFrame({"x": rng.normal(size=900), "town": town, "y": y}),
        target={"y": "multiclass"},
    )
    even = np.full((1, 1, 9), 1 / 9)

    found = probe(
        encoded, lambda raw: np.repeat(even, len(raw), axis=1), lambda p, y: -np.log(p[:, 0])
    )

    assert found is not None
    assert encoded.kind is Kind.MULTICLASS
    assert found.outputs == tuple("defghi")
    assert len(found.outputs) == MOST_CLASSES
    (own,) = (each for each in found.effects if each.axis.column == "town")
    assert np.array(own.curves).shape == (1, LEVELS, MOST_CLASSES)


def test_on_all_rows_and_where_an_answer_is_not_finite_nothing_is_told(plain: Encoded) -> None:
    everything = replace(plain, outer_fold=ALL_ROWS, test=plain.test[:0])

    told = [
        probe(e, lambda raw: np.full((1, len(raw), 1), np.inf), squared)
        for e in (everything, plain)
    ]

    assert told == [None, None]


def test_what_is_told_comes_back_from_its_text_and_is_the_same_the_next_time(
    plain: Encoded,
) -> None:
    once, again = (asked(plain, lambda raw: raw[:, 0] * raw[:, 1]) for _ in range(2))

    assert once == again == Inspection.model_validate_json(once.model_dump_json())


def test_of_a_thousand_columns_the_one_that_matters_leads_though_few_trees_try_it() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 1_000))
    names = [f"gene_{i}" for i in range(x.shape[1])]
    table, target, split = bare(dict(zip(names, x.T, strict=True)), dict.fromkeys(names, "numeric"))
    table.frame["y"] = x[:, 7] + 0.7 * rng.normal(size=60)

    columns = leading(encode(table, target, split))

    assert columns[0] == "gene_7"
    assert len(set(columns)) == MOST_COLUMNS
