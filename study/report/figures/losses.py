"""Figures of losses: validation loss of every replicate, test loss, and the gain over the regression."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from study.evidence.compare import pairwise
from study.evidence.scores import ARM, incumbents, test_scores
from study.evidence.sentences import percent
from study.report.style import BAND, INK, MUTED, Picture, colours, human, listed, look, panels, plain, use_log_axis, with_names
from study.schema import LOSS_NAMES, REGRESSIONS, Kind


def loss_by_family_data(folds: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Validation loss of every replicate of every arm's incumbent.

    Returns
    -------
    (n_arms * n_replicates, 9) frame: target, kind, family, depth, outer_fold, number, replicate, val_loss (in units of the
    kind's loss), model (name for people), from the constant to the deepest network.
    """
    winners = incumbents(trials)[[*ARM, "number"]]
    return with_names(folds.merge(winners, on=[*ARM, "number"])[[*ARM, "number", "replicate", "val_loss"]])


def draw_loss_by_family(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a replicate, a black bar at their mean."""
    targets = list(frame["target"].unique())
    rows = max((frame.loc[frame["target"] == target, "model"].nunique() for target in targets), default=1)
    with look():
        figure, axes = panels(len(targets), 0.95 + 0.38 * rows)
        for ax, target in zip(axes, targets, strict=True):
            own = frame[frame["target"] == target]
            palette = colours(own)
            sns.stripplot(
                own, x="val_loss", y="model", hue="model", palette=palette, order=list(palette), ax=ax, size=5, alpha=0.6,
                jitter=0.18, linewidth=0, legend=False,
            )  # fmt: skip
            means = own.groupby("model", sort=False)["val_loss"].mean()
            ax.plot(means.to_numpy(), list(means.index), linestyle="", marker="|", ms=17, mew=2, color=INK, zorder=5)
            _loss_axis(ax, own, target, "validation", own["val_loss"])
    means = frame.groupby(["target", "model"], sort=False)["val_loss"].mean()
    return Picture(figure, f"Validation loss of every replicate. Means: {listed(means)}.")


def test_loss_data(predictions: pd.DataFrame) -> pd.DataFrame:
    """Test loss of every model with its 95 % interval over rows, as `test_scores` gives it for the default candidate.

    Returns
    -------
    (n_models, 8) frame: target, kind, family, depth, test_loss, low, high, model.
    """
    scores = test_scores(predictions)
    wanted = scores["candidate"].eq("ensemble") == (scores["depth"] > 0)
    present = wanted.groupby([scores[column] for column in ARM[:-1]]).transform("any")
    return with_names(scores.loc[wanted | ~present, [*ARM[:-1], "test_loss", "low", "high"]])


def draw_test_loss(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a model with its interval, and the number beside it."""
    targets = list(frame["target"].unique())
    rows = max((frame.loc[frame["target"] == target, "model"].nunique() for target in targets), default=1)
    with look():
        figure, axes = panels(len(targets), 0.95 + 0.38 * rows)
        for ax, target in zip(axes, targets, strict=True):
            own = frame[frame["target"] == target]
            palette = colours(own)
            floor = own["test_loss"].min() / 2 if use_log_axis(own["test_loss"]) else own["low"].min()
            for row in own.itertuples():
                ax.plot([max(row.low, floor), row.high], [row.model, row.model], color=palette[row.model], lw=2.4, alpha=0.55)
                ax.plot(row.test_loss, row.model, "o", color=palette[row.model], ms=6.5)
                ax.annotate(
                    human(row.test_loss), (1, row.model), xycoords=("axes fraction", "data"), xytext=(4, 0),
                    textcoords="offset points", va="center", fontsize=8, color=MUTED,
                )  # fmt: skip
            ax.invert_yaxis()
            _loss_axis(ax, own, target, "test", own["test_loss"])
    losses = frame.set_index(["target", "model"])["test_loss"]
    return Picture(figure, f"Test loss of every model with its 95 % interval: {listed(losses)}.")


def gains_data(predictions: pd.DataFrame, margin: float, folds: int) -> pd.DataFrame:
    """Gain of every network over the regression of its target, from `pairwise`.

    Returns
    -------
    (n_networks, 9) frame: target, kind, family, depth, improvement, low, high (shares of the regression's loss), margin,
    model; no row where the regression has no loss to gain on.
    """
    columns = ["target", "kind", "other", "other_depth", "improvement", "low", "high"]
    pairs = pairwise(predictions, margin, folds).reindex(columns=["base", *columns])
    base = [REGRESSIONS[Kind(kind)] for kind in pairs["kind"]]
    gains = pairs.loc[(pairs["base"] == base) & (pairs["other_depth"] > 0), columns].dropna(subset="improvement")
    return with_names(gains.rename(columns={"other": "family", "other_depth": "depth"}).assign(margin=margin))


def draw_gains(frame: pd.DataFrame) -> Picture:
    """One axes a target: the gain of each network with its interval, the margin dashed; left of 0 the regression is better.

    An axis never runs further than 100 % to the left, where an arrow says that there is more.
    """
    targets = list(frame["target"].unique())
    rows = max((frame.loc[frame["target"] == target, "model"].nunique() for target in targets), default=1)
    with look():
        figure, axes = panels(len(targets), 1.0 + 0.38 * rows)
        for ax, target in zip(axes, targets, strict=True):
            own = frame[frame["target"] == target]
            palette, margin = colours(own), float(frame["margin"].iloc[0])
            left, right = max(own["low"].min(), -1), max(own["high"].max(), 2 * margin)
            left, right = min(left, -2 * margin), min(right, 1)
            ax.axvspan(-margin, margin, color=BAND, zorder=0)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
            ax.axvline(margin, color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
            for row in own.itertuples():
                ends = [max(row.low, left), max(row.high, left)]
                ax.plot(ends, [row.model, row.model], color=palette[row.model], lw=2.4, alpha=0.55)
                shape = "o" if row.improvement >= left else "<"
                ax.plot(max(row.improvement, left), row.model, shape, color=palette[row.model], ms=6.5, clip_on=False)
                ax.annotate(
                    f"{percent(row.improvement)} %", (1, row.model), xycoords=("axes fraction", "data"), xytext=(4, 0),
                    textcoords="offset points", va="center", fontsize=8, color=MUTED,
                )  # fmt: skip
            pad = 0.04 * (right - left)
            ax.set(xlim=(left - pad, right + pad), title=plain(target), xlabel="gain over the regression", ylabel="")
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.6g} %".replace("-", "\N{MINUS SIGN}")))
            ax.grid(axis="x")
            ax.margins(y=0.22)
            ax.invert_yaxis()
    shares = frame.set_index(["target", "model"])["improvement"].map(lambda share: f"{percent(share)} %")
    return Picture(figure, f"Gain of each network over the regression with its 95 % interval. {listed(shares)}.")


def _loss_axis(ax: Axes, own: pd.DataFrame, target: str, split: str, losses: pd.Series) -> None:
    name = LOSS_NAMES[Kind(own["kind"].iloc[0])]
    is_log = use_log_axis(losses)
    if is_log:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(numticks=6))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.set(title=plain(target), xlabel=f"{split} {name}{', log axis' if is_log else ''}", ylabel="")
    ax.grid(axis="x")
    ax.margins(y=0.12)
