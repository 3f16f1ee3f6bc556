"""A mistake in a config names the file, the key and the value, and the nearest valid name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from study.config import json_schema, load_config, make_config
from study.config.unit import check_unit
from study.schema import Kind, StudyError
from tests.config.configs import BASE, written
from tests.config.mistakes import CONTENTS, OVERRIDES, TEXTS, UNITS


@pytest.mark.parametrize(("text", "named"), TEXTS)
def test_a_mistake_in_a_file_names_the_file_and_the_place(
    tmp_path: Path, text: bytes, named: str
) -> None:
    path = tmp_path / "party.yaml"
    path.write_bytes(text)

    with pytest.raises(StudyError, match=f"{re.escape(str(path))}.*{named}"):
        load_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"none\.yaml"):
        load_config(tmp_path / "none.yaml")


def test_a_key_beside_a_merge_wins_over_the_merged_one(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "<<: {seed: 1, margin: 0.2}\nseed: 2\ndata: {source: balloons}\ntarget: balloons\n",
    )

    config = load_config(path)

    assert (config.seed, config.margin) == (2, 0.2)


@pytest.mark.parametrize(("content", "named"), CONTENTS)
def test_a_mistake_names_the_key_the_value_and_the_nearest(
    content: dict[str, Any], named: str
) -> None:
    with pytest.raises(StudyError) as caught:
        make_config(BASE | content)

    lines = str(caught.value).split("\n")
    assert re.search(f"^the config.*{named}", " ".join(lines))
    assert all(line.isprintable() for line in lines)
    assert len(lines) == (1 if len(content) == 1 else 1 + len(content))


@pytest.mark.parametrize(("override", "named"), OVERRIDES)
def test_an_override_that_cannot_be_applied_is_named(override: str, named: str) -> None:
    with pytest.raises(StudyError, match=named):
        make_config(BASE, [override])


@pytest.mark.parametrize(("margin", "metric", "kind", "named"), UNITS)
def test_a_margin_that_no_difference_can_reach_is_refused(
    margin: float, metric: str, kind: Kind, named: str
) -> None:
    with pytest.raises(StudyError, match=f"^margin.*`margin_of: unit`.*{named}"):
        check_unit(margin, "unit", {"y": metric}, {"y": kind})


@pytest.mark.parametrize(
    ("margin", "metric", "kind"),
    [(300, "rmse", Kind.CONTINUOUS), (1.5, "brier", Kind.MULTICLASS), (2, "loss", Kind.BINARY)],
)
def test_a_margin_that_a_difference_can_reach_is_taken(
    margin: float, metric: str, kind: Kind
) -> None:
    check_unit(margin, "unit", {"y": metric}, {"y": kind})


def test_the_json_schema_refuses_what_load_config_refuses() -> None:
    schema = json.loads(json_schema())

    for content in (
        {"serach": {}},
        {"search": {"trails": 3}},
        {"margin": -2},
        {"targets": {"y": "continous"}},
        {"targets": {"y": {"transform": "sqrt"}}},
        {"data": {}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(BASE | content, schema)
        with pytest.raises(StudyError):
            make_config(BASE | content)
