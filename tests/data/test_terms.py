"""Which products and curves the development rows give, and what they are worth on any row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.data import terms as terms_module
from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.splits import make_splits
from study.data.tables import read_table
from study.data.terms import QUANTILES, Terms, make_terms, no_terms
from study.schema import StudyError

from .helpers import config_for, saved

N = 240


def encoded_of(folder: Path, frame: pd.DataFrame, **more: Any) -> Encoded:
    config = config_for(saved(folder, frame), **more)
    table = read_table(config)
    return encode(table, table.targets[0], make_splits(table, table.targets[0], config)[0])


def frame_of(**columns: Any) -> pd.DataFrame:
    """Two measured columns and a target, and whatever else."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(50, 10, N), "size": rng.exponential(2, N)})
    return frame.assign(**columns, y=frame["age"] / 10 + frame["size"] + rng.normal(size=N))


def names(encoded: Encoded, columns: Any) -> set[str]:
    return {encoded.terms[i].name for i in np.ravel(columns)}


def pairs(encoded: Encoded, terms: Terms) -> set[frozenset[str]]:
    return {frozenset(names(encoded, pair)) for pair in terms.products}


def test_products_and_hinges_are_of_clipped_columns_and_the_columns_are_not_clipped() -> None:
    terms = Terms(
        low=np.array([0.0, -1.0]),
        high=np.array([10.0, 1.0]),
        center=np.array([4.0, 0.5]),
        products=np.array([[0, 1]]),
        hinges=np.array([0, 1]),
        knots=np.array([8.0, 0.0]),
    )

    values = terms.values(np.array([[9.0, 0.5], [99.0, -7.0], [-3.0, 2.0]]))

    expected = [[9, 0.5, 5 * 0.0, 1, 0.5], [99, -7, 6 * -1.5, 2, 0], [-3, 2, -4 * 0.5, 0, 1]]
    np.testing.assert_array_equal(values, expected)
    assert terms.clipped(np.array([[9.0, 0.5], [99.0, -7.0], [-3.0, 2.0]])) == 4
    assert terms.only(products=False).clipped(np.array([[10.0, 1.0]])) == 0
    assert terms.only(products=False, curves=False).sizes == (2, 0, 0)


def test_without_terms_the_columns_stay_as_they_are(tmp_path: Path) -> None:
    encoded = encoded_of(tmp_path, frame_of())
    raw = np.array([[1e6, -1e6], [0.0, 3.0]])

    np.testing.assert_array_equal(no_terms(encoded).values(raw), raw)


def test_knots_are_octiles_of_the_observed_development_cells_and_bounds_their_range(
    tmp_path: Path,
) -> None:
    frame = frame_of()
    frame.loc[::3, "age"] = np.nan
    encoded = encoded_of(tmp_path, frame)

    terms = make_terms(encoded)

    kept = frame.loc[encoded.rows[encoded.development], "age"].dropna()
    place = [term.name for term in encoded.terms].index("age")
    expected = np.quantile(kept, QUANTILES, method="inverted_cdf")
    np.testing.assert_allclose(terms.knots[terms.hinges == place], expected, rtol=1e-6)
    np.testing.assert_allclose(
        [terms.low[place], terms.high[place]], [kept.min(), kept.max()], rtol=1e-6
    )
    assert abs(terms.center[place] - encoded.center[-1][place]) < encoded.scale[-1][place] / 10


def test_no_knot_is_at_the_smallest_or_largest_value(tmp_path: Path) -> None:
    spiked = np.where(
        np.arange(N) % 2, 0.0, np.where(np.arange(N) % 4, 9.0, np.arange(N) / N * 5 + 2)
    )
    encoded = encoded_of(tmp_path, frame_of(spiked=spiked))

    terms = make_terms(encoded)

    place = [term.name for term in encoded.terms].index("spiked")
    knots = terms.knots[terms.hinges == place]
    assert len(knots)
    assert ((knots > 0) & (knots < 9)).all()


def test_yes_and_no_levels_and_gaps_have_no_curves_and_levels_of_one_category_no_product(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(1)
    frame = frame_of(
        member=rng.choice(["yes", "no"], N),
        town=rng.choice(["Bonn", "Ulm", "Trier"], N),
        gappy=rng.normal(size=N),
    )
    frame.loc[rng.choice(N, 60, replace=False), "gappy"] = np.nan
    encoded = encoded_of(tmp_path, frame)

    terms = make_terms(encoded)

    found = pairs(encoded, terms)
    binary = {term.name for term in encoded.terms} - {"age", "size", "gappy"}
    towns = {term.name for term in encoded.terms if term.column == "town"}
    assert len(binary) == 4
    assert names(encoded, terms.hinges) == {"age", "size", "gappy"}
    assert frozenset(towns) not in found
    assert frozenset({"age", "size"}) in found
    assert all(frozenset({"member", town}) in found for town in towns)
    centers = dict(zip([term.name for term in encoded.terms], terms.center, strict=True))
    assert {centers[name] for name in binary} == {0.0}


def test_a_product_or_hinge_leaves_its_commonest_value_in_five_rows_of_every_training_part(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(2)
    rare = {f"rare{k}": (rng.permutation(N) < 60 + 10 * k).astype(int) for k in range(5)}
    steps = {
        "steps": np.where(rng.random(N) < 0.965, np.repeat([1.0, 2.0], N // 2), 3.0),
        "flat": rng.integers(0, 3, N),
    }
    encoded = encoded_of(tmp_path, frame_of(**rare, **steps, few=(np.arange(N) < 8).astype(int)))

    terms = make_terms(encoded)

    bounds = terms.low, terms.high, terms.center
    every = [(i, j) for i in range(len(encoded.terms)) for j in range(i + 1, len(encoded.terms))]
    whole = Terms(*bounds, np.array(every), terms.hinges, terms.knots)
    off = np.full(sum(whole.sizes), N)
    for e, rows in enumerate(encoded.train):
        values = whole.values(encoded.original(e, rows))
        commonest = [np.unique(column, return_counts=True)[1].max() for column in values.T]
        off = np.minimum(off, len(rows) - np.array(commonest))
    of_pairs = off[len(encoded.terms) : len(encoded.terms) + len(every)]
    expected = {pair for pair, rows in zip(every, of_pairs, strict=True) if rows >= 5}
    assert {tuple(pair) for pair in terms.products.tolist()} == expected
    assert 0 < len(expected) < len(every)
    assert (off[-len(terms.hinges) :] >= 5).all()


def test_a_measured_column_that_is_zero_in_all_but_a_few_rows_has_no_product(
    tmp_path: Path,
) -> None:
    """Its centre is 0 then, and the products are 0 in all but those rows."""
    spikes = np.zeros(N)
    spikes[[3, 50, 100, 200]] = [100.0, 120.0, 90.0, 110.0]
    encoded = encoded_of(tmp_path, frame_of(spikes=spikes))

    terms = make_terms(encoded)

    assert terms.center[[term.name for term in encoded.terms].index("spikes")] == 0
    assert pairs(encoded, terms) == {frozenset({"age", "size"})}


def test_of_a_long_table_terms_are_chosen_by_some_rows_and_bounds_are_those_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = encoded_of(tmp_path, frame_of(member=np.tile(["yes", "no"], N // 2)))
    whole = make_terms(encoded)
    monkeypatch.setattr(terms_module, "MOST_CELLS", 80 * len(encoded.terms))

    drawn = make_terms(encoded)

    for name in ("low", "high", "center", "products", "hinges"):
        np.testing.assert_array_equal(getattr(drawn, name), getattr(whole, name))
    assert np.abs(drawn.knots - whole.knots).max() > 0
    spread = np.array([encoded.scale[-1][i] for i in whole.hinges])
    assert (np.abs(drawn.knots - whole.knots) < spread).all()


def test_of_too_many_terms_the_columns_that_tell_most_about_the_target_keep_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    encoded = encoded_of(tmp_path, frame_of(**{f"noise{k}": rng.normal(size=N) for k in range(4)}))
    monkeypatch.setattr(terms_module, "MOST_TERMS", 2 * 7 + 1)

    terms = make_terms(encoded)

    assert names(encoded, terms.combined) == {"age", "size"}
    assert terms.sizes == (6, 1, 14)


def test_only_the_columns_of_the_config_are_combined(tmp_path: Path) -> None:
    encoded = encoded_of(
        tmp_path, frame_of(town=np.tile(["Bonn", "Ulm", "Trier"], N // 3)), terms=["size", "town"]
    )

    terms = make_terms(encoded)

    assert {encoded.terms[i].column for i in terms.combined} == {"size", "town"}
    assert names(encoded, terms.hinges) == {"size"}


def test_where_time_orders_the_rows_dates_are_combined_only_if_named(tmp_path: Path) -> None:
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), "D")
    frame = frame_of(
        seen=days + pd.to_timedelta(np.random.default_rng(4).integers(0, 30, N), "D"), day=days
    )

    free, ordered, named = (
        encoded_of(tmp_path, frame, **more)
        for more in (
            {"data": {"drop": ["day"]}},
            {"time": "day"},
            {"time": "day", "terms": ["seen", "age"]},
        )
    )

    assert [names(own, make_terms(own).combined) for own in (free, ordered, named)] == [
        {"age", "size", "seen"}, {"age", "size"}, {"age", "seen"},
    ]  # fmt: skip


def test_a_column_that_is_none_is_an_error_that_names_the_key_and_the_nearest(
    tmp_path: Path,
) -> None:
    with pytest.raises(StudyError, match=r"terms.*'sizes'.*'size'"):
        encoded_of(tmp_path, frame_of(), terms=["sizes"])
