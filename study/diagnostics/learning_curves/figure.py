"""Losses of the networks' best trials by epoch."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from study.diagnostics.drawing.model_panels import model_titles
from study.diagnostics.drawing.palette import INK
from study.diagnostics.drawing.style import loss_ticks, ticks, titled_panels, with_names
from study.evidence.winners import SEARCH, best_trials
from study.formatting import human
from study.records.results import Results
from study.schema import BASELINE, LOSS_NAMES, Kind

LOOKS: dict[str, dict[str, Any]] = {
    "validation": {"lw": 0.9},
    "training": {"lw": 0.9, "color": INK, "alpha": 0.35, "ls": (0, (3, 2))},
    "kept": {"ls": "", "marker": "o", "ms": 4.5, "mec": "white", "mew": 0.7, "zorder": 3},
}
WHEN = "Where losses were kept by epoch."
TEXT = """\
### How did the networks learn?

One line per ensemble member of the first outer fold; validation rising while training falls is overfitting.
"""


def data(results: Results) -> pd.DataFrame:
    """Losses by epoch of the best trials of the first outer fold, without the baseline and models
    of one epoch.

    Returns
    -------
    (n_points, 12) frame: target, kind, family, depth, outer_fold, number, replicate, epoch, split
    (`validation`, `training`, or `kept`: the epoch whose weights were kept), loss (in units of the
    kind's loss), model, colour; epochs after a replicate stopped have no row.
    """
    winners = best_trials(results.trials)
    winners = winners[winners["outer_fold"] == winners["outer_fold"].min()]
    own = results.curves_of(winners["trial_id"]).merge(
        winners[[*SEARCH, "number"]], on=[*SEARCH, "number"]
    )
    own = own[(own["family"] != BASELINE) & (own.groupby(SEARCH)["epoch"].transform("nunique") > 1)]
    names = {"val_loss": "validation", "train_loss": "training"}
    keys = [*SEARCH, "number", "replicate", "epoch"]
    long = own.rename(columns=names).melt(
        keys, list(names.values()), var_name="split", value_name="loss"
    )
    fits = results.folds.merge(own[[*SEARCH, "number"]].drop_duplicates(), on=[*SEARCH, "number"])
    kept = fits.rename(columns={"best_epoch": "epoch", "val_loss": "loss"})[[*keys, "loss"]].assign(
        split="kept"
    )
    points = pd.concat(
        [long.dropna(subset="loss"), kept.dropna(subset="epoch").astype({"epoch": "int64"})],
        ignore_index=True,
    )
    return with_names(points, results.data.models)


def finding(own: pd.DataFrame) -> str:
    """Which epochs were kept, and when training stopped."""
    kept = own.loc[own["split"] == "kept", "epoch"]
    ends = own[own["split"] == "validation"].groupby(["model", "replicate"])["epoch"].max()
    return f"weights are those of epoch {_span(kept)}, training stopped after {_span(ends)}"


def _span(epochs: pd.Series) -> str:
    return " to ".join(dict.fromkeys(human(int(end)) for end in (epochs.min(), epochs.max())))


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target and model: thin lines a member, solid for validation, dashed for
    training.
    """
    figure, parts = titled_panels(frame, 2.2, model_titles(frame))
    for ax, own in parts:
        keys = ["split", "colour", "model", "replicate"]
        for (split, colour, *_), line in own.sort_values("epoch", kind="stable").groupby(keys):
            ax.plot(line["epoch"], line["loss"], **{"color": colour} | LOOKS[split])
        losses = frame.loc[frame["target"] == own["target"].iloc[0], "loss"]
        low, high = losses.min(), losses.max()
        is_log = loss_ticks(ax, losses, 5)
        ax.set_ylim((low / 1.2, high * 1.2) if is_log else (low - 0.05 * (high - low), high))
        ax.set(xlabel="epoch", ylabel=LOSS_NAMES[Kind(own["kind"].iloc[0])])
        ticks(ax.xaxis, 4, integer=True)
        ax.grid(axis="y")
    lines = [Line2D([], [], label=name, **{"color": INK} | own) for name, own in LOOKS.items()]
    figure.legend(handles=lines, loc="outside lower center", ncols=3)
    return figure
