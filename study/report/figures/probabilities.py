"""Calibration of predicted probabilities, and ROC curves."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from study.evidence.winners import MODEL, class_probabilities, select_candidate
from study.records.results import Results
from study.report.style import MUTED, Picture, colours, look, panels, plain, with_names
from study.schema import CONSTANT, Kind

TEXT = """\
### Are the probabilities right?

Left: test rows in ten groups by predicted probability; on the grey line a predicted 30 % happens 30 % of the time. Right: how
many cases are found for how many false alarms; the closer to the upper left corner the better.
"""


def when(results: Results) -> bool:
    """Where a target of classes was scored."""
    kinds = {target.kind for target in results.data.targets}
    return results.concluded and bool(kinds & {Kind.BINARY, Kind.MULTICLASS})


def data(results: Results, bins: int = 10) -> pd.DataFrame:
    """Both curves of every model but the constant on the test rows.

    Returns
    -------
    (n_points, 10) frame: target, kind, family, depth, curve, x, y, n, model, colour. Of `calibration`, in bins of equally
    many rows, x is the mean predicted probability, y the share of the class and n the rows of a bin; of `roc` x and y are
    the false and the true positive rate, several classes pooled, each against the rest.
    """
    rows = _class_rows(results.predictions)
    curves = pd.concat([_calibration(rows, bins).assign(curve="calibration"), _roc(rows).assign(curve="roc")])
    return with_names(curves, results.data.models)


def _calibration(rows: pd.DataFrame, bins: int) -> pd.DataFrame:
    rank = rows.groupby(MODEL)["p"].rank(method="first") - 1
    size = rows.groupby(MODEL)["p"].transform("size")
    binned = rows.assign(bin=(rank * bins // size.clip(lower=1)).astype(int)).groupby([*MODEL, "bin"])
    return binned.agg(x=("p", "mean"), y=("hit", "mean"), n=("p", "size")).reset_index().drop(columns="bin")


def _roc(rows: pd.DataFrame) -> pd.DataFrame:
    from sklearn.metrics import roc_curve

    found = [pd.DataFrame(columns=[*MODEL, "x", "y"])]
    for key, own in rows.groupby(MODEL, sort=False):
        if own["hit"].nunique() == 2:
            false_positive, true_positive, _ = roc_curve(own["hit"], own["p"])
            model: dict[str, Any] = dict(zip(MODEL, key, strict=True))
            found.append(pd.DataFrame({"x": false_positive, "y": true_positive}).assign(**model))
    return pd.concat(found[1:] or found, ignore_index=True)


def _class_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """target, kind, family, depth, p, hit: the probability of a class on a test row, and whether it was that class.

    A binary target gives its second class, a multiclass target a row for every class.
    """
    own = select_candidate(predictions)
    own = own[own["kind"].isin([Kind.BINARY, Kind.MULTICLASS]) & (own["family"] != CONSTANT)]
    found = [pd.DataFrame(columns=[*MODEL, "p", "hit"])]
    for (_, kind), rows in own.groupby(["target", "kind"], sort=False):
        if kind == Kind.BINARY:
            found.append(rows[MODEL].assign(p=rows["predicted"].astype(float), hit=rows["observed"].astype(float)))
            continue
        shares = class_probabilities(rows)
        found += [
            rows[MODEL].assign(p=shares.iloc[:, k], hit=rows["observed"].astype(float).eq(k).astype(float))
            for k in range(shares.shape[1])
        ]
    return pd.concat(found[1:] or found, ignore_index=True)


def draw(frame: pd.DataFrame) -> Picture:
    """Two axes a target: calibration (on the diagonal the probabilities are right) and the ROC curve."""
    targets = list(frame["target"].unique())
    with look():
        figure, axes = panels(2 * len(targets), 3.3, columns=2)
        for target, left, right in zip(targets, axes[::2], axes[1::2], strict=True):
            own = frame[frame["target"] == target]
            for model, colour in colours(own).items():
                bins, curve = (own[(own["model"] == model) & (own["curve"] == name)] for name in ("calibration", "roc"))
                left.plot(bins["x"], bins["y"], "o-", color=colour, lw=1.5, ms=4, label=model)
                right.plot(curve["x"], curve["y"], color=colour, lw=1.5)
            _unit_square(left, f"{plain(target)}: calibration", "predicted probability", "observed share")
            _unit_square(right, f"{plain(target)}: ROC curve", "false positive rate", "true positive rate")
            left.legend(loc="upper left", handlelength=1.4)
    return Picture(figure, f"Calibration of predicted probabilities and ROC curves on the test rows of {', '.join(targets)}.")


def _unit_square(ax: Axes, title: str, xlabel: str, ylabel: str) -> None:
    ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9, zorder=1)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(0.25))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
