"""Partial dependence of regression, regression with terms and network on the columns in which they differ most."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from study.diagnostics.drawing.palette import CHOOSING
from study.diagnostics.drawing.style import (
    BAND,
    MUTED,
    REGRESSION,
    VIOLET,
    Picture,
    look,
    number,
    panels,
    plain,
    wrapped,
)
from study.diagnostics.drawing.words import first_of, several, short
from study.evidence.wording.amounts import capital
from study.formatting import given, human
from study.records.results import Results
from study.schema import EXTENDED, NETWORK, Kind
from study.schema import REGRESSION as PLAIN

TEXT = """\
### Where do the models differ?

What each model's prediction does as one column changes and all others stay as they are in the test rows (partial dependence),
less its mean. Columns are those in which the regression and a richer model differ most, after what differs between the outer
folds by chance is taken off. Lines are means over the outer folds, bands hold four fifths of the curves of single folds and, of
a network, of its replicates. Grey bars are where the table's rows lie: where there are none, no model was taught anything.
Columns that go together in life are moved alone here, and an interaction that averages out over the rows does not show.
Of many levels the commonest are drawn.
"""
MOST_COLUMNS, MOST_PANELS = 4, 8
"""Columns of a target, of all targets the panels, and"""
MOST_LABEL, FEW_VALUES, MOST_LEVELS = 12, 5, 12
"""letters of a level on an axis; a number of so few values has them on its axis; levels of a column."""
NAMES = {PLAIN: "regression", EXTENDED: "terms", NETWORK: "network"}
COLOURS = {PLAIN: REGRESSION, EXTENDED: VIOLET, NETWORK: CHOOSING}
ROWS = "rows"


def when(results: Results) -> bool:
    """Where models of outer folds were asked."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """Lines of `study.records.results.Results.effects` of the columns that are drawn, by target and rank."""
    frame = results.effects
    targets = max(1, frame["target"].nunique())
    most = max(1, min(MOST_COLUMNS, MOST_PANELS // targets))
    own = frame[frame["rank"] <= most]
    levels = own[(own["sort"] == "category") & (own["procedure"] != ROWS)].sort_values("place", kind="stable")
    kept = levels.drop_duplicates(["target", "column", "level"]).groupby(["target", "column"]).head(MOST_LEVELS)
    keys = ["target", "column", "level"]
    common = own.set_index(keys).index.isin(kept.set_index(keys).index)
    return own[(own["sort"] != "category") | common].reset_index(drop=True)


def finding(frame: pd.DataFrame) -> str:
    """By how much the first column's effects differ, target by target."""
    said = []
    for target, own in frame[frame["rank"] == 1].groupby("target", sort=False):
        first = own.iloc[0]
        models = f"{NAMES[first['base']]} and {NAMES[first['other']]}"
        of = f"on {target} " if several(frame) else ""
        if not first["differ"] > 0:
            said.append(f"{of}no single column sets {NAMES[first['base']]} and a richer model apart beyond chance")
            continue
        stray = "" if pd.isna(first["spread"]) else f", while single fits stray by {human(first['spread'], 2)}"
        unit = f" in the probability of {first['output']}" if first["output"] else ""
        said.append(f"{of}{models} differ most in the effect of {first['column']}, by {human(first['differ'], 2)}{unit}{stray}")
    return capital(first_of(said))


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a column of each target: curves, bands, and the rows as bars at the foot."""
    parts = list(frame.groupby(["target", "rank"], sort=False))
    with look():
        figure, axes = panels(len(parts), 2.9)
        for ax, (_, own) in zip(axes, parts, strict=True):
            _panel(ax, own, several(frame))
        shown = {NAMES[name]: COLOURS[name] for name in COLOURS if name in set(frame["procedure"])}
        lines = [Line2D([], [], color=colour, lw=2.4, label=name) for name, colour in shown.items()]
        figure.legend(handles=lines, loc="outside upper left", ncols=3)
    told = "; ".join(
        f"{own['column'].iloc[0]}: {human(own['differ'].iloc[0], 2)}, single fits stray by {human(own['spread'].iloc[0], 2)}"
        for _, own in parts
    )
    alt = f"Effects of single columns on the predictions. By how much they differ between models, in the order drawn: {told}."
    return Picture(figure, alt, finding(frame))


def _panel(ax: Axes, own: pd.DataFrame, named: bool) -> None:
    lines, rows = own[own["procedure"] != ROWS], own[own["procedure"] == ROWS]
    first = own.iloc[0]
    level = first["sort"] == "category"
    x = "place" if level else "value"
    for procedure, curve in lines.groupby("procedure", sort=False):
        colour, name = COLOURS[str(procedure)], NAMES[str(procedure)]
        if level:
            shift = 0.22 * (list(COLOURS).index(str(procedure)) - 1)
            ax.vlines(curve[x] + shift, curve["low"], curve["high"], color=colour, lw=3, alpha=0.35)
            ax.plot(curve[x] + shift, curve["effect"], "o", color=colour, ms=5, label=name)
        else:
            ax.fill_between(curve[x], curve["low"], curve["high"], color=colour, alpha=0.16, lw=0)
            ax.plot(curve[x], curve["effect"], color=colour, lw=1.9, label=name)
    low, high = (float(end) for end in ax.get_ylim())
    foot = low - 0.22 * (high - low)
    tall = 0.18 * (high - low) / max(float(rows["effect"].max()), 1e-12)
    width = 0.6 if level else (rows["high"] - rows["low"]).where(rows["high"] > rows["low"], 0.02 * _range(rows))
    ax.bar(rows[x], rows["effect"] * tall, width, bottom=foot, color=MUTED, alpha=0.45, lw=0, zorder=1)
    ax.axhline(0, color=BAND, lw=1, zorder=0)
    unit = f"probability of {first['output']}" if first["output"] else {Kind.COUNT: "rate"}.get(first["kind"], "prediction")
    title = f"{first['target']}: {first['column']}" if named else str(first["column"])
    ax.set(title=plain(wrapped(title, 40)), ylabel=plain(f"effect on the {wrapped(unit, 26)}"), ylim=(foot, high))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set_yticks([at for at in ax.get_yticks() if low <= at <= high])
    ax.yaxis.set_major_formatter(FuncFormatter(number))
    if level:
        shown = lines.drop_duplicates("place").sort_values("place", kind="stable")
        names = axis_words(shown["value"], shown["level"], "category")
        few = sum(map(len, names)) < 36
        ax.set_xticks(shown["place"], names, rotation=0 if few else 40, ha="center" if few else "right")
    else:
        few = len(rows) <= FEW_VALUES and bool((rows["low"] == rows["high"]).all())
        ax.xaxis.set_major_locator(FixedLocator(list(rows["value"])) if few else MaxNLocator(5))
        ax.xaxis.set_major_formatter(FuncFormatter(_date if first["sort"] == "date" else number))


def axis_words(values: pd.Series, levels: pd.Series, sort: str) -> list[str]:
    """What stands at the points of a column's axis."""
    if sort == "category":
        return [plain(short(str(level), MOST_LABEL)) for level in levels]
    return [_date(value) if sort == "date" else given(value) for value in values]


def _range(rows: pd.DataFrame) -> float:
    return float(rows["value"].max() - rows["value"].min()) or 1.0


def _date(days: float, _: object = None) -> str:
    return f"{pd.Timestamp(0) + pd.Timedelta(days=round(days)):%b %Y}"
