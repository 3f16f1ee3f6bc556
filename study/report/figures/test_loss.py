"""Loss of every model on the test rows."""

from __future__ import annotations

import pandas as pd

from study.digits import human
from study.evidence.winners import MODEL, select_candidate
from study.records.results import Results
from study.report.style import Picture, beside, colours, line_panels, listed, look, loss_axis, use_log_axis, with_names

TEXT = """\
### Loss on the test rows

Further left is better. Dots are means over the test rows, lines their 95 % intervals, by the method of the verdict or by the
rows, whichever is wider. The intervals of two models may overlap although one is reliably better: both are judged on the same
rows, and the paired comparison below uses that.
"""


def when(results: Results) -> bool:
    """Where test rows were scored."""
    return results.concluded and not results.scores.empty


def data(results: Results) -> pd.DataFrame:
    """Test loss of every model with its 95 % interval over rows, by the candidate that stands for it.

    Returns
    -------
    (n_models, 9) frame: target, kind, family, depth, test_loss, low, high, model, colour.
    """
    return with_names(select_candidate(results.scores)[[*MODEL, "test_loss", "low", "high"]], results.data.models)


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a model with its interval, and the number beside it."""
    with look():
        figure, parts = line_panels(frame)
        for ax, own in parts:
            palette = colours(own)
            floor = own["test_loss"].min() / 2 if use_log_axis(own["test_loss"]) else own["low"].min()
            for row in own.itertuples():
                ax.plot([max(row.low, floor), row.high], [row.model, row.model], color=palette[row.model], lw=2.4, alpha=0.55)
                ax.plot(row.test_loss, row.model, "o", color=palette[row.model], ms=6.5)
                beside(ax, row.model, human(row.test_loss))
            ax.invert_yaxis()
            loss_axis(ax, own, "test", own["test_loss"])
    losses = frame.set_index(["target", "model"])["test_loss"]
    return Picture(figure, f"Test loss of every model with its 95 % interval: {listed(losses)}.")
