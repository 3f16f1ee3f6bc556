"""Warnings of an answer: too few rows, a search that flattered itself, a gain that few rows carry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED, Gain
from study.evidence.pairs import contributions, paired
from study.evidence.rule import open_pair
from study.evidence.thresholds import Threshold
from study.evidence.warnings.catalogue import DOUBTS
from study.evidence.warnings.limits import FEW_CARRY, FEW_SHARE, FEWER, SURE, WIDER
from study.evidence.winners import best_trials
from study.evidence.wording.amounts import limits, listed, share, signed
from study.formatting import NOTHING, about
from study.schema import LOSS, NETWORK, REGRESSION, TERMS, StudyWarning

MODELS = {REGRESSION: "the regression", TERMS: "extra terms", NETWORK: "the network"}
OF_A_QUESTION = ("S001", "S012")
"""Those that depend on what a verdict is asked of."""
MOST_ROWS = 5
"""Most rows that a sentence names."""

Losses = Mapping[str, pd.DataFrame]
"""Test losses (`study.evidence.scores.UNIT`) of REGRESSION, TERMS and NETWORK, those that were
scored."""


def of_verdict(verdict: Verdict, losses: Losses | None = None) -> list[StudyWarning]:
    """What is to be said of one verdict, whatever its question; losses: to name rows."""
    return [found for found in (too_few_rows(verdict), few_carry(verdict, losses or {})) if found]


def asked_anew(stored: Iterable[StudyWarning], verdicts: Sequence[Verdict]) -> list[StudyWarning]:
    """The warnings of a study whose verdicts are of another question; stored: of its own."""
    targets = {None, *(verdict.target for verdict in verdicts)}
    kept = [each for each in stored if each.id not in OF_A_QUESTION and each.target in targets]
    return in_order([*kept, *(each for verdict in verdicts for each in of_verdict(verdict))])


def in_order(warnings: Iterable[StudyWarning]) -> list[StudyWarning]:
    """DOUBTS first, then by id, and within one as they were found; no S017 where S006 suspects that
    the target's logarithm is a feature.
    """
    found = sorted(warnings, key=lambda warning: (warning.id not in DOUBTS, warning.id))
    leaky = {warning.target for warning in found if warning.id == "S006"}
    return [each for each in found if each.id != "S017" or each.target not in leaky]


def too_few_rows(verdict: Verdict) -> StudyWarning | None:
    """S001 where an open gain's interval is so wide that even a gain of 0 would be left open: half
    of it is above the threshold.
    """
    pair = open_pair(verdict.by_pair, verdict.threshold) if verdict.verdict == UNDECIDED else None
    if pair is None or not 0 < pair[2] < math.inf:
        return None
    base, other, bound = pair
    gain = verdict.by_pair[base, other]
    if (gain.high - gain.low) / 2 <= bound:
        return None
    unit = unit_of(gain)
    rows = verdict.decided_at.rows if verdict.decided_at else math.nan
    more = f"about {about(rows)} rows" if math.isfinite(rows) else "more rows"
    run = (
        f"Run again with {more}"
        if unit == "rows"
        else f"Collect more {unit}, not more rows of the same ones"
    )
    return StudyWarning(
        id="S001",
        target=verdict.target,
        text=f"On {gain.n_units:,} test {unit} the improvement by {MODELS[other]} has {_wide(gain)} (margin: {share(bound)}).",
        todo=f"{run}. Until then stay with {verdict.nouns[verdict.left[0]]}.",
    )


def _wide(gain: Gain) -> str:
    told = limits(gain)
    return told if told == "no limits" else f"limits of {told}"


def few_carry(verdict: Verdict, losses: Losses) -> StudyWarning | None:
    """S012 where half the variance of a gain is of few units; losses: to name these."""
    told, named, unit = [], list[str](), "rows"
    for (base, other), gain in verdict.by_pair.items():
        if not carried_by_few(gain) or sure_all_the_same(gain, verdict.threshold):
            continue
        unit = unit_of(gain)
        over = f" over {MODELS[base]}" if base != REGRESSION else ""
        told.append(
            f"{gain.half_carried_by:,} of {gain.n_units:,} {unit} for {MODELS[other]}{over}"
        )
        named += carriers(losses, base, other, gain.half_carried_by)
    if not told:
        return None
    rows = list(dict.fromkeys(named))[:MOST_ROWS]
    look = (
        f"row{'s' * (len(rows) > 1)} {listed(rows)} (counted from 0)"
        if rows
        else "those where losses differ most"
    )
    return StudyWarning(
        id="S012",
        target=verdict.target,
        text=f"Few test {unit} carry half the variance of an improvement: {listed(told)}.",
        todo=f"Check {look}. A wrong cell there may decide the verdict.",
    )


def carried_by_few(gain: Gain) -> bool:
    """Whether few of many units carry half of a gain's variance."""
    most = min(max(FEW_CARRY, FEW_SHARE * gain.n_units), max(1, FEWER * gain.n_units))
    few = 0 < gain.half_carried_by <= most
    return gain.std_error > NOTHING and few and gain.n_units > 2 * FEW_CARRY


def sure_all_the_same(gain: Gain, threshold: Threshold) -> bool:
    """Whether a gain lies on one side of the threshold with an interval WIDER times as wide, too."""
    bound = threshold.of_gain(gain).larger(gain.per_loss)
    low, high = (
        gain.improvement + WIDER * (end - gain.improvement) for end in (gain.low, gain.high)
    )
    return bool(low > bound or high < bound)


def carriers(losses: Losses, base: str, other: str, count: int) -> list[str]:
    """The rows that move the gain of `other` over `base` most, one of each of the `count` groups or
    times that do so; none where either was not given."""
    if base not in losses or other not in losses or REGRESSION not in losses:
        return []
    pairs = paired(
        losses[base], losses[other], int(losses[base]["outer_fold"].max()) + 1, losses[REGRESSION]
    )
    _, share = contributions(pairs, "improvement")
    rows = share.groupby([pairs["time" if "time" in pairs else "group"], pairs["row"]]).mean()
    away = rows - rows.mean()
    groups = away.groupby(level=0).sum().abs().nlargest(count).index
    return [
        str((away.loc[group] * math.copysign(1, away.loc[group].sum())).idxmax())
        for group in groups
    ]


def unit_of(gain: Gain) -> str:
    """What is independent in a gain: rows, groups or times."""
    return "times" if gain.n_times else "groups" if gain.n_groups < gain.n_rows else "rows"


def flattered(verdict: Verdict, losses: Losses, trials: pd.DataFrame) -> StudyWarning | None:
    """S004 where a richer model's test loss is above its validation loss by more than it differs
    from the regression's.

    Only what matters, more than the verdict's threshold, and is surely there, by SURE standard
    errors of its mean over outer folds (`optimism`).

    Parameters
    ----------
    losses : test losses of the procedures.
    trials : (n_trials, ...) results dataframe of the target.
    """
    if (
        verdict.question.metric != LOSS
        or REGRESSION not in losses
        or not math.isfinite(verdict.margin)
    ):
        return None
    found = {
        name: optimism(rows, chosen_losses(verdict, name, trials)) for name, rows in losses.items()
    }
    plain = found[REGRESSION]
    whole = float(losses[REGRESSION]["loss"].mean())
    told = []
    for name in (TERMS, NETWORK):
        own = found.get(name)
        if own is None or len(own) < 2 or not whole > 0:
            continue
        size = own["optimism"].mean()
        error = own["optimism"].std() / math.sqrt(len(own))
        tested = (plain["test"] - own["test"]).mean() / whole
        judged = (plain["validation"] - own["validation"]).mean() / whole
        if size > max(abs(tested), verdict.margin) * whole and size > SURE * error:
            told.append(f"{MODELS[name]} at {signed(judged)}, test rows at {signed(tested)}")
    if not told:
        return None
    return StudyWarning(
        id="S004",
        target=verdict.target,
        text=f"Validation loss misleads: it shows {listed(told)}.",
        todo="Go by the verdict, and don't choose models by validation loss.",
    )


def optimism(losses: pd.DataFrame, validation: pd.Series) -> pd.DataFrame:
    """By outer fold test, validation and optimism, the mean test loss less the validation loss of
    what was chosen there.

    losses: (n, ...) test losses of a procedure. validation: by outer fold.
    """
    test = losses.groupby("outer_fold")["loss"].mean()
    both = pd.DataFrame({"test": test, "validation": validation}).dropna()
    return both.assign(optimism=both["test"] - both["validation"])


def chosen_losses(verdict: Verdict, procedure: str, trials: pd.DataFrame) -> pd.Series:
    """By outer fold the validation loss that a procedure chose by: the least of its searches."""
    best = best_trials(trials[trials["target"] == verdict.target])
    family = {REGRESSION: verdict.regression, TERMS: TERMS}.get(procedure)
    own = (
        best[best["depth"] > 0]
        if procedure == NETWORK
        else best[(best["family"] == family) & (best["depth"] == 0)]
    )
    return own.groupby("outer_fold")["val_loss"].min().replace([np.inf], np.nan)
