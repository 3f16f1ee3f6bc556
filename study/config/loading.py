"""From YAML and overrides to a StudyConfig, with each mistake in words, and back to YAML."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from study.config.config import StudyConfig, in_long_form
from study.config.options import LogTarget, Range
from study.config.text import Mistake, read_yaml
from study.schema import StudyError, nearest

HOST_KEYS = ("name", "resources", "cluster", "slurm", "time_budget_min", "keep_fold_models")
"""Keys that may change between two runs on one results folder, since no result depends on them.

`search.max_tries` neither, but it decides what is recorded as a failure."""


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> StudyConfig:
    """Read a YAML config, apply `key.sub=value` overrides (values are YAML) and validate.

    Raises
    ------
    StudyError
        The file is missing or is no YAML, a key is unknown (the nearest is named), or a value
        breaks its rule.

    Examples
    --------
    >>> import study
    >>> config = study.load_config("configs/smoke.yaml", ["search.trials=3", "margin=0.1"])
    >>> config.search.trials, config.margin
    (3, 0.1)
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(
            f"Can't read the config {path}: {getattr(error, 'strerror', None) or error}."
        ) from None
    try:
        content = read_yaml(text)
    except Mistake as error:
        raise StudyError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise StudyError(
            f"{path} has no keys with values. `study init TABLE --target T` writes a config."
        )
    content.setdefault("name", path.stem)
    return make_config(content, overrides, str(path), path.parent)


def make_config(
    content: Mapping[str, Any],
    overrides: Sequence[str] = (),
    origin: str = "the config",
    folder: Path | None = None,
) -> StudyConfig:
    """Validate plain values as a StudyConfig; `origin` names them in errors, `folder` is where
    relative sources may lie.
    """
    try:
        values: dict[str, Any] = json.loads(json.dumps(content, default=str))
    except (TypeError, RecursionError) as error:
        raise StudyError(f"{origin}: {error}. Quote keys that are not text.") from None
    for override in overrides:
        _override(values, override)
    try:
        config = StudyConfig.model_validate(values)
    except ValidationError as error:
        raise StudyError(_explain(error, origin)) from None
    source = config.data.source
    if folder is not None and config.data.is_path and not Path(source).is_absolute():
        beside = folder / source
        found = beside if _is_there(beside) else Path(source)
        config = config.replace(
            data={**config.data.model_dump(), "source": os.path.realpath(found)}
        )
    return config


def _is_there(path: Path) -> bool:
    """Whether a file exists; none does whose name is too long."""
    try:
        return path.exists()
    except OSError:
        return False


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise StudyError(f"--set {override}: write key=value, such as search.trials=20.")
    try:
        value = read_yaml(text)
    except Mistake as error:
        raise StudyError(f"--set {key}: {error}") from None
    except yaml.YAMLError:
        raise StudyError(f"--set {key}: {text!r} is not valid YAML. Quote it.") from None
    *parents, last = key.strip().split(".")
    place = values
    if parents[:1] == ["targets"]:
        in_long_form(values)
        known = values.get("targets")
        for name in parents[1:2]:
            if isinstance(known, dict) and isinstance(kind := known.get(name), str):
                known[name] = {} if kind == "auto" else {"kind": kind}
    for parent in parents:
        below = place.setdefault(parent, {})
        if not isinstance(below, dict):
            raise StudyError(f"--set {override}: '{parent}' is {below!r} and has no keys.")
        place = below
    if last in {"target", "targets"} and not parents:
        values.pop("target", None)
        values.pop("targets", None)
    place[last] = value


def _valid_keys(location: Sequence[str | int]) -> list[str]:
    if len(location) == 3 and location[0] == "space":
        return list(Range.model_fields)
    if len(location) == 2 and location[0] == "targets":
        return list(LogTarget.model_fields)
    model: Any = StudyConfig
    for part in location:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return list(getattr(model, "model_fields", {}))


_UNION_TAG = re.compile(r"range|choices|value|mapping|(literal|list|dict|str-enum)\[.*\]")
"""Parts of an error's place that name a member of a union, not a key."""


def _explain(error: ValidationError, origin: str) -> str:
    lines: dict[str, str] = {}
    for item in error.errors(include_url=False):
        location = [part for part in item["loc"] if not _UNION_TAG.fullmatch(str(part))]
        if (
            location[:1] == ["space"]
            and location[3:]
            and location[-1] in {"bool", "int", "float", "str"}
        ):
            item["msg"], location = (
                "must be a range, a list of choices or one value",
                location[:3],
            )
        key = ".".join(map(str, location))
        if item["type"] == "extra_forbidden":
            valid = _valid_keys(location[:-1])
            hint = nearest(str(location[-1]), valid) or (
                f" Valid keys: {', '.join(valid)}." if valid else ""
            )
            lines[key] = f"unknown key '{key}'.{hint}"
        elif item["type"] == "missing":
            lines[key] = f"'{key}' is missing."
        else:
            lines[key] = _wrong_value(item, key, lines.get(key, ""))
    lines = {
        key: line
        for key, line in lines.items()
        if not any(other.startswith(f"{key}.") for other in lines)
    }
    if len(lines) == 1:
        return f"{origin}: {next(iter(lines.values()))}"
    return "\n".join(
        [f"{origin} has {len(lines)} mistakes:", *(f"  - {line}" for line in lines.values())]
    )


def _wrong_value(item: Any, key: str, before: str) -> str:
    """One line on a wrong value; `before` is the line of another member of the same union, which
    this one continues.
    """
    got = item["input"]
    rule = item["msg"].removeprefix("Value error, ").split(", unable to")[0]
    rule = rule.replace("Input should be", "must be")
    rule = re.sub(r"dictionary( or instance of \w+)?", "mapping", rule)
    expected = re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))
    hint = nearest(got, expected) if isinstance(got, str) else ""
    if before:
        said, _, end = before.partition(" (got ")
        return (
            f"{said} or {rule.removeprefix('must be ')} (got {end}" if rule not in said else before
        )
    shown = "" if isinstance(got, dict) or item["type"] == "value_error" else f" (got {got!r})"
    named = f"'{key}'{'' if rule.startswith('must') else ':'} " if key else ""
    return f"{named}{rule}{shown}.{hint}"


def dump_config(config: StudyConfig) -> str:
    """`config` as YAML that `load_config` reads back to an equal config."""
    return yaml.safe_dump(
        config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100
    )


def differing_keys(*configs: StudyConfig) -> dict[str, tuple[Any, ...]]:
    """Dotted keys whose values differ, with the value of each config; keys that no result depends
    on (HOST_KEYS) are left out.
    """

    def flat(value: Any, prefix: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {prefix: value}
        return {
            k: v
            for key, below in value.items()
            for k, v in flat(below, f"{prefix}.{key}" if prefix else key).items()
        }

    dumps = [flat(each.model_dump(mode="json", exclude=set(HOST_KEYS)), "") for each in configs]
    found = {key: tuple(own.get(key) for own in dumps) for key in sorted({*chain(*dumps)})}
    return {key: values for key, values in found.items() if any(v != values[0] for v in values)}
