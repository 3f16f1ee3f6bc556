"""Saved models asked about rows and columns, and estimators for scikit-learn over the same engine as `study run`."""
