"""Estimators for scikit-learn over the same engine as `study run`."""

from study.inference.estimators import FamilyClassifier, FamilyRegressor

__all__ = ["FamilyClassifier", "FamilyRegressor"]
