"""How far predictions are off, by what was predicted."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import MaxNLocator

from study.digits import human
from study.evidence.checks.rows import PREDICTION
from study.records.results import Results
from study.report.model_panels import model_panels
from study.report.style import MUTED, Picture, colours, look, with_names
from study.report.words import beside, called, each_target, most_off, span

WORTH = 0.02
"""Share of the range of predictions that a mean residual has to pass for the title to name it."""
TEXT = """\
### Where are predictions too high or too low?

Residuals, observed less predicted, in bins of about equally many test rows by the prediction: above 0 it was too low. Dots are
mean residuals with intervals that hold together for all dots of a target in 95 % of cases; the band has the middle 80 % of
residuals. Of nested folds with repeats, a row in a bin counts once, as the mean of its residuals there.
"""


def when(results: Results) -> bool:
    """Where a continuous target or a count was scored."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """Mean residuals in bins of the prediction (`study.evidence.checks.residuals.by_prediction`).

    Returns
    -------
    (n_bins, 16) frame: target, kind, family, depth, bin, start, end, x, mean, low, high, q10, q90, n_rows, model, colour.
    """
    own = results.residuals[results.residuals["column"] == PREDICTION]
    kept = own.drop(columns=["column", "unit", "category", "explained", "holds", "n_groups"])
    return with_names(kept, results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Of each target the bin in which a model is most surely off, and which models are nowhere."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    least = WORTH * float(own["end"].max() - own["start"].min())
    sure = own[((own["low"] > 0) | (own["high"] < 0)) & (own["mean"].abs() > least)]
    much = f"by more than {human(100 * WORTH)} % of their range"
    if sure.empty:
        return [f"no model's predictions are surely too high or too low anywhere {much}"]
    worst = most_off(sure, sure["mean"])
    others, right = beside(own, sure, worst["model"])
    last = int(own.loc[own["model"] == worst["model"], "bin"].max())
    where = f" {span(human(worst['start'], 2), human(worst['end'], 2), int(worst['bin']), last)}" if last else ""
    way = "low" if worst["mean"] > 0 else "high"
    amount = human(abs(worst["mean"]), 2)
    said = [f"predictions of {called(own)[worst['model']]}{where} are too {way}, by {amount} on average"]
    said += [f"those of {others} are off too"] if others else []
    return said + ([f"those of {right} are nowhere surely off {much}"] if right else [])


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: mean residual and interval of every bin, a band of the middle 80 % of residuals."""
    with look():
        figure, parts = model_panels(frame, 2.7)
        for ax, own in parts:
            ax.axhline(0, color=MUTED, lw=0.9, zorder=1)
            single = len(own["model"].unique()) == 1
            for model, colour in colours(own).items():
                bins = own[own["model"] == model]
                if single and len(bins) > 1:
                    ax.fill_between(bins["x"], bins["q10"], bins["q90"], color=colour, alpha=0.13, lw=0)
                ax.vlines(bins["x"], bins["low"], bins["high"], color=colour, lw=1.6, alpha=0.6)
                ax.plot(bins["x"], bins["mean"], "o-", color=colour, ms=4.5, lw=1)
            ax.set(xlabel="predicted", ylabel="observed less predicted")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(5))
            if single:
                of_target = frame[frame["target"] == own["target"].iloc[0]]
                low, high = of_target[["q10", "low"]].min().min(), of_target[["q90", "high"]].max().max()
                pad = 0.05 * (high - low) or 0.1
                ax.set_ylim(low - pad, high + pad)
    worst = frame.loc[frame.groupby(["target", "model"], sort=False)["mean"].apply(lambda mean: mean.abs().idxmax())]
    return Picture(figure, f"Mean residual by prediction. Furthest from 0: {_furthest(worst)}.", finding(frame))


def _furthest(worst: pd.DataFrame) -> str:
    return "; ".join(
        f"{row['target']}, {row['model']}: {human(row['mean'])} ({human(row['low'])} to {human(row['high'])})"
        f" at {human(row['x'])}"
        for row in worst.to_dict("records")
    )
