"""Figures of the search: the best loss so far, and how the incumbents learned."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from study.evidence.winners import ARM, incumbents
from study.report.style import INK, Picture, colours, listed, look, panels, plain, use_log_axis, with_names
from study.schema import LOSS_NAMES, Kind


def best_so_far_data(trials: pd.DataFrame) -> pd.DataFrame:
    """Least validation loss of the first trials of every arm, by trial number.

    Returns
    -------
    (n_complete, 8) frame: target, kind, family, depth, outer_fold, number, best (in units of the kind's loss), model.
    """
    complete = trials[trials["state"] == "COMPLETE"].sort_values([*ARM, "number"])
    best = complete.groupby(ARM)["val_loss"].cummin()
    return with_names(complete[[*ARM, "number"]].assign(best=best))


def draw_best_so_far(frame: pd.DataFrame) -> Picture:
    """One axes a target, a step line an arm."""
    targets = list(frame["target"].unique())
    with look():
        figure, axes = panels(len(targets), 2.7)
        for ax, target in zip(axes, targets, strict=True):
            own = frame[frame["target"] == target]
            palette = colours(own)
            last = own["number"].max() + 1
            for (model, _), line in own.groupby(["model", "outer_fold"], sort=False):
                x, y = [*(line["number"] + 1), max(last, 2)], [*line["best"], line["best"].iloc[-1]]
                ax.step(x, y, where="post", color=palette[str(model)], lw=1.6, alpha=0.9)
            if use_log_axis(own["best"]):
                ax.set_yscale("log")
                ax.yaxis.set_major_locator(LogLocator(numticks=6))
                ax.yaxis.set_minor_formatter(NullFormatter())
            name = LOSS_NAMES[Kind(own["kind"].iloc[0])]
            ax.set(title=plain(target), xlabel="trials of the arm", ylabel=f"best {name}")
            ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            ax.grid(axis="y")
        lines = [Line2D([], [], color=colour, lw=1.8, label=model) for model, colour in colours(frame).items()]
        figure.legend(handles=lines, handlelength=1.3, loc="outside upper left", ncols=5, columnspacing=1.4)
    final = frame.groupby(["target", "model"], sort=False)["best"].min()
    return Picture(figure, f"Least validation loss so far by trial. Best in the end: {listed(final)}.")


def learning_curves_data(curves: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Losses by epoch of the incumbents of the first outer fold, without the constant and models of one epoch.

    Returns
    -------
    (n_points, 10) frame: target, kind, family, depth, outer_fold, number, replicate, epoch, split (`validation` or
    `training`), loss (in units of the kind's loss), model; epochs after a replicate stopped have no row.
    """
    winners = incumbents(trials)[[*ARM, "number"]]
    own = curves.merge(winners[winners["outer_fold"] == winners["outer_fold"].min()], on=[*ARM, "number"])
    own = own[(own["family"] != "constant") & (own.groupby(ARM)["epoch"].transform("nunique") > 1)]
    names = {"val_loss": "validation", "train_loss": "training"}
    keys = [*ARM, "number", "replicate", "epoch"]
    long = own.rename(columns=names).melt(keys, list(names.values()), var_name="split", value_name="loss")
    return with_names(long.dropna(subset="loss"))


def draw_learning_curves(frame: pd.DataFrame) -> Picture:
    """One axes a target and model: thin lines a replicate, solid for validation, dashed for training."""
    shown = frame[["target", "model"]].drop_duplicates().sort_values("target", kind="stable")
    with look():
        widest = int(shown.groupby("target").size().max()) if len(shown) else 1
        figure, axes = panels(len(shown), 1.95, columns=widest if widest <= 4 else 3)
        for ax, (target, model) in zip(axes, shown.itertuples(index=False), strict=True):
            of_target = frame[frame["target"] == target]
            own = of_target[of_target["model"] == model]
            colour = colours(own)[model]
            for (split, _), line in own.sort_values("epoch").groupby(["split", "replicate"]):
                is_validation = split == "validation"
                ax.plot(
                    line["epoch"], line["loss"], color=colour if is_validation else INK, lw=0.9,
                    alpha=0.75 if is_validation else 0.35, ls="-" if is_validation else (0, (3, 2)),
                )  # fmt: skip
            if use_log_axis(of_target["loss"]):
                ax.set_yscale("log")
                ax.yaxis.set_major_locator(LogLocator(numticks=5))
                ax.yaxis.set_minor_formatter(NullFormatter())
            else:
                ax.yaxis.set_major_locator(MaxNLocator(4))
            low, high = of_target["loss"].min(), of_target["loss"].max()
            ax.set_ylim((low / 1.2, high * 1.2) if ax.get_yscale() == "log" else (low - 0.05 * (high - low), high))
            ax.set(xlabel="epoch" if own["depth"].iloc[0] else "iteration", ylabel=LOSS_NAMES[Kind(own["kind"].iloc[0])])
            ax.set_title(f"{plain(target)}\n{model}", fontsize=9)
            ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            ax.grid(axis="y")
        lines = [
            Line2D([], [], color=INK, lw=1.2, label="validation"),
            Line2D([], [], color=INK, lw=1.2, ls=(0, (3, 2)), alpha=0.6, label="training"),
        ]
        figure.legend(handles=lines, loc="outside upper right", ncols=2)
    said = ", ".join(f"{model} on {target}" for target, model in shown.itertuples(index=False))
    return Picture(figure, f"Training and validation loss by epoch, a line a replicate: {said}.")
