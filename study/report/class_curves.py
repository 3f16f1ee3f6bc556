"""What the figures of ROC and precision-recall curves have in common: the curves of every class, and their drawing."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from study.digits import human
from study.evidence.sentences import listed
from study.evidence.winners import least, ranks
from study.records.results import Results
from study.report.classes import below, strokes, with_classes
from study.report.model_panels import MOST_PANELS
from study.report.style import MUTED, colours, panels, plain, with_names
from study.report.words import called, short
from study.schema import Kind


def curves(results: Results, curve: str) -> pd.DataFrame:
    """Curves of one sort, of the classes that are hardest to tell, with the names of classes and models."""
    own = results.discrimination[results.discrimination["curve"] == curve].drop(columns="curve")
    return with_names(with_classes(own, results.data, own["area"]), results.data.models)


def class_panels(frame: pd.DataFrame, height_in: float) -> tuple[Figure, list[tuple[Axes, Any, bool]]]:
    """A figure of one axes for all models of a target of two classes, and one for each model of a target of more.

    Each with its rows, and whether its lines are classes. Where these are more than MOST_PANELS, a target of more classes has
    one for its model of the largest mean area.
    """
    parts: list[tuple[str, pd.DataFrame, bool]] = []
    several = len(frame["target"].unique()) > 1
    many = sum(own["model"].nunique() for _, own in frame.groupby("target")) > MOST_PANELS
    for target, own in frame.groupby("target", sort=False):
        if own["kind"].iloc[0] == Kind.BINARY:
            parts.append((f"{target}: {own['name'].iloc[0]}", own, False))
            continue
        models = list(own["model"].unique())
        if many:
            models = least(-own.groupby("model", sort=False)["area"].mean(), 1.0)[:1]
        named = [(f"{target}: {model}" if several else model, own[own["model"] == model], True) for model in models]
        parts += named
    figure, axes = panels(len(parts), height_in)
    found = []
    for ax, (title, own, by_class) in zip(axes, parts, strict=True):
        ax.set_title(plain(title))
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MultipleLocator(0.25))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
        found.append((ax, own, by_class))
    return figure, found


def draw_lines(ax: Axes, own: pd.DataFrame, by_class: bool, drawstyle: str = "default") -> None:
    """A line a class or a model, named with its area; they grow thinner, so that none hides another where they coincide."""
    marks, palette = strokes(own), colours(own)
    lines = list(own.groupby(["model", "name"], sort=False))
    for place, ((model, name), line) in enumerate(lines):
        colour, style = marks[str(name)] if by_class else (palette[str(model)], "-")
        label = f"{plain(short(str(name), 18) if by_class else str(model))}, {area_words(float(line['area'].iloc[0]))}"
        ax.plot(
            line["x"],
            line["y"],
            ls=style,
            color=colour,
            lw=1.4 + 0.8 * (len(lines) - 1 - place),
            label=label,
            drawstyle=drawstyle,
        )


def legend(ax: Axes, own: pd.DataFrame, by_class: bool, what: str) -> None:
    """What the lines are and the number beside their names; of many classes how many are not shown."""
    more = int(own["more"].iloc[0])
    below(ax, f"{what}; {more} more classes are not shown" if by_class and more else what)


def diagonal(ax: Axes) -> None:
    """The line of guessing."""
    ax.plot([0, 1], [0, 1], color=MUTED, lw=0.9, zorder=1)


def area_words(area: float) -> str:
    """An area under a curve to three digits; `over 0.999` where these would be those of a curve without a mistake."""
    return "over 0.999" if 0.9995 <= area < 1 - 1e-12 else human(area)


def areas_in_words(own: pd.DataFrame, area: str) -> list[str]:
    """Of a target of two classes the models' areas from the largest; of more the class that is hardest to tell."""
    each = own.drop_duplicates(["model", "class"]).sort_values("area", key=lambda area: ranks(-area, 1.0), kind="stable")
    nouns = called(own)
    if own["kind"].iloc[0] == Kind.BINARY:
        said = listed([f"{nouns[row['model']]} {area_words(row['area'])}" for row in each.to_dict("records")])
        return [f"{area} for {own['name'].iloc[0]}: {said}"]
    name = least(each.groupby("name", sort=False)["area"].mean(), 1.0)[0]
    hardest = each[each["name"] == name].to_dict("records")
    best, last = hardest[0], hardest[-1]
    ends = f"{area_words(best['area'])} by {nouns[best['model']]} to {area_words(last['area'])} by {nouns[last['model']]}"
    if ranks(pd.Series([last["area"], best["area"]]), 1.0).max() == 1:
        ends = f"{area_words(best['area'])} by {'every model' if len(hardest) > 1 else nouns[best['model']]}"
    return [f"the hardest class to tell from the others is {name}: {area} {ends}"]


def areas_listed(frame: pd.DataFrame) -> str:
    """Every area, for the alternative text."""
    each = frame.drop_duplicates(["target", "model", "class"])
    rows = each.to_dict("records")
    return "; ".join(f"{row['target']}, {row['model']}, {row['name']}: {area_words(row['area'])}" for row in rows)
