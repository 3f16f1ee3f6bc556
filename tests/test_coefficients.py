"""A study's coefficients have standard errors over what is independent in its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from study import conclude
from study.data.encoding import design
from study.diagnostics.coefficients import compute
from study.diagnostics.coefficients.likelihood import OVER, REFERENCES
from study.diagnostics.coefficients.reference import UNPENALISED
from tests.diagnostics.predicted import context_of
from tests.training.tables import saved_encoded


@pytest.fixture
def frame() -> pd.DataFrame:
    """Sixty houses of five rows whose noise is nine tenths that of the house, a house on each day."""
    rng = np.random.default_rng(0)
    house = np.repeat(np.arange(60), 5)
    frame = (
        pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"]).loc[house].reset_index(drop=True)
    )
    noise = 0.9**0.5 * rng.normal(size=60)[house] + 0.1**0.5 * rng.normal(size=300)
    return frame.assign(house=house, y=frame["a"] + noise).sample(frac=1, random_state=0)


def coefficients(
    folder: Path, frame: pd.DataFrame, l2: float = 0.0, **more: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Those of the first outer fold, beside its design with targets."""
    encoded = saved_encoded(folder, frame, **more)[0]
    rows = [("intercept", 0.0), ("a", 1.0), ("b", 0.0)]
    estimates = pd.DataFrame(rows, columns=["term", "estimate"])
    names = {
        "target": "y",
        "kind": "continuous",
        "family": "linear",
        "outer_fold": 0,
        "level": None,
        "output": None,
    }
    known = estimates.assign(unit="", l2=l2, **names)
    found = compute.compute(
        context_of(pd.DataFrame(), pd.DataFrame(), estimates=known, data={("y", 0): encoded})
    )
    own = encoded.development
    return found.set_index("term"), design(encoded, own).assign(y=encoded.y[own])


@pytest.mark.parametrize("l2", [0.0, 3.0])
def test_a_table_with_groups_has_errors_over_groups_two_times_as_wide(
    tmp_path: Path, frame: pd.DataFrame, l2: float
) -> None:
    found, fitted = coefficients(tmp_path, frame, l2, groups="house")

    exact = sm.OLS(fitted["y"], sm.add_constant(fitted[["a", "b"]]))
    clustered = exact.fit(
        cov_type="cluster", cov_kwds={"groups": frame["house"].to_numpy()[fitted.index]}
    ).bse.to_numpy()
    naive = exact.fit(cov_type="HC3").bse.to_numpy()
    assert set(found["se_over"]) == {OVER["group"]}
    assert found["mle_std_error"].to_numpy() == pytest.approx(clustered, rel=0.1)
    assert (found["mle_std_error"].to_numpy() > 1.8 * naive).all()
    assert found["ref_std_error"].isna().all() == (l2 > 0)


def test_a_table_in_time_order_has_errors_over_blocks_of_time(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    found, fitted = coefficients(tmp_path, frame, time="house")

    naive = (
        sm.OLS(fitted["y"], sm.add_constant(fitted[["a", "b"]])).fit(cov_type="HC3").bse.to_numpy()
    )
    assert set(found["se_over"]) == {OVER["block"]}
    assert (found["mle_std_error"].to_numpy() > 1.4 * naive).all()


def test_a_table_with_neither_has_errors_over_rows(tmp_path: Path, frame: pd.DataFrame) -> None:
    found, fitted = coefficients(tmp_path, frame.drop(columns="house"))

    exact = sm.OLS(fitted["y"], sm.add_constant(fitted[["a", "b"]])).fit(cov_type="HC3")
    assert set(found["se_over"]) == {OVER["row"]}
    assert found["ref_std_error"].to_numpy() == pytest.approx(exact.bse.to_numpy(), rel=1e-6)


@pytest.mark.parametrize("l2", [0.0, 3.0])
def test_a_table_of_too_many_cells_has_its_estimates_and_no_reference(
    tmp_path: Path, frame: pd.DataFrame, l2: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "MOST_CELLS", 100)

    found, _ = coefficients(tmp_path, frame, l2)

    assert found["estimate"].to_dict() == {"intercept": 0.0, "a": 1.0, "b": 0.0}
    assert found[[*REFERENCES, *UNPENALISED, "se_over"]].isna().all(axis=None)
    assert set(found["note"]) == {compute.TOO_LONG}


def test_only_rows_in_time_order_have_earlier_ones(tmp_path: Path, frame: pd.DataFrame) -> None:
    encoded = saved_encoded(tmp_path, frame, time="house")[0]
    plain = saved_encoded(tmp_path, frame)[0]

    found = conclude.earlier_rows({("y", 0): encoded, ("y", 1): plain, ("y", -1): encoded})

    assert set(found) == {("y", 0)}
    houses = frame["house"].to_numpy()
    expected = [(houses < houses[row]).sum() for row in encoded.rows[encoded.test]]
    assert found["y", 0].to_dict() == dict(zip(encoded.rows[encoded.test], expected, strict=True))
