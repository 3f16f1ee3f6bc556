"""Losses of the networks' incumbents by epoch."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study.digits import human
from study.evidence.winners import ARM, incumbents
from study.records.results import Results
from study.report.style import INK, Picture, colours, log_axis, look, panels, plain, with_names
from study.schema import CONSTANT, LOSS_NAMES, Kind

TEXT = """\
### How the networks learned

A line a replicate{fold}: coloured is validation, dashed is training. A dot marks the epoch whose weights the replicate kept,
that of its least validation loss; its line ends where training stopped. Validation rising while training falls is
overfitting.
"""


def when(results: Results) -> bool:
    """Where losses were kept by epoch."""
    return not results.curves_of(incumbents(results.trials)["trial_id"]).empty


def data(results: Results) -> pd.DataFrame:
    """Losses by epoch of the incumbents of the first outer fold, without the constant and models of one epoch.

    Returns
    -------
    (n_points, 12) frame: target, kind, family, depth, outer_fold, number, replicate, epoch, split (`validation`, `training`, or
    `kept`: the epoch whose weights were kept), loss (in units of the kind's loss), model, colour; epochs after a replicate
    stopped have no row.
    """
    winners = incumbents(results.trials)
    winners = winners[winners["outer_fold"] == winners["outer_fold"].min()]
    own = results.curves_of(winners["trial_id"]).merge(winners[[*ARM, "number"]], on=[*ARM, "number"])
    own = own[(own["family"] != CONSTANT) & (own.groupby(ARM)["epoch"].transform("nunique") > 1)]
    names = {"val_loss": "validation", "train_loss": "training"}
    keys = [*ARM, "number", "replicate", "epoch"]
    long = own.rename(columns=names).melt(keys, list(names.values()), var_name="split", value_name="loss")
    fits = results.folds.merge(own[[*ARM, "number"]].drop_duplicates(), on=[*ARM, "number"])
    kept = fits.rename(columns={"best_epoch": "epoch", "val_loss": "loss"})[[*keys, "loss"]].assign(split="kept")
    points = pd.concat([long.dropna(subset="loss"), kept.dropna(subset="epoch").astype({"epoch": "int64"})], ignore_index=True)
    return with_names(points, results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Which epochs were kept, and when training stopped."""
    kept, lines = frame[frame["split"] == "kept"], frame[frame["split"] == "validation"]
    ends = lines.groupby(["target", "model", "replicate"])["epoch"].max()
    if kept.empty:
        return ""
    return f"The weights kept are those of epoch {_span(kept['epoch'])}; training stopped after {_span(ends)}"


def _span(epochs: pd.Series) -> str:
    low, high = human(int(epochs.min())), human(int(epochs.max()))
    return low if low == high else f"{low} to {high}"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: thin lines a replicate, solid for validation, dashed for training."""
    shown = frame[["target", "model"]].drop_duplicates().sort_values("target", kind="stable")
    with look():
        widest = int(shown.groupby("target").size().max()) if len(shown) else 1
        figure, axes = panels(len(shown), 2.2, columns=widest if widest <= 4 else 3)
        for ax, (target, model) in zip(axes, shown.itertuples(index=False), strict=True):
            of_target = frame[frame["target"] == target]
            own = of_target[of_target["model"] == model]
            colour = colours(own)[model]
            kept = own[own["split"] == "kept"]
            lines = own[own["split"] != "kept"].sort_values("epoch", kind="stable")
            for (split, _), line in lines.groupby(["split", "replicate"]):
                is_validation = split == "validation"
                ax.plot(
                    line["epoch"], line["loss"], color=colour if is_validation else INK, lw=0.9,
                    alpha=0.75 if is_validation else 0.35, ls="-" if is_validation else (0, (3, 2)),
                )  # fmt: skip
            ax.plot(kept["epoch"], kept["loss"], ls="", marker="o", ms=4.5, mfc=colour, mec="white", mew=0.7, zorder=3)
            low, high = of_target["loss"].min(), of_target["loss"].max()
            if log_axis(ax, "y", of_target["loss"], ticks=5):
                ax.set_ylim(low / 1.2, high * 1.2)
            else:
                ax.yaxis.set_major_locator(MaxNLocator(4))
                ax.set_ylim(low - 0.05 * (high - low), high)
            ax.set(xlabel="epoch", ylabel=LOSS_NAMES[Kind(own["kind"].iloc[0])])
            ax.set_title(f"{plain(target)}\n{model}", fontsize=9)
            ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            ax.grid(axis="y")
        lines = [
            Line2D([], [], color=INK, lw=1.2, label="validation"),
            Line2D([], [], color=INK, lw=1.2, ls=(0, (3, 2)), alpha=0.6, label="training"),
            Line2D([], [], color=INK, ls="", marker="o", ms=4.5, label="weights kept"),
        ]
        figure.legend(handles=lines, loc="outside upper right", ncols=3)
    said = ", ".join(f"{model} on {target}" for target, model in shown.itertuples(index=False))
    words = f"Training and validation loss by epoch, a line a replicate: {said}."
    return Picture(figure, f"{words} {finding(frame)}." if len(frame) else words, finding(frame))
