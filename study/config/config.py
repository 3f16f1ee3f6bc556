"""StudyConfig, the frozen description of one study."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from study.config.metrics import MetricName
from study.config.options import (
    ClusterConfig,
    DataConfig,
    InnerConfig,
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
        "auto",
        description="`auto`: the baseline, the regression of each target's kind, and the networks.",
    )
    depths: list[Annotated[int, Field(ge=1, le=32)]] | None = Field(
        None,
        description="Hidden layers of the networks to compare; null: 1, 2 and 3, or the first of these on a small budget.",
    )
    space: dict[str, Space] = Field(
        {}, description="Overrides of a family's search space: family, then hyperparameter."
    )
    effort: Literal["quick", "normal", "thorough"] = Field(
        "normal",
        description="Sets trials, seeds and epochs from the table's size: about 1, 5 and 30 minutes on two cores.",
    )
    budget_core_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None,
        description="In place of `effort`: core-hours, by the cost model, to fill with what is left open of repeats, seeds, "
        "epochs, trials and depths, the same on every machine.",
    )
    search: SearchConfig = SearchConfig()
    protocol: Literal["auto", "nested", "holdout"] = Field(
        "auto",
        description="Outer folds, each with its own search, or one split; `auto`: nested unless the table is large.",
    )
    outer: OuterConfig = OuterConfig()
    inner: InnerConfig = InnerConfig()
    groups: str | None = Field(
        None, description="Column whose rows stay together in every split; not a feature."
    )
    time: str | None = Field(
        None, description="Column that orders the rows: test rows come later; not a feature."
    )
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
        description="What the margin is a share of: the loss (or other metric) of the `regression`; with `unit` it is in the "
        "metric's own unit, for the loss that of the target.",
    )
    margin: Margin = Field(
        0.05, description="Smallest relative gain in loss for which you would change the model."
    )
    min_margin: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = Field(
        0.01,
        description="Smallest difference that can matter, which a gain has to pass beside the margin. Of errors in standard "
        "deviations of the target, of log loss, Poisson loss and Brier score as a share of the baseline's, else in the metric.",
    )
    resources: ResourcesConfig = ResourcesConfig()
    cluster: ClusterConfig = ClusterConfig()
    slurm: SlurmConfig = SlurmConfig()
    time_budget_min: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None,
        description="Stop suggesting trials after so many minutes. The result then depends on the machine's speed.",
    )
    seed: Annotated[int, Field(ge=0)] = Field(0, description="Seed of everything random.")
    keep_fold_models: bool = Field(
        True,
        description="Keep the judged models of the outer folds, from which predictions get intervals, in models/folds.",
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
        if "target" in data:
            data["targets"] = [data.pop("target")]
        if isinstance(data.get("targets"), str):
            data["targets"] = [data["targets"]]
        if isinstance(data.get("targets"), list) and all(
            isinstance(name, str) for name in data["targets"]
        ):
            data["targets"] = dict.fromkeys(data["targets"], "auto")
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
