"""Loss against what a trial costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from study.digits import given, human
from study.evidence.winners import ARM
from study.records.results import Results
from study.report.searches import MOST_DRAWN, is_told, reference_of
from study.report.style import INK, Picture, colours, log_axis, look, panels, plain, with_names
from study.report.words import first_of, several
from study.schema import ALL_ROWS, CONSTANT

TEXT = """\
### What does a lower loss cost?

A dot a complete trial: its validation loss as a share of the plain regression's in the same outer fold, against the seconds
that all its replicates took and against the parameters of one model. Large dots are the best of each outer fold; those above
the axis stand at its top, and the constant is left out. The line is the front: the least loss that half of the searches
reach for so much or less. The trials were chosen by these losses, so that the lowest flatter; test losses are in the
comparison above.
"""
COLUMNS = ["target", "family", "depth", "what", "cost", "at", "relative", "outer_fold"]
AXES = {"seconds": "seconds a trial", "n_parameters": "parameters"}
OFF = 0.95
"""Share of the trials that set the height of the axis; higher ones are drawn at its top."""


def when(results: Results) -> bool:
    """Where there is more than one model on the front or behind it."""
    if not is_told(results) or results.fronts.empty:
        return False
    tried = results.searched
    return len(tried.loc[tried["family"] != CONSTANT, ["family", "depth"]].drop_duplicates()) > 1


def data(results: Results) -> pd.DataFrame:
    """Complete trials and the front.

    Returns
    -------
    (n, 11) frame, a row a trial and cost and a row a corner of the front: target, family, depth, what (`trial`, `incumbent` or
    `front`), cost (`seconds` or `n_parameters`), at (seconds, parameters), relative, reference, outer_fold, model, colour. The
    front has no family and no fold. Trials are thinned to MOST_DRAWN a target, incumbents are not.
    """
    tried = results.searched
    own = tried[(tried["state"] == "COMPLETE") & (tried["family"] != CONSTANT) & tried["relative"].notna()]
    best = own.sort_values(["relative", "number"]).drop_duplicates(ARM).index
    some = [
        rows.index[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_DRAWN)).astype(int))]
        for _, rows in own.groupby("target")
    ]
    kept = own.loc[best.union(pd.Index(np.concatenate(some)))].assign(what="trial")
    kept["what"] = kept["what"].mask(kept.index.isin(best), "incumbent")
    long = [kept.assign(cost=cost, at=kept[cost])[[*COLUMNS, "reference"]] for cost in AXES]
    reference = own.drop_duplicates("target").set_index("target")["reference"]
    front = results.fronts.assign(what="front", outer_fold=ALL_ROWS, model="", colour=INK)
    front["reference"] = front["target"].map(reference)
    trials = pd.concat(long)
    return pd.concat([with_names(trials[trials["at"].notna()], results.data.models), front], ignore_index=True)


def finding(frame: pd.DataFrame) -> str:
    """The two ends of the front: the least loss and its parameters, and the fewest parameters and their loss."""
    front = frame[(frame["what"] == "front") & (frame["cost"] == "n_parameters")]
    told = []
    for target, own in front.groupby("target", sort=False):
        own = own.sort_values("at", kind="stable")
        first, last = own.iloc[0], own.iloc[-1]
        where = f"on {target} " if several(front) else ""
        if len(own) == 1:
            told.append(f"{where}nothing has less validation loss than the fewest parameters, {human(int(first['at']))}")
            continue
        told.append(
            f"{where}the least validation loss is {human(last['relative'])} of {reference_of(own)} and takes "
            f"{human(int(last['at']))} parameters, with {human(int(first['at']))} it is {human(first['relative'])}"
        )
    words = first_of(told)
    return words[0].upper() + words[1:]


def draw(frame: pd.DataFrame) -> Picture:
    """A row a target: seconds on the left, parameters on the right; a legend line of its own."""
    targets = list(dict.fromkeys(frame["target"]))
    places = [(target, cost) for target in targets for cost in AXES]
    with look():
        figure, axes = panels(len(places), 2.7)
        for ax, (target, cost) in zip(axes, places, strict=True):
            own = frame[(frame["target"] == target) & (frame["cost"] == cost)]
            _cloud(ax, own)
            ax.set_xlabel(f"{AXES[cost]}, log axis")
            ax.set_ylabel(f"validation loss as a share of\n{reference_of(own)}{', log axis' * (ax.get_yscale() == 'log')}")
            ax.set_title(plain(target))
        named = colours(frame[frame["what"] != "front"]).items()
        lines = [Line2D([], [], color=colour, ls="", marker="o", ms=5, label=model) for model, colour in named]
        lines += [Line2D([], [], color=INK, lw=1.6, label="front")]
        figure.legend(handles=lines, handlelength=1.2, loc="outside upper left", ncols=3, columnspacing=1.4)
    corners = frame[frame["what"] == "front"].sort_values(["cost", "at"])
    said = "; ".join(
        f"{target}, {AXES[str(cost)]}: "
        + ", ".join(f"{human(corner.relative)} for {human(corner.at)}" for corner in _few(own).itertuples())
        for (target, cost), own in corners.groupby(["target", "cost"], sort=False)
    )
    return Picture(figure, f"Loss against cost with the front of both. {said}.", finding(frame))


def _few(own: pd.DataFrame) -> pd.DataFrame:
    """At most three corners of a front: its ends and its middle."""
    return own.iloc[sorted({0, len(own) // 2, len(own) - 1})]


def _cloud(ax: Axes, own: pd.DataFrame) -> None:
    trials, front = own[own["what"] != "front"], own[own["what"] == "front"].sort_values("at", kind="stable")
    best = trials[trials["what"] == "incumbent"]
    top = max(float(trials["relative"].quantile(OFF)), float(best["relative"].max()))
    trials = trials.assign(shown=trials["relative"].clip(upper=top))
    for model, rows in trials.groupby("model", sort=False):
        dots, large = (rows[rows["what"] == what] for what in ("trial", "incumbent"))
        colour = colours(own)[str(model)]
        ax.plot(dots["at"], dots["shown"], ls="", marker="o", ms=2.6, mfc=colour, mec="none", alpha=0.35, rasterized=True)
        ax.plot(large["at"], large["shown"], ls="", marker="o", ms=5.5, mfc=colour, mec="white", mew=0.5, zorder=3)
    end = float(trials["at"].max())
    ax.step([*front["at"], end], [*front["relative"], front["relative"].iloc[-1]], where="post", color=INK, lw=1.6, zorder=4)
    ax.set_xscale("log")
    narrow = float(trials["at"].max()) < 30 * float(trials["at"].min())
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda at, _: given(at)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    if not log_axis(ax, "y", trials["shown"], 5):
        ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.grid(axis="y")
