"""Loss of every model on the test rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.diagnostics.drawing.style import Picture, beside, line_panels, look, loss_axis, pictured, use_log_axis, with_names
from study.diagnostics.drawing.whiskers import whisker
from study.diagnostics.drawing.words import each_target, least_words
from study.evidence.winners import MODEL
from study.formatting import human
from study.records.results import Results
from study.schema import CONSTANT, LOSS, SHORT, TREES

TEXT = """\
### Loss on the test rows

Further left is better. Dots are means over the test rows, lines their 95 % intervals, by the method of the verdict or by the
rows, whichever is wider; an arrow says that a line goes on. The network that is judged is the one that chooses its depth. The
intervals of two models may overlap although one is reliably better: both are judged on the same rows, and the paired comparison
below uses that.
"""


def when(results: Results) -> bool:
    """Where test rows were scored."""
    return results.concluded and not results.scores.empty


def data(results: Results) -> pd.DataFrame:
    """Test loss of every model, of the network that chooses its depth, and of the procedures beside them.

    Returns
    -------
    (n_models, 9) frame: target, kind, family, depth, test_loss, low, high (95 % interval), model, colour.
    """
    columns = [*MODEL, "test_loss", "low", "high"]
    beside = results.metrics
    beside = beside[beside["base"].isna() & (beside["metric"] == LOSS) & beside["other"].isin([SHORT, TREES])]
    beside = beside.rename(columns={"value": "test_loss"}).assign(family=beside["other"], depth=0)
    pieces = [part[columns] for part in (results.scores[results.scores["rank"].notna()], beside) if len(part)]
    return with_names(pd.concat(pieces, ignore_index=True), results.data.models)


def finding(frame: pd.DataFrame) -> str:
    """Which models have the least test loss, and what it is where they read the same."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    said, rows = least_words(own, "test_loss")
    numbers = set(map(human, rows["test_loss"]))
    return [f"test loss {said}{f', {numbers.pop()}' if len(numbers) == 1 else ''}"]


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target: a point a model with its interval, and the number beside it."""
    with look():
        figure, parts = line_panels(frame)
        for ax, own in parts:
            edges = _edges(own)
            for row in own.itertuples():
                whisker(ax, row.model, row.low, row.high, edges, row.colour)
                ax.plot(row.test_loss, row.model, "o", color=row.colour, ms=6.5)
                beside(ax, row.model, human(row.test_loss))
            ax.invert_yaxis()
            loss_axis(ax, own, "test", own["test_loss"])
    return pictured(figure, "Mean loss on the test rows of every model, with its 95 % interval.", finding(frame))


def _edges(own: pd.DataFrame) -> tuple[float, float]:
    """Where an axis ends: at twice the largest loss or the constant's interval, a logarithmic one at half the least loss."""
    loss = own["test_loss"]
    left = loss.min() / 2 if use_log_axis(loss) else float(np.nanmin([own["low"].min(), loss.min()]))
    constant = own.loc[own["family"] == CONSTANT, "high"]
    return left, float(np.nanmax([2 * loss.max(), *constant]))
