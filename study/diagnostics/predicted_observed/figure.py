"""Predictions against what was observed."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import model_panels
from study.diagnostics.drawing.palette import MUTED
from study.diagnostics.drawing.style import ticks, with_names
from study.diagnostics.drawing.words import by_score, share
from study.diagnostics.rows import checked_rows
from study.evidence.winners import MODEL, best_trials
from study.records.results import Results
from study.schema import REGRESSION, REGRESSIONS, Kind

MOST_POINTS = 1_500
EXPLAINED = {Kind.CONTINUOUS: "r2", Kind.COUNT: "explained_deviance"}
"""The metric that says what share is explained, of a kind."""
WHAT = {Kind.CONTINUOUS: "variance", Kind.COUNT: "deviance"}

WHEN = "Where a continuous target or a count was scored."
TEXT = """\
### How close are predictions to what was observed?

One dot per test row; on the grey line the prediction is right, and a bend is missed structure.
"""


def data(results: Results) -> pd.DataFrame:
    """Observed and predicted values of continuous and count targets on the test rows, of
    regressions, network and trees.

    Returns
    -------
    (n_rows, 10) frame: target, kind, family, depth, row, observed, predicted (mean over repeats),
    explained (share of the variance, of counts of the deviance, that the model explains), model,
    colour; at most MOST_POINTS rows a model, evenly spaced.
    """
    every = pd.concat([results.predictions, results.trees], ignore_index=True)
    own = checked_rows(every[every["kind"].isin(list(EXPLAINED))], best_trials(results.trials))
    mean = own.groupby([*MODEL, "row"], sort=False)[["observed", "predicted"]].mean().reset_index()
    step = mean.groupby(MODEL)["row"].transform("size").floordiv(MOST_POINTS).add(1)
    thinned = mean[mean.groupby(MODEL).cumcount() % step == 0]
    metrics = results.metrics[results.metrics["base"].isna()]
    values = metrics.set_index(["target", "metric", "other"])["value"]
    kind, family = thinned["kind"], thinned["family"]
    procedure = family.where(family != kind.map(REGRESSIONS), REGRESSION)
    keys = pd.MultiIndex.from_arrays([thinned["target"], kind.map(EXPLAINED), procedure])
    return with_names(
        thinned.assign(explained=values.reindex(keys).to_numpy()), results.data.models
    )


def finding(own: pd.DataFrame) -> str:
    """What share each model explains, from the most."""
    what = WHAT[Kind(own["kind"].iloc[0])]
    return f"{what} explained: {by_score(own, 'explained', share)}"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target and model: a point a test row; on the line the prediction is right."""
    figure, parts = model_panels(frame, 2.9)
    for ax, own in parts:
        both = frame.loc[frame["target"] == own["target"].iloc[0], ["observed", "predicted"]]
        ends = [both.min().min(), both.max().max()]
        ax.plot(ends, ends, color=MUTED, lw=0.9)
        alpha = 0.45 if len(own) < 500 else 0.25
        for colour, points in own.groupby("colour", sort=False):
            ax.plot(
                points["predicted"],
                points["observed"],
                "o",
                ms=3,
                mew=0,
                alpha=alpha,
                color=colour,
            )
        ax.set(xlabel="predicted", ylabel="observed")
        ax.margins(0.06)
        ticks(ax.xaxis, 4)
        ticks(ax.yaxis, 4)
    return figure
