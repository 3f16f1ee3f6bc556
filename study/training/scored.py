"""What an incumbent becomes: a saved model, and its predictions of the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from study.data.encoding import Encoded
from study.families import HEADS
from study.families.heads import FloatArray
from study.numbers import Numbers
from study.records.trial import Candidate, CoefficientRow, TermRow
from study.schema import ALL_ROWS


@dataclass(frozen=True)
class Won:
    """What an incumbent becomes: its saved model (Keras), the judged candidate and others, and a regression's weights.

    terms: weights of columns and terms of the regression with terms. clipped: cells of its test rows outside their bounds.
    converged: whether a regression's fit arrived.
    """

    model: Any
    candidates: tuple[Candidate, ...]
    coefficients: tuple[CoefficientRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    clipped: int = 0
    converged: bool = True


def judged(name: str, seed: int, model: Any, encoded: Encoded) -> tuple[Candidate, ...]:
    """The candidate that is a saved model's predictions of the test rows; none where there are no test rows."""
    from study.families.saved import predict_raw

    return candidates([(name, seed, predict_raw(model, encoded.raw(encoded.test)))], encoded)


def candidates(predicted: list[tuple[str, int, FloatArray]], encoded: Encoded) -> tuple[Candidate, ...]:
    """Candidates of names, seeds and predictions of the test rows; none where there are no test rows."""
    if encoded.outer_fold == ALL_ROWS:
        return ()
    observed, head = encoded.y[encoded.test], HEADS[encoded.kind]
    return tuple(
        Candidate(name=name, seed=seed, predicted=Numbers(values), loss=Numbers(head.response_loss(values, observed)))
        for name, seed, values in predicted
    )
