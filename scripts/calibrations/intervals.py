"""From the files of a calibration to docs/calibration-tables.md: how often each interval of one
gain, and its verdict, is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from calibrations.report import MARGIN, by_group, exact, share, tables_of
from pages.marks import put_tables
from study.diagnostics.drawing.palette import BAND, INK, MUTED, NETWORKS, REGRESSION as BLUE
from study.diagnostics.drawing.picture import DPI, look
from study.diagnostics.drawing.style import panels
from study.evidence import findings
from study.evidence.compare import models, the_regression
from study.evidence.intervals import DEFAULT_HOLDOUT, DEFAULT_NESTED, DEFAULT_ONE_PASS, METHODS
from study.evidence.pairs import paired
from study.evidence.rule import ABOVE, BELOW, side
from study.evidence.winners import SEARCH
from study.schema import NETWORK, REGRESSION, Kind

VERDICTS = {ABOVE: NETWORK, BELOW: REGRESSION}
"""What an interval of the network's gain over the regression says by its side of the margin; else
it is undecided."""
ONE_PASS = ("corrected t", "rows")
REPEATED = (*ONE_PASS, "rows and repeats")
SCHEMES = {
    "one split": (1 / 5, ("rows",)),
    "one pass": (1, ONE_PASS),
    "two repeats": (2, REPEATED),
    "three repeats": (3, REPEATED),
}
"""Outer folds that a scheme uses, as repeats of all folds, and the methods it is judged by."""
DEFAULTS = {
    "one split": DEFAULT_HOLDOUT,
    "one pass": DEFAULT_ONE_PASS,
    "two repeats": DEFAULT_NESTED,
    "three repeats": DEFAULT_NESTED,
}


def judge(frame: pd.DataFrame, folds: int) -> Iterator[dict[str, object]]:
    """What every scheme and method says of the network on one table
    (`tables.run_table`).

    Gives dicts of scheme, method, improvement, low, high, verdict, base and other (mean
    expected losses on fresh rows of the models of all outer folds), and own (true improvement of
    the models that the scheme trained).
    """
    frame = frame.assign(group=frame["row"])  # every row is a group of its own
    inner = frame[frame["part"] == "validation"]
    winners = inner.groupby(SEARCH)["loss"].mean().rename("val_loss").reset_index()
    used = frame[frame["candidate"] == np.where(frame["depth"] > 0, "ensemble", "refit")]
    both = [models(used[used["part"] == part], winners) for part in ("test", "fresh")]
    tested, fresh = ({model.family: model for model in sides} for sides in both)
    name = the_regression(both[0], Kind(frame["kind"].iloc[0])).family
    for scheme, (repeats, methods) in SCHEMES.items():
        most = repeats * folds
        base, other = (
            side.losses[side.losses["outer_fold"] < most]
            for side in (tested[name], tested[NETWORK])
        )
        truth = paired(fresh[name].losses, fresh[NETWORK].losses, folds)
        own = truth[truth["repeat"] * folds + truth["fold"] < most]
        pairs = paired(base, other, folds)
        for method in methods:
            gain = METHODS[method](pairs)
            yield {
                "scheme": scheme,
                "method": method,
                "improvement": gain.estimate,
                "low": gain.low,
                "high": gain.high,
                "verdict": VERDICTS.get(
                    side(gain.estimate, gain.low, gain.high, MARGIN), findings.UNDECIDED
                ),
                "base": truth["base"].mean(),
                "other": truth["other"].mean(),
                "own": 1 - own["other"].mean() / own["base"].mean(),
            }


def with_truth(judged: pd.DataFrame) -> pd.DataFrame:
    """Add the true improvement of the two procedures in each cell, and whether interval and verdict
    are right.

    truth: 1 - mean `other` / mean `base` over the tables of the cell. covered, covered_own: whether
    the interval holds it, or the table's own. wrong: the verdict says of the margin what is not so.
    """
    sides = judged.groupby("cell")[["base", "other"]].mean()
    truth = (1 - sides["other"] / sides["base"]).rename("truth")
    judged = judged.merge(truth, on="cell")
    held = {
        name: (judged["low"] <= judged[value]) & (judged[value] <= judged["high"])
        for name, value in (("covered", "truth"), ("covered_own", "own"))
    }
    worth, enough = judged["verdict"] == NETWORK, judged["verdict"] == REGRESSION
    wrong = (worth & (judged["truth"] < MARGIN)) | (enough & (judged["truth"] > MARGIN))
    return judged.assign(
        **held,
        wrong=wrong,
        worth=worth,
        enough=enough,
        undecided=~worth & ~enough,
        width=judged["high"] - judged["low"],
    )


def by_method(judged: pd.DataFrame) -> pd.DataFrame:
    """One row a scheme and method: the claims of the verdict, checked."""

    def said(own: pd.DataFrame) -> dict[str, object]:
        null, effect = own[own["effect"] == "none"], own[own["effect"] != "none"]
        return {
            "false worth, no effect": share(null["worth"]),
            "covers, no effect": share(null["covered"]),
            "covers, effect": share(effect["covered"]),
            "covers, all": share(own["covered"]),
            "covers own models": share(own["covered_own"]),
            "wrong verdict": share(own["wrong"]),
            "undecided": share(own["undecided"]),
            "median width": f"{100 * own['width'].median():.1f}",
        }

    return by_group(judged, ["scheme", "method"], said)


def by_size(judged: pd.DataFrame, *by: str) -> pd.DataFrame:
    """One row a scheme and value of `by`: what its method says."""

    def said(own: pd.DataFrame) -> dict[str, object]:
        return {
            "network's true gain, %": f"{100 * own['truth'].mean():.1f}",
            "tables": len(own),
            "worth it": share(own["worth"]),
            "enough": share(own["enough"]),
            "undecided": share(own["undecided"]),
            "covers": share(own["covered"]),
            "median width": f"{100 * own['width'].median():.1f}",
        }

    ranked = judged.sort_values(
        "scheme", key=lambda names: names.map(list(SCHEMES).index), kind="stable"
    )
    return by_group(ranked.sort_values(list(by), kind="stable"), [*by, "scheme"], said)


def read(folder: Path, folds: int) -> pd.DataFrame:
    """Judge every table of a folder: (n, ...) frame of `judge`, with what `tables_of` says of each."""
    return with_truth(
        pd.DataFrame(
            [about | found for about, frame in tables_of(folder) for found in judge(frame, folds)]
        )
    )


def draw(judged: pd.DataFrame, chosen: pd.DataFrame) -> Figure:
    """Left: coverage of every method. Right: how often the chosen method says `worth it`, by what
    the network truly gains.
    """
    labelled = judged.assign(
        way=judged["scheme"] + ", " + judged["method"],
        truth_is=np.where(judged["effect"] == "none", "the regression", "more than the regression"),
        hit=100.0 * judged["covered"],
    )
    powers = chosen.assign(
        hit=100.0 * chosen["worth"], gain_of_network=(100 * chosen["truth"]).round(1)
    ).query("effect != 'none'")
    with look():
        figure, (left, right) = panels(2, 0.9 + 0.25 * labelled["way"].nunique())
        left.axvspan(92, 98, color=BAND, zorder=0)
        left.axvline(95, color=MUTED, linewidth=0.8)
        sns.pointplot(
            labelled, x="hit", y="way", hue="truth_is", palette=[BLUE, NETWORKS[1]], errorbar=exact, dodge=0.4,
            linestyle="none", markersize=4, err_kws={"linewidth": 1}, ax=left,
        )  # fmt: skip
        left.set(
            title="Interval holds the true gain",
            xlabel="% of tables (95 % interval)",
            ylabel="",
            xlim=(70, 101),
        )
        left.legend(title="The truth is", fontsize=7.5, title_fontsize=7.5, loc="center left")
        sns.scatterplot(
            powers.groupby(["cell", "rows", "gain_of_network"], as_index=False)["hit"].mean(), x="gain_of_network", y="hit",
            hue="rows", palette=list(NETWORKS[: powers["rows"].nunique()]), ax=right, s=26,
        )  # fmt: skip
        right.axvline(100 * MARGIN, color=INK, linewidth=0.8, linestyle=":")
        right.set(
            title="Network called worth it",
            xlabel="true gain of the network, %",
            ylabel="% of tables",
        )
        right.legend(title="rows")
    return figure


def write(folder: Path, folds: int, page: Path) -> None:
    """Judge every table of a folder; put the tables between the marks of a page, and the figure
    beside it.
    """
    judged = read(folder, folds)
    chosen = judged[judged["method"] == judged["scheme"].map(DEFAULTS)]
    best = chosen[chosen["scheme"] == "three repeats"]
    tables = {
        "methods": by_method(judged),
        "null": by_size(chosen[chosen["effect"] == "none"], "rows"),
        "effects": by_size(best[best["effect"] != "none"], "effect", "gain", "rows"),
    }
    put_tables(page, tables)
    figure = draw(judged, best)
    with look():
        figure.savefig(page.with_suffix(".png"), dpi=DPI)
