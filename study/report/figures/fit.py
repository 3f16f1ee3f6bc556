"""Figures of the fitted models: coefficients beside their reference, and predictions against what was observed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from study.evidence.winners import MODEL, class_probabilities, select_candidate
from study.report.style import INK, MUTED, REGRESSION, Picture, colours, human, look, panels, plain, with_names
from study.schema import Kind

MOST_TERMS = 24
MOST_POINTS = 1_500


def coefficients_data(coefficients: pd.DataFrame) -> pd.DataFrame:
    """Regression weights of the first outer fold with their reference, at most MOST_TERMS a target, the intercept last.

    Returns
    -------
    (n_weights, 9) frame: target, family, label (term, level and output), unit, estimate, ref_estimate, ref_low, ref_high
    (per original unit; NaN where the reference has none), note. Of more terms those furthest from 0 are kept.
    """
    own = coefficients[(coefficients["family"] != "constant") & coefficients["estimate"].notna()]
    own = own[own["outer_fold"] == own["outer_fold"].min()]
    parts = own[["term", "level", "output"]].astype(object)
    named = [
        term
        + (f" = {level}" if pd.notna(level) and f"{level}" not in str(term) else "")
        + (f" \N{RIGHTWARDS ARROW} {output}" if pd.notna(output) else "")
        for term, level, output in parts.itertuples(index=False)
    ]
    own = own.assign(label=named, size=own["estimate"].abs(), last=own["term"] == "intercept")
    kept = own.sort_values(["last", "size"], ascending=[False, False]).groupby("target").head(MOST_TERMS)
    kept = own.loc[own.index.isin(kept.index)].sort_values(["last"], kind="stable")
    kept = kept.assign(place=kept["target"].map({t: i for i, t in enumerate(own["target"].unique())}))
    columns = ["target", "family", "label", "unit", "estimate", "ref_estimate", "ref_low", "ref_high", "note"]
    shown: pd.DataFrame = kept.sort_values("place", kind="stable").reset_index(drop=True)[columns]
    return shown


def draw_coefficients(frame: pd.DataFrame) -> Picture:
    """One axes a target: the trained estimate as a dot on its reference (a bar, with the 95 % interval as a line)."""
    targets = list(frame["target"].unique())
    sizes = [int((frame["target"] == target).sum()) for target in targets]
    heights = [1.1 + 0.3 * max(sizes[first : first + 2]) for first in range(0, len(sizes), 2)]
    with look():
        figure, axes = panels(len(targets), heights)
        for ax, target in zip(axes, targets, strict=True):
            own = frame[frame["target"] == target]
            y = np.arange(len(own))
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            ax.hlines(y, own["ref_low"], own["ref_high"], color=INK, lw=1.4)
            ax.plot(own["ref_estimate"], y, "|", color=INK, ms=13, mew=1.8)
            ax.plot(own["estimate"], y, "o", color=REGRESSION, ms=6, alpha=0.85, zorder=4)
            ax.set_yticks(y, [plain(label) for label in own["label"]])
            ax.invert_yaxis()
            scale = {"logistic": "log-odds", "poisson": "log-rate"}.get(
                str(own["family"].iloc[0]), f"change in {plain(target)}"
            )
            ax.set(title=plain(target), xlabel=f"{scale} per unit of the column")
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.grid(axis="x")
            ax.margins(y=max(0.3 / len(own), 0.03))
        marks = [
            Line2D([], [], marker="o", ls="", color=REGRESSION, label="trained with Keras"),
            Line2D([], [], marker="|", ls="-", lw=1.4, ms=10, mew=1.8, color=INK, label="reference fit, 95 % interval"),
        ]
        figure.legend(handles=marks, loc="outside upper right", ncols=2)
    said = "; ".join(
        f"{target}, {label}: {human(estimate)} (reference {human(reference)})"
        for target, label, estimate, reference in frame[["target", "label", "estimate", "ref_estimate"]].itertuples(index=False)
    )
    return Picture(figure, f"Coefficients of the regressions beside their reference. {said}.")


def predicted_observed_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """Observed and predicted values of continuous and count targets on the test rows, of every model but the constant.

    Returns
    -------
    (n_rows, 8) frame: target, kind, family, depth, row, observed, predicted (mean over seeds and repeats), model; at most
    MOST_POINTS rows a model, evenly spaced.
    """
    own = select_candidate(predictions)
    own = own[own["kind"].isin([Kind.CONTINUOUS, Kind.COUNT]) & (own["family"] != "constant")]
    own = own.assign(predicted=own["predicted"].astype(float))
    mean = own.groupby([*MODEL, "row"], sort=False)[["observed", "predicted"]].mean().reset_index()
    step = mean.groupby(MODEL)["row"].transform("size").floordiv(MOST_POINTS).add(1)
    return with_names(mean[mean.groupby(MODEL).cumcount() % step == 0])


def draw_predicted_observed(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: a point a test row; on the line the prediction is right."""
    shown = frame[["target", "model"]].drop_duplicates().sort_values("target", kind="stable")
    with look():
        figure, axes = panels(len(shown), 2.35, columns=4 if len(shown) % 3 else 3)
        for ax, (target, model) in zip(axes, shown.itertuples(index=False), strict=True):
            of_target = frame[frame["target"] == target]
            own = of_target[of_target["model"] == model]
            both = of_target[["observed", "predicted"]]
            ends = [both.min().min(), both.max().max()]
            ax.plot(ends, ends, color=MUTED, lw=0.9, zorder=1)
            ax.plot(own["predicted"], own["observed"], "o", ms=2.8, mew=0, alpha=0.45, color=colours(own)[model])
            ax.set_title(f"{plain(target)}\n{model}", fontsize=9)
            ax.set(xlabel="predicted", ylabel="observed")
            ax.margins(0.06)
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(4))
    said = ", ".join(f"{model} on {target}" for target, model in shown.itertuples(index=False))
    return Picture(figure, f"Observed against predicted values of the test rows: {said}.")


def _class_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """target, kind, family, depth, p, hit: the probability of a class on a test row, and whether it was that class.

    A binary target gives its second class, a multiclass target a row for every class.
    """
    own = select_candidate(predictions)
    own = own[own["kind"].isin([Kind.BINARY, Kind.MULTICLASS]) & (own["family"] != "constant")]
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


def calibration_data(predictions: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """Predicted probabilities and observed shares in bins of equally many test rows.

    Returns
    -------
    (n_bins, 8) frame: target, kind, family, depth, predicted (mean of the bin), observed (share of the class), n, model.
    """
    rows = _class_rows(predictions)
    rank = rows.groupby(MODEL)["p"].rank(method="first") - 1
    size = rows.groupby(MODEL)["p"].transform("size")
    binned = rows.assign(bin=(rank * bins // size.clip(lower=1)).astype(int)).groupby([*MODEL, "bin"])
    frame = binned.agg(predicted=("p", "mean"), observed=("hit", "mean"), n=("p", "size")).reset_index()
    return with_names(frame.drop(columns="bin"))


def roc_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """Receiver operating characteristic on the test rows; several classes are pooled, each against the rest.

    Returns
    -------
    (n_points, 7) frame: target, kind, family, depth, false_positive, true_positive (shares), model.
    """
    from sklearn.metrics import roc_curve

    found = [pd.DataFrame(columns=[*MODEL, "false_positive", "true_positive"])]
    for key, rows in _class_rows(predictions).groupby(MODEL, sort=False):
        if rows["hit"].nunique() == 2:
            false_positive, true_positive, _ = roc_curve(rows["hit"], rows["p"])
            curve = pd.DataFrame({"false_positive": false_positive, "true_positive": true_positive})
            model: dict[str, Any] = dict(zip(MODEL, key, strict=True))
            found.append(curve.assign(**model).reindex(columns=found[0].columns))
    return with_names(pd.concat(found[1:] or found, ignore_index=True))


def draw_probabilities(calibration: pd.DataFrame, roc: pd.DataFrame) -> Picture:
    """Two axes a target: calibration (on the diagonal the probabilities are right) and the ROC curve."""
    targets = list(calibration["target"].unique())
    with look():
        figure, axes = panels(2 * len(targets), 3.3, columns=2)
        for target, left, right in zip(targets, axes[::2], axes[1::2], strict=True):
            bins, curves = calibration[calibration["target"] == target], roc[roc["target"] == target]
            for model, colour in colours(bins).items():
                own, curve = bins[bins["model"] == model], curves[curves["model"] == model]
                left.plot(own["predicted"], own["observed"], "o-", color=colour, lw=1.5, ms=4, label=model)
                right.plot(curve["false_positive"], curve["true_positive"], color=colour, lw=1.5)
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
