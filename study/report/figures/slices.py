"""Loss against the two hyperparameters that mattered most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.records.results import Results
from study.report.searches import (
    choice_index,
    choices_of,
    drawn_trials,
    is_told,
    of_each,
    of_network,
    reference_of,
    repeated,
    spoken,
    where_best,
    without_params,
)
from study.report.style import BAND, INK, MUTED, Picture, log_axis, look, panels, plain, with_names
from study.report.words import first_of, several

TEXT = """\
### Loss against the two that mattered most

A dot a trial of one model, the network that won most outer folds if there are any. Its validation loss is a share of the
plain regression's in the same outer fold, so that folds, whose losses are of different rows, can stand in one picture. Rings
were given up early, triangles lie above the axis, the large dots are the best of each fold. Dashed lines are the edges of
the space that was searched. In the shaded part lie four fifths of each fold's best tenth, or what most of them chose. The
sampler looks where it found low losses: few dots are no finding.
"""
COLUMNS = ["target", "family", "depth", "outer_fold", "number", "state", "relative", "reference", "incumbent", "name", "place"]
COLUMNS += ["value", "form", "log", "low", "high", "where", "best_low", "best_high", "labels"]
SHOWN = 2
"""Hyperparameters of a target that are drawn."""
OFF = 0.95
"""Share of the trials that set the height of the axis, twice that of the complete ones at most; the rest is at its top."""


def when(results: Results) -> bool:
    """Where importances of some model were measured."""
    return is_told(results) and not of_network(results).empty


def data(results: Results) -> pd.DataFrame:
    """Trials of one model a target by its two leading hyperparameters.

    Returns
    -------
    (n, 22) frame, a row a trial and hyperparameter: target, family, depth, outer_fold, number, state, relative, reference,
    incumbent, name, place (0, 1, ... by target and importance), value (a number, of choices their place), form, log, low, high
    (the edges), where (in which part the best lie, in words), best_low, best_high (that part on the axis), labels (of choices),
    model, colour.
    """
    models = of_network(results)
    if models.empty:
        return pd.DataFrame()
    tried = drawn_trials(results, models)
    parts = []
    for place, row in enumerate(of_each(models.groupby("target", sort=False).head(SHOWN))):
        own = tried[tried["target"] == row.target].reset_index(drop=True)
        own = without_params(own.assign(value=_values(row, own)))
        told: dict[str, Any] = {"name": row.name, "place": place, "form": row.form, "log": row.log, "where": where_best(row)}
        labels = repeated(choices_of(row) if row.form == "choices" else [], len(own))
        parts.append(own.assign(**told, **_edges(row), labels=labels))
    frame = pd.concat(parts, ignore_index=True)[COLUMNS]
    return with_names(frame[frame["value"].notna()], results.data.models).sort_values(
        ["target", "place", "outer_fold", "number"], kind="stable", ignore_index=True
    )


def _values(row: Any, own: pd.DataFrame) -> pd.Series:
    values = own[f"params_{row.name}"]
    if row.form == "choices":
        return choice_index(row, values)
    return values.astype(float).clip(row.low, row.high)


def _edges(row: Any) -> dict[str, float]:
    """Edges of the space and of where the best lie, on the axis."""
    if row.form == "range":
        return {"low": row.low, "high": row.high, "best_low": row.best_low, "best_high": row.best_high}
    place = float(choice_index(row, pd.Series([row.best_choice])).iloc[0])
    last = len(choices_of(row)) - 1
    return {"low": -0.5, "high": last + 0.5, "best_low": place - 0.35, "best_high": place + 0.35}


def finding(frame: pd.DataFrame) -> str:
    """Where the best tenth of the trials lie."""
    told = []
    for target, own in frame.groupby("target", sort=False):
        words = " and ".join(own.drop_duplicates("place")["where"])
        told.append(f"{target}: {words}" if several(frame) else words)
    return f"The best tenth of the trials have {first_of(told)}"


def draw(frame: pd.DataFrame) -> Picture:
    """A row a target, an axes a hyperparameter: a dot a trial, the edges of the space, and where the best lie."""
    parts = [own for _, own in frame.groupby(["target", "place"], sort=False)]
    with look():
        figure, axes = panels(len(parts), 2.6)
        for ax, own in zip(axes, parts, strict=True):
            _slice(ax, own)
            title = plain(own["model"].iloc[0])
            ax.set_title(f"{plain(own['target'].iloc[0])}, {title}" if several(frame) else title)
            ax.set_ylabel(f"loss as a share of\n{reference_of(own)}{', log axis' * (ax.get_yscale() == 'log')}")
    said = "; ".join(f"{own['target'].iloc[0]}, {own['model'].iloc[0]}: {own['where'].iloc[0]}" for own in parts)
    return Picture(figure, f"Loss against hyperparameters, a dot a trial. The best tenth have {said}.", finding(frame))


def _slice(ax: Axes, own: pd.DataFrame) -> None:
    row, complete = own.iloc[0], own.loc[own["state"] == "COMPLETE", "relative"]
    least = float(complete.min())
    high = min(float(own["relative"].quantile(OFF)), least + 2 * (float(complete.quantile(OFF)) - least))
    top = max(high, float(own.loc[own["incumbent"], "relative"].max()))
    own = own.assign(shown=own["relative"].clip(upper=top), off=own["relative"] > top)
    spread = (own["number"] * 0.618 + own["outer_fold"] * 0.37) % 1 - 0.5 if row["form"] == "choices" else 0.0
    own["x"] = own["value"] + 0.5 * spread
    if row["log"]:
        ax.set_xscale("log")
    for edge in (row["low"], row["high"]) if row["form"] == "range" else ():
        ax.axvline(edge, color=MUTED, lw=1, ls=(0, (4, 2)))
    ax.axvspan(row["best_low"], row["best_high"], color=BAND, zorder=0)
    colour, given_up, inside = row["colour"], own["state"] == "PRUNED", ~own["off"]
    for rows, style in (
        (own[given_up & inside], {"marker": "o", "mfc": "none", "mec": MUTED, "ms": 4, "alpha": 0.45}),
        (own[~given_up & inside & ~own["incumbent"]], {"marker": "o", "mfc": colour, "mec": "none", "ms": 3.6, "alpha": 0.5}),
        (own[own["off"]], {"marker": "^", "mfc": "none", "mec": MUTED, "ms": 4}),
        (own[own["incumbent"]], {"marker": "o", "mfc": INK, "mec": "white", "mew": 0.6, "ms": 6}),
    ):
        if len(rows):
            ax.plot(rows["x"], rows["shown"], ls="", clip_on=False, **style)
    if not log_axis(ax, "y", own["shown"], 5):
        ax.yaxis.set_major_locator(MaxNLocator(5))
    if row["form"] == "choices":
        ax.set_xticks(np.arange(len(row["labels"])), [plain(label) for label in row["labels"]])
        ax.set_xlim(row["low"], row["high"])
    else:
        ax.margins(x=0.03)
    ax.set_xlabel(plain(spoken(row["name"])) + (", log axis" if row["log"] else ""))
    ax.grid(axis="y")
