"""The strict score test names what is missing, and hardly ever what is not, whatever rows depend on each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special
from threadpoolctl import threadpool_limits

from study.data.units import Units
from study.evidence.findings import LEAST_UNITS, FoldMissing
from study.training.columns import Columns
from study.training.missing import blocks, missing_terms
from study.training.regression import all_terms
from tests.training.tables import saved_encoded


def named(folder: Path, frame: pd.DataFrame, **more: str) -> FoldMissing:
    """What the test names of the development rows of a holdout."""
    encoded = saved_encoded(folder, frame, protocol="holdout", **more)[0]
    with threadpool_limits(1):
        columns = Columns.of(encoded, -1, all_terms(encoded), (1.0, 1.0, 1.0), encoded.development)
        return missing_terms(encoded, columns, 2_000)


@pytest.mark.parametrize(("slope", "n_named"), [(20.0, 1), (400.0, 0)])
def test_a_linear_truth_names_nothing_however_sure_its_classes_are(tmp_path: Path, slope: float, n_named: int) -> None:
    """Of 6 tables; under the last slope the classes are separated in all of them."""
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(300, 3))
        y = np.where(rng.random(300) < special.expit(slope * (x[:, 0] + 0.5 * x[:, 1])), "p", "q")
        found.append(named(tmp_path, pd.DataFrame(x, columns=list("abc")).assign(y=y)))

    assert sum(bool(each.terms) for each in found) <= n_named


def test_sure_classes_name_the_product_that_is_there(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = np.where(rng.random(400) < special.expit(6 * (x[:, 0] + x[:, 1] * x[:, 2])), "p", "q")

    assert named(tmp_path, pd.DataFrame(x, columns=list("abc")).assign(y=y)).terms[:1] == ("b\N{MULTIPLICATION SIGN}c",)


def grouped(seed: int, groups: int = 60, effect: float = 0.0) -> pd.DataFrame:
    """Groups of 5 rows whose columns are theirs and whose targets have a correlation of 0.7; effect: of a product."""
    rng = np.random.default_rng(seed)
    house = np.repeat(np.arange(groups), 5)
    x = rng.normal(size=(groups, 5))[house]
    noise = 0.7**0.5 * rng.normal(size=groups)[house] + 0.3**0.5 * rng.normal(size=len(house))
    return pd.DataFrame(x, columns=list("abcde")).assign(house=house, y=x[:, 0] + effect * x[:, 1] * x[:, 2] + noise)


def test_groups_without_an_effect_name_a_term_in_few_of_twenty_tables(tmp_path: Path) -> None:
    found = [named(tmp_path, grouped(seed), groups="house") for seed in range(20)]

    assert {(each.n_units, each.unit) for each in found} == {(48, "group")}
    assert sum(bool(each.terms) for each in found) <= 2  # one is expected


def test_an_effect_in_groups_is_named(tmp_path: Path) -> None:
    assert named(tmp_path, grouped(0, 150, effect=2.0), groups="house").terms[:1] == ("b\N{MULTIPLICATION SIGN}c",)


def test_fewer_than_thirty_groups_name_nothing_however_large_the_effect(tmp_path: Path) -> None:
    found = named(tmp_path, grouped(0, 36, effect=5.0), groups="house")

    assert (found.terms, found.unit) == ((), "group")
    assert found.n_units < LEAST_UNITS


def autocorrelated(seed: int, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    walks = np.zeros((n, 5))
    for t in range(1, n):
        walks[t] = 0.9 * walks[t - 1] + 0.19**0.5 * rng.normal(size=5)
    return pd.DataFrame(walks[:, :4], columns=list("abcd")).assign(y=walks[:, 0] + walks[:, 4], day=np.arange(n))


def test_rows_in_time_order_are_summed_in_blocks_and_name_a_term_in_few_of_twelve_tables(tmp_path: Path) -> None:
    found = [named(tmp_path, autocorrelated(seed), time="day") for seed in range(12)]

    assert {(each.n_units, each.unit) for each in found} == {(60, "block")}
    assert sum(bool(each.terms) for each in found) <= 2


def test_blocks_are_consecutive_and_few_times_make_few_of_them(tmp_path: Path) -> None:
    frame = autocorrelated(0, 100)

    encoded = saved_encoded(tmp_path, frame.sample(frac=1, random_state=0), protocol="holdout", time="day")[0]
    units = Units.of(encoded, encoded.development, blocks)

    assert encoded.times is not None
    ordered = units.codes[np.argsort(encoded.times[encoded.development])]
    assert units.sort == "block"
    assert (np.diff(ordered) >= 0).all()
    assert np.bincount(ordered).min() >= 5
    assert named(tmp_path, frame.assign(y=9 * frame["a"] * frame["b"]), time="day").terms == ()


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_independent_rows_are_units_of_their_own_and_name_a_hinge_that_is_there(tmp_path: Path, slope: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 500))
    frame = pd.DataFrame({"a": a, "b": b, "y": a + slope * np.maximum(b, 0) + 0.5 * rng.normal(size=500)})

    found = named(tmp_path, frame)

    assert found.unit == "row"
    assert found.terms[:1] == (("hinge(b)",) if slope else ())
