"""How well probabilities tell a class from the others: ROC and precision-recall curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.diagnostics.calibration.compute import class_rows
from study.diagnostics.context import Context
from study.evidence.pairs import FloatArray
from study.evidence.winners import MODEL
from study.records.columns.shared import frame

ROC, PRECISION_RECALL = "roc", "precision_recall"
GRID = np.linspace(0, 1, 101)
"""Where the curves of the outer folds are averaged: false positive rates, or recalls."""
COLUMNS = frame(
    "One point of a model's ROC or precision-recall curve for a class, the mean over outer folds.",
    "target kind family depth class curve x y area share",
    {"curve": ("str", "`roc` or `precision_recall`."),
     "x": "False positive rate, or recall.",
     "y": "True positive rate, or precision.", "area": "AUC, or average precision.",
     "share": "Share of test rows in the class."},
)  # fmt: skip


def compute(context: Context) -> pd.DataFrame:
    """ROC and precision-recall curves of every class against the rest, of every model.

    Scores of two fits have no common order, so a curve is the mean of the outer folds' curves,
    weighted by their rows: of the true positive rates at each false positive rate (vertical
    averaging; Fawcett 2006, *An introduction to ROC analysis*, Pattern Recognit. Lett. 27, section
    8.1), and of the precisions at each recall, where that of a recall between two thresholds is the
    one at the threshold that reaches it: between them no line is straight (Davis and Goadrich 2006,
    *The Relationship Between Precision-Recall and ROC Curves*, ICML 23). Folds without a row of the
    class, or of another, have none.

    Returns
    -------
    (n_points, 9) frame of COLUMNS: class as in `class_rows`; curve: ROC (x, y: false and true
    positive rate) or PRECISION_RECALL (x: recall, y: precision), with x on GRID, a ROC curve with
    (0, 0) before; area: the same mean of the folds' own areas, AUC or average precision (the sum
    over thresholds of the precision times the recall gained); share: of the test rows that are of
    the class, the precision of guessing.
    """
    rows = context.rows
    found = [COLUMNS.of([])]
    for own in class_rows(rows):
        for key, part in own.groupby([*MODEL, "class"], sort=False):
            folds = [
                fold for _, fold in part.groupby("outer_fold") if 0 < fold["hit"].sum() < len(fold)
            ]
            if not folds:
                continue
            weights = np.array([len(fold) for fold in folds], float)
            curves = [
                curves_of(fold["p"].to_numpy(float), fold["hit"].to_numpy(float) > 0.5)
                for fold in folds
            ]
            about: dict[str, Any] = dict(zip([*MODEL, "class"], key, strict=True))
            about["share"] = float(np.average(part["hit"], weights=part["share"]))
            rates, auc, precisions, average = (
                np.average(each, axis=0, weights=weights) for each in zip(*curves, strict=True)
            )
            roc = {"curve": ROC, "x": [0.0, *GRID], "y": [0.0, *rates], "area": float(auc)}
            recall = {"curve": PRECISION_RECALL, "x": GRID, "y": precisions, "area": float(average)}
            found += [pd.DataFrame(curve | about) for curve in (roc, recall)]
    return pd.concat(found[1:] or found, ignore_index=True)[[*COLUMNS.columns]]


def curves_of(
    p: FloatArray, hit: np.typing.NDArray[np.bool_]
) -> tuple[FloatArray, float, FloatArray, float]:
    """True positive rates on GRID (101,) and AUC, precisions on GRID (101,) and average precision,
    of one fit.

    p: (n,) probabilities; hit: (n,) bool, with both values. Rows of one probability are found
    together.
    """
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    false, true, _ = roc_curve(hit, p, drop_intermediate=False)
    precision, recall, _ = (np.flip(each) for each in precision_recall_curve(hit, p))
    reached = np.searchsorted(recall, np.maximum(GRID - 1e-12, 1e-12))
    rates = np.interp(GRID, false, true)
    return (
        rates,
        float(roc_auc_score(hit, p)),
        precision[reached],
        float(average_precision_score(hit, p)),
    )
