"""Which columns explain what the models leave."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from study.digits import human
from study.evidence.checks.rows import PREDICTION
from study.evidence.sentences import listed
from study.records.results import Results
from study.report.model_panels import model_legend
from study.report.style import MUTED, Picture, colours, look, panels, per_cent, plain, with_names
from study.report.words import called, each_target, most_off, points, share, short, span, verb
from study.schema import Kind

MOST_PANELS = 16
"""Columns that are shown of all targets."""

EPOCH = pd.Timestamp("1970-01-01")
TEXT = """\
### Which columns explain what is left?

Mean residuals, observed less predicted, by the columns that explain most of them: a model that has found all that a column says
lies on the grey line. Columns are searched one by one on half of the test rows, and what is drawn is the other half; a column
*holds* for a model if what it explains on the first half corrects its predictions on the second. Models for which it does not
are drawn faint. Intervals hold together for all dots of a target. Of a target for which no column holds, the one that seemed to
explain most is drawn. Residuals of two classes are 1 or 0 less the probability.
"""


def when(results: Results) -> bool:
    """Where residuals of some target were looked at by columns."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """Mean residuals in bins of the columns that explain most of them (`study.evidence.checks.columns.by_column`).

    Returns
    -------
    (n_bins, 19) frame: target, kind, family, depth, column, unit, category, bin, start, end, x, mean, low, high, n_rows,
    explained, holds, model, colour; of MOST_PANELS columns at most, each target's first ones.
    """
    own = results.residuals[results.residuals["column"] != PREDICTION]
    places = own[["target", "column"]].drop_duplicates()
    first = places[places.groupby("target").cumcount() < max(MOST_PANELS // max(places["target"].nunique(), 1), 1)]
    kept = own.merge(first.head(MOST_PANELS), on=["target", "column"])
    return with_names(kept.drop(columns=["q10", "q90", "n_groups"]), results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Of each target, the columns that hold, and where the model that one explains most of is furthest off."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    holding = own[own["holds"]]
    if holding.empty:
        return ["no column alone surely explains what the models leave"]
    best = dict(holding.sort_values("explained", kind="stable").iloc[-1])
    nouns = called(own)
    noun = nouns[best["model"]]
    said = f"the column {best['column']} explains {share(best['explained'])} of what {noun} {verb(noun, 'leaves', 'leave')}"
    bins = holding[(holding["column"] == best["column"]) & (holding["model"] == best["model"])]
    sure = bins[(bins["low"] > 0) | (bins["high"] < 0)]
    if len(sure):
        worst = most_off(sure, sure["mean"])
        said += f": where it is {_where(worst, bins)}, predictions are too {'low' if worst['mean'] > 0 else 'high'} by "
        said += _amount(worst) + " on average"
    others = [column for column in dict.fromkeys(holding["column"]) if column != best["column"]]
    clauses = [said, *([f"{listed(others)} {'explain' if len(others) > 1 else 'explains'} some too"] if others else [])]
    free = [name for model, name in nouns.items() if model not in set(holding["model"])]
    leave = "leave" if len(free) > 1 else verb(free[0], "leaves", "leave") if free else ""
    return [*clauses, *([f"no column alone surely explains what {listed(free)} {leave}"] if free else [])]


def _where(worst: dict[str, Any], bins: pd.DataFrame) -> str:
    if worst["category"]:
        return str(worst["category"])
    start, end = (_cell(worst[side], worst["unit"]) for side in ("start", "end"))
    if start == end:
        return start
    return span(start, end, int(worst["bin"]), int(bins.loc[bins["category"] == "", "bin"].max()))


def _amount(worst: dict[str, Any]) -> str:
    if worst["kind"] == Kind.BINARY:
        return points(abs(worst["mean"]))
    return human(abs(worst["mean"]), 2)


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and column: mean residual and interval of every bin, a line a model."""
    places = frame[["target", "column"]].drop_duplicates()
    several = len(places["target"].unique()) > 1
    with look():
        figure, axes = panels(len(places), 2.9)
        for ax, (target, column) in zip(axes, places.itertuples(index=False), strict=True):
            own = frame[(frame["target"] == target) & (frame["column"] == column)]
            ax.axhline(0, color=MUTED, lw=0.9, zorder=1)
            _lines(ax, own)
            ax.set_title(plain(f"{target}: {column}" if several else column))
            binary = own["kind"].iloc[0] == Kind.BINARY
            ax.set(xlabel=plain(column), ylabel="observed share less probability" if binary else "observed less predicted")
            ax.yaxis.set_major_locator(MaxNLocator(5))
            if binary:
                ax.yaxis.set_major_formatter(per_cent)
        model_legend(figure, frame)
    best = frame.drop_duplicates(["target", "column", "model"])
    said = "; ".join(
        f"{row['target']}, {row['column']}, {row['model']}: {share(max(row['explained'], 0.0))}"
        f"{'' if row['holds'] else ' (does not hold)'}"
        for row in best.to_dict("records")
    )
    return Picture(figure, f"Mean residual by column. Share of the residuals that it explains: {said}.", finding(frame))


def _lines(ax: Axes, own: pd.DataFrame) -> None:
    """The models' lines beside each other: along the numbers, then empty cells; of categories one place each."""
    palette, numbers = colours(own), own[own["category"] == ""]
    low, high = (float(numbers["x"].min()), float(numbers["x"].max())) if len(numbers) else (0.0, 0.0)
    step = ((high - low) or 1.0) / 6 if len(numbers) else 1.0
    named = own[own["category"] != ""].drop_duplicates("bin").sort_values("bin", kind="stable")
    places = {int(b): (high + step if len(numbers) else float(k)) for k, b in enumerate(named["bin"])}
    for k, (model, colour) in enumerate(palette.items()):
        bins = own[own["model"] == model].sort_values("bin", kind="stable")
        x = bins["x"].fillna(bins["bin"].map(places)).astype(float) + (k - (len(palette) - 1) / 2) * step * 0.1
        faint = 1.0 if bool(bins["holds"].any()) or not bool(own["holds"].any()) else 0.4
        ax.vlines(x, bins["low"], bins["high"], color=colour, lw=1.3, alpha=0.55 * faint)
        line = bins["category"] == ""
        ax.plot(x[line], bins["mean"][line], "o-", color=colour, ms=4, lw=1.1, alpha=faint)
        ax.plot(x[~line], bins["mean"][~line], "o", color=colour, ms=4, alpha=faint)
    ticks = _ticks(numbers) if len(numbers) else {}
    ticks |= {places[int(b)]: plain(short(str(c), 14)) for b, c in zip(named["bin"], named["category"], strict=True)}
    turned = not len(numbers) and max(map(len, ticks.values())) * len(ticks) > 30
    ax.set_xticks(list(ticks), list(ticks.values()))
    if turned:
        ax.tick_params("x", rotation=25)


def _ticks(numbers: pd.DataFrame) -> dict[float, str]:
    """Round numbers along an axis, first days of years, or the few values that there are."""
    unit, low, high = numbers["unit"].iloc[0], float(numbers["x"].min()), float(numbers["x"].max())
    if (numbers["start"] == numbers["end"]).all():
        return {float(x): _cell(float(x), unit) for x in sorted(numbers["x"].unique())}
    if unit == "day" and high - low > 3 * 366:
        first, last = (EPOCH + pd.to_timedelta([low, high], unit="D")).year
        years = range(first + 1, last + 1, -(-(last - first) // 4))
        return {float((pd.Timestamp(year, 1, 1) - EPOCH).days): str(year) for year in years}
    places = MaxNLocator(2 if unit == "day" else 5).tick_values(low, high)
    return {float(place): _cell(float(place), unit) for place in places if low <= place <= high}


def _cell(value: float, unit: str) -> str:
    """A number, or the date that it is."""
    return str((EPOCH + pd.Timedelta(days=round(value))).date()) if unit == "day" else human(value)
