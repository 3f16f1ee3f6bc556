"""Words where an interval has no end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.evidence.answer import Verdict
from study.evidence.compare import Model, paired_gain
from study.evidence.sentences import ends
from tests.evidence.losses import only_verdict, scored


def judged(base: np.ndarray, network: np.ndarray) -> Verdict:
    return only_verdict([scored(base), scored(network, "neural", 1)])


def test_where_a_gain_has_no_upper_bound_the_action_names_none_and_says_what_would_give_one() -> None:
    verdict = judged(np.array([9.0, 1.0, 1.0]), np.array([1.0, 2.0, 1.0]))

    assert not verdict.gains[0].gain.bounded
    assert "(95 % interval with no bound on either side), on both sides of" in verdict.sentence
    assert verdict.action == (
        "Keep linear regression, the simpler of the two: what is given away of linear regression's loss has no upper bound on "
        "these test rows; more of them are needed for one. At how many rows it would be decided between linear regression and "
        "the network cannot be told: they were not trained on parts of the rows."
    )


def test_of_one_test_row_it_is_not_said_that_nothing_beats_the_constant() -> None:
    verdict = only_verdict([scored(np.array([2.0]), "constant"), scored(np.array([1.0])), scored(np.array([0.5]), "neural", 1)])

    assert verdict.beats_constant is None
    assert "reliably better than the constant" not in verdict.sentence
    assert verdict.action == "Keep linear regression, the simpler of the two; more test rows are needed for any interval."


def test_where_a_loss_is_that_of_one_row_a_gain_has_no_lower_bound() -> None:
    verdict = judged(np.r_[np.full(39, 0.05), 40.0], np.random.default_rng(0).uniform(0.5, 1.5, 40))

    assert np.isnan(verdict.gains[0].gain.low)
    assert "(with 95 % confidence at most " in verdict.sentence
    assert verdict.verdict == "undecided"


def test_where_few_rows_cannot_bound_a_gain_no_bound_is_told() -> None:
    lost = [9.0, 1.0, 1.0], [1.0, 2.0, 1.0]
    base, other = (pd.DataFrame({"outer_fold": range(3), "row": range(3), "loss": losses}) for losses in lost)

    gain = paired_gain(*(Model("linear", 0, side) for side in (base, other)), 0.05, 3)

    assert gain.most == 1
    assert not gain.bounded
    assert ends(gain).startswith("at least \N{MINUS SIGN}")


def test_a_gain_near_all_of_the_loss_stays_below_it_without_being_clipped(rng: np.random.Generator) -> None:
    base, other = rng.exponential(1.0, 300), 1e-8 * rng.exponential(1.0, 300)

    gain = paired_gain(*(Model("linear", 0, scored(side)) for side in (base, other)), 0.05, 3)

    assert gain.bounded
    assert 1 - 2e-8 < gain.low < gain.improvement < gain.high < 1
