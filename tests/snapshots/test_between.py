"""What `study compare` says of several studies of one target."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console

from study.ask import Compared
from study.cli.compared import print_compared
from study.evidence.between import Between, Finished, between
from study.schema import Kind
from tests.evidence.finished import apart, plain_study, study
from tests.evidence.losses import in_folds, scored
from tests.snapshots.conftest import Approve


def printed(told: list[Finished], *targets: Between, **more: Any) -> str:
    out = io.StringIO()
    names, answers = tuple(each.name for each in told), {"y": tuple(each.verdict for each in told)}
    found = {
        "names": names,
        "digests": names,
        "config": {},
        "verdicts": answers,
        "targets": targets or (between(told),),
    }
    console = Console(file=out, width=100, markup=False, emoji=False, highlight=False)
    print_compared(Compared.model_validate(found | more), console)
    return out.getvalue()


def test_what_is_said_of_studies_beside_each_other(approve: Approve) -> None:
    rng = np.random.default_rng(0)
    base, one, other = rng.uniform(0.8, 1.2, (3, 3, 5, 20))

    def of(name: str, terms: np.ndarray, network: np.ndarray, repeats: int = 3) -> Finished:
        models = (base, "linear", 0), (terms, "terms", 0), (network, "neural", 1)
        return study(name, [in_folds(losses[:repeats], *model) for losses, *model in models])

    def single(name: str, *losses: float) -> Finished:
        return study(
            name,
            [
                scored(np.array([loss]), *model)
                for loss, model in zip(losses, ((), ("neural", 1)), strict=True)
            ],
        )

    first = of("first", 0.5 * one, 0.9 * other)
    second, third = of("second", 0.48 * one, 1.1 * other), of("third", 0.43 * base, 0.87 * one)
    config = {"search.trials": (10, 20, 20), "name": ("a", "b", "c")}
    verdicts = {
        "y": (first.verdict, second.verdict, third.verdict),
        "z": (None, second.verdict, None),
    }
    told = {
        "Three": printed([first, second, third], config=config, verdicts=verdicts),
        "Of more and fewer repeats": printed(
            [first, of("fewer", 0.9 * one, 0.88 * one, repeats=1)]
        ),
        "One test row": printed([single("a", 1.0, 0.9), single("b", 1.0, 0.5)]),
        "No loss": printed([single("a", 0.0, 0.9), single("b", 0.0, 0.5)]),
    }

    approve("\n".join(f"# {heading}\n\n{text}" for heading, text in told.items()))


def test_what_is_said_of_studies_that_cannot_be_compared(approve: Approve) -> None:
    plain = plain_study("a")
    counts = plain.verdict.model_copy(update={"kind": Kind.COUNT})
    nested = replace(
        plain, predictions=plain.predictions.assign(outer_fold=plain.predictions["row"] % 2)
    )
    others = {**apart(plain), "a kind": replace(plain, verdict=counts)}
    others["no fold"] = replace(plain, predictions=plain.predictions.assign(outer_fold=1))

    told = [between([plain, replace(other, name="b")]) for other in others.values()]
    told.append(between([nested, replace(nested, name="b", folds=3)]))

    approve("\n".join(str(each.refused) for each in told))
