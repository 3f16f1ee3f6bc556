"""Columns as the models see them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from study.data.encoding import encode_all
from study.data.originals import originals_of
from study.data.splits import make_splits

from .helpers import config_for, plain_frame, saved, table_of


def test_columns_come_back_with_their_gaps_levels_and_dates_by_row(tmp_path: Path) -> None:
    frame = plain_frame(80)
    frame.loc[[2, 3], "y"] = np.nan
    table = table_of(tmp_path, frame)
    target = table.targets[0]
    splits = make_splits(table, target, config_for(saved(tmp_path, frame)))

    found = {each.name: each for each in originals_of(encode_all(table, [(target, split) for split in splits]), "y")}

    kept = frame.drop(index=[2, 3])
    days = (kept["seen"] - pd.Timestamp("1970-01-01")).dt.days.astype(float)
    assert {name: each.unit for name, each in found.items()} == {"age": "", "seen": "day", "smoker": "", "town": ""}
    assert all(each.values.index.equals(kept.index) for each in found.values())
    np.testing.assert_allclose(found["age"].values, kept["age"], rtol=1e-6)
    np.testing.assert_allclose(found["seen"].values, days)
    assert found["smoker"].values.tolist() == kept["smoker"].astype(float).tolist()
    assert found["town"].values.tolist() == kept["town"].fillna("missing").tolist()
