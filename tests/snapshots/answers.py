"""Verdicts that are decided, open, foreseen or bounded, and those of nothing to improve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from harness import judged
from study.evidence.answer import Verdict
from study.evidence.findings import DecidedAt, Gain, RungGain
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.answer import Words
from study.schema import NETWORK, REGRESSION, TERMS
from tests.evidence.losses import (
    in_folds,
    only_verdict,
    parted,
    parts,
    scored,
    three,
    told_gain,
    trial,
    undecided,
    usual_trials,
)

Told = dict[str, Verdict | list[Verdict] | str | None]
"""By what is special about it the verdict of a study, those of several targets, or one sentence of
a verdict told before."""


DEPTHS = {"neural": 1, "residual": 1}


def searches(*families: str, folds: int = 1, **search: Any) -> pd.DataFrame:
    told = [
        trial(name, DEPTHS.get(name, 0), 1.0, outer_fold=fold, **search)
        for fold in range(folds)
        for name in families
    ]
    return pd.DataFrame(told)


def few_rows(rng: np.random.Generator) -> Verdict:
    base, network = rng.exponential(1.0, (2, 40))
    return only_verdict([scored(base), scored(network, "neural", 1)])


def decided(rng: np.random.Generator) -> Told:
    return {
        "The regression is enough": only_verdict(three(rng, 0.99, 1.02)),
        "The regression with terms is enough": only_verdict(three(rng, 0.6, 0.595)),
        "The network is worth it": only_verdict(three(rng, 0.9, 0.2)),
        "Terms, where the network alone passes the margin": only_verdict(
            three(rng, 0.955, 0.935, spread=0.01)
        ),
    }


def open_ones(rng: np.random.Generator) -> Told:
    base, terms, network = rng.exponential(1.0, (3, 40))
    models = [scored(base), scored(terms, "terms"), scored(network, "neural", 1)]
    lucky = np.where(
        np.arange(400) < 24, 0.66 * 400 / 24, 0.0
    )  # a third less on average, by the luck of a few rows
    ones = np.ones(400)
    unsure = only_verdict([scored(ones), scored(lucky, "terms"), scored(0.93 * ones, "neural", 1)])
    later = DecidedAt(
        base=REGRESSION, other=TERMS, bound=0, rows=960.0, times=2.36, side="above", above=0.81, below=0.1,
        slope=0.0, slope_error=0.1, curve=(),
    )  # fmt: skip
    return {
        "Between the regression and the network": few_rows(rng),
        "Between the regression and terms": only_verdict(
            three(rng, 0.95, 1.0, 0.6, 200)[1:3], searches("linear", "terms")
        ),
        "Between terms and the network": only_verdict(three(rng, 0.6, 0.55, 0.6, 200)),
        "Among three": only_verdict(models, questions={"y": EvaluationSpec()}),
        "Terms that may be nothing": unsure,
        "Terms that are likely sure with more rows": Words(
            unsure.model_copy(update={"decided_at": later})
        ).action,
        "Two that no row compares": only_verdict(
            parted(0.6, 0.5), searches("linear", "terms", "neural", folds=4)
        ),
    }


def forecasts(rng: np.random.Generator) -> Told:
    near, below, even = (undecided(rng, gain) for gain in (0.08, 0.02, 0.05))
    grows = parts(near, {f: 0.13 - 0.05 / f for f in (0.25, 0.5)})
    base = np.tile(rng.exponential(1.0, (1, 5, 30)), (3, 1, 1))
    luck = rng.uniform(-0.7, 0.7, (1, 5, 30))
    other = base * (0.94 + luck - np.average(luck, weights=base[:1])) + 0.01 * rng.random(
        (3, 5, 30)
    )
    repeats, once = ([in_folds(base[:n]), in_folds(other[:n], "neural", 1)] for n in (3, 1))
    (likely,) = judged.verdicts(
        pd.concat([*near, *grows]), usual_trials(), 0.05, 5, n_train={"y": 1600}
    )
    min_margin = {"y": EvaluationSpec(margin=0.001, min_margin=0.03)}
    return {
        "Likely decided, of a table whose rows are known": likely,
        "Likely decided below the margin": only_verdict(
            [*below, *parts(below, {0.25: 0.02, 0.5: 0.02})]
        ),
        "Not foreseen": only_verdict([*even, *parts(even, {0.25: 0.05, 0.5: 0.05})]),
        "Too few parts": only_verdict([*near, *grows[:2]]),
        "What more repeats would leave": only_verdict(repeats, usual_trials(n_folds=15)),
        "One repeat": only_verdict(once, usual_trials(n_folds=5)),
        "At the minimum margin": only_verdict(with_sd([*near, *grows]), questions=min_margin),
    }


def with_sd(models: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """The same losses of a target that is 1 or -1, and so has a standard deviation of 1."""
    rows = [each.assign(observed=1.0 - 2 * (each["row"] % 2)) for each in models]
    return [each.assign(predicted=each["observed"] - np.sqrt(each["loss"])) for each in rows]


def ends(rng: np.random.Generator) -> Told:
    single = [
        scored(np.array([loss]), *model)
        for loss, model in ((2.0, ("baseline",)), (1.0, ()), (0.5, ("neural", 1)))
    ]
    three_rows = [scored(np.array([9.0, 1.0, 1.0])), scored(np.array([1.0, 2.0, 1.0]), "neural", 1)]
    one_loss = [
        scored(np.r_[np.full(39, 0.05), 40.0]),
        scored(rng.uniform(0.5, 1.5, 40), "neural", 1),
    ]
    plain = few_rows(rng)

    def of(gain: Gain) -> Verdict:
        step = RungGain(base=REGRESSION, other=NETWORK, gain=gain)
        return plain.model_copy(update={"gains": (step,), "decided_at": None})

    times = {
        "at both": (-5.0, -1.5),
        "above": (math.nan, -1.5),
        "below": (-5.0, 1.2),
        "none": (math.nan, 1.2),
    }
    times["alike"] = (-3.0, -3.0)
    return {
        "A gain without an end on either side": only_verdict(three_rows),
        "A gain without a lower end": only_verdict(one_loss),
        "One test row": only_verdict(single),
        "A loss without an upper end": of(told_gain(-9.7, math.nan, improvement=-0.2)),
        "A gain that may be all": Words(of(told_gain(0.99995, 1.2, improvement=0.99999))).sentence,
        **{
            f"Times the loss, ends: {name}": Words(of(told_gain(*span, improvement=-3.0))).sentence
            for name, span in times.items()
        },
    }


def nothing(rng: np.random.Generator) -> Told:
    base = rng.uniform(0.9, 1.1, 100)
    perfect = [
        scored(np.full(8, 0.25), "baseline"),
        scored(np.zeros(8)),
        scored(np.full(8, 1e-3), "neural", 1),
    ]
    still = [scored(base, *model).assign(observed=0.0) for model in ((), ("neural", 1))]
    worse = [scored(base, "baseline"), scored(base * 1.01), scored(base * 1.02, "neural", 1)]
    return {
        "No regression": only_verdict([scored(base, "neural", 1)], searches("neural")),
        "Nothing richer": only_verdict([scored(base)], searches("linear")),
        "A metric that the rows have not": only_verdict(
            still, questions={"y": EvaluationSpec(metric="r2")}
        ),
        "No loss": only_verdict(perfect, questions={"y": EvaluationSpec(margin_of="unit")}),
        "Models that are the same": only_verdict([scored(base), scored(base, "neural", 1)]),
        "None better than the constant": only_verdict(worse),
    }


def networks(rng: np.random.Generator) -> Told:
    plain, base = rng.uniform(0.9, 1.1, 80), rng.uniform(0.9, 1.1, (1, 2, 50))
    deep = [scored(plain), scored(0.5 * plain, "neural", 1), scored(0.4 * plain, "neural", 2)]
    two = [in_folds(base), *(in_folds(f * base, "neural", d) for d, f in ((1, 0.5), (2, 0.4)))]
    other = {("neural", 1): (0.9, 0.9), ("neural", 2): (0.2, 0.1), ("residual", 1): (0.1, 0.2)}
    families = [
        in_folds(base),
        *(in_folds(f * base, *m) for m, f in zip(other, (0.5, 0.011, 0.01), strict=True)),
    ]
    nested = rng.uniform(0.9, 1.1, (2, 5, 20))
    ways = [
        in_folds(nested),
        in_folds(0.6 * nested, "terms"),
        in_folds(0.5 * nested, "neural", 1),
    ]
    ways.append(in_folds(0.97 * nested, "neural", 1, "refit"))

    def chosen(losses: Mapping[tuple[str, int], tuple[float, float]]) -> pd.DataFrame:
        own = [
            trial(*model, loss, outer_fold=fold)
            for model, each in losses.items()
            for fold, loss in enumerate(each)
        ]
        return pd.concat([searches("linear", folds=2), pd.DataFrame(own)])

    return {
        "Two depths, one of them chosen": only_verdict(deep, usual_trials((1, 2))),
        "The same depth in each fold": only_verdict(
            two, chosen({("neural", 1): (0.2, 0.2), ("neural", 2): (0.1, 0.1)})
        ),
        "Another depth in each fold": only_verdict(
            two, chosen({("neural", 1): (0.1, 0.2), ("neural", 2): (0.2, 0.1)})
        ),
        "Two families": only_verdict(families, chosen(other)),
        "Repeats, and another way of using the network": only_verdict(
            ways, usual_trials(n_folds=10)
        ),
    }
