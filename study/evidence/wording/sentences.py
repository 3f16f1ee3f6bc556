"""What a verdict is made of in words: shares, gains and forecasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from study.evidence.decided import LIKELY, MOST_TIMES
from study.evidence.findings import DecidedAt, Gain
from study.formatting import NOTHING as NOTHING
from study.formatting import about, given, given_percent, percents
from study.formatting import percent as percent


def span(low: float, high: float, most: float) -> str:
    """An interval in per cent, where a gain can be `most` at most: an end that the rows do not give is left out."""
    bounded = high < most
    if np.isnan(low):
        return f"at most {percent(high)} %" if bounded else "no bound on either side"
    if bounded:
        return percents(low, high)
    least = percent(low)
    return f"{'' if least.startswith('over') else 'at least '}{least} %"


def ends(gain: Gain) -> str:
    """The interval of a gain in per cent."""
    return span(gain.low, gain.high, gain.most)


def loses(gain: Gain) -> bool:
    """Whether a model has more loss than the one that it is held against."""
    return gain.improvement <= -NOTHING


def level_words(level: float) -> str:
    """A level in per cent: `95 %`, `97.5 %`."""
    return given_percent(level)


def interval(gain: Gain) -> str:
    """The interval of a gain with its level: `95 % interval 1.0 to 2.0 %`, or `with 95 % confidence at least 1.0 %`."""
    told, bounds = ends(gain), (not np.isnan(gain.low), gain.bounded)
    if any(bounds) and not all(bounds):
        return f"with {level_words(gain.level)} confidence {'a gain of ' if loses(gain) else ''}{told}"
    return f"{level_words(gain.level)} interval{' of the gain' if loses(gain) else ''} {'' if all(bounds) else 'with '}{told}"


def moved(gain: Gain, save: str = "saves", add: str = "adds") -> str:
    """How much loss a gain saves or adds, with its interval: `saves 3.0 % (95 % interval 1.0 to 5.0 %)`."""
    share = percent(abs(gain.improvement))
    sure = f" ({interval(gain)})" if gain.known else ""
    return f"{add if loses(gain) else save} {share} %{sure}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def capital(text: str) -> str:
    """`text` as a sentence begins."""
    return text[:1].upper() + text[1:]


def of_100(chance: float) -> int:
    """So many of 100; what does not reach LIKELY is not rounded up to it."""
    return min(round(100 * chance), int(100 * LIKELY) - 1) if chance < LIKELY else round(100 * chance)


def decided_words(found: DecidedAt, base: str, other: str, named: str) -> str:
    """At how many rows a gain of `other` over `base` (nouns) would likely be decided.

    named: what the gain is held against where that is not 0, `5 % margin`.
    """
    pair = f"between {base} and {other}"
    unknown = f"At how many rows it would be decided {pair} cannot be"
    if np.isnan(found.above):
        none = ": they were not trained on parts of the rows."
        return f"{unknown} told{' from the parts of the rows that they were trained on.' if found.parts else none}"
    bound = f"the {named}" if found.bound else "0"
    if np.isnan(found.times):
        ends = f"{of_100(found.above)} of 100 would end with a gain above {bound}, {of_100(found.below)} with one below"
        return f"{unknown} foreseen: of studies with {given(MOST_TIMES)} times these rows {ends}."
    rows = f"about {about(found.rows)} rows" if np.isfinite(found.rows) else "more rows"
    likely = f"It is likely decided {pair} by a study of {rows}, these among them ({about(found.times)} times as many)"
    ends = f"{of_100(max(found.above, found.below))} of 100 such studies would end with a gain {found.side} {bound}"
    return f"{likely}: {ends}. Judge it once, with all of them: each look before is one more chance of a wrong answer."
