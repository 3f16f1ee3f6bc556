"""Versions, commit, machine and seed behind a result."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path

from study.schema import Frozen

PACKAGES = (
    "family-study",
    "ray",
    "tensorflow",
    "keras",
    "optuna",
    "numpy",
    "pandas",
    "scikit-learn",
    "statsmodels",
    "seaborn",
)


class Environment(Frozen):
    """Where a run of a study took place; stored as environment.json.

    packages: versions by name. commit: of the project, where it is a Git checkout. started: with
    the offset from UTC.
    """

    python: str
    packages: dict[str, str]
    commit: str | None
    platform: str
    processor: str
    cores: int | None
    node: str
    pid: int
    started: str
    seed: int

    @classmethod
    def here(cls, seed: int, packages: Mapping[str, str] | None = None) -> Environment:
        """That of this process, for a study of this seed that uses further packages."""
        return cls(
            python=sys.version.split()[0],
            packages={name: version_of(name) for name in PACKAGES} | dict(packages or {}),
            commit=_commit() or None,
            platform=platform.platform(),
            processor=platform.processor() or platform.machine(),
            cores=os.cpu_count(),
            node=platform.node(),
            pid=os.getpid(),
            started=datetime.now().astimezone().isoformat(" ", "seconds"),
            seed=seed,
        )


def version_of(name: str) -> str:
    """Version of an installed package; TensorFlow's smaller build for machines without a GPU is
    installed by another name.
    """
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return metadata.version(f"{name}-cpu")


def _commit() -> str:
    """That of the checkout that runs; an installed copy has none, though a folder above it may be
    somebody's repository.
    """
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").is_file():
        return ""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
