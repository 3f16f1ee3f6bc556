"""The least validation loss after so many trials."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from study.evidence.winners import ARM
from study.records.results import Results
from study.report.style import Picture, colours, listed, log_axis, look, target_panels, with_names
from study.schema import LOSS_NAMES, Kind

TEXT = """\
### Was the search long enough?

The least validation loss after so many trials. A line still falling at its end says that more trials could help that arm. A
regression's trial scores a whole path of penalties, so that without terms it has one.
"""


def when(results: Results) -> bool:
    """Always."""
    return True


def data(results: Results) -> pd.DataFrame:
    """Least validation loss of the first trials of every arm, by trial number.

    Returns
    -------
    (n_complete, 9) frame: target, kind, family, depth, outer_fold, number, best (in units of the kind's loss), model, colour.
    """
    tested = results.trials[results.trials["outer_fold"] >= 0]
    complete = tested[tested["state"] == "COMPLETE"].sort_values([*ARM, "number"])
    best = complete.groupby(ARM)["val_loss"].cummin()
    return with_names(complete[[*ARM, "number"]].assign(best=best), results.data.models)


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target, a step line an arm."""
    with look():
        figure, parts = target_panels(frame, 2.7)
        for ax, own in parts:
            palette = colours(own)
            last = own["number"].max() + 1
            for (model, _), line in own.groupby(["model", "outer_fold"], sort=False):
                x, y = [*(line["number"] + 1), max(last, 2)], [*line["best"], line["best"].iloc[-1]]
                ax.step(x, y, where="post", color=palette[str(model)], lw=1.6, alpha=0.9)
            log_axis(ax, "y", own["best"])
            ax.set(xlabel="trials of the arm", ylabel=f"best {LOSS_NAMES[Kind(own['kind'].iloc[0])]}")
            ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            ax.grid(axis="y")
        lines = [Line2D([], [], color=colour, lw=1.8, label=model) for model, colour in colours(frame).items()]
        figure.legend(handles=lines, handlelength=1.3, loc="outside upper left", ncols=5, columnspacing=1.4)
    final = frame.groupby(["target", "model"], sort=False)["best"].min()
    return Picture(figure, f"Least validation loss so far by trial. Best in the end: {listed(final)}.")
