"""The two columns that act together most: the surface of each model."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba

from study.digits import given, human
from study.evidence.sentences import capital
from study.records.results import Results
from study.report.figures.effects import NAMES, axis_words
from study.report.style import INK, NETWORKS, REGRESSION, Picture, look, panels, plain, wrapped
from study.report.words import first_of, several
from study.schema import EXTENDED, NETWORK

TEXT = """\
### Which columns act together?

What the prediction does as two columns change at once, less its mean: of the pairs among the leading columns, the one in which
the interactions of the richest model differ most from those of the regression. Blue is below the mean, orange above;
cells are equally wide whatever they span, and those in which no row of the table lies are left empty. Where nothing acts
together, all rows of a surface show the same steps from left to right.
"""
MOST_TARGETS = 4
CLEAR = 0.72
"""How opaque the strongest colour is: what lies in the middle is the paper, whose colour is not the same in the dark."""
_STOPS = [(0, REGRESSION, CLEAR), (0.5, REGRESSION, 0), (0.5, NETWORKS[1], 0), (1, NETWORKS[1], CLEAR)]
BLUE_ORANGE = LinearSegmentedColormap.from_list("blue-orange", [(at, to_rgba(hue, clear)) for at, hue, clear in _STOPS])


def when(results: Results) -> bool:
    """Where some pair of columns was asked about."""
    return results.concluded and results.paths.surfaces.exists() and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """Cells of the strongest pair of each of the first targets, of `study.records.results.Results.surfaces`."""
    frame = results.surfaces
    frame = frame[frame["rank"] == 1]
    return frame[frame["target"].isin(frame["target"].unique()[:MOST_TARGETS])].reset_index(drop=True)


def finding(frame: pd.DataFrame) -> str:
    """Which columns act together, and how much of the surface that is."""
    said = []
    for target, own in frame.groupby("target", sort=False):
        first = own.iloc[0]
        pair, of = f"{first['column']} and {first['other_column']}", f"on {target} " if several(frame) else ""
        model = {NETWORK: "network", EXTENDED: "regression with terms"}[first["other"]]
        plainer = "regression with terms" if first["base"] == EXTENDED else "regression"
        if not first["differ"] > 0:
            said.append(
                f"{of}no two of the leading columns act together more in the {model} than in the {plainer}, beyond chance"
            )
            continue
        share = f"by {human(first['differ'], 2)} beyond the {plainer}, {human(100 * first['h2'], 2)} % of all that the two do"
        said.append(f"{of}of the leading columns {pair} act together most in the {model}: {share}")
    return capital(first_of(said))


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a procedure of each target; of several targets the two procedures that are compared."""
    parts = [
        own
        for _, rows in frame.groupby("target", sort=False)
        for own in (rows[rows["procedure"] == name] for name in NAMES)
        if len(own) and (not several(frame) or own["procedure"].iloc[0] in {*own["base"], *own["other"]})
    ]
    with look():
        figure, axes = panels(len(parts), 3.3)
        for ax, own in zip(axes, parts, strict=True):
            target, output, name = str(own["target"].iloc[0]), own["output"].iloc[0], NAMES[own["procedure"].iloc[0]]
            title = f"{target}: {name}" if several(frame) else name
            most = float(frame.loc[frame["target"] == target, "height"].abs().max()) or 1.0
            _panel(ax, own, f"{title}, probability of {output}" if output else title, most)
    told = "; ".join(
        f"{target}: {own['column'].iloc[0]} with {own['other_column'].iloc[0]}, {human(100 * own['h2'].iloc[0], 2)} %"
        for target, own in frame.groupby("target", sort=False)
    )
    return Picture(
        figure,
        f"Surfaces of predictions over the two columns that act together most, and the share of interaction. {told}.",
        finding(frame),
    )


def _panel(ax: Axes, own: pd.DataFrame, title: str, most: float) -> None:
    cells = own.assign(height=own["height"].where(own["share"] > 0))
    table = cells.pivot_table(index="other_place", columns="place", values="height", dropna=False)
    ax.pcolormesh(table.columns, table.index, table, cmap=BLUE_ORANGE, vmin=-most, vmax=most, edgecolors="none")
    digits = 1 - math.floor(math.log10(most))
    for row in cells.dropna(subset="height").to_dict("records"):
        ax.text(
            row["place"],
            row["other_place"],
            given(round(row["height"], digits)),
            ha="center",
            va="center",
            fontsize=7.5,
            color=INK,
        )
    first = own.iloc[0]
    across, up = (
        own.drop_duplicates("place").sort_values("place", kind="stable"),
        own.drop_duplicates("other_place").sort_values("other_place", kind="stable"),
    )
    ax.set_xticks(across["place"], axis_words(across["value"], across["level"], str(first["sort"])))
    ax.set_yticks(up["other_place"], axis_words(up["other_value"], up["other_level"], str(first["other_sort"])))
    ax.set(
        title=plain(wrapped(title, 38)),
        xlabel=plain(wrapped(first["column"])),
        ylabel=plain(wrapped(first["other_column"], 30)),
    )
    for side in ax.spines.values():
        side.set_visible(False)
    if max(len(label.get_text()) for label in ax.get_xticklabels()) > 6:
        ax.tick_params(axis="x", rotation=35)
