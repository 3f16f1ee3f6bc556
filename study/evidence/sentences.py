"""What a verdict is made of in words: shares, gains, forecasts, and what boosted trees say."""

from __future__ import annotations

import numpy as np

from study.evidence.decided import MOST_TIMES
from study.evidence.findings import ENOUGH, WORTH, DecidedAt, Gain, TreesLine
from study.schema import NETWORK, NOUNS


def percent(share: float) -> str:
    """A share in per cent for a sentence: one decimal, and as many as it takes to tell 99.98 from 100."""
    value = 100 * share
    if 99.5 <= value < 100:
        text = f"{value:.{min(int(np.ceil(-np.log10(100 - value))), 6)}f}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
    return text.replace("-", "\N{MINUS SIGN}")


def ends(gain: Gain) -> str:
    """The interval of a gain in per cent."""
    return f"{percent(gain.low)} to {percent(gain.high)} %"


def trees_words(trees: TreesLine, regression: str) -> str:
    """What boosted trees say beside a verdict on this regression, as a sentence calls it, and the network."""
    over = {regression: trees.over_regression, NOUNS[NETWORK]: trees.over_network}
    gains = {noun: gain for noun, gain in over.items() if gain is not None}
    said = " and ".join(_clause(noun, gain) for noun, gain in gains.items())
    least = min(gain.improvement for gain in gains.values())
    two = len(gains) > 1
    both = "both models" if two else next(iter(gains))
    if not least > 0:
        end = "they are not ahead of both models" if two else f"{both} is not behind them"
    else:
        sure = all(gain.low > 0 for gain in gains.values())
        verb = ("are" if two else "is") if sure else ("seem" if two else "seems")
        by = f", {'the better one ' if two else ''}by {percent(least)} %"
        end = f"{both} {verb} behind them{by}{'' if sure else ', which chance may explain'}"
    return f"Boosted trees, which no verdict is about, have {said}: {end}."


def _clause(noun: str, gain: Gain) -> str:
    r = gain.improvement
    if r < -1:
        return f"{1 - r:,.3g} times the loss of {noun}"
    return f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than {noun} (95 % interval of the gain {ends(gain)})"


def about(number: float) -> str:
    """A number to two significant digits: 1,600 for 1,583."""
    digits = max(int(np.floor(np.log10(number))) - 1, 0)
    return f"{round(number / 10**digits) * 10**digits:,.0f}"


def decided_words(found: DecidedAt, gain: Gain, margin: float) -> str:
    """At how many rows, or repeats of the outer split, a gain would likely be decided."""
    return f"{_rows_words(found, margin)} {_repeats_words(found, gain, margin)}".strip()


def _rows_words(found: DecidedAt, margin: float) -> str:
    unknown = "At how many rows it would be decided cannot be told"
    if not found.curve:
        return f"{unknown}: no model was refitted on parts of the rows."
    if np.isnan(found.limit):
        error = percent(found.slope_error)
        return f"{unknown}: the gain over parts of the rows is known to \N{PLUS-MINUS SIGN}{error} % only."
    if np.isnan(found.times):
        limit = f"with more rows the gain tends to {percent(found.limit)} %, too near the {100 * margin:.3g} % margin"
        return f"Not decided within {MOST_TIMES:.0f} times the rows: {limit}."
    verdict = WORTH if found.side == "above" else ENOUGH
    most = f"{found.times_high:.2g}" if np.isfinite(found.times_high) else f"more than {MOST_TIMES:.0f}"
    rows = f"about {about(found.rows)} rows" if np.isfinite(found.rows) else "more rows"
    reach = f"{found.times:.2g} times these (between {found.times_low:.2g} and {most})"
    return f"It is likely decided at {rows}, {reach}: {verdict}."


def _repeats_words(found: DecidedAt, gain: Gain, margin: float) -> str:
    if gain.n_folds < 2:
        return ""
    if np.isnan(found.repeats_limit):
        return "One repeat of the outer split cannot tell what more would bring." if gain.n_repeats == 1 else ""
    if abs(gain.improvement - margin) <= found.repeats_limit:
        rest = f"these rows leave \N{PLUS-MINUS SIGN}{percent(found.repeats_limit)} %"
        return f"No number of repeats of the outer split can decide it: {rest}."
    if np.isnan(found.repeats):
        return f"It is not decided within {MOST_TIMES:.0f} repeats of the outer split."
    return f"It is likely decided at {found.repeats:.0f} repeats of the outer split ({gain.n_repeats} now)."
