"""Samplers that suggest hyperparameters, by the names that configs give them. To add one is to add
it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from study.schema import StudyError

STARTUP_TRIALS = 8
"""Records from which on a sampler follows them."""


@dataclass(frozen=True)
class Sampler:
    """One of Optuna's samplers: its class in `optuna.samplers`, and what it is built with beside
    its seed.

    It is built anew for every trial, so what it knows of earlier ones it must find in Optuna's
    study.

    needs: module that must be installed beside Optuna; extra: extra of family-study that installs
    it. pruned: whether it learns from trials that were given up; for one that does not, none are.
    """

    optuna: str
    options: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""
    extra: str = ""
    pruned: bool = True


SAMPLERS = {
    "tpe": Sampler(
        "TPESampler",
        {"n_startup_trials": STARTUP_TRIALS, "multivariate": True, "constant_liar": True},
    ),
    "random": Sampler("RandomSampler"),
    "gp": Sampler(
        "GPSampler", {"n_startup_trials": STARTUP_TRIALS}, needs="torch", extra="gp", pruned=False
    ),
}


def check_sampler(name: str) -> None:
    """Raise a StudyError where a package that the sampler needs is missing."""
    sampler = SAMPLERS[name]
    if sampler.needs and find_spec(sampler.needs) is None:
        raise StudyError(
            f"search.sampler '{name}' needs {sampler.needs}, which is not installed. "
            f"`scripts/setup --with {sampler.extra}` installs it; 'tpe' needs nothing more."
        )
