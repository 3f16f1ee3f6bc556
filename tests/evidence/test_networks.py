"""The network as a procedure that chooses its depth, and what that choice costs and brings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from harness import judged
from study.evidence.findings import Architecture
from tests.evidence.losses import in_folds, only_verdict, scored, trial, usual_trials


def test_the_network_is_the_depth_of_least_validation_loss_in_each_outer_fold(
    rng: np.random.Generator,
) -> None:
    losses = rng.random((2, 2, 30))  # depth, outer fold, row
    networks = [
        scored(losses[depth - 1, fold], "neural", depth, outer_fold=fold).assign(
            row=np.arange(30) + 30 * fold
        )
        for depth in (1, 2)
        for fold in range(2)
    ]
    base = [
        scored(np.ones(30), outer_fold=fold).assign(row=np.arange(30) + 30 * fold)
        for fold in range(2)
    ]
    validation = {(1, 0): 0.1, (2, 0): 0.2, (1, 1): 0.2, (2, 1): 0.1}
    chosen = [
        trial("neural", depth, loss, outer_fold=fold) for (depth, fold), loss in validation.items()
    ]
    trials = pd.DataFrame([trial("linear", 0, 1.0, outer_fold=fold) for fold in range(2)] + chosen)

    verdict = only_verdict([*base, *networks], trials)

    assert verdict.chosen == {
        0: Architecture(family="neural", depth=1),
        1: Architecture(family="neural", depth=2),
    }
    assert verdict.gains[0].gain.other_loss == pytest.approx(
        (losses[0, 0].mean() + losses[1, 1].mean()) / 2
    )


def test_the_network_chooses_among_all_families_and_each_keeps_its_own_depths(
    rng: np.random.Generator,
) -> None:
    base = rng.uniform(0.9, 1.1, (1, 2, 50))
    factors = {
        ("neural", 1): 0.5,
        ("neural", 2): 0.011,
        ("residual", 1): 0.01,
        ("residual", 2): 0.012,
    }
    models = [
        in_folds(base),
        *(in_folds(factor * base, *model) for model, factor in factors.items()),
    ]
    validation = dict.fromkeys(factors, (0.9, 0.9)) | {
        ("neural", 2): (0.2, 0.1),
        ("residual", 1): (0.1, 0.2),
    }
    chosen = [
        trial(*model, loss, outer_fold=fold)
        for model, losses in validation.items()
        for fold, loss in enumerate(losses)
    ]
    trials = pd.DataFrame([trial("linear", 0, 1.0, outer_fold=fold) for fold in range(2)] + chosen)

    (verdict,) = judged.verdicts(pd.concat(models), trials, 0.05, 2)

    assert verdict.chosen == {
        0: Architecture(family="residual", depth=1),
        1: Architecture(family="neural", depth=2),
    }
    assert verdict.gains[0].gain.other_loss == pytest.approx(
        (0.01 * base[0, 0].mean() + 0.011 * base[0, 1].mean()) / 2
    )


def test_what_choosing_the_depth_costs_and_brings_is_told_against_each_depth(
    rng: np.random.Generator,
) -> None:
    base = rng.uniform(0.9, 1.1, (1, 2, 50))
    models = [in_folds(base), *(in_folds(f * base, "neural", d) for d, f in ((1, 0.5), (2, 0.4)))]
    chosen = [trial("neural", 1 + fold, 0.1, outer_fold=fold) for fold in range(2)]
    trials = pd.DataFrame(
        [trial("neural", 2 - fold, 0.2, outer_fold=fold) for fold in range(2)] + chosen
    )

    (verdict,) = judged.verdicts(pd.concat(models), trials, 0.05, 2)

    network = (0.5 * base[0, 0].mean() + 0.4 * base[0, 1].mean()) / 2
    gains = {each.architecture.depth: each.gain.improvement for each in verdict.depths}
    assert gains == pytest.approx(
        {d: (f * base.mean() - network) / base.mean() for d, f in ((1, 0.5), (2, 0.4))}
    )


def test_a_depth_that_every_fold_chose_is_held_against_the_others_alone(
    rng: np.random.Generator,
) -> None:
    base = rng.uniform(0.9, 1.1, 80)
    models = [scored(base), scored(0.5 * base, "neural", 1), scored(0.4 * base, "neural", 2)]

    verdict = only_verdict(models, usual_trials((1, 2)))

    assert verdict.chosen == {0: Architecture(family="neural", depth=2)}
    assert [each.gain.improvement for each in verdict.depths] == pytest.approx([0.1, 0.0])
    assert only_verdict(models[:2]).depths == ()
