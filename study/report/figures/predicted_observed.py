"""Predictions against what was observed."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import MaxNLocator

from study.evidence.winners import MODEL, select_candidate
from study.records.results import Results
from study.report.style import MUTED, Picture, colours, look, panels, plain, with_names
from study.schema import CONSTANT, Kind

MOST_POINTS = 1_500

TEXT = """\
### Predicted and observed

One point a test row. On the grey line the prediction is right; a bend away from it is structure that the model misses.
"""


def when(results: Results) -> bool:
    """Where a continuous target or a count was scored."""
    kinds = {target.kind for target in results.data.targets}
    return results.concluded and bool(kinds & {Kind.CONTINUOUS, Kind.COUNT})


def data(results: Results) -> pd.DataFrame:
    """Observed and predicted values of continuous and count targets on the test rows, of every model but the constant.

    Returns
    -------
    (n_rows, 9) frame: target, kind, family, depth, row, observed, predicted (mean over seeds and repeats), model, colour; at
    most MOST_POINTS rows a model, evenly spaced.
    """
    own = select_candidate(results.predictions)
    own = own[own["kind"].isin([Kind.CONTINUOUS, Kind.COUNT]) & (own["family"] != CONSTANT)]
    own = own.assign(predicted=own["predicted"].astype(float))
    mean = own.groupby([*MODEL, "row"], sort=False)[["observed", "predicted"]].mean().reset_index()
    step = mean.groupby(MODEL)["row"].transform("size").floordiv(MOST_POINTS).add(1)
    return with_names(mean[mean.groupby(MODEL).cumcount() % step == 0], results.data.models)


def draw(frame: pd.DataFrame) -> Picture:
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
