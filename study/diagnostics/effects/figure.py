"""Partial dependence of regression, regression + terms and network on the columns in which they
differ most.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import model_titles, procedure_legend
from study.diagnostics.drawing.palette import BAND, MUTED
from study.diagnostics.drawing.style import HUES, number, plain, ticks, titled_panels, wrapped
from study.diagnostics.drawing.words import SHORT_NAMES, short
from study.formatting import are_years, human, year
from study.records.results import Results
from study.schema import Kind

WHEN = "Where models of outer folds were asked."
TEXT = """\
### Where do the models differ?

Mean prediction as one column changes (partial dependence); bands hold 80% of folds, grey marks show where rows lie.
"""
MOST_COLUMNS, MOST_PANELS = 4, 8
"""Columns of a target, of all targets the panels, and"""
MOST_LABEL, MOST_LEVELS = 12, 12
"""letters of a level on an axis; levels of a column."""


def data(results: Results) -> pd.DataFrame:
    """Lines of `study.records.results.Results.effects` of the columns that are drawn, by target and
    rank.
    """
    frame = results.effects
    targets = max(1, frame["target"].nunique())
    most = max(1, min(MOST_COLUMNS, MOST_PANELS // targets))
    is_drawn = (
        (frame["rank"] <= most) & frame["procedure"].isin(HUES) & (frame["place"] < MOST_LEVELS)
    )
    return frame[is_drawn].reset_index(drop=True)


def finding(own: pd.DataFrame) -> str:
    """By how much the first column's effects differ."""
    first = own.iloc[0]
    base = SHORT_NAMES[first["base"]]
    other = SHORT_NAMES[first["other"]]
    if not first["differ"] > 0:
        curves = own.pivot_table("effect", ["column", "place"], "procedure")
        gap = (curves[first["other"]] - curves[first["base"]]).abs()
        return f"largest gap between {base} and {other}: {human(gap.max(), 2)} ({gap.idxmax()[0]}), within the spread of folds"
    unit = f" in the probability of {first['output']}" if first["output"] else ""
    return (
        f"{base} and {other} differ most in {first['column']}: by {human(first['differ'], 2)}{unit}"
    )


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a column of each target: curves, bands, and how the rows lie as marks at the foot."""
    figure, parts = titled_panels(frame, 2.9, model_titles(frame.assign(model=frame["column"])))
    for ax, own in parts:
        _panel(ax, own)
    procedure_legend(figure, frame)
    return figure


def _panel(ax: Axes, own: pd.DataFrame) -> None:
    first = own.iloc[0]
    points = own.drop_duplicates("place").sort_values("place", kind="stable")
    level = first["sort"] == "category"
    x = "place" if level else "value"
    for procedure, curve in own.groupby("procedure", sort=False):
        colour = HUES[str(procedure)]
        if level:
            shift = 0.22 * (list(HUES).index(str(procedure)) - 1)
            ax.vlines(curve[x] + shift, curve["low"], curve["high"], color=colour, lw=3, alpha=0.35)
            ax.plot(curve[x] + shift, curve["effect"], "o", color=colour, ms=5)
        else:
            ax.fill_between(curve[x], curve["low"], curve["high"], color=colour, alpha=0.16, lw=0)
            ax.plot(curve[x], curve["effect"], color=colour, lw=1.9)
    low, high = (float(end) for end in ax.get_ylim())
    foot = low - 0.22 * (high - low)
    tall = 0.18 * (high - low) / max(float(points["share"].max()), 1e-12)
    ax.vlines(
        points[x], foot, foot + points["share"] * tall, color=MUTED, lw=4, alpha=0.45, zorder=1
    )
    ax.axhline(0, color=BAND, lw=1, zorder=0)
    unit = (
        f"probability of {first['output']}"
        if first["output"]
        else {Kind.COUNT: "rate"}.get(first["kind"], "prediction")
    )
    ax.set(ylabel=plain(f"effect on the {wrapped(unit, 26)}"), ylim=(foot, high))
    ticks(ax.yaxis, 5, number)
    ax.set_yticks([at for at in ax.get_yticks() if low <= at <= high])
    if level:
        names = [plain(short(str(name), MOST_LABEL)) for name in points["level"]]
        few = sum(map(len, names)) < 36
        ax.set_xticks(
            points["place"], names, rotation=0 if few else 40, ha="center" if few else "right"
        )
    else:
        plain_number = year if are_years(points[x], str(first["column"])) else number
        ticks(ax.xaxis, 5, _date if first["sort"] == "date" else plain_number)


def _date(days: float, _: object = None) -> str:
    return f"{pd.Timestamp(0) + pd.Timedelta(days=round(days)):%b %Y}"
