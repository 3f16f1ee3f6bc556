"""The answers of several targets at once, in words."""

from __future__ import annotations

from collections.abc import Iterable

from study.evidence.findings import UNDECIDED
from study.evidence.intervals import LEVEL
from study.evidence.joint import Answered, together
from study.evidence.wording.sentences import level_words, listed


def together_words(verdicts: Iterable[Answered]) -> str | None:
    """Which of several answers hold at once; None for one target, or where none is decided."""
    told = list(verdicts)
    found = together(told)
    decided = [each.target for each in told if each.verdict not in (None, UNDECIDED)]
    if found is None or not decided:
        return None
    start = f"Over the {len(found.p_values)} targets at once (Holm)"
    if not found.holds:
        those = f"that for {decided[0]} is" if len(decided) == 1 else f"those for {listed(decided)} are"
        return (
            f"{start}, no answer is sure at {level_words(LEVEL)}: {those} sure on its own only, and may be luck among so many."
        )
    sure = "all answers hold" if len(found.holds) == len(found.p_values) else f"the answers for {listed(found.holds)} hold"
    sure = f"the answer for {found.holds[0]} holds" if len(found.holds) == 1 else sure
    alone = [name for name in decided if name not in found.holds]
    rest = f"; for {listed(alone)} the answer is sure on its own only, and may be luck among so many" if alone else ""
    return f"{start}, {sure} with {level_words(LEVEL)} confidence{rest}."
