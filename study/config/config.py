"""StudyConfig, the frozen description of one study."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from study.config.metrics import MetricName
from study.config.options import (
    ClusterConfig,
    DataConfig,
    InnerConfig,
    LogTarget,
    OuterConfig,
    ResourcesConfig,
    SearchConfig,
    SlurmConfig,
    Space,
    TrainingConfig,
)
from study.config.unit import Margin
from study.renamed import renamed
from study.schema import LOSS, Frozen, Kind, MarginOf


def in_long_form(data: dict[str, Any]) -> None:
    """Make a mapping of targets that are given in a short form."""
    if "target" in data and "targets" not in data:
        data["targets"] = [data.pop("target")]
    if isinstance(data.get("targets"), str):
        data["targets"] = [data["targets"]]
    targets = data.get("targets")
    if isinstance(targets, list) and all(isinstance(name, str) for name in targets):
        data["targets"] = dict.fromkeys(targets, "auto")


def _form(value: Any) -> str:
    return "mapping" if isinstance(value, dict | LogTarget) else "value"


LONGEST_NAME = 200
"""Bytes of a study's name: file systems take 255, and a config of that name has an ending."""


class StudyConfig(Frozen):
    """One study: a table, its targets, the families to compare and how hard to try."""

    name: str = Field(description="Name of the study and of its folder in results/.")
    data: DataConfig
    targets: dict[
        str,
        Annotated[
            Annotated[LogTarget, Tag("mapping")] | Annotated[Kind | Literal["auto"], Tag("value")],
            Discriminator(_form),
        ],
    ] = Field(
        description="Columns to predict and their kinds; `auto` infers the kind. Short forms: a list, or `target: NAME`. "
        "`{transform: log}` trains on the logarithm of a positive number; predictions and losses are in its own unit."
    )
    families: Literal["auto"] | list[str] = Field(
        "auto",
        description="Model families. `auto`: the baseline, the regression of each target's kind, and the networks.",
    )
    depths: list[Annotated[int, Field(ge=1, le=32)]] | None = Field(
        None,
        description="Hidden layers of the networks to compare; null: 1, 2 and 3, or fewer on a small budget.",
    )
    space: dict[str, Space] = Field(
        {}, description="Changes to search spaces, by family and hyperparameter."
    )
    effort: Literal["quick", "normal", "thorough"] = Field(
        "normal",
        description="Sets trials, seeds and epochs from the table's size: about 1, 5 or 30 minutes on two cores.",
    )
    budget_core_hours: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Instead of `effort`: core-hours of the cost model, for what is not given of repeats, seeds, epochs, "
        "trials and depths; the same on every machine.",
    )
    search: SearchConfig = SearchConfig()
    protocol: Literal["auto", "nested", "holdout"] = Field(
        "auto",
        description="`nested`: outer folds, each with its own searches. `holdout`: one split. `auto`: nested unless the table "
        "is large.",
    )
    outer: OuterConfig = OuterConfig()
    inner: InnerConfig = InnerConfig()
    groups: str | None = Field(
        None, description="Column whose rows stay together in every split; not a feature."
    )
    time: str | None = Field(
        None, description="Column that orders the rows: test rows are later ones; not a feature."
    )
    training: TrainingConfig = TrainingConfig()
    terms: Literal["auto"] | list[str] = Field(
        "auto",
        description="Columns that interactions and curves are made of. `auto`: all, but without dates if `time` is set.",
    )
    metric: MetricName | dict[str, MetricName] = Field(
        LOSS,
        description="Metric of the verdict, for all targets or by target. Numbers: loss, r2, rmse, mae. Classes: loss, brier, "
        "accuracy, auc. Counts: loss, explained_deviance, rmse, mae. Searches use the loss.",
    )
    margin_of: MarginOf = Field(
        "regression",
        description="`regression`: the margin is a share of the regression's loss or metric. `unit`: it has its unit.",
    )
    margin: Margin = Field(0.05, description="Smallest improvement worth switching models for.")
    min_margin: float = Field(
        0.01,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="Absolute lower limit to the margin. For errors: in standard deviations of the target. For log loss, "
        "Poisson loss and Brier score: as a share of the baseline's. Otherwise: in the metric.",
    )
    resources: ResourcesConfig = ResourcesConfig()
    cluster: ClusterConfig = ClusterConfig()
    slurm: SlurmConfig = SlurmConfig()
    time_budget_min: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Start no trial after so many minutes. Results then depend on the machine's speed.",
    )
    seed: int = Field(0, ge=0, description="Seed of everything random.")
    keep_fold_models: bool = Field(
        True,
        description="Keep the models of the outer folds in models/folds; prediction intervals need them.",
    )

    @model_validator(mode="before")
    @classmethod
    def _targets_in_any_form(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = renamed(data)
        if isinstance(data.get("space"), dict):
            data["space"] = renamed(data["space"])
        if "target" in data and "targets" in data:
            raise ValueError(
                "`target` is short for `targets` with one name: give one of them, not both"
            )
        in_long_form(data)
        if isinstance(data.get("families"), str) and data["families"] != "auto":
            data["families"] = [data["families"]]
        if isinstance(data.get("families"), list) and all(
            isinstance(name, str) for name in data["families"]
        ):
            data["families"] = [*renamed(dict.fromkeys(data["families"]))]
        if isinstance(data.get("depths"), int):
            data["depths"] = [data["depths"]]
        return data

    @field_validator("name")
    @classmethod
    def _name_is_one_folder(cls, name: str) -> str:
        if not name.strip() or name in {".", ".."} or any(c in name for c in "/\\"):
            raise ValueError(f"must be one folder name without slashes (got {name!r})")
        if not name.isprintable():
            hidden = next(c for c in name if not c.isprintable())
            raise ValueError(f"must print in one line, but {name!r} has {hidden!r}")
        if len(name.encode()) > LONGEST_NAME:
            raise ValueError(
                f"must have at most {LONGEST_NAME} bytes, but {name[:40]!r}... has {len(name.encode())}"
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
            raise ValueError(
                f"must be less than 1 (got {margin:g}), unless `margin_of: unit` sets the metric's own unit"
            )
        return margin

    @property
    def n_outer(self) -> int:
        """Outer folds of each target; `auto` and what is left to `effort` count as one pass of
        nested folds.
        """
        return 1 if self.protocol == "holdout" else self.outer.folds * (self.outer.repeats or 1)

    def replace(self, **changes: Any) -> StudyConfig:
        """This config with some top-level fields replaced, validated again."""
        return StudyConfig.model_validate({**self.model_dump(), **changes})
