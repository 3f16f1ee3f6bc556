"""StudyConfig, the frozen description of one study, and `load_config`, the only reader of YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from study.config.options import (
    ClusterConfig,
    DataConfig,
    InnerConfig,
    OuterConfig,
    Range,
    ResourcesConfig,
    SearchConfig,
    SlurmConfig,
    Space,
    TrainingConfig,
)
from study.config.text import Twice, read_yaml
from study.config.unit import Margin
from study.schema import LOSS, Frozen, Kind, MarginOf, MetricName, StudyError, nearest

LONGEST_NAME = 200
"""Bytes of a study's name: file systems take 255, and a config of that name has an ending."""


class StudyConfig(Frozen):
    """One study: a table, its targets, the families to compare and how hard to try."""

    name: str = Field(description="Name of the study and of its folder below results/.")
    data: DataConfig
    targets: dict[str, Kind | Literal["auto"]] = Field(
        description="Columns to predict and their kinds; `auto` infers the kind. A list of names or `target: NAME` will do."
    )
    families: Literal["auto"] | list[str] = Field(
        "auto", description="`auto`: the constant, the regression of each target's kind, and the networks."
    )
    depths: list[Annotated[int, Field(ge=1, le=32)]] | None = Field(
        None, description="Hidden layers of the networks to compare; null: 1, 2 and 3, or the first of these on a small budget."
    )
    space: dict[str, Space] = Field({}, description="Overrides of a family's search space: family, then hyperparameter.")
    effort: Literal["quick", "normal", "thorough"] = Field(
        "normal", description="Sets trials, seeds and epochs from the table's size: about 1, 5 and 30 minutes on two cores."
    )
    budget_core_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None,
        description="In place of `effort`: core-hours, by the cost model, to fill with what is left open of repeats, seeds, "
        "epochs, trials and depths, the same on every machine.",
    )
    search: SearchConfig = SearchConfig()
    protocol: Literal["auto", "nested", "holdout"] = Field(
        "auto", description="Outer folds, each with its own search, or one split; `auto`: nested unless the table is large."
    )
    outer: OuterConfig = OuterConfig()
    inner: InnerConfig = InnerConfig()
    groups: str | None = Field(None, description="Column whose rows stay together in every split; not a feature.")
    time: str | None = Field(None, description="Column that orders the rows: test rows come later; not a feature.")
    training: TrainingConfig = TrainingConfig()
    terms: Literal["auto"] | list[str] = Field(
        "auto",
        description="Columns of which the regression with terms makes products and curves; `auto`: all, but no dates where "
        "`time` orders the rows, since later rows lie outside what was seen.",
    )
    metric: MetricName | dict[str, MetricName] = Field(
        LOSS,
        description="What the verdict is asked of, for all targets or by target: `loss`, which the search goes by in any case; "
        "also r2, rmse, mae; of classes brier, accuracy, auc; of counts explained_deviance, rmse, mae.",
    )
    margin_of: MarginOf = Field(
        "regression",
        description="What the margin is a share of: the loss (or other metric) of the `regression`, or what that explains of "
        "the constant's (`explained`); or `unit`: it is in the metric's own unit, for the loss that of the target.",
    )
    margin: Margin = Field(0.05, description="Smallest relative gain in loss for which you would change the model.")
    floor: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = Field(
        0.01,
        description="Smallest difference that can matter, which a gain has to pass beside the margin. Of errors in standard "
        "deviations of the target, of log loss, Poisson loss and Brier score as a share of the constant's, else in the metric.",
    )
    resources: ResourcesConfig = ResourcesConfig()
    cluster: ClusterConfig = ClusterConfig()
    slurm: SlurmConfig = SlurmConfig()
    time_budget_min: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="Stop suggesting trials after so many minutes. The result then depends on the machine's speed."
    )
    seed: Annotated[int, Field(ge=0)] = Field(0, description="Seed of everything random.")
    keep_fold_models: bool = Field(
        True, description="Keep the judged models of the outer folds, from which predictions get intervals, in models/folds."
    )

    @model_validator(mode="before")
    @classmethod
    def _targets_in_any_form(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if "target" in data and "targets" in data:
            raise ValueError("`target` is short for `targets` with one name: give one of them, not both")
        if "target" in data:
            data["targets"] = [data.pop("target")]
        if isinstance(data.get("targets"), str):
            data["targets"] = [data["targets"]]
        if isinstance(data.get("targets"), list) and all(isinstance(name, str) for name in data["targets"]):
            data["targets"] = dict.fromkeys(data["targets"], "auto")
        if isinstance(data.get("families"), str) and data["families"] != "auto":
            data["families"] = [data["families"]]
        if isinstance(data.get("depths"), int):
            data["depths"] = [data["depths"]]
        return data

    @field_validator("name")
    @classmethod
    def _name_is_one_folder(cls, name: str) -> str:
        if not name.strip() or name in {".", ".."} or any(c in name for c in "/\\"):
            raise ValueError(f"a name must be one folder name without slashes but got {name!r}")
        if not name.isprintable():
            hidden = next(c for c in name if not c.isprintable())
            raise ValueError(f"a name must be of characters that print, in one line, but {name!r} has {hidden!r}")
        if len(name.encode()) > LONGEST_NAME:
            raise ValueError(
                f"a name must have at most {LONGEST_NAME} bytes of UTF-8 but {name[:40]!r}... has {len(name.encode())}"
            )
        return name

    @field_validator("targets")
    @classmethod
    def _some_target(cls, targets: dict[str, Any]) -> dict[str, Any]:
        if not targets:
            raise ValueError("name at least one target")
        return targets

    @field_validator("depths")
    @classmethod
    def _depths_once(cls, depths: list[int] | None) -> list[int] | None:
        return depths and sorted(set(depths))

    @field_validator("margin")
    @classmethod
    def _shares_below_one(cls, margin: float, info: ValidationInfo) -> float:
        if margin >= 1 and info.data.get("margin_of") != "unit":
            raise ValueError(f"a share must be less than 1 but got {margin:g}; `margin_of: unit` takes the metric's own unit")
        return margin

    @property
    def n_outer(self) -> int:
        """Outer folds of each target; `auto` and what is left to `effort` count as one pass of nested folds."""
        return 1 if self.protocol == "holdout" else self.outer.folds * (self.outer.repeats or 1)

    def replace(self, **changes: Any) -> StudyConfig:
        """This config with some top-level fields replaced, validated again."""
        return StudyConfig.model_validate({**self.model_dump(), **changes})


HOST_KEYS = ("name", "resources", "cluster", "slurm", "time_budget_min", "keep_fold_models")
"""Keys that may change between two runs on one results folder, since no result depends on them.

`search.max_tries` neither, but it decides what is recorded as a failure.
"""


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> StudyConfig:
    """Read a YAML config, apply `key.sub=value` overrides (values are YAML) and validate.

    Raises
    ------
    StudyError
        The file is missing or is no YAML, a key is unknown (the nearest is named), or a value breaks its rule.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"Cannot read the config {path}: {getattr(error, 'strerror', None) or error}.") from None
    try:
        content = read_yaml(text)
    except Twice as error:
        raise StudyError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise StudyError(f"{path} must be a mapping of keys to values; `study init TABLE --target T` writes one.")
    content.setdefault("name", path.stem)
    return make_config(content, overrides, str(path), path.parent)


def make_config(
    content: Mapping[str, Any], overrides: Sequence[str] = (), origin: str = "the config", folder: Path | None = None
) -> StudyConfig:
    """Validate plain values as a StudyConfig; `origin` names them in errors, `folder` is where relative sources may lie."""
    try:
        values: dict[str, Any] = json.loads(json.dumps(content, default=str))
    except (TypeError, RecursionError) as error:
        raise StudyError(f"{origin}: {error}; a key is text, so quote it.") from None
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
        config = config.replace(data={**config.data.model_dump(), "source": str(found.resolve())})
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
        raise StudyError(f"--set takes key=value, such as search.trials=20, but got {override!r}.")
    try:
        value = read_yaml(text)
    except Twice as error:
        raise StudyError(f"--set {key}: {error}") from None
    except yaml.YAMLError:
        raise StudyError(f"--set {key}: {text!r} is not a YAML value; quote it.") from None
    *parents, last = key.strip().split(".")
    place = values
    for parent in parents:
        below = place.setdefault(parent, {})
        if not isinstance(below, dict):
            raise StudyError(f"--set {override}: '{parent}' holds {below!r}, which has no keys below it.")
        place = below
    if last in {"target", "targets"} and not parents:
        values.pop("target", None)
        values.pop("targets", None)
    place[last] = value


def _valid_keys(location: Sequence[str | int]) -> list[str]:
    if len(location) == 3 and location[0] == "space":
        return list(Range.model_fields)
    model: Any = StudyConfig
    for part in location:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return list(getattr(model, "model_fields", {}))


_UNION_TAG = re.compile(r"range|choices|value|(literal|list|dict|str-enum)\[.*\]")
"""Parts of an error's place that name a member of a union, not a key."""


def _explain(error: ValidationError, origin: str) -> str:
    lines: dict[str, str] = {}
    for item in error.errors(include_url=False):
        location = [part for part in item["loc"] if not _UNION_TAG.fullmatch(str(part))]
        if location[:1] == ["space"] and location[3:] and location[-1] in {"bool", "int", "float", "str"}:
            item["msg"], location = "Input should be a range, a list of choices or one value", location[:3]
        key = ".".join(map(str, location))
        if item["type"] == "extra_forbidden":
            valid = _valid_keys(location[:-1])
            hint = nearest(str(location[-1]), valid) or (f" Valid keys: {', '.join(valid)}." if valid else "")
            lines[key] = f"unknown key '{key}'.{hint}"
        elif item["type"] == "missing":
            lines[key] = f"'{key}' is missing."
        else:
            lines[key] = _wrong_value(item, key, lines.get(key, ""))
    lines = {key: line for key, line in lines.items() if not any(other.startswith(f"{key}.") for other in lines)}
    if len(lines) == 1:
        return f"{origin}: {next(iter(lines.values()))}"
    return "\n".join([f"{origin} has {len(lines)} mistakes:", *(f"  - {line}" for line in lines.values())])


def _wrong_value(item: Any, key: str, before: str) -> str:
    """One line on a wrong value; `before` is the line of another member of the same union, which this one continues."""
    got, rule = item["input"], item["msg"].removeprefix("Value error, ")
    rule = re.sub(r"dictionary( or instance of \w+)?", "mapping", rule)
    expected = re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))
    hint = nearest(got, expected) if isinstance(got, str) else ""
    if before:
        said, _, end = before.partition(" (got ")
        return f"{said} or {rule.removeprefix('Input should be ')} (got {end}" if rule not in said else before
    shown = "" if isinstance(got, dict) or item["type"] == "value_error" else f" (got {got!r})"
    named = f"'{key}': " if key else ""
    return f"{named}{rule}{shown}.{hint}"


def dump_config(config: StudyConfig) -> str:
    """`config` as YAML that `load_config` reads back to an equal config."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)


def differing_keys(one: StudyConfig, other: StudyConfig) -> dict[str, tuple[Any, Any]]:
    """Dotted keys whose values differ, with both values; keys that no result depends on (HOST_KEYS) are left out."""

    def flat(value: Any, prefix: str) -> dict[str, Any]:
        if not isinstance(value, dict) or not value:
            return {prefix: value}
        return {k: v for key, below in value.items() for k, v in flat(below, f"{prefix}.{key}" if prefix else key).items()}

    a = flat(one.model_dump(mode="json", exclude=set(HOST_KEYS)), "")
    b = flat(other.model_dump(mode="json", exclude=set(HOST_KEYS)), "")
    return {key: (a.get(key), b.get(key)) for key in sorted({*a, *b}) if a.get(key) != b.get(key)}
