from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from study.api import prepare
from study.config import StudyConfig, differing_keys, dump_config, json_schema, load_config, make_config
from study.options import Range
from study.schema import Kind, StudyError

CONFIGS = Path(__file__).parent.parent / "configs"
BASE: dict[str, Any] = {"name": "party", "data": {"source": "balloons"}, "targets": ["balloons"]}


def error_of(content: dict[str, Any], *overrides: str) -> str:
    with pytest.raises(StudyError) as caught:
        make_config(content, overrides)
    return str(caught.value)


def written(folder: Path, text: str) -> Path:
    path = folder / "party.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_config_that_comes_with_the_project_can_be_run(path: Path) -> None:
    config = load_config(path)

    plan = prepare(config).plan

    assert config.name == path.stem
    assert {arm.target for arm in plan.arms} == set(config.targets)
    assert {arm.depth for arm in plan.arms} == {0, *config.depths}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_config_that_comes_with_the_project_is_valid_for_an_editor_too(path: Path) -> None:
    schema = json.loads((CONFIGS / "study.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)

    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=study.schema.json\n")


def test_the_json_schema_beside_the_configs_is_current() -> None:
    current = json_schema()

    stored = (CONFIGS / "study.schema.json").read_text(encoding="utf-8")

    assert stored == current, "write it anew: python -m study.config > configs/study.schema.json"


@pytest.mark.parametrize(
    "content",
    [{"serach": {}}, {"search": {"trails": 3}}, {"margin": 2}, {"targets": {"y": "continous"}}, {"data": {}}],
)
def test_the_json_schema_refuses_what_load_config_refuses(content: dict[str, Any]) -> None:
    mistaken = {**BASE, **content}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(mistaken, json.loads(json_schema()))

    assert error_of(mistaken)


def test_a_dumped_config_is_read_back_as_an_equal_one(tmp_path: Path) -> None:
    config = make_config(
        {
            "name": "Grüße 'zum' Fest: 1",
            "data": {"source": "sklearn:wine", "drop": ["no"], "types": {"öl: x": "category"}},
            "targets": {"target": "multiclass", "1": "auto", "yes": "count"},
            "space": {"neural": {"width": [8, 16], "dropout": 0, "learning_rate": {"low": 1e-30, "high": 0.1, "log": True}}},
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

    with pytest.raises(ValueError, match="less than 1"):
        config.replace(margin=3)


def test_the_nested_protocol_has_folds_times_repeats() -> None:
    nested = make_config({**BASE, "protocol": "nested", "outer": {"folds": 4, "repeats": 3}})

    assert (nested.n_outer, make_config({**BASE, "protocol": "holdout"}).n_outer) == (12, 1)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        load_config(tmp_path / "none.yaml")

    assert str(caught.value) == f"Cannot read the config {tmp_path}/none.yaml: No such file or directory."


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "party.yaml"
    path.write_bytes(b"name: \xff\n")

    with pytest.raises(StudyError) as caught:
        load_config(path)

    assert str(caught.value) == (
        f"Cannot read the config {path}: 'utf-8' codec can't decode byte 0xff in position 6: invalid start byte."
    )


def test_a_file_that_is_no_yaml_is_named_with_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, "name: party\ndata: [1\ntargets: y\n")

    with pytest.raises(StudyError) as caught:
        load_config(path)

    assert str(caught.value) == (
        f'{path} is not valid YAML: while parsing a flow sequence in "<unicode string>", line 2, column 7: data: [1 ^ '
        "expected ',' or ']', but got ':' in \"<unicode string>\", line 3, column 8: targets: y ^"
    )


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(StudyError) as caught:
        load_config(path)

    assert str(caught.value) == f"{path} must be a mapping of keys to values; `study init TABLE --target T` writes one."


def test_a_mistake_is_reported_with_the_file_it_is_in(tmp_path: Path) -> None:
    path = written(tmp_path, "data: {source: balloons}\ntarget: y\nserach: {trials: 3}\n")

    with pytest.raises(StudyError) as caught:
        load_config(path)

    assert str(caught.value) == f"{path}: unknown key 'serach'. Did you mean 'search'?"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"search": {"trails": 3}}, "unknown key 'search.trails'. Did you mean 'trials'?"),
    ({"inner": {"zzz": 1}}, "unknown key 'inner.zzz'. Valid keys: folds, seeds."),
    ({"data": {}}, "'data.source' is missing."),
    ({"targets": []}, "'targets': name at least one target."),
    ({"targets": 3}, "'targets': Input should be a valid mapping (got 3)."),
    (
        {"targets": {"y": "continous"}},
        "'targets.y': Input should be 'continuous', 'binary', 'multiclass' or 'count' or 'auto' (got 'continous'). "
        "Did you mean 'continuous'?",
    ),
    ({"target": "y"}, "`target` is short for `targets` with one name: give one of them, not both."),
    ({"families": 3}, "'families': Input should be 'auto' or a valid list (got 3)."),
    ({"depths": 0}, "'depths.0': Input should be greater than or equal to 1 (got 0)."),
    ({"depths": [1, 40]}, "'depths.1': Input should be less than or equal to 32 (got 40)."),
    ({"margin": 5}, "'margin': Input should be less than 1 (got 5)."),
    (
        {"effort": "thorogh"},
        "'effort': Input should be 'quick', 'normal' or 'thorough' (got 'thorogh'). Did you mean 'thorough'?",
    ),
    ({"name": "a/b"}, "'name': a name must be one folder name without slashes but got 'a/b'."),
    ({"name": ".."}, "'name': a name must be one folder name without slashes but got '..'."),
    ({"data": "balloons"}, "'data': Input should be a valid mapping (got 'balloons')."),
    (
        {"data": {"source": "x", "types": {"a": "number"}}},
        "'data.types.a': Input should be 'numeric', 'boolean', 'category' or 'date' (got 'number'). Did you mean 'numeric'?",
    ),
    (
        {"space": {"neural": {"width": {"low": 64, "high": 8}}}},
        "'space.neural.width': low must not exceed high, both finite, but got low 64.0 and high 8.0.",
    ),
    (
        {"space": {"neural": {"weight_decay": {"low": 0, "high": 1, "log": True}}}},
        "'space.neural.weight_decay': a log range must start above 0 but got low 0.0; `zero: true` adds zero itself.",
    ),
    (
        {"space": {"neural": {"width": {"low": 1, "high": 8, "intger": True}}}},
        "unknown key 'space.neural.width.intger'. Did you mean 'integer'?",
    ),
    (
        {"space": {"neural": {"width": None}}},
        "'space.neural.width': Input should be a range, a list of choices or one value (got None).",
    ),
    (
        {"space": {"neural": {"width": [8, None]}}},
        "'space.neural.width': Input should be a range, a list of choices or one value (got None).",
    ),
]


@pytest.mark.parametrize(("content", "line"), MISTAKES)
def test_a_mistake_is_one_line_with_key_rule_and_value(content: dict[str, Any], line: str) -> None:
    mistaken = {**BASE, **content}

    said = error_of(mistaken)

    assert said == f"the config: {line}"


def test_an_unknown_key_without_a_near_one_lists_all(tmp_path: Path) -> None:
    said = error_of({**BASE, "zzz": 1})

    assert said == f"the config: unknown key 'zzz'. Valid keys: {', '.join(StudyConfig.model_fields)}."


def test_several_mistakes_are_listed_together() -> None:
    said = error_of({**BASE, "seed": -1, "margin": 0, "serach": {}})

    assert said == (
        "the config has 3 mistakes:\n"
        "  - 'margin': Input should be greater than 0 (got 0).\n"
        "  - 'seed': Input should be greater than or equal to 0 (got -1).\n"
        "  - unknown key 'serach'. Did you mean 'search'?"
    )


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


@pytest.mark.parametrize("override", ["target=colour", "targets=[colour]", "targets=colour", "targets={colour: auto}"])
@pytest.mark.parametrize("form", [{"target": "balloons"}, {"targets": ["balloons"]}])
def test_an_override_replaces_targets_in_any_form(form: dict[str, Any], override: str) -> None:
    content = {"name": "party", "data": {"source": "balloons"}, **form}

    config = make_config(content, [override])

    assert config.targets == {"colour": "auto"}


def test_an_override_leaves_the_content_as_it_was() -> None:
    content = {**BASE, "search": {"trials": 3}}

    make_config(content, ["search.trials=20"])

    assert content["search"] == {"trials": 3}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trials", "--set takes key=value, such as search.trials=20, but got 'trials'."),
        ("=3", "--set takes key=value, such as search.trials=20, but got '=3'."),
        ("search.trials=[", "--set search.trials: '[' is not a YAML value; quote it."),
        ("name.first=x", "--set name.first=x: 'name' holds 'party', which has no keys below it."),
        ("search.trials=many", "the config: 'search.trials': Input should be a valid integer, unable to parse string as an "
         "integer (got 'many')."),
        ("search.trails=3", "the config: unknown key 'search.trails'. Did you mean 'trials'?"),
    ],
)  # fmt: skip
def test_an_override_that_cannot_be_applied_is_named(override: str, said: str) -> None:
    assert error_of(BASE, override) == said


def test_differing_keys_are_dotted_and_hold_both_values() -> None:
    one = make_config({**BASE, "space": {"neural": {"width": 8}}})
    other = make_config({**BASE, "seed": 3, "search": {"trials": 9}, "space": {"neural": {"width": [8]}, "linear": {"l2": 0}}})

    differing = differing_keys(one, other)

    assert differing == {
        "seed": (0, 3),
        "search.trials": (None, 9),
        "space.neural.width": (8, [8]),
        "space.linear.l2": (None, 0),
    }


def test_keys_that_no_result_depends_on_do_not_differ() -> None:
    one = make_config(BASE)
    other = make_config({**BASE, "name": "other", "resources": {"max_concurrent": 1}, "time_budget_min": 5})

    assert one != other
    assert differing_keys(one, other) == {}
