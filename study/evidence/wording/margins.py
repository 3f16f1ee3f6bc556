"""What the answer is at every margin, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from study.evidence.margin_curves import Span, spans
from study.evidence.margins import FLOOR, Bar
from study.evidence.rule import ANSWERS, Gains
from study.evidence.wording.sentences import percent


def margins_words(
    gains: Gains,
    bar: Bar,
    named: str = FLOOR,
    stated: Callable[[float], str] = lambda share: f"{percent(share)} %",
) -> str:
    """What the answer is at other margins.

    named: what the floor of the bar is called. stated: how a margin of a share is told.
    """
    found = _joined(spans(gains, bar))
    beside = f" beside the {named}" if bar.floor > 0 else ""
    told = [("undecided" if len(span.left) > 1 else f"the {ANSWERS[span.left[0]]}", span.high) for span in found]
    if len(told) == 1:
        return f"At every margin{beside}: {told[0][0]}."
    below = ", ".join(f"up to {stated(high)} {words}" for words, high in told[:-1])
    return f"By the margin{beside}: {below}, above {told[-1][0]}."


def _joined(found: Sequence[Span]) -> list[Span]:
    """Spans without telling apart between which rungs it is undecided."""
    joined: list[Span] = []
    for span in found:
        if joined and len(span.left) > 1 and len(joined[-1].left) > 1:
            joined[-1] = joined[-1].model_copy(update={"high": span.high})
        else:
            joined.append(span)
    return joined
