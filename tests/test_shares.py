"""A share of a study is prepared as the whole would be, and no more of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from study.api import _write_description
from study.config import make_config
from study.data.balloons import make_balloons
from study.plan import prepare, survey
from study.records.paths import StudyPaths
from study.schema import Share


def test_a_share_encodes_its_own_places_alone_as_a_run_on_all_searches_does(tmp_path: Path) -> None:
    frame = make_balloons(120, 0).assign(two=lambda f: f["age"] * 2.0 + f["children"])
    frame.loc[:9, "two"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False)
    content = {
        "name": "t",
        "data": {"source": str(tmp_path / "t.csv")},
        "targets": ["balloons", "two"],
        "depths": [1],
    }
    config = make_config({**content, "outer": {"folds": 2, "repeats": 1}, "protocol": "nested"})
    whole, count = prepare(config), 7
    found: dict[tuple[str, int], int] = {}

    for number in range(count):
        share = Share(number=number, count=count)
        own, plan = prepare(config, survey(config, share)), whole.plan.share(share)
        places = {(a.target, a.outer_fold) for a in plan.searches} | {
            (w.target, w.outer_fold) for w in plan.beside
        }

        assert own.plan == whole.plan
        assert own.description == whole.description
        assert set(own.data) == places
        for key, encoded in own.data.items():
            found[key] = found.get(key, 0) + 1
            other = whole.data[key]
            assert (encoded.bounds, encoded.terms) == (other.bounds, other.terms)
            for name in (
                "fill",
                "center",
                "scale",
                "varies",
                "y",
                "y_center",
                "y_scale",
                "rows",
                "development",
                "test",
            ):
                np.testing.assert_array_equal(getattr(encoded, name), getattr(other, name))
            for encoder in range(len(encoded.fill)):
                np.testing.assert_array_equal(encoded.x(encoder), other.x(encoder))
            assert all(map(np.array_equal, encoded.validation, other.validation))
    assert set(found) == set(whole.data)
    assert max(found.values()) < count


def test_shares_that_describe_a_study_leave_what_is_said_already(tmp_path: Path) -> None:
    data = {"source": "balloons", "rows": 100}
    config = make_config(
        {"name": "t", "data": data, "targets": ["balloons"], "protocol": "holdout"}
    )
    first, second = (StudyPaths(tmp_path, Share(number=n, count=9)) for n in (0, 1))
    _write_description(first, prepare(config, survey(config, first.share)))
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}

    _write_description(second, prepare(config, survey(config, second.share)))

    now = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}
    assert before.items() <= now.items()
    assert {path.name for path in now.keys() - before.keys()} <= {
        "environment-1of9.json",
        "balloons.json",
        "balloons-o0.json",
    }
