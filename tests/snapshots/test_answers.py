"""What is said of each answer, on losses made so that the answer is known."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from harness.predicted import made
from study.cli.ending import WIDTH, print_verdict
from study.evidence import verdicts
from study.evidence.answer import Verdict
from study.evidence.findings import DecidedAt, FormulaTerms, Gain, RungGain, TreesLine
from study.evidence.scores import CLIP
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.answer import BESIDE, Words
from study.evidence.wording.together import together_words
from study.schema import NETWORK, REGRESSION, REGRESSIONS, TERMS, Kind
from tests.evidence.asked import judged, two_classes
from tests.evidence.losses import (
    in_folds,
    only_verdict,
    parted,
    parts,
    right_or_wrong,
    scored,
    three,
    told_gain,
    trial,
    undecided,
    usual_trials,
)
from tests.snapshots.conftest import Approve

Told = dict[str, Verdict | list[Verdict] | str | None]
"""By what is special about it the verdict of a study, those of several targets, or one sentence of
a verdict told before."""
DEPTHS = {"neural": 1, "residual": 1}
MOST_LINES = 6
"""Of the 18 that an ending may have: 12 are its table, warnings, paths and what is between them."""

PRODUCT = "a\N{MULTIPLICATION SIGN}b"


def printed(told: Told) -> str:
    """The answers as a study prints them, and once what of them stands in its report alone."""
    out, in_report = io.StringIO(), dict[str, None]()
    for heading, found in told.items():
        out.write(f"\n# {heading}\n\n")
        own = found if isinstance(found, list) else [found] if isinstance(found, Verdict) else []
        for verdict in own:
            start = len(out.getvalue())
            print_verdict(
                verdict, Console(file=out, width=80, markup=False, emoji=False, highlight=False)
            )
            lines = out.getvalue()[start:].splitlines()
            assert len(lines) <= MOST_LINES
            assert max(map(len, lines)) <= WIDTH
            beside = ((name, getattr(Words(verdict), name)) for name in ("action", *BESIDE))
            out.writelines(f"  {name}: {said}\n" for name, said in beside if said)
        out.write(f"  {said}\n" if (said := together_words(own)) else "")
        out.write("" if own else f"{found}\n")
        in_report |= {str(Words(verdict).method): None for verdict in own}
    return "\n".join(
        [
            out.getvalue(),
            "# In the report alone",
            "",
            *(words for words in in_report if words != "None"),
        ]
    )


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
    (likely,) = verdicts.verdicts(
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


def terms(rng: np.random.Generator) -> Told:
    formula = FormulaTerms(
        folds={0: (PRODUCT, "c²"), 1: (PRODUCT,), 2: (PRODUCT, "d")},
        formula=f"y ~ 2·{PRODUCT}",
    )
    many = FormulaTerms(folds=dict.fromkeys(range(2), tuple("abcdefgh")), formula="y ~ a")

    def models(share: float, network: float) -> list[pd.DataFrame]:
        own = three(rng, 0.6, network, n=200)
        base = own[1]["loss"].to_numpy()
        refits = [
            scored(f * base, "terms", candidate=name)
            for name, f in (("products", 0.7), ("curves", 0.9))
        ]
        return [*own, *refits, scored(share * base * rng.uniform(0.99, 1.01, 200), "formula")]

    found = only_verdict(models(0.62, 0.61), formulas={"y": formula})
    alone = [each for each in models(0.8, 1.0) if each["depth"].iloc[0] == 0]
    return {
        "A simple formula that can take their place": found,
        "A simple formula that does not reach them, and no network": only_verdict(
            alone, searches("linear", "terms")
        ),
        "A simple formula of many terms, of what the network passed": only_verdict(
            models(0.62, 0.1), formulas={"y": many}
        ),
    }


def trees(rng: np.random.Generator) -> Told:
    models, alone = three(rng, 0.99, 0.8, n=200), few_rows(rng)
    base = models[1]["loss"].to_numpy() * rng.uniform(0.99, 1.01, 200)

    def beside(*gains: tuple[float, float]) -> str | None:
        over = {
            name: told_gain(*gain) for name, gain in zip((REGRESSION, NETWORK), gains, strict=False)
        }
        return Words(alone.model_copy(update={"trees": TreesLine(loss=0.5, over=over)})).trees

    return {
        "Ahead of all by more than the margin": only_verdict(
            [*models, scored(0.7 * base, "trees")]
        ),
        "Ahead of all": beside((0.2, 0.3), (0.1, 0.2)),
        "Not ahead of all": beside((-0.3, -0.1), (0.1, 0.2)),
        "Ahead, perhaps by chance": beside((-0.1, 0.3), (0.1, 0.2)),
        "Ahead of the only one": beside((0.1, 0.2)),
        "Ahead of the only one, perhaps by chance": beside((-0.1, 0.2)),
        "Not ahead of the only one": beside((-0.2, 0.1)),
    }


def metrics(rng: np.random.Generator) -> Told:
    """An amount of each metric's own unit as the margin, and a minimum margin that is larger."""

    def of(kind: Kind, metric: str, **more: Any) -> Verdict:
        family = REGRESSIONS[kind]
        plain, richer = (made(kind, np.random.default_rng(0), noise, n=150) for noise in (0.5, 0.4))
        if kind is Kind.CONTINUOUS:
            richer["predicted"] *= 0.9
            richer["loss"] = (richer["observed"] - richer["predicted"]) ** 2
        rows = [plain.assign(family=family), richer.assign(family="neural", depth=1)]
        question = {
            "metric": metric,
            "margin_of": "unit",
            "margin": 0.01,
            "min_margin": 0.05,
        } | more
        trials = searches(family, "neural", folds=5, kind=kind.value)
        return only_verdict(rows, trials, questions={"y": EvaluationSpec.model_validate(question)})

    several = dict.fromkeys(Kind, ("loss",)) | {Kind.BINARY: ("loss", "auc", "brier", "accuracy")}
    several |= {
        Kind.CONTINUOUS: ("loss", "r2", "rmse", "mae"),
        Kind.COUNT: ("loss", "explained_deviance"),
    }
    return {
        **{
            f"{metric} of {kind.value}": of(kind, metric)
            for kind, names in several.items()
            for metric in names
        },
        "An amount that is surer than its share": of(
            Kind.BINARY, "loss", margin_of="regression", margin=0.001, min_margin=0.0545
        ),
    }


def margins(rng: np.random.Generator) -> Told:
    models, trials = (
        with_sd(three(rng, 0.92, 0.93, n=200)),
        searches("baseline", "linear", "terms", "neural"),
    )

    def asked(**question: Any) -> Verdict:
        return only_verdict(
            models, trials, questions={"y": EvaluationSpec.model_validate(question)}
        )

    amount = asked(margin_of="unit", margin=0.02)
    assert amount.bound is not None
    beyond, after = (
        amount.bound.model_copy(update={"margin": 1.2}),
        amount.question.model_copy(update={"after": True}),
    )
    return {
        "A share of the loss": asked(),
        "An amount": amount,
        "An amount that is more than all of the loss": Words(
            amount.model_copy(update={"bound": beyond})
        ).bound,
        "Asked after the results were known": Words(
            amount.model_copy(update={"question": after})
        ).sentence,
        "A minimum margin beside the margin": asked(min_margin=0.01),
        "A minimum margin that is larger": asked(min_margin=0.06),
    }


def rows(rng: np.random.Generator) -> Told:
    never = right_or_wrong(alike=False, wrong=0)
    terms = never[never["family"] == "logistic"].assign(family="terms")
    trials = searches("baseline", "logistic", "terms", "neural", kind="binary")
    one_alike = only_verdict(
        [never, terms], trials, questions={"y": EvaluationSpec(metric="accuracy", min_margin=0.01)}
    )
    sure = right_or_wrong(alike=False, wrong=6, apart=3)
    sure["loss"] = sure["loss"].mask((sure["row"] < 2) & (sure["family"] != "baseline"), CLIP)
    return {
        "No row tells them apart": judged(right_or_wrong(alike=False)),
        "Never wrong on few rows": judged(right_or_wrong(alike=False, wrong=0, folds=5)),
        "Never wrong on many": judged(right_or_wrong(alike=False, wrong=0, n=600)),
        "Never wrong, and asked of a share": judged(never, min_margin=0.0),
        "Never wrong, and alike": judged(right_or_wrong(alike=True, wrong=0)),
        "Never wrong, and one of two alike": one_alike,
        "Few wrong rows that bound no share": judged(
            right_or_wrong(alike=False, apart=1), margin=0.5, min_margin=0.0
        ),
        "The log loss, told in rows, with some at its limit": judged(sure, metric="loss"),
    }


def splits(rng: np.random.Generator) -> Told:
    models = [scored(rng.exponential(1.0, 90)), scored(rng.exponential(0.5, 90), "neural", 1)]
    (holdout,) = verdicts.verdicts(pd.concat(models), usual_trials(), 0.05, 5, n_train={"y": 120})

    predictions, trials = two_classes({2})
    area = only_verdict(
        [predictions[predictions["row"] < 93]],
        trials,
        questions={"y": EvaluationSpec(metric="auc")},
    )
    after = area.question.model_copy(update={"after": True})
    return {
        "A holdout whose rows are known": holdout,
        "Groups": only_verdict([each.assign(group=each["row"] // 2) for each in models]),
        "Rows in time order": only_verdict(
            [each.assign(time=each["row"] + 300.0) for each in models]
        ),
        "An area of some folds": area,
        "An area, asked of later": Words(area.model_copy(update={"question": after})).sentence,
    }


def together(rng: np.random.Generator) -> Told:
    decided, unsure = only_verdict(three(rng, 0.99, 0.5, n=100)), few_rows(rng)

    def study(**p_values: float) -> list[Verdict]:
        """A target each whose answer has this p-value; of 1 an undecided one."""
        found = []
        for target, p in p_values.items():
            own = decided if p < 1 else unsure
            gains = [
                each.model_copy(update={"gain": each.gain.model_copy(update={"p_value": p / 2})})
                for each in own.gains
            ]
            found.append(own.model_copy(update={"target": target, "gains": tuple(gains)}))
        return found

    return {
        "Two answers hold, one does not, and one is undecided": study(
            a=1e-6, b=1e-6, c=0.04, d=1.0
        ),
        "All hold": together_words(study(a=1e-6, b=1e-6)),
        "One holds": together_words(study(a=1e-6, b=1.0)),
        "None holds": together_words(study(a=0.04, b=1.0)),
        "None of two holds": together_words(study(a=0.04, b=0.04)),
        "None is decided": together_words(study(a=1.0, b=1.0)),
    }


ANSWERS: dict[str, Callable[[np.random.Generator], Told]] = {
    "decided": decided,
    "undecided": open_ones,
    "forecasts": forecasts,
    "ends": ends,
    "nothing": nothing,
    "networks": networks,
    "terms": terms,
    "trees": trees,
    "metrics": metrics,
    "margins": margins,
    "rows": rows,
    "splits": splits,
    "together": together,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_said_of_an_answer(name: str, approve: Approve) -> None:
    approve(printed(ANSWERS[name](np.random.default_rng(0))))
