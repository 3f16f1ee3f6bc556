"""Groups of rows on which the network helps most and least."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from study.diagnostics.drawing.html_table import Html
from study.diagnostics.drawing.style import INK, MUTED, NETWORKS, REGRESSION, Picture, look, panels, per_cent, plain, wrapped
from study.formatting import human
from study.records.results import Results
from study.schema import EXTENDED, NETWORK

TEXT = """\
### The rows on which it helps most and least

Filled dots are what is saved on the rows of a group, hollow ones what is saved on all others, both on the half of the rows that
checks; left of 0 the richer model is worse. Only groups that hold are drawn.
"""
TABLE = """\
### On which rows does it help, and what have they in common?

Groups of rows are looked for among the columns on one half of the test rows (whole groups and times, where rows come in such)
by what the richer model saves there, row by row; they count only if their mean differs from that of all other rows on the other
half, by an interval at 97.5 % for each of two groups. All are shares of the regression's mean loss on these rows.
"""
COLOURS = {"more": NETWORKS[1], "less": REGRESSION}


def when(results: Results) -> bool:
    """Where some group held."""
    return results.concluded and not data(results).empty


def data(results: Results) -> pd.DataFrame:
    """Groups that held on the half of the rows that checks, of `study.records.results.Results.helps`."""
    frame = results.helps
    return frame[frame["holds"]].reset_index(drop=True)


def finding(frame: pd.DataFrame) -> str:
    """The first group of each target."""
    said = [said_of(own.iloc[0]) for _, own in list(frame.groupby("target", sort=False))[:2]]
    return " ".join(said)


def said_of(row: pd.Series) -> str:
    """A group in a sentence."""
    model = {NETWORK: "network", EXTENDED: "regression with terms"}[row["other"]]
    more, hurts = row["side"] == "more", row["gain"] < 0
    how = ("hurts least" if hurts else "helps most") if more else ("hurts most" if hurts else "helps least")
    base = "regression with terms" if row["base"] == EXTENDED else "regression"
    checked = f"{human(row['n'])} of the {human(row['rows'])} rows that check"
    return (
        f"On {row['target']} the {model} {how} where {row['rule']} ({checked}): "
        f"as a share of the {base}'s mean loss over all rows, it {_saves(row['gain'])} a row there and "
        f"{_saves(row['rest'])} a row elsewhere."
    )


def _saves(share: float) -> str:
    verb = "saves" if share >= 0 else "adds"
    return f"{verb} {human(abs(100 * share), 2)} %"


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target, two dots a group: what is saved inside and outside, and the interval of the difference in words."""
    parts = [own for _, own in frame.groupby("target", sort=False)]
    rows = max(len(own) for own in parts)
    with look():
        figure, axes = panels(len(parts), 1.1 + 0.75 * rows, columns=1)
        for ax, own in zip(axes, parts, strict=True):
            places = np.arange(len(own))
            ax.axvline(0, color=MUTED, lw=0.8, zorder=0)
            hues = [COLOURS[side] for side in own["side"]]
            ax.hlines(places, own["rest"], own["gain"], color=hues, lw=2, alpha=0.5)
            ax.plot(own["rest"], places, "o", mfc="none", color=INK, ms=6, label="all other rows")
            ax.scatter(own["gain"], places, color=hues, s=46, zorder=3, label="rows of the group")
            ax.set_yticks(places, [plain(wrapped(f"{row.rule} ({human(row.n)} rows)", 34)) for row in own.itertuples()])
            ax.set_ylim(len(own) - 0.5, -0.5)
            ax.set_xlabel("loss that is saved,\nshare of the regression's mean loss")
            ax.margins(x=0.15)
            if len(parts) > 1:
                ax.set_title(plain(str(own["target"].iloc[0])))
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(FuncFormatter(per_cent))
            ax.legend(loc="best", handlelength=1.0)
    alt = " ".join(said_of(row) for _, row in frame.iterrows())
    return Picture(figure, f"What is saved in groups of rows and outside. {alt}", finding(frame))


SIDES = {"more": "most", "less": "least"}


def has_table(results: Results) -> bool:
    """Whether groups were looked for."""
    return results.concluded and not results.helps.empty


def table(results: Results) -> Html:
    """A sentence for each group of each target: what was found, and whether it held."""
    said = [text for target, own in results.helps.groupby("target", sort=False) for text in _sentences(str(target), own)]
    return Html("".join(f"<p>{escape(text)}</p>" for text in said))


def _sentences(target: str, own: pd.DataFrame) -> Iterator[str]:
    """What held, and what seemed to be there and did not."""
    if not own["rule"].any():
        yield f"On {target} no group of rows was found: its test rows are too few, or too much alike."
        return
    yield from (f"{said_of(row)} The difference is {_apart(row)}." for _, row in own[own["holds"]].iterrows())
    failed = own[~own["holds"]]
    seemed = [f"{SIDES[row['side']]} where {row['rule']}, on the other by {_apart(row)}" for _, row in failed.iterrows()]
    if seemed:
        sure = "nothing more" if own["holds"].any() else "nothing"
        yield f"On {target} {sure} was found that holds: on one half of the rows it seemed to help {'; and '.join(seemed)}."


def _apart(row: pd.Series) -> str:
    points = [human(100 * row[name], 2) for name in ("difference", "low", "high")]
    return f"{points[0]} points ({points[1]} to {points[2]})"
