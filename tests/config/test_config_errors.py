"""What a mistake in a config says: the file, the key, the rule and the value, and the nearest valid name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from study.config import StudyConfig, json_schema, load_config, make_config
from study.schema import StudyError
from tests.config.configs import BASE, written


def error_of(content: dict[str, Any], *overrides: str) -> str:
    with pytest.raises(StudyError) as caught:
        make_config(content, overrides)
    return str(caught.value)


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data: {source: x}\ntarget: y\nseed: 1\nmargin: 0.1\nseed: 2\n", "'seed' is there twice, in lines 3 and 5"),
        ("target: y\nsearch:\n  trials: 3\n  generation: 2\n  trials: 4\n", "'trials' is there twice, in lines 3 and 5"),
        ("space: [{width: 8, width: 16}]\n", "'width' is there twice, in line 1"),
        ("targets:\n  1: count\n  '1': binary\n", "'1' is there twice, in lines 2 and 3"),
        ("targets:\n  a: count\n  <<: {b: count,\n    b: binary}\n", "'b' is there twice, in lines 3 and 4"),
        ("<<: {a: 1}\n<<: {b: 1}\n", "'<<' is there twice, in lines 1 and 2"),
    ],
)
def test_a_key_that_is_there_twice_is_named_with_both_lines(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(StudyError) as caught:
        load_config(path)

    assert str(caught.value) == f"{path}: the key {said}. Remove one."


def test_a_key_beside_a_merge_wins_over_the_merged_one(tmp_path: Path) -> None:
    path = written(tmp_path, "<<: {seed: 1, margin: 0.2}\nseed: 2\ndata: {source: balloons}\ntarget: balloons\n")

    config = load_config(path)

    assert (config.seed, config.margin) == (2, 0.2)


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
    (
        {"metric": "acuracy"},
        "'metric': Input should be 'loss', 'r2', 'rmse', 'mae', 'auc', 'brier', 'accuracy' or "
        "'explained_deviance' or a valid mapping (got 'acuracy'). Did you mean 'accuracy'?",
    ),
    (
        {"metric": {"y": "AUC"}},
        "'metric.y': Input should be 'loss', 'r2', 'rmse', 'mae', 'auc', 'brier', 'accuracy' or "
        "'explained_deviance' (got 'AUC'). Did you mean 'auc'?",
    ),
    ({"floor": "nan"}, "'floor': Input should be a finite number (got 'nan')."),
    ({"margin": 5}, "'margin': a share must be less than 1 but got 5; `margin_of: unit` takes the metric's own unit."),
    (
        {"effort": "thorogh"},
        "'effort': Input should be 'quick', 'normal' or 'thorough' (got 'thorogh'). Did you mean 'thorough'?",
    ),
    ({"name": "a/b"}, "'name': a name must be one folder name without slashes but got 'a/b'."),
    ({"name": ".."}, "'name': a name must be one folder name without slashes but got '..'."),
    ({"name": "a\nb"}, r"'name': a name must be of characters that print, in one line, but 'a\nb' has '\n'."),
    ({"name": "a\x1b[2Jb"}, r"'name': a name must be of characters that print, in one line, but 'a\x1b[2Jb' has '\x1b'."),
    ({"name": "a\u202eb"}, r"'name': a name must be of characters that print, in one line, but 'a\u202eb' has '\u202e'."),
    ({"name": "ü" * 101}, f"'name': a name must have at most 200 bytes of UTF-8 but '{'ü' * 40}'... has 202."),
    ({"data": {"source": "a\0.csv"}}, r"'data.source': a source must be the name of a table or file but got 'a\x00.csv'."),
    ({"data": {"source": "\ud800"}}, r"'data.source': a source must be the name of a table or file but got '\ud800'."),
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


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trials", "--set takes key=value, such as search.trials=20, but got 'trials'."),
        ("=3", "--set takes key=value, such as search.trials=20, but got '=3'."),
        ("search.trials=[", "--set search.trials: '[' is not a YAML value; quote it."),
        ("search={trials: 3, trials: 4}", "--set search: the key 'trials' is there twice, in line 1. Remove one."),
        ("name.first=x", "--set name.first=x: 'name' holds 'party', which has no keys below it."),
        ("search.trials=many", "the config: 'search.trials': Input should be a valid integer, unable to parse string as an "
         "integer (got 'many')."),
        ("search.trails=3", "the config: unknown key 'search.trails'. Did you mean 'trials'?"),
    ],
)  # fmt: skip
def test_an_override_that_cannot_be_applied_is_named(override: str, said: str) -> None:
    assert error_of(BASE, override) == said


@pytest.mark.parametrize(
    "content",
    [{"serach": {}}, {"search": {"trails": 3}}, {"margin": 2}, {"targets": {"y": "continous"}}, {"data": {}}],
)
def test_the_json_schema_refuses_what_load_config_refuses(content: dict[str, Any]) -> None:
    mistaken = {**BASE, **content}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(mistaken, json.loads(json_schema()))

    assert error_of(mistaken)
