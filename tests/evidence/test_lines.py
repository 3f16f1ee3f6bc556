"""What stands beside a verdict: sources of the gain, the simple formula, trees and minimum margins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence.answer import Verdict
from study.evidence.findings import FormulaTerms
from study.evidence.wording.answer import Words
from study.schema import NETWORK, REGRESSION, TERMS
from tests.evidence.losses import in_folds, only_verdict, scored, three, trial

PRODUCT = "a\N{MULTIPLICATION SIGN}b"


def with_sources(
    rng: np.random.Generator, **shares: float
) -> tuple[np.ndarray, dict[str, np.ndarray], list[pd.DataFrame]]:
    """A regression's losses in two repeats of three folds, and of others these shares of them with
    some noise.
    """
    base = rng.uniform(0.9, 1.1, (2, 3, 40))
    own = {
        name: base * share * rng.uniform(0.95, 1.05, base.shape) for name, share in shares.items()
    }
    models = [in_folds(base), in_folds(own["both"], "terms")]
    return (
        base,
        own,
        [
            *models,
            *(in_folds(own[name], "terms", candidate=name) for name in ("products", "curves")),
        ],
    )


FOLDS = pd.DataFrame(
    [trial(family, 0, 1.0, outer_fold=fold) for fold in range(6) for family in ("linear", "terms")]
)


def test_the_gain_is_divided_between_interactions_and_curvature(rng: np.random.Generator) -> None:
    plain, own, models = with_sources(rng, both=0.5, products=0.6, curves=0.8)

    verdict = only_verdict(models, FOLDS)

    assert verdict.sources is not None
    found, mean = verdict.sources, {name: losses.mean() for name, losses in own.items()}
    interactions = (
        ((plain.mean() - mean["products"]) + (mean["curves"] - mean["both"])) / 2 / plain.mean()
    )
    curvature = (
        ((plain.mean() - mean["curves"]) + (mean["products"] - mean["both"])) / 2 / plain.mean()
    )
    assert found.interactions.improvement == pytest.approx(interactions)
    assert found.curvature.improvement == pytest.approx(curvature)
    assert interactions + curvature == pytest.approx(verdict.by_pair[REGRESSION, TERMS].improvement)
    assert found.interactions.low < 0.35 < found.interactions.high
    assert found.curvature.std_error > 0


def test_where_a_refit_is_lacking_or_lacks_a_fold_it_is_not_told_where_the_gain_comes_from(
    rng: np.random.Generator,
) -> None:
    *_, models = with_sources(rng, both=0.5, products=0.6, curves=0.8)
    last = models.pop()

    for own in ([], [last[last["outer_fold"] != 2]]):
        assert only_verdict([*models, *own], FOLDS).sources is None


def with_formula(
    rng: np.random.Generator, share: float, network: float, **more: FormulaTerms
) -> Verdict:
    models = three(rng, 0.6, network)
    return only_verdict(
        [*models[1:], scored(share * models[1]["loss"].to_numpy(), "formula")], formulas=more
    )


def test_a_short_formula_close_to_the_regression_with_terms_is_given_with_its_own_loss(
    rng: np.random.Generator,
) -> None:
    terms = FormulaTerms(
        folds={0: (PRODUCT, "c²"), 1: (PRODUCT,), 2: (PRODUCT, "d")},
        formula=f"y ~ 2·{PRODUCT}",
    )

    verdict = with_formula(rng, 0.62, 0.6, y=terms)

    line = verdict.formula_line
    assert line is not None
    assert line.gain is not None
    assert line.left is not None
    assert line.loss == pytest.approx(0.62, abs=0.01)
    assert line.gain.improvement == pytest.approx(0.38, abs=0.005)
    assert line.left.improvement == pytest.approx(0.02, abs=0.005)
    assert line.left.per == "linear"
    assert verdict.formula == line.formula == f"y ~ 2·{PRODUCT}"
    assert [(each.term, each.n_folds) for each in line.counts] == [
        (PRODUCT, 3),
        ("c²", 1),
        ("d", 1),
    ]
    assert line.n_terms == (2, 1, 2)


@pytest.mark.parametrize(("share", "network"), [(0.8, 0.6), (0.62, 0.1)])
def test_no_formula_is_given_for_what_is_not_reached_or_was_passed(
    rng: np.random.Generator, share: float, network: float
) -> None:
    verdict = with_formula(
        rng, share, network, y=FormulaTerms(folds={0: ("a²",)}, formula="y ~ a²")
    )

    assert verdict.formula_line is not None
    assert verdict.formula is None


def test_neither_the_short_formula_nor_boosted_trees_are_part_of_the_answer(
    rng: np.random.Generator,
) -> None:
    models = three(rng, 0.99, 0.98, n=100)[1:]
    best = 0.5 * models[0]["loss"].to_numpy()

    verdict = only_verdict([*models, scored(best, "formula"), scored(best, "trees")])

    assert verdict.model_copy(update={"formula_line": None, "trees": None}) == only_verdict(models)
    assert verdict.formula_line is not None
    assert verdict.formula is None
    assert verdict.trees is not None
    assert {name: gain.per for name, gain in verdict.trees.over.items()} == dict.fromkeys(
        (REGRESSION, TERMS, NETWORK), "linear"
    )


def test_the_action_names_trees_only_where_they_beat_all(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)
    trees = scored(0.78 * base, "trees")

    beaten, ahead = (
        only_verdict([scored(base), scored(share * base, "neural", 1), trees])
        for share in (0.98, 0.8)
    )

    assert (beaten.verdict, ahead.verdict) == (REGRESSION, NETWORK)
    assert "trees" in Words(beaten).action
    assert "trees" not in Words(ahead).action


def test_trees_alone_are_no_regression() -> None:
    verdict = only_verdict(
        [scored(np.ones(5), "neural", 1), scored(np.ones(5), "trees", 0, "refit")]
    )

    assert verdict.regression is None
    assert verdict.verdict is None


def test_test_rows_whose_log_loss_is_clipped_are_counted_for_every_procedure() -> None:
    def of(n_clipped: int, family: str, depth: int = 0) -> pd.DataFrame:
        losses = np.where(np.arange(90) < n_clipped, -np.log(np.finfo(np.float32).eps), 0.5)
        rows = scored(losses, family, depth, kind="binary")
        return rows.assign(observed=(np.arange(90) % 2).astype(float), predicted=0.5)

    models = [
        of(0, "baseline"),
        of(2, "logistic"),
        of(0, "terms"),
        of(1, "neural", 1),
        of(3, "trees"),
    ]
    trials = [trial(*m, 0.1, kind="binary") for m in (("logistic", 0), ("terms", 0), ("neural", 1))]

    verdict = only_verdict(models, pd.DataFrame(trials))

    assert verdict.clipped == {"regression": 2, "network": 1, "trees": 3}
