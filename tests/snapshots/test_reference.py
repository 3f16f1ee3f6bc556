"""What is noted of the reference fits of regressions, and how formulas are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import linear_model
from sklearn.linear_model import PoissonRegressor

from study.data.units import Units
from study.diagnostics.coefficients.compute import coefficient_table, contrasts
from study.diagnostics.formula import formula
from study.schema import Kind
from tests.diagnostics.formulas import ROWS, encoded_of, row
from tests.diagnostics.people import N, fit, make_people
from tests.snapshots.conftest import Approve

PEOPLE = make_people()
NOISE, OTHER = np.random.default_rng(1).normal(size=(2, N))
TALL = (PEOPLE["height"] > 1700).to_numpy(float)
CLASSES = np.digitize((PEOPLE["height"] - 1700).to_numpy() / 90 + NOISE, [-0.7, 0.7]) * 1.0
ABC = ["a", "b", "c"]


def grouped(sizes: list[int]) -> Units:
    return Units(
        "group", np.random.default_rng(3).permutation(np.repeat(np.arange(len(sizes)), sizes))
    )


GROUPS = grouped([20] * 20)


def unfinished() -> pd.DataFrame:
    class Hasty(PoissonRegressor):
        def __init__(self, **more: object) -> None:
            super().__init__(**more | {"max_iter": 1})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_model, "PoissonRegressor", Hasty)
        return fit(PEOPLE, (NOISE > 0) * 1.0, Kind.COUNT, l2=3.0)


def too_wide() -> pd.DataFrame:
    wide = pd.DataFrame(
        np.random.default_rng(0).normal(size=(600, 120)), columns=[f"x{i}" for i in range(120)]
    )
    return fit(
        wide,
        np.random.default_rng(1).integers(0, 5, 600) * 1.0,
        Kind.MULTICLASS,
        list("abcde"),
        l2=1.0,
    )


def contrasted() -> pd.DataFrame:
    found = fit(PEOPLE, CLASSES, Kind.MULTICLASS, ABC)
    rows = [(term, name, 1.0) for term in found["term"].unique() for name in ABC]
    estimates = pd.DataFrame(rows, columns=["term", "output", "estimate"])
    estimates = estimates.assign(target="y", family="logistic", outer_fold=0, level=None, unit="")
    return coefficient_table(contrasts(estimates, ABC), found.assign(target="y"))


def of_values(**columns: object) -> pd.DataFrame:
    return fit(PEOPLE.assign(**columns), NOISE, Kind.CONTINUOUS)


FITS: dict[str, Callable[[], pd.DataFrame]] = {
    "nothing to note": of_values,
    "classes contrasted with the first": contrasted,
    "a column that separates": lambda: fit(PEOPLE, TALL, Kind.BINARY),
    "a column that separates, penalised": lambda: fit(PEOPLE, TALL, Kind.BINARY, l2=1.0),
    "penalised": lambda: fit(PEOPLE, NOISE, Kind.CONTINUOUS, l2=0.03),
    "penalised, not arrived": unfinished,
    "penalised, more coefficients than are fitted": too_wide,
    "a class without a row": lambda: fit(
        PEOPLE, CLASSES + (CLASSES > 0), Kind.MULTICLASS, ["a", "none", "b", "c"]
    ),
    "the first class without a row": lambda: fit(PEOPLE, 1 + (NOISE > 0), Kind.MULTICLASS, ABC),
    "an exact copy": lambda: of_values(cm=PEOPLE["height"] / 10),
    "a near copy": lambda: of_values(again=PEOPLE["height"] + 10 * OTHER),
    "a nearer copy": lambda: of_values(again=PEOPLE["height"] + 0.01 * OTHER),
    "a constant column": lambda: of_values(one=1.0),
    "fewer rows than coefficients": lambda: fit(PEOPLE.iloc[:3], NOISE[:3], Kind.CONTINUOUS),
    "a row that alone has a 1": lambda: of_values(alone=(np.arange(N) == 1) * 1.0),
    "a group that alone has values": lambda: fit(
        PEOPLE.assign(own=np.where(GROUPS.codes == 3, PEOPLE["height"] % 7, 0.0)),
        NOISE,
        Kind.CONTINUOUS,
        units=GROUPS,
    ),
    "two groups that alone have a 1": lambda: fit(
        PEOPLE.assign(few=(GROUPS.codes < 2) * 1.0), (NOISE > 0) * 1.0, Kind.BINARY, units=GROUPS
    ),
    "few groups": lambda: fit(PEOPLE, NOISE, Kind.CONTINUOUS, units=grouped([50] * 8)),
}


def noted(found: pd.DataFrame) -> str:
    """Each note, with the terms that it is of."""
    terms = found["term"] + found["output"].map(
        lambda name: f":{name}" if isinstance(name, str) else ""
    )
    lines = []
    for note, own in terms.groupby(found["note"], sort=False):
        names = own.tolist()
        shown = ", ".join(names) if len(names) <= 9 else f"{names[0]} to {names[-1]}"
        lines.append(f"{shown}: {note or '-'}")
    return "\n".join(lines)


def test_what_is_noted_of_reference_fits(approve: Approve) -> None:
    approve("\n\n".join(f"== {name}\n{noted(found())}" for name, found in FITS.items()))


def test_what_formulas_look_like(tmp_path: Path, approve: Approve) -> None:
    of_classes = [
        made
        for name in "bc"
        for made in (
            row("intercept", 0.1, output=name),
            row("column", 1.0 + (name == "c"), "size", output=name),
        )
    ]
    classes = encoded_of(tmp_path, y=np.random.default_rng(1).choice(["a", "b", "c"], 400))
    two = encoded_of(tmp_path, y=np.random.default_rng(1).choice(["a", "b"], 400))
    plain = [row("intercept", 0.1), row("column", 1.0, "size")]
    texts = {
        "products and hinges": formula(ROWS, encoded_of(tmp_path), 0.5),
        "dates": formula(
            [row("intercept", 0.0), row("column", 0.5, "day")], encoded_of(tmp_path), 1e9
        ),
        "two classes": formula(plain, two, 1e-9),
        "three classes": formula(
            [
                row("intercept", 0.0, output="a"),
                row("column", 0.0, "size", output="a"),
                *of_classes,
            ],
            classes,
            1e-9,
        ),
    }
    approve("\n\n".join(f"== {name}\n{text}" for name, text in texts.items()))
