"""Verdicts in words: functions of a verdict and of what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from study.evidence.decided import MOST_TIMES
from study.schema import NETWORK, NOUNS

if TYPE_CHECKING:
    from study.evidence.answer import Verdict
    from study.evidence.findings import DecidedAt, Gain

WORTH, ENOUGH, UNDECIDED = "network is worth it", "regression is enough", "undecided"
CANDIDATES = {
    "ensemble": "the mean prediction of the replicates that the search trained",
    "refit": "the incumbent refitted on all development rows",
}


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


def estimand(n_train: float) -> str:
    """What the interval is about."""
    rows = f"{n_train:,.0f} rows" if np.isfinite(n_train) else "the development rows"
    return f"The expected loss of the whole procedures (encode, search, refit), trained on {rows}."


def candidate_words(verdict: Verdict) -> str:
    """Which way of using the network a verdict is about, and what the other way gives."""
    used = str(verdict.candidate)
    said = f"The network is {CANDIDATES.get(used, used)}"
    for name, gain in verdict.candidates.items():
        if name != used and np.isfinite(gain.improvement):
            then = verdict_of(gain.improvement, gain.low, gain.high, verdict.margin)
            said += f"; as {CANDIDATES[name]} it gains {percent(gain.improvement)} % ({ends(gain)}): {then}"
    return f"{said}."


def verdict_of(improvement: float, low: float, high: float, margin: float) -> str:
    """The verdict that an interval of the improvement gives; without any loss to save the regression is enough."""
    if np.isnan(improvement) or high < margin:
        return ENOUGH
    return WORTH if low > margin else UNDECIDED


def sentence(verdict: Verdict) -> str:
    """The answer."""
    if verdict.verdict is None:
        return f"There is no verdict for {verdict.target}: no test rows were scored with {_lacking(verdict)}."
    beaten = f" Neither is reliably better than {NOUNS['constant']}, which ignores every feature."
    return _answer(verdict) + (beaten if verdict.beats_constant is False else "")


def action(verdict: Verdict) -> str:
    """What to do."""
    if verdict.verdict is None:
        return f"Run the study with {_lacking(verdict)} among its families."
    if verdict.beats_constant is False:
        return "Use neither yet: look for features that tell more about the target."
    noun = _noun(verdict)
    if verdict.verdict != UNDECIDED:
        return f"Use {noun if verdict.verdict == ENOUGH else NOUNS[NETWORK]}."
    if np.isnan(verdict.gain.low):
        return f"Keep {noun}, the simpler model; more test rows are needed for any interval."
    given_away = f"with 95 % confidence at most {percent(verdict.gain.high)} % of its loss is given away."
    then = f" {decided_words(verdict.decided_at, verdict.gain, verdict.margin)}" if verdict.decided_at else ""
    return f"Keep {noun}, the simpler model: {given_away}{then}"


def _lacking(verdict: Verdict) -> str:
    return "a network" if verdict.regression else "a regression"


def _noun(verdict: Verdict) -> str:
    return NOUNS.get(str(verdict.regression), str(verdict.regression))


def _answer(verdict: Verdict) -> str:
    noun, gain = _noun(verdict), verdict.gain
    r, low, high = gain.improvement, gain.low, gain.high
    if np.isnan(r):
        nothing = f"Nothing can be gained on {verdict.target}, which {noun} predicts without any loss"
        return f"{nothing}: the regression is enough."
    size, interval = f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than", ends(gain)
    if r < 0:
        interval = f"of the gain {interval}"
    if r < -1:
        size, interval = f"{1 - r:,.3g} times the loss of", f"{max(1 - high, 0):,.3g} to {1 - low:,.3g} times"
    start = f"{_network(verdict)} predicts {verdict.target} with {size} {noun}"
    if np.isnan(low):
        return f"{start}, on too few test rows to be sure of anything: undecided."
    start, bound = f"{start} (95 % interval {interval})", f"{100 * verdict.margin:.3g} % margin"
    if verdict.verdict == WORTH:
        far = "far " if low > 3 * verdict.margin else ""
        return f"{start}, {far}beyond the {bound}: the network is worth it."
    if verdict.verdict == ENOUGH:
        return f"{start}, a gain below the {bound}: the regression is enough."
    return f"{start}, which lies on both sides of the {bound}: undecided."


def _network(verdict: Verdict) -> str:
    """`A network with 1 to 2 hidden layers`; its families are named where there are several."""
    depths = sorted({rung.depth for rung in verdict.chosen.values()})
    families = sorted({rung.family for rung in verdict.chosen.values()})
    layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
    named = f" ({' or '.join(families)})" if len(families) > 1 else ""
    return f"A network{named} with {layers} hidden layer{'' if layers == '1' else 's'}"


def trees_words(verdict: Verdict) -> str | None:
    """What boosted trees say beside the verdict, where they were scored."""
    if verdict.trees is None:
        return None
    over = {_noun(verdict): verdict.trees.over_regression, NOUNS[NETWORK]: verdict.trees.over_network}
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
