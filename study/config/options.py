"""The parts of a config, one model a section."""

from __future__ import annotations

import math
import os
import re
import shlex
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from study.config.samplers import SAMPLERS
from study.schema import Frozen, Kind, Transform

ColumnType = Literal["numeric", "boolean", "category", "date"]
Scalar = bool | int | float | str
if TYPE_CHECKING:
    SamplerName = str
else:
    SamplerName = Literal[tuple(SAMPLERS)]


class DataConfig(Frozen):
    """Where the table comes from and which of its columns are features."""

    source: str = Field(
        description="A file (CSV, TSV, Parquet, Feather, JSON lines), `balloons`, or a library's table such as `sklearn:wine` "
        "or `statsmodels:fair`. A relative path starts at the config's folder, or at the working folder."
    )
    rows: int = Field(10_000, ge=1, le=10_000_000, description="Rows of the balloons table.")
    seed: int = Field(0, ge=0, description="Seed of the balloons table.")
    features: list[str] | None = Field(
        None, description="Columns to use as features; null: every column but the targets."
    )
    drop: list[str] = Field([], description="Columns to leave out.")
    types: dict[str, ColumnType] = Field(
        {}, description="Types of columns whose inferred type is wrong."
    )

    @field_validator("source")
    @classmethod
    def _source_can_be_a_file(cls, source: str) -> str:
        os.fsencode(source)  # raises a ValueError of half a character
        if "\0" in source:
            raise ValueError(f"must be the name of a table or file (got {source!r})")
        return source

    @property
    def is_path(self) -> bool:
        """Whether `source` is a file: it has an ending or a folder, and no library's name and a
        colon before it.
        """
        return re.match(r"[A-Za-z]\w+:", self.source) is None and (
            "/" in self.source or "." in self.source
        )


class Range(Frozen):
    """A range that the search samples from."""

    low: float = Field(description="Smallest value.")
    high: float = Field(description="Largest value.")
    log: bool = Field(False, description="Sample the logarithm uniformly.")
    integer: bool = Field(False, description="Whole numbers only.")
    zero: bool = Field(False, description="Also try exactly zero, in the search's first trial.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (math.isfinite(self.low) and math.isfinite(self.high)) or self.low > self.high:
            raise ValueError(
                f"low {self.low} and high {self.high} must be finite, low at most high"
            )
        if self.zero and self.low < 0:
            raise ValueError(f"low {self.low} is below 0, which `zero: true` does not allow")
        if self.log and self.low <= 0:
            raise ValueError(
                f"low {self.low} must be above 0 in a log range; `zero: true` adds zero itself"
            )
        return self


def _form(value: Any) -> str:
    if isinstance(value, dict | Range):
        return "range"
    return "choices" if isinstance(value, list) else "value"


Space = dict[
    str,
    Annotated[
        Annotated[Range, Tag("range")]
        | Annotated[list[Scalar], Field(min_length=1), Tag("choices")]
        | Annotated[Scalar, Tag("value")],
        Discriminator(_form),
    ],
]
"""Hyperparameter to its range, its list of choices, or its one fixed value."""


class LogTarget(Frozen):
    """A positive number whose logarithm models are trained on."""

    kind: Literal["continuous"] = "continuous"
    transform: Transform


TargetForm = Kind | Literal["auto"] | LogTarget


class SearchConfig(Frozen):
    """How each search tries hyperparameters."""

    sampler: SamplerName = Field("tpe", description="Optuna's sampler.")
    trials: int | None = Field(
        None, ge=1, le=1_000_000, description="Trials of each search; null: from `effort`."
    )
    generation: int = Field(
        6,
        ge=1,
        description="Most trials of a search at once, twice as many for a regression. Results are the same on any number of "
        "workers.",
    )
    max_tries: int = Field(3, ge=1, description="Tries of a trial before it counts as failed.")


class OuterConfig(Frozen):
    """Splits into development and test rows."""

    folds: int = Field(5, ge=2, le=1_000, description="Outer folds of the nested protocol.")
    repeats: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Repeats of the outer folds; null: as many as `effort` can afford on this table.",
    )
    test_fraction: float = Field(
        0.2, gt=0, lt=1, description="Share of test rows in the holdout protocol."
    )


class InnerConfig(Frozen):
    """Splits of the development rows into training and validation; replicates are folds x seeds."""

    folds: int = Field(5, ge=2, description="Inner folds.")
    seeds: int | None = Field(
        None,
        ge=1,
        le=1_000,
        description="Seeds of a network in each inner fold; null: from `effort`.",
    )


class TrainingConfig(Frozen):
    """How long the networks train. Regressions always train to convergence."""

    epochs: int | None = Field(
        None, ge=1, le=1_000_000, description="Most epochs of a network; null: from `effort`."
    )
    patience: int | None = Field(
        None,
        ge=1,
        description="Epochs without a lower validation loss before a fit stops, or without 0.2% less mean loss before a trial "
        "does. null: an eighth of `epochs`, at least 5. With `epochs` or more nothing stops early, nor is any trial PRUNED.",
    )
    iterations: int = Field(
        2_000,
        ge=1,
        description="Most iterations of a regression at one penalty; least squares needs none.",
    )


class ResourcesConfig(Frozen):
    """What one trial takes and how many run at once."""

    cpus_per_trial: float = Field(
        1, gt=0, le=1, description="Cores of each trial, at most 1; with less, trials share a core."
    )
    gpus_per_trial: float = Field(
        0,
        ge=0,
        le=1,
        description="Share of a GPU for each trial of a network, at most 1; 0: train on CPUs.",
    )
    worker_memory_gb: float = Field(
        3,
        gt=0,
        allow_inf_nan=False,
        description="Memory of a worker in GB; one that exceeds it is replaced. If a node has less for each core, workers get "
        "that, at least 0.8, and are replaced above it, or above 1.5.",
    )
    max_concurrent: int | None = Field(
        None, ge=1, description="Most trials at once; null: all cores."
    )


class ClusterConfig(Frozen):
    """Where the trials run."""

    address: str = Field(
        "local",
        description="`local`: start Ray on this machine. `slurm`: start it on all nodes of this SLURM job. "
        "`auto` or HOST:PORT: use a Ray cluster that is running.",
    )

    @field_validator("address")
    @classmethod
    def _known(cls, address: str) -> str:
        given = re.fullmatch(r"(?:[^\s:/]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", address)
        if address not in {"local", "slurm", "auto"} and (given is None or int(given[1]) > 65_535):
            raise ValueError(f"must be local, slurm, auto or HOST:PORT (got {address!r})")
        return address


class SlurmConfig(Frozen):
    """What a site's jobs need."""

    setup: list[str] = Field(
        [],
        description="Shell lines at the start of a job of `study submit`: modules, environments.",
    )
    launch: str = Field(
        "",
        description="Words before the study's command on every node, such as `apptainer exec image.sif`. "
        "Split as a shell does, without expansion.",
    )
    scratch: str | None = Field(
        None,
        description="Node-local folder for Ray's files, with variables such as $SLURM_TMPDIR; null: /tmp.",
    )
    interface: str | None = Field(
        None,
        description="Network interface of the first node for Ray, such as ib0; null: the one that reaches the others.",
    )
    ports: str | None = Field(
        None,
        description="Ports that are open between nodes, such as 20000-20999; null: any free ones.",
    )

    @property
    def launch_words(self) -> list[str]:
        """What stands before a command."""
        return shlex.split(self.launch)

    @field_validator("launch")
    @classmethod
    def _words(cls, launch: str) -> str:
        try:
            shlex.split(launch)
        except ValueError as error:
            raise ValueError(f"can't be split as a shell does (got {launch!r}): {error}") from None
        return launch

    @field_validator("scratch")
    @classmethod
    def _whole(cls, scratch: str | None) -> str | None:
        if scratch is not None and not scratch.startswith(("/", "$")):
            raise ValueError(f"must be an absolute path (got {scratch!r})")
        return scratch

    @field_validator("ports")
    @classmethod
    def _range(cls, ports: str | None) -> str | None:
        given = re.fullmatch(r"(\d{1,5})-(\d{1,5})", ports or "1024-65535")
        if given is None or not 1024 <= int(given[1]) < int(given[2]) <= 65_535:
            raise ValueError(
                f"must be a range between 1024 and 65535, such as 20000-20999 (got {ports!r})"
            )
        return ports
