"""Models that are asked: predictions, columns, and estimators for scikit-learn over the same engine
as `study run`.
"""
