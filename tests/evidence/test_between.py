from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.evidence import verdicts
from study.evidence.between import Between, Finished, between, expected_best
from study.evidence.compare import Model, paired_gain
from study.evidence.margins import Question
from study.evidence.matched import split_digest
from study.evidence.scores import row_losses, units
from study.schema import Kind
from tests.evidence.losses import in_folds, scored, trial, usual_trials
from tests.records.examples import described

DATA = described({"y": Kind.CONTINUOUS}, rows=400)


def study(name: str, predictions: list[pd.DataFrame], trials: pd.DataFrame | None = None, **more: Any) -> Finished:
    """A study with a verdict on its predictions, asked of the loss."""
    frame = pd.concat(predictions, ignore_index=True)
    trials = usual_trials(n_folds=frame["outer_fold"].nunique()) if trials is None else trials
    folds = more.pop("folds", 5)
    (verdict,) = verdicts.verdicts(frame, trials, 0.05, folds, questions={"y": Question()})
    return Finished(name, more.pop("data", DATA), verdict, frame, trials, folds)


def losses(rng: np.random.Generator, network: float) -> tuple[np.ndarray, np.ndarray]:
    """(400,) of a regression, and of a network that loses so much of it on average."""
    base = rng.uniform(0.5, 1.5, 400)
    return base, network * base * rng.uniform(0.8, 1.2, 400)


def gain_of(found: Between, procedure: str, place: int = 1) -> Any:
    return next(each for each in found.gains if (each.procedure, each.study) == (procedure, place))


def test_a_procedure_of_another_study_is_paired_row_by_row_and_told_as_a_share_of_the_first_regression(
    rng: np.random.Generator,
) -> None:
    (base, network), (_, better) = losses(rng, 0.8), losses(rng, 0.6)
    one = study("one", [scored(base), scored(network, "neural", 1)])
    other = study("other", [scored(base), scored(better, "neural", 1)])

    found = between([one, other])

    gain = gain_of(found, "network").gain
    sides = [Model("neural", 1, units(row_losses(scored(each, "neural", 1)))) for each in (network, better)]
    same = paired_gain(*sides, 0.05, 5, per=Model("linear", 0, units(row_losses(scored(base)))))
    assert gain.improvement == pytest.approx((network.mean() - better.mean()) / base.mean())
    assert (gain.low, gain.high) == pytest.approx((same.low, same.high))
    assert (found.n_rows, found.outer_folds, found.per) == (400, 1, "linear")
    assert found.losses[1] == pytest.approx({"regression": base.mean(), "network": better.mean()})
    sentence = gain_of(found, "answer").sentence
    assert sentence.startswith("The answer of other (the network) saves 2")
    assert sentence.endswith("over that of one (the network): surely better, by more than the 5 % margin.")
    assert gain_of(found, "regression").sentence == (
        "Linear regression of other and that of one lose the same on every test row."
    )


def test_the_best_is_named_and_said_to_be_flattered_and_a_tie_has_no_best(rng: np.random.Generator) -> None:
    (base, network), (_, like) = losses(rng, 0.8), losses(rng, 0.81)
    one, other = (study(n, [scored(base), scored(loss, "neural", 1)]) for n, loss in (("one", network), ("other", like)))

    found, tie = between([one, other]), between([one, one])

    error = gain_of(found, "answer").gain.std_error
    assert found.best == int(like.mean() < network.mean())
    assert found.flattered == pytest.approx(error / np.sqrt(2 * np.pi))  # E max(0, N(0, s²)), of two
    assert found.together[-1].startswith("Whichever of 2 studies seems best was chosen by the test rows that it is judged on, ")
    assert tie.best is None
    assert tie.together == ()


@pytest.mark.parametrize(("n", "expected"), [(2, 0.56419), (3, 0.84628), (5, 1.16296)])
def test_the_largest_of_some_normals_is_expected_where_tables_have_it(n: int, expected: float) -> None:
    assert expected_best(n) == pytest.approx(expected, abs=1e-5)


def test_of_three_studies_each_interval_is_wider_so_that_both_hold(rng: np.random.Generator) -> None:
    base, network = losses(rng, 0.8)
    told = [study(name, [scored(base), scored(k * network, "neural", 1)]) for name, k in (("a", 1), ("b", 0.9), ("c", 0.7))]

    two, three = between(told[:2]), between(told)

    assert [gain_of(three, "network", place).gain.level for place in (1, 2)] == [0.975, 0.975]
    narrow, wide = gain_of(two, "network").gain, gain_of(three, "network").gain
    assert wide.low < narrow.low < narrow.high < wide.high
    assert "Intervals are at 97.5 %, so that all of one procedure hold in 95 %." in three.together


def test_studies_of_more_and_fewer_repeats_are_compared_on_the_folds_of_both(rng: np.random.Generator) -> None:
    base = rng.uniform(0.5, 1.5, (3, 5, 20))
    many = study("many", [in_folds(base), in_folds(0.7 * base, "neural", 1)])
    few = study("few", [in_folds(base[:1]), in_folds(0.9 * base[:1], "neural", 1)])

    found = between([many, few])

    assert (found.outer_folds, gain_of(found, "network").gain.improvement) == (5, pytest.approx(-0.2))
    assert found.losses[0]["regression"] == pytest.approx(base[0].mean())
    assert found.together[0] == "Losses and gains are of the 5 outer folds that all tested, of 15 that one did."


def changed(rows: pd.DataFrame, **columns: Any) -> list[pd.DataFrame]:
    return [rows.assign(**columns), rows.assign(**columns, family="extended")]


GROUPS = np.arange(400) // 4
PLAIN = scored(np.linspace(0.5, 1.5, 400))


@pytest.mark.parametrize(
    ("own", "more", "differs", "said"),
    [
        ({}, {"data": described({"y": Kind.CONTINUOUS}, rows=410)}, "rows", "their tables have 400 and 410 rows."),
        (
            {},
            {"data": described({"y": Kind.CONTINUOUS}, rows=400, digest="1" * 64)},
            "data",
            "they read other data (00000000 and 11111111); run both on one file, and leave columns out by data.features or "
            "data.drop.",
        ),
        (
            {"row": np.arange(400) + 100},
            {},
            "splits",
            "outer fold 0 tests 400 rows of one and 400 of the other, of which 300 are the same. Studies of one seed, "
            "protocol, outer.folds and outer.test_fraction test the same rows.",
        ),
        (
            {"observed": lambda f: f["observed"] + (f["row"] < 7)},
            {},
            "target",
            "the target differs on 7 of 400 tested rows. Both must predict the same column of the same rows.",
        ),
        ({"group": GROUPS}, {}, "groups", "other rows belong together, on 399 of 400 tested rows. Give both the same groups."),
        (
            {"time": np.arange(400.0)},
            {},
            "time",
            "their rows are in another order of time, or one's are in none. Give both the same time.",
        ),
    ],
)
def test_what_cannot_be_paired_is_refused_with_what_differs(
    own: dict[str, Any], more: dict[str, Any], differs: str, said: str
) -> None:
    trials = pd.DataFrame([trial("linear", 0, 1.0), trial("extended", 0, 1.0)])

    found = between([study("a", changed(PLAIN), trials), study("b", changed(PLAIN, **own), trials, **more)])

    assert (found.differs, found.gains, found.digest) == (differs, (), None)
    assert found.refused == f"No gain on y is told between a and b: {said}"


def test_repeats_of_more_and_fewer_folds_are_not_paired(rng: np.random.Generator) -> None:
    base = rng.uniform(0.5, 1.5, (3, 5, 20))
    five, three = ([in_folds(base), in_folds(0.7 * base, "neural", 1)] for _ in range(2))

    found = between([study("five", five), study("three", three, folds=3)])

    assert found.differs == "splits"
    assert found.refused == (
        "No gain on y is told between five and three: a repeat has 5 outer folds in one and 3 in the other."
    )


def test_verdicts_asked_of_two_metrics_are_not_compared(rng: np.random.Generator) -> None:
    trials = pd.DataFrame([trial("linear", 0, 1.0), trial("extended", 0, 1.0)])
    one = study("a", changed(PLAIN), trials)
    (asked,) = verdicts.verdicts(one.predictions, trials, 0.05, 5, questions={"y": Question(metric="mae")})

    found = between([one, Finished("b", DATA, asked, one.predictions, trials, 5)])

    assert (found.differs, found.refused) == (
        "metric",
        "No gain on y is told between a and b: their verdicts are asked of loss and mean abs. error; --metric loss asks all of "
        "one.",
    )


def test_the_digest_of_splits_hears_of_rows_folds_groups_and_targets_and_not_of_losses_or_order() -> None:
    rows = in_folds(np.ones((1, 5, 4)))
    same = rows.sample(frac=1, random_state=1).assign(loss=3.0, family="extended")

    others = [
        rows.assign(row=rows["row"] + 1),
        rows.assign(outer_fold=rows["outer_fold"] + 1),
        rows.assign(group=rows["row"] // 2),
        rows.assign(observed=rows["observed"] * 2),
    ]
    assert split_digest(rows) == split_digest(same)
    assert len({split_digest(each) for each in [rows, *others]}) == 5
