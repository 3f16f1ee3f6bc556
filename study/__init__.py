"""study: is a regression enough for this table, or is a neural network worth it, and how sure are
we?

`run_study`, `load_config` and `load_results` are the public surface, and the estimators for
scikit-learn; importing this loads neither TensorFlow nor Ray nor scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.api import run_study
    from study.config import StudyConfig, load_config
    from study.inference.estimators import FamilyClassifier, FamilyRegressor
    from study.results import Results, load_results
    from study.schema import StudyError

__all__ = [
    "FamilyClassifier",
    "FamilyRegressor",
    "Results",
    "StudyConfig",
    "StudyError",
    "load_config",
    "load_results",
    "run_study",
]

_HOME = {
    "run_study": "study.api",
    "FamilyClassifier": "study.inference.estimators",
    "FamilyRegressor": "study.inference.estimators",
    "load_config": "study.config",
    "StudyConfig": "study.config",
    "load_results": "study.results",
    "Results": "study.results",
    "StudyError": "study.schema",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'study' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
