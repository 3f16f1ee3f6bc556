"""Figures of the report: each is one function from results to a tidy frame of numbers and one that only draws it."""

from study.report.figures.curve import decided_curve_data, draw_decided_curve
from study.report.figures.fit import (
    calibration_data,
    coefficients_data,
    draw_coefficients,
    draw_predicted_observed,
    draw_probabilities,
    predicted_observed_data,
    roc_data,
)
from study.report.figures.losses import (
    draw_gains,
    draw_loss_by_family,
    draw_test_loss,
    gains_data,
    loss_by_family_data,
    test_loss_data,
)
from study.report.figures.search import best_so_far_data, draw_best_so_far, draw_learning_curves, learning_curves_data

__all__ = [
    "best_so_far_data",
    "calibration_data",
    "coefficients_data",
    "decided_curve_data",
    "draw_best_so_far",
    "draw_coefficients",
    "draw_decided_curve",
    "draw_gains",
    "draw_learning_curves",
    "draw_loss_by_family",
    "draw_predicted_observed",
    "draw_probabilities",
    "draw_test_loss",
    "gains_data",
    "learning_curves_data",
    "loss_by_family_data",
    "predicted_observed_data",
    "roc_data",
    "test_loss_data",
]
