"""The probability that an improvement is above the margin, for every margin."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from study.diagnostics.drawing.model_panels import model_legend
from study.diagnostics.drawing.palette import CHOOSING, INK, NETWORKS, VIOLET
from study.diagnostics.drawing.style import colours, per_cent, ticks, titled_panels, wrapped
from study.diagnostics.drawing.words import SHORT_NAMES
from study.evidence.winners import least
from study.evidence.wording.amounts import listed
from study.formatting import chance
from study.records.results import Results
from study.schema import NETWORK, REGRESSION, TERMS

WHEN = "Where there are gains whose margin can be varied."
TEXT = """\
### What if the margin were another?

Each curve is the probability of an improvement above a margin; the dashed line is {bound}.
"""


COLOURS = {
    (REGRESSION, TERMS): VIOLET,
    (REGRESSION, NETWORK): CHOOSING,
    (TERMS, NETWORK): NETWORKS[0],
}


def data(results: Results) -> pd.DataFrame:
    """The curves of every verdict.

    Returns
    -------
    (n_gains * n_margins, 10) frame: target, kind, base, other (procedures), margin (a share of the
    regression's loss, or of the metric that was asked of), above (a probability), bound (of the
    verdict on this gain, NaN where there is none), stake (what the shares are of), model (what is
    compared), colour; no row where the regression has no loss to gain on.
    """
    curves = results.margins.dropna(subset="above").reset_index(drop=True)
    pairs = list(zip(curves["base"], curves["other"], strict=True))
    names = [f"{SHORT_NAMES[other]} over {SHORT_NAMES[base]}" for base, other in pairs]
    stakes = {verdict.target: verdict.metric.noun for verdict in results.verdicts}
    curves = curves.assign(stake=curves["target"].map(stakes))
    return curves.assign(model=names, colour=[COLOURS[pair] for pair in pairs])


def finding(own: pd.DataFrame) -> str:
    """The probability that a richer model improves on the regression by more than the margin."""
    over = own[own["base"] == own["base"].iloc[0]]
    away = (over["margin"] - over["bound"]).abs().groupby(over["model"], sort=False)
    if away.count().eq(0).all():
        return "there is no margin for a verdict"
    above = over.loc[away.idxmin()].set_index("model")["above"]
    best = listed([name.partition(" over ")[0] for name in least(-above, 1.0)])
    base = SHORT_NAMES[over["base"].iloc[0]]
    return f"{best}: {chance(above.max())} likely to beat the {base} by more than the margin"


def draw(frame: pd.DataFrame) -> Figure:
    """One axes a target: a curve a gain, the margin of the verdict dashed.

    Curves grow thinner in the order of drawing, so that none hides another where they coincide.
    """
    figure, parts = titled_panels(frame, 3.0)
    for ax, own in parts:
        most = own["margin"].max()
        curves = list(own.groupby("colour", sort=False))
        for place, (colour, curve) in enumerate(curves):
            ax.plot(
                curve["margin"],
                curve["above"],
                color=colour,
                lw=0.5 + 0.9 * (len(curves) - place),
            )
        for bound in own["bound"].dropna().round(6).unique():
            ax.axvline(float(bound), color=INK, lw=1, ls=(0, (4, 3)), zorder=1)
        label = wrapped(f"margin, share of the regression's {own['stake'].iloc[0]}")
        ax.set(
            xlim=(0, most),
            ylim=(-0.03, 1.03),
            xlabel=label,
            ylabel="P(improvement above the margin)",
        )
        ticks(ax.xaxis, 5, per_cent)
        ax.yaxis.set_major_formatter(per_cent)
        ax.grid(axis="both")
    model_legend(figure, colours(frame))
    return figure
