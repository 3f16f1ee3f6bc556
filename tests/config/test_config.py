"""What the keys of a config mean: in a file, in the JSON Schema and in overrides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from study.config import differing_keys, dump_config, json_schema, load_config, make_config
from study.config.options import Range
from study.plan import prepare
from study.schema import Kind
from tests.config.configs import BASE, written

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_config_that_comes_with_the_project_can_be_run(path: Path) -> None:
    config = load_config(path)

    plan = prepare(config).plan

    assert config.name == path.stem
    assert {search.target for search in plan.searches} == set(config.targets)
    assert {search.depth for search in plan.searches} == {0, *(plan.config.depths or [])}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_config_that_comes_with_the_project_is_valid_for_an_editor_too(path: Path) -> None:
    schema = json.loads((CONFIGS / "study.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)

    assert path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=study.schema.json\n"
    )


def test_the_json_schema_beside_the_configs_is_current() -> None:
    current = json_schema()

    stored = (CONFIGS / "study.schema.json").read_text(encoding="utf-8")

    assert stored == current, "write it anew: python -m study.config > configs/study.schema.json"


@pytest.mark.parametrize("margin", ["'5%'", "5%", "5 %", "0.05"])
def test_a_margin_may_be_in_per_cent(margin: str) -> None:
    config = make_config(BASE, [f"margin={margin}"])

    jsonschema.validate({**BASE, "margin": yaml.safe_load(margin)}, json.loads(json_schema()))

    assert config.margin == pytest.approx(0.05)


def test_a_dumped_config_is_read_back_as_an_equal_one(tmp_path: Path) -> None:
    config = make_config(
        {
            "name": "Grüße 'zum' Fest: 1",
            "data": {"source": "sklearn:wine", "drop": ["no"], "types": {"öl: x": "category"}},
            "targets": {"target": "multiclass", "1": "auto", "yes": {"transform": "log"}},
            "space": {
                "neural": {
                    "width": [8, 16],
                    "dropout": 0,
                    "learning_rate": {"low": 1e-30, "high": 0.1, "log": True},
                }
            },
            "outer": {"test_fraction": 0.1 + 0.2},
            "time_budget_min": 1.5,
        }
    )

    again = load_config(written(tmp_path, dump_config(config)))

    assert again == config
    assert again.space["neural"]["learning_rate"] == Range(low=1e-30, high=0.1, log=True)


def test_a_config_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "data: {source: balloons}\ntarget: balloons\n")

    config = load_config(path)

    assert config.name == "party"


@pytest.mark.parametrize(
    ("form", "targets"),
    [
        ({"target": "y"}, {"y": "auto"}),
        ({"targets": "y"}, {"y": "auto"}),
        ({"targets": ["y", "z"]}, {"y": "auto", "z": "auto"}),
        ({"targets": {"y": "count", "z": "auto"}}, {"y": Kind.COUNT, "z": "auto"}),
    ],
)
def test_targets_are_named_in_any_form(form: dict[str, Any], targets: dict[str, Any]) -> None:
    content = {"name": "party", "data": {"source": "balloons"}, **form}

    config = make_config(content)

    assert config.targets == targets


def test_depths_are_sorted_and_each_is_tried_once() -> None:
    several, one = make_config({**BASE, "depths": [3, 1, 3]}), make_config({**BASE, "depths": 2})

    assert (several.depths, one.depths) == ([1, 3], [2])


def test_a_file_is_looked_up_beside_the_config_then_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, working = tmp_path / "beside", tmp_path / "working"
    for folder in (beside, working):
        folder.mkdir()
        (folder / "both.csv").touch()
    (working / "working.csv").touch()
    monkeypatch.chdir(working)

    sources = {
        name: load_config(written(beside, f"data: {{source: {name}}}\ntarget: y")).data.source
        for name in ("both.csv", "working.csv", "neither.csv", "sklearn:wine")
    }

    assert sources == {
        "both.csv": str(beside / "both.csv"),
        "working.csv": str(working / "working.csv"),
        "neither.csv": str(working / "neither.csv"),
        "sklearn:wine": "sklearn:wine",
    }


def test_a_config_cannot_be_changed() -> None:
    config = make_config(BASE)

    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1  # type: ignore[misc]

    assert config.replace(seed=1).seed == 1


def test_a_replaced_value_is_checked_too() -> None:
    config = make_config(BASE)

    with pytest.raises(ValueError, match="margin"):
        config.replace(margin=3)


def test_the_nested_protocol_has_folds_times_repeats() -> None:
    nested = make_config({**BASE, "protocol": "nested", "outer": {"folds": 4, "repeats": 3}})

    assert (nested.n_outer, make_config({**BASE, "protocol": "holdout"}).n_outer) == (12, 1)


def test_overrides_are_yaml_values_at_dotted_keys() -> None:
    config = make_config(
        BASE,
        [
            "search.trials=20",
            "depths=[2, 1]",
            "space.neural.learning_rate={low: 1.0e-3, high: 0.1, log: true}",
            "data.drop=[age]",
            "time_budget_min=null",
            "name=a=b",
        ],
    )

    assert config.search.trials == 20
    assert config.depths == [1, 2]
    assert config.space == {"neural": {"learning_rate": Range(low=1e-3, high=0.1, log=True)}}
    assert (config.data.source, config.data.drop) == ("balloons", ["age"])
    assert (config.time_budget_min, config.name) == (None, "a=b")


@pytest.mark.parametrize(
    "override", ["target=colour", "targets=[colour]", "targets=colour", "targets={colour: auto}"]
)
@pytest.mark.parametrize("form", [{"target": "balloons"}, {"targets": ["balloons"]}])
def test_an_override_replaces_targets_in_any_form(form: dict[str, Any], override: str) -> None:
    content = {"name": "party", "data": {"source": "balloons"}, **form}

    config = make_config(content, [override])

    assert config.targets == {"colour": "auto"}


@pytest.mark.parametrize(
    "form",
    [{"target": "y"}, {"targets": "y"}, {"targets": ["y"]}, {"targets": {"y": "continuous"}}],
)
def test_an_override_adds_a_transform_to_a_target_in_any_form(form: dict[str, Any]) -> None:
    content = {"name": "party", "data": {"source": "balloons"}, **form}

    config = make_config(content, ["targets.y.transform=log"])

    assert config.model_dump(mode="json")["targets"] == {
        "y": {"kind": "continuous", "transform": "log"}
    }
    assert make_config(content, ["targets.y=count"]).targets == {"y": Kind.COUNT}


def test_an_override_leaves_the_content_as_it_was() -> None:
    content = {**BASE, "search": {"trials": 3}}

    make_config(content, ["search.trials=20"])

    assert content["search"] == {"trials": 3}


def test_differing_keys_are_dotted_and_hold_both_values() -> None:
    one = make_config({**BASE, "space": {"neural": {"width": 8}}})
    other = make_config(
        {
            **BASE,
            "seed": 3,
            "search": {"trials": 9},
            "space": {"neural": {"width": [8]}, "linear": {"l2": 0}},
        }
    )

    differing = differing_keys(one, other)

    assert differing == {
        "seed": (0, 3),
        "search.trials": (None, 9),
        "space.neural.width": (8, [8]),
        "space.linear.l2": (None, 0),
    }


def test_keys_that_no_result_depends_on_do_not_differ() -> None:
    one = make_config(BASE)
    other = make_config(
        {**BASE, "name": "other", "resources": {"max_concurrent": 1}, "time_budget_min": 5}
    )

    assert one != other
    assert differing_keys(one, other) == {}


@pytest.mark.parametrize(
    "given", [{"targets": ["y", "z"]}, {"targets": {"y": "auto", "z": "auto"}}]
)
def test_an_override_sets_the_kind_of_one_target(given: dict[str, object]) -> None:
    content = {"name": "x", "data": {"source": "balloons"}, **given}

    config = make_config(content, ["targets.y=count"])

    assert config.targets == {"y": "count", "z": "auto"}


def test_an_override_sets_the_kind_of_a_target_in_short() -> None:
    content = {"name": "x", "data": {"source": "balloons"}, "target": "y"}

    assert make_config(content, ["targets.y=count"]).targets == {"y": "count"}
