"""What stands beside a verdict: sources of the gain, the short formula, missing terms, trees and floors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence import sentences
from study.evidence.answer import Verdict
from study.evidence.findings import FoldMissing, ShortTerms
from study.evidence.sentences import moved
from tests.evidence.losses import in_folds, only_verdict, scored, three, trial


def factors(rng: np.random.Generator, **of: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A regression's losses and those of others, shares of them with some noise, in two repeats of three folds."""
    base = rng.uniform(0.9, 1.1, (2, 3, 40))
    return base, {name: base * share * rng.uniform(0.95, 1.05, base.shape) for name, share in of.items()}


def test_the_gain_is_divided_between_interactions_curvature_and_the_rest(rng: np.random.Generator) -> None:
    plain, own = factors(rng, both=0.5, products=0.6, curves=0.8, network=0.4)
    models = [in_folds(plain), in_folds(own["both"], "extended"), in_folds(own["network"], "neural", 1)]
    models += [in_folds(own[name], "extended", candidate=name) for name in ("products", "curves")]
    folds = [trial(*m, 1.0, outer_fold=f) for f in range(10) for m in (("linear", 0), ("extended", 0), ("neural", 1))]

    verdict = only_verdict(models, pd.DataFrame(folds))

    assert verdict.sources is not None
    found, mean = verdict.sources, {name: losses.mean() for name, losses in own.items()}
    interactions = ((plain.mean() - mean["products"]) + (mean["curves"] - mean["both"])) / 2 / plain.mean()
    curvature = ((plain.mean() - mean["curves"]) + (mean["products"] - mean["both"])) / 2 / plain.mean()
    rest = verdict.by_pair["extended", "network"]
    assert found.interactions.improvement == pytest.approx(interactions)
    assert found.curvature.improvement == pytest.approx(curvature)
    assert interactions + curvature == pytest.approx(verdict.by_pair["regression", "extended"].improvement)
    assert found.interactions.low < 0.35 < found.interactions.high
    assert found.curvature.std_error > 0
    saved = [moved(found.interactions, "save"), moved(found.curvature)]
    assert verdict.sources_words == (
        f"In the regression with terms interactions {saved[0]} of linear regression's loss, and curvature {saved[1]}; over it "
        f"the network {moved(rest)}."
    )


def test_without_its_refits_it_is_not_told_where_the_gain_comes_from(rng: np.random.Generator) -> None:
    models = three(rng, 0.6, 0.6)

    assert only_verdict(models).sources is None
    assert only_verdict([*models, models[2].assign(candidate="products")]).sources is None


def test_where_a_refit_lacks_a_fold_it_is_not_told_either(rng: np.random.Generator) -> None:
    plain, own = factors(rng, both=0.5, products=0.6, curves=0.8)
    models = [in_folds(plain), in_folds(own["both"], "extended")]
    parts = [in_folds(own[name], "extended", candidate=name) for name in ("products", "curves")]
    folds = [trial(*m, 1.0, outer_fold=f) for f in range(10) for m in (("linear", 0), ("extended", 0))]

    assert only_verdict([*models, *parts], pd.DataFrame(folds)).sources is not None
    parts[1] = parts[1][parts[1]["outer_fold"] != 2]
    assert only_verdict([*models, *parts], pd.DataFrame(folds)).sources is None


def with_short(rng: np.random.Generator, share: float, network: float = 0.6, **more: ShortTerms) -> Verdict:
    models = three(rng, 0.6, network)
    short = scored(share * models[1]["loss"].to_numpy() * rng.uniform(0.99, 1.01, 500), "short")
    return only_verdict([*models, short], short=more)


def test_a_short_formula_close_to_the_regression_with_terms_is_printed_with_its_own_loss(rng: np.random.Generator) -> None:
    terms = ShortTerms(folds={0: ("a×b", "c²"), 1: ("a×b",), 2: ("a×b", "d")}, formula="y ~ 2·a×b")  # noqa: RUF001

    verdict = with_short(rng, 0.62, y=terms)

    short = verdict.short
    assert short is not None
    assert short.gain is not None
    assert short.left is not None
    assert short.left.improvement == pytest.approx(0.02, abs=0.005)
    assert short.left.per == "linear"
    assert verdict.formula == "y ~ 2·a×b"  # noqa: RUF001
    assert verdict.short_words == (
        f"The short formula, with 1 to 2 terms beside the columns, has a loss of {short.loss:.3g} and {moved(short.gain)} of "
        f"linear regression's loss; the regression with terms {moved(short.left)} over it, wholly below the 5 % margin, so it "
        "can take its place. Its terms, and how many of 3 outer folds chose each: a×b (3), c² (1) and d (1)."  # noqa: RUF001
    )
    assert short.n_terms == (2, 1, 2)


@pytest.mark.parametrize(("share", "network"), [(0.8, 0.6), (0.62, 0.1)])
def test_no_formula_is_printed_for_what_is_not_reached_or_was_passed(
    rng: np.random.Generator, share: float, network: float
) -> None:
    verdict = with_short(rng, share, network, y=ShortTerms(folds={0: ("a²",)}, formula="y ~ a²"))

    assert verdict.formula is None
    assert ("which is not wholly below the 5 % margin" in str(verdict.short_words)) == (share == 0.8)


def test_the_short_formula_is_no_model(rng: np.random.Generator) -> None:
    models = three(rng, 0.6, 0.6)
    short = scored(0.1 * models[1]["loss"].to_numpy(), "short")

    verdict = only_verdict([*models, short])

    assert verdict.model_copy(update={"short": None}) == only_verdict(models)
    assert verdict.short is not None
    assert verdict.formula is None


def missing(folds: list[tuple[str, ...]], n_units: int = 300, unit: str = "row") -> str:
    base = np.random.default_rng(0).uniform(0.9, 1.1, 60)
    told = {fold: FoldMissing(terms=terms, n_units=n_units - fold, unit=unit) for fold, terms in enumerate(folds)}
    return str(only_verdict([scored(base), scored(base, "neural", 1)], missing={"y": told}).missing_words)


def test_without_the_regression_nothing_is_missing_from_it() -> None:
    told = {0: FoldMissing(terms=("a²",), n_units=300, unit="row")}

    assert only_verdict([scored(np.ones(40), "neural", 1)], missing={"y": told}).missing_words is None


def test_terms_that_most_folds_miss_are_surely_missing() -> None:
    said = missing([("a²", "b"), ("a²",), ("a²", "b"), ()])

    assert said == "Surely missing from linear regression, by a score test of each outer fold: a² (3 of 4 outer folds)."
    assert missing([(), ("b",)]) == "The score test names no term that is surely missing from linear regression."


def test_a_score_test_over_few_groups_names_nothing_and_says_so() -> None:
    said = missing([("a²",), ("a²",)], n_units=30, unit="group")

    assert said == "The score test names no missing term: it sums over 29 groups, fewer than the 30 that it needs."


def test_boosted_trees_are_no_part_of_the_answer_but_of_the_action_where_they_beat_all(rng: np.random.Generator) -> None:
    models = three(rng, 0.99, 0.98)
    trees = scored(0.8 * models[1]["loss"].to_numpy() * rng.uniform(0.99, 1.01, 500), "trees")

    alone, verdict = only_verdict(models), only_verdict([*models, trees])

    assert verdict.trees is not None
    over = [moved(verdict.trees.over[name], "save") for name in ("regression", "extended", "network")]
    assert verdict.model_copy(update={"trees": None}) == alone
    assert {gain.per for gain in verdict.trees.over.values()} == {"linear"}
    least = sentences.percent(min(gain.improvement for gain in verdict.trees.over.values()))
    assert verdict.trees_words == (
        f"Boosted trees, which no verdict is about, {over[0]} over linear regression, {over[1]} over the regression with terms "
        f"and {over[2]} over the network, as shares of linear regression's loss: all models are behind them, the best one by "
        f"{least} %."
    )
    assert verdict.action == (
        "Boosted trees are ahead of all models here by more than the 5 % margin: use them where prediction alone counts. "
        "Otherwise use linear regression."
    )


def test_trees_that_beat_all_but_one_are_not_in_the_action(rng: np.random.Generator) -> None:
    models = three(rng, 0.99, 0.8)
    trees = scored(0.78 * models[1]["loss"].to_numpy(), "trees")

    assert only_verdict([*models, trees]).action == only_verdict(models).action == "Use the network."


def test_trees_alone_are_no_regression() -> None:
    verdict = only_verdict([scored(np.ones(5), "neural", 1), scored(np.ones(5), "trees", 0, "refit")])

    assert verdict.regression is None
    assert verdict.verdict is None


def test_test_rows_at_the_floor_of_the_log_loss_are_said_for_every_procedure(rng: np.random.Generator) -> None:
    def of(n_floor: int, family: str, depth: int = 0) -> pd.DataFrame:
        return scored(np.where(np.arange(90) < n_floor, -np.log(np.finfo(np.float32).eps), 0.5), family, depth, kind="binary")

    models = [of(0, "constant"), of(2, "logistic"), of(0, "extended"), of(1, "neural", 1), of(3, "trees")]
    models = [model.assign(observed=(np.arange(90) % 2).astype(float), predicted=0.5) for model in models]
    trials = [trial(*m, 0.1, kind="binary") for m in (("logistic", 0), ("extended", 0), ("neural", 1))]

    verdict = only_verdict(models, pd.DataFrame(trials))

    assert verdict.floor == {"regression": 2, "network": 1, "trees": 3}
    assert str(verdict.floor_words).endswith(
        "costs 15.9 nats and not infinity; test rows at that limit: 2 of logistic regression, 1 of the network and 3 of "
        "boosted trees."
    )
