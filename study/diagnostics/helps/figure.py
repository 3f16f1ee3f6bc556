"""Groups of rows on which the network helps most and least."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.html_table import Html, by_target
from study.diagnostics.drawing.palette import INK, MUTED, NETWORKS, REGRESSION
from study.diagnostics.drawing.style import per_cent, plain, ticks, titled_panels, wrapped
from study.evidence.wording.amounts import signed
from study.formatting import human
from study.records.results import Results
from study.schema import NOUNS

WHEN = "Where some group held."
TEXT = """\
### Where does the richer model help most and least?

Filled dots are a group's rows, hollow dots all others; shares of the regression's loss on all rows can pass 100%.
"""
TABLE = """\
### Groups of rows

Groups are found on half of the test rows; one holds if the other half confirms it (97.5% interval).
"""
SIDES = {"more": "most", "less": "least"}
COLOURS = {"more": NETWORKS[1], "less": REGRESSION}


def data(results: Results) -> pd.DataFrame:
    """Groups that held on the half of the rows that checks, of
    `study.records.results.Results.helps`.
    """
    frame = results.helps
    return frame[frame["holds"]].reset_index(drop=True)


def finding(own: pd.DataFrame) -> str:
    """The first group."""
    row = own.iloc[0]
    both = f"{signed(row['gain'])} there, {signed(row['rest'])} elsewhere"
    return f"{NOUNS[row['other']]} helps {SIDES[row['side']]} where {row['rule']}: {both}"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target, two dots a group: the improvement inside and outside."""
    figure, parts = titled_panels(frame, lambda own: 1.1 + 0.75 * len(own))
    for ax, own in parts:
        places = np.arange(len(own))
        ax.axvline(0, color=MUTED, lw=0.8, zorder=0)
        hues = [COLOURS[side] for side in own["side"]]
        ax.hlines(places, own["rest"], own["gain"], color=hues, lw=2, alpha=0.5)
        ax.plot(own["rest"], places, "o", mfc="none", color=INK, ms=6, label="all other rows")
        ax.scatter(own["gain"], places, color=hues, s=46, zorder=3, label="rows of the group")
        ax.set_yticks(
            places,
            [plain(wrapped(f"{row.rule} ({human(row.n)} rows)", 34)) for row in own.itertuples()],
        )
        ax.set(
            ylim=(len(own) - 0.5, -0.5),
            xlabel="improvement, share of\nthe regression's mean loss",
        )
        ax.margins(x=0.15)
        ticks(ax.xaxis, 5, per_cent)
        ax.legend(loc="best")
    return figure


def table(results: Results) -> Html:
    """The groups that were found, and whether they held."""
    own = results.helps[results.helps["rule"] != ""]
    names = {
        "gain": "improvement there",
        "rest": "elsewhere",
        "difference": "difference, points",
        "low": "from",
        "high": "to",
    }
    cells = {
        name: [signed(value, "%" if column in ("gain", "rest") else "") for value in own[column]]
        for column, name in names.items()
    }
    sides = [f"helps {SIDES[side]}" for side in own["side"]]
    heads = own[["target", "rule", "n"]].rename(columns={"rule": "where", "n": "rows there"})
    holds = own["holds"].map({True: "yes", False: "no"})
    return by_target(heads.assign(group=sides, **cells, holds=holds))
