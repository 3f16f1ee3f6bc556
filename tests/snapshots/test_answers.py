"""What is said of each answer, on losses made so that the answer is known."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from harness.judged import verdicts
from harness.predicted import made
from study.cli.ending import WIDTH, print_verdict
from study.evidence.answer import Verdict
from study.evidence.findings import FormulaTerms, TreesLine
from study.evidence.scores import CLIP
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.answer import BESIDE, Words
from study.evidence.wording.together import together_words
from study.schema import NETWORK, REGRESSION, REGRESSIONS, Kind
from tests.evidence.asked import judged, two_classes
from tests.evidence.losses import (
    only_verdict,
    right_or_wrong,
    scored,
    three,
    told_gain,
    usual_trials,
)
from tests.snapshots.answers import (
    Told,
    decided,
    ends,
    few_rows,
    forecasts,
    networks,
    nothing,
    open_ones,
    searches,
    with_sd,
)
from tests.snapshots.conftest import Approve

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
        rows = [
            plain.assign(family=family),
            richer.assign(family="neural", candidate="ensemble", depth=1),
        ]
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
    (holdout,) = verdicts(pd.concat(models), usual_trials(), 0.05, 5, n_train={"y": 120})

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
