"""The verdicts on several targets at once, in words."""

from __future__ import annotations

from collections.abc import Iterable

from study.evidence.answer import Verdict
from study.evidence.findings import NONE, UNDECIDED
from study.evidence.joint import together
from study.evidence.wording.amounts import listed


def together_words(verdicts: Iterable[Verdict]) -> str | None:
    """Which of several verdicts hold at once; None for one target, or where none is decided."""
    told = list(verdicts)
    found = together(told)
    decided = [each.target for each in told if each.verdict not in (None, UNDECIDED, NONE)]
    if found is None or not decided:
        return None
    alone = [name for name in decided if name not in found.holds]
    if not found.holds:
        return f"Each verdict holds at 95% on its own; over all {len(found.p_values)} targets at once none does (Holm)."
    which = (
        "Both verdicts"
        if len(found.holds) == len(told) == 2
        else f"The verdicts on {listed(found.holds)}"
    )
    which = f"The verdict on {found.holds[0]}" if len(found.holds) == 1 else which
    said = (
        f"{which} hold{'s' if len(found.holds) == 1 else ''} together with 95% confidence (Holm)."
    )
    return f"{said} {listed(alone)}: on its own only." if alone else said
