"""What holds for several targets at once, against the walk of each verdict at other levels."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from study.evidence.answer import Verdict
from study.evidence.joint import answer_p, together
from study.evidence.stored import read_verdicts, write_verdicts
from study.evidence.thresholds import Threshold
from study.evidence.wording.together import together_words
from study.schema import NETWORK, TERMS
from tests.evidence.losses import only_verdict, three


def judged(*shares: tuple[float, float], spread: float = 0.5) -> list[Verdict]:
    """A verdict a target, named a, b, c ..., whose regression with terms and network have these
    shares of its loss.
    """
    return [answer(place, *own, spread) for place, own in enumerate(shares)]


@cache
def answer(place: int, terms: float, network: float, spread: float) -> Verdict:
    verdict = only_verdict(three(np.random.default_rng(place), terms, network, spread, 200))
    return verdict.model_copy(update={"target": "abc"[place]})


def test_one_target_has_nothing_to_be_held_together_with() -> None:
    found = judged((0.9, 0.5))

    assert together(found) is None
    assert together_words(found) is None
    assert json.loads(write_verdicts(found))["together"] is None


def test_answers_that_are_sure_alone_need_not_be_sure_together() -> None:
    found = judged((1.0, 0.5), (1.0, 0.86), (1.0, 0.95))

    held = together(found)
    assert held is not None
    p = dict(held.p_values)
    assert [each.verdict for each in found[:2]] == [NETWORK] * 2
    assert p["a"] < 0.001 < p["b"] < 0.05
    assert held.adjusted["b"] == pytest.approx(2 * p["b"])
    assert held.adjusted["c"] == 1.0 or held.adjusted["c"] == pytest.approx(max(p["c"], 2 * p["b"]))
    assert ("b" in held.holds) == (2 * p["b"] < 0.05)


def test_an_undecided_target_counts_among_those_that_were_asked() -> None:
    decided, undecided = judged((1.0, 0.5), (1.0, 0.95))
    assert undecided.verdict == "undecided"

    held = together([decided, undecided])

    assert held is not None
    assert held.p_values["b"] == 1.0
    assert held.adjusted["a"] == pytest.approx(2 * held.p_values["a"])
    assert held.holds == ("a",)
    assert together_words([undecided, undecided.model_copy(update={"target": "c"})]) is None


def test_the_p_value_of_an_answer_is_that_of_all_gains_which_it_needs() -> None:
    network, plain = judged((1.0, 0.8), (1.2, 1.25))
    assert (network.left, plain.left) == (("network",), ("regression",))

    over, rest = (
        network.by_pair[pair].p_value for pair in (("regression", "network"), ("terms", "network"))
    )
    assert answer_p(network.by_pair, Threshold(0.05), "network") == pytest.approx(
        max(2 * over, rest)
    )

    both = [plain.by_pair["regression", other].p_value for other in ("terms", "network")]
    assert answer_p(plain.by_pair, Threshold(0.05), "regression") == pytest.approx(2 * max(both))


def test_terms_need_a_gain_of_their_own_for_their_p_value() -> None:
    (verdict,) = judged((0.7, 0.7), spread=0.2)
    assert verdict.verdict == TERMS
    unsure = verdict.by_pair["regression", "terms"].model_copy(update={"positive": 0.9})

    assert answer_p(verdict.by_pair, Threshold(0.05), "terms") < 0.05
    assert answer_p(
        verdict.by_pair | {("regression", "terms"): unsure}, Threshold(0.05), "terms"
    ) == pytest.approx(0.4)


def test_what_holds_together_is_written_beside_the_verdicts_and_not_read_back() -> None:
    found = judged((1.0, 0.5), (1.3, 1.4))

    text = write_verdicts(found)

    assert json.loads(text)["together"]["holds"] == ["a", "b"]
    assert json.loads(text)["together"]["sentence"] == together_words(found)
    assert read_verdicts(text) == found
