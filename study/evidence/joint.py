"""What holds for several targets of one study at once."""

from __future__ import annotations

import math
from collections.abc import Iterable

from study.evidence.answer import Verdict
from study.evidence.compare import holm
from study.evidence.findings import UNDECIDED, Gain, Number
from study.evidence.intervals import LEVEL
from study.evidence.rule import ABOVE, Gains, scored_models, side_of
from study.evidence.thresholds import Threshold
from study.schema import REGRESSION, TERMS, Frozen


class Together(Frozen):
    """The answers of several targets at once.

    p_values: of each target's answer (`answer_p`), 1 where it is undecided. adjusted: by Holm, over
    all targets. holds: targets whose answers are all right with a confidence of LEVEL.
    """

    p_values: dict[str, Number]
    adjusted: dict[str, Number]
    holds: tuple[str, ...]


def answer_p(gains: Gains, margin: Threshold, answer: str) -> float:
    """Least 1 - level at which the walk up the ladder (`study.evidence.rule.standing`) would still
    end at this answer.

    A model that was passed has the least p-value of a richer one above the margin, the answer the
    largest of all richer ones below it, each times the number of richer models (Bonferroni), and
    the regression with terms that of a gain of its own. All of it must hold, so the largest of
    these counts (the intersection-union test of Berger 1982, Technometrics 24). 1 where it takes a
    gain of two that no test row compares.
    """
    scored, found = scored_models(gains), [0.0]
    for model in scored[: scored.index(answer) + 1]:
        richer = [gains.get((model, other)) for other in scored[scored.index(model) + 1 :]]
        if model == answer:
            found += [len(richer) * _p(gain) for gain in richer]
        else:
            found.append(
                len(richer)
                * min(
                    (_p(gain) for gain in richer if gain and side_of(gain, margin) == ABOVE),
                    default=1,
                )
            )
    own = gains.get((REGRESSION, TERMS)) if answer == TERMS else None
    if own is not None:
        found.append((len(scored) - 1) * 2 * min(own.positive, 1 - own.positive))
    return min(max(found), 1.0)


def _p(gain: Gain | None) -> float:
    """Of margin and minimum margin; 0 where there is no loss to save, 1 where nothing is known."""
    if gain is not None and gain.nothing:
        return 0.0
    return 1.0 if gain is None or math.isnan(gain.p_value) else gain.p_value


def together(verdicts: Iterable[Verdict]) -> Together | None:
    """Holm over the targets that have a verdict; None for fewer than two."""
    told = [each for each in verdicts if each.verdict is not None]
    if len(told) < 2:
        return None
    own = {
        each.target: 1.0
        if each.verdict == UNDECIDED
        else answer_p(each.by_pair, each.threshold, each.left[0])
        for each in told
    }
    adjusted = dict(zip(own, holm(list(own.values())).tolist(), strict=True))
    return Together(
        p_values=own,
        adjusted=adjusted,
        holds=tuple(name for name, p in adjusted.items() if p < 1 - LEVEL),
    )
