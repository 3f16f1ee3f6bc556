"""Estimators for scikit-learn over the same engine as `study run`."""

from study.estimators.estimators import FamilyClassifier, FamilyRegressor

__all__ = ["FamilyClassifier", "FamilyRegressor"]
