"""Verdicts in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from study.evidence.decided import MOST_TIMES, Forecast
from study.schema import NOUNS

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


def counted(number: int, noun: str) -> str:
    """`1 repeat`, `3 repeats`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def method_words(method: str, n_folds: int, n_repeats: int, n_rows: int, n_groups: int) -> str:
    """What an interval of `study.evidence.intervals.METHODS` is, with the folds, repeats, test rows and groups in it."""
    folds = f"{n_folds // max(n_repeats, 1)} outer folds"
    crossed = f"{folds} x {counted(n_repeats, 'repeat')}" if n_repeats > 1 else folds
    rows = f"{n_rows:,} test rows" + (f" in {n_groups:,} groups" if n_groups < n_rows else "")
    split = f"{rows} of {crossed}" if n_folds > 1 else rows
    words = {
        "corrected t": f"corrected resampled t over {crossed} (Nadeau and Bengio 2003)",
        "rows": f"t over {split} (Bayle et al. 2020)" if n_folds > 1 else f"paired t over {rows}",
        "rows and repeats": f"t over {split} (Bayle et al. 2020) with the spread between repeats added",
        "nested cross-validation": f"nested cross-validation over {crossed} (Bates et al. 2024)",
        "bca": f"paired BCa bootstrap over {split} (Efron 1987)",
    }
    if method == "rows and repeats" and n_repeats < 2:
        return words["rows"]
    return words.get(method, method)


def estimand(n_train: float | None) -> str:
    """What the interval is about."""
    rows = f"{n_train:,.0f} rows" if n_train is not None and np.isfinite(n_train) else "the development rows"
    return f"The expected loss of the whole procedures (encode, search, refit), trained on {rows}."


def candidate_words(used: str, candidates: Mapping[str, Mapping[str, Any]]) -> str:
    """Which way of using the network a verdict is about, and what the other way gives."""
    said = f"The network is {CANDIDATES.get(used, used)}"
    for name, other in candidates.items():
        if name != used and np.isfinite(other["improvement"]):
            ends = f"{percent(other['low'])} to {percent(other['high'])} %"
            said += f"; as {CANDIDATES[name]} it gains {percent(other['improvement'])} % ({ends}): {other['verdict']}"
    return f"{said}."


def verdict_of(gain: Mapping[str, Any], margin: float) -> str:
    """The verdict that an interval of the improvement gives; without any loss to save the regression is enough."""
    if np.isnan(gain["improvement"]) or gain["high"] < margin:
        return ENOUGH
    return WORTH if gain["low"] > margin else UNDECIDED


def judged(target: str, family: str, depths: list[int], gain: Mapping[str, Any], margin: float) -> tuple[str, str, str]:
    """Verdict, its sentence and what to do."""
    noun, verdict = NOUNS.get(family, family), verdict_of(gain, margin)
    layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
    r, low, high = gain["improvement"], gain["low"], gain["high"]
    if np.isnan(r):
        sentence = f"Nothing can be gained on {target}, which {noun} predicts without any loss: the regression is enough."
        return verdict, sentence, f"Use {noun}."
    size, interval = f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than", f"{percent(low)} to {percent(high)} %"
    if r < 0:
        interval = f"of the gain {interval}"
    if r < -1:
        size, interval = f"{1 - r:,.3g} times the loss of", f"{max(1 - high, 0):,.3g} to {1 - low:,.3g} times"
    start = f"A network with {layers} hidden layer{'' if layers == '1' else 's'} predicts {target} with {size} {noun}"
    start, bound = f"{start} (95 % interval {interval})", f"{100 * margin:.3g} % margin"
    if verdict == WORTH:
        far = "far " if low > 3 * margin else ""
        return verdict, f"{start}, {far}beyond the {bound}: the network is worth it.", "Use the network."
    if verdict == ENOUGH:
        return verdict, f"{start}, a gain below the {bound}: the regression is enough.", f"Use {noun}."
    if np.isnan(low):
        action = f"Keep {noun}, the simpler model; more test rows are needed for any interval."
        return verdict, f"{start.partition(' (95')[0]}, on too few test rows to be sure of anything: undecided.", action
    action = f"Keep {noun}, the simpler model: with 95 % confidence at most {percent(high)} % of its loss is given away."
    return verdict, f"{start}, which lies on both sides of the {bound}: undecided.", action


def reference_words(gains: Mapping[str, Mapping[str, Any]]) -> str:
    """What the reference line says. gains: `paired_gain` of the trees over each model, by the model's noun."""

    def clause(noun: str, gain: Mapping[str, Any]) -> str:
        r = gain["improvement"]
        if r < -1:
            return f"{1 - r:,.3g} times the loss of {noun}"
        ends = f"{percent(gain['low'])} to {percent(gain['high'])} %"
        return f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than {noun} (95 % interval of the gain {ends})"

    said = " and ".join(clause(noun, gain) for noun, gain in gains.items())
    least = min(gains.values(), key=lambda gain: gain["improvement"])
    both = "both models" if len(gains) > 1 else next(iter(gains))
    if not least["improvement"] > 0:
        end = "they are not ahead of both models" if len(gains) > 1 else f"{both} is not behind them"
    else:
        sure = all(gain["low"] > 0 for gain in gains.values())
        verb = ("are" if len(gains) > 1 else "is") if sure else ("seem" if len(gains) > 1 else "seems")
        by = f", {'the better one ' if len(gains) > 1 else ''}by {percent(least['improvement'])} %"
        end = f"{both} {verb} behind them{by}{'' if sure else ', which chance may explain'}"
    return f"Boosted trees, a reference line and no part of the verdict, have {said}: {end}."


def about(number: float) -> str:
    """A number to two significant digits: 1,600 for 1,583."""
    digits = max(int(np.floor(np.log10(number))) - 1, 0)
    return f"{round(number / 10**digits) * 10**digits:,.0f}"


def decided_words(found: Forecast, margin: float) -> str:
    """At how many rows, or repeats of the outer split, it would likely be decided."""
    return f"{_rows_words(found, margin)} {_repeats_words(found)}".strip()


def _rows_words(found: Forecast, margin: float) -> str:
    unknown = "At how many rows it would be decided cannot be told"
    if found.shape is None:
        return f"{unknown}: no model was refitted on parts of the rows."
    if np.isnan(found.times):
        error = percent(found.shape.slope_error)
        return f"{unknown}: the gain over parts of the rows is known to \N{PLUS-MINUS SIGN}{error} % only."
    if not np.isfinite(found.times):
        limit = f"with more rows the gain tends to {percent(found.limit)} %, too near the {100 * margin:.3g} % margin"
        return f"Not decided within {MOST_TIMES:.0f} times the rows: {limit}."
    verdict = WORTH if found.side == "above" else ENOUGH
    most = f"{found.times_high:.2g}" if np.isfinite(found.times_high) else f"more than {MOST_TIMES:.0f}"
    rows = f"about {about(found.times * found.rows_now)} rows" if np.isfinite(found.rows_now) else "more rows"
    reach = f"{found.times:.2g} times these (between {found.times_low:.2g} and {most})"
    return f"It is likely decided at {rows}, {reach}: {verdict}."


def _repeats_words(found: Forecast) -> str:
    repeats = found.repeats
    if np.isnan(repeats.number):
        return "One repeat of the outer split cannot tell what more would bring." if found.repeats_now == 1 else ""
    if found.gap <= repeats.limit:
        rest = f"these rows leave \N{PLUS-MINUS SIGN}{percent(repeats.limit)} %"
        return f"No number of repeats of the outer split can decide it: {rest}."
    if not np.isfinite(repeats.number):
        return f"It is not decided within {MOST_TIMES:.0f} repeats of the outer split."
    return f"It is likely decided at {repeats.number:.0f} repeats of the outer split ({found.repeats_now} now)."
