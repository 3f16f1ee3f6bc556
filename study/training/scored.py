"""What a best trial becomes: a saved model, and its predictions of the test rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.data.encoding import Encoded
from study.data.parts import on_part
from study.diagnostics.probe import Answer, probe
from study.families import HEADS
from study.families.heads import FloatArray
from study.records.inspection import Inspection
from study.records.numbers import Numbers
from study.records.trial import Candidate, CoefficientRow, TermRow
from study.schema import ALL_ROWS, PART
from study.training.task import TrainingFailed


@dataclass(frozen=True)
class Won:
    """What a best trial becomes: its saved model (Keras), the judged candidate and others, and a
    regression's weights.

    terms: weights of columns and terms of the regression with terms. clipped: cells of its test
    rows outside their bounds. converged: whether a regression's fit arrived. probed: what it
    answers column by column.
    """

    model: Any
    candidates: tuple[Candidate, ...]
    coefficients: tuple[CoefficientRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    clipped: int = 0
    converged: bool = True
    probed: Inspection | None = None


def judged(name: str, seed: int, model: Any, encoded: Encoded) -> tuple[Candidate, ...]:
    """The candidate that is a saved model's predictions of the test rows; none where there are no
    test rows.
    """
    from study.families.saved import predict_raw

    return candidates([(name, seed, predict_raw(model, encoded.raw(encoded.test)))], encoded)


def candidates(
    predicted: list[tuple[str, int, FloatArray]], encoded: Encoded
) -> tuple[Candidate, ...]:
    """Candidates of names, seeds and predictions of the test rows; none where there are no test
    rows.
    """
    if encoded.outer_fold == ALL_ROWS:
        return ()
    observed, head = encoded.observed[encoded.test], HEADS[encoded.kind]
    return tuple(
        Candidate(
            name=name,
            seed=seed,
            predicted=Numbers(values),
            loss=Numbers(head.response_loss(values, observed)),
        )
        for name, seed, values in predicted
    )


def asked(encoded: Encoded, answer: Answer) -> Inspection | None:
    """What the judged model answers column by column (`study.diagnostics.probe.probe`).

    answer: responses of one replicate, or of each, to raw rows.
    """

    def answered(raw: FloatArray) -> FloatArray:
        return answer(raw).reshape(-1, len(raw), encoded.n_outputs)

    return probe(encoded, answered, HEADS[encoded.kind].response_loss)


def scored_parts(
    encoded: Encoded, trained: Callable[[Encoded, int], tuple[FloatArray, float]]
) -> tuple[Candidate, ...]:
    """Candidates `rows-<fraction>`, without the parts that cannot be trained on.

    trained: response on the test rows, and validation loss, of what a part gives; it takes the part
    and its number.
    """
    found: list[Candidate] = []
    for number, (fraction, rows) in enumerate(encoded.parts):
        if (own := on_part(encoded, rows)) is None:
            continue
        try:
            predicted, val_loss = trained(own, number)
        except TrainingFailed:
            continue
        if np.isfinite(predicted).all():
            (candidate,) = candidates([(f"{PART}{fraction:g}", number, predicted)], encoded)
            found.append(candidate.model_copy(update={"val_loss": val_loss}))
    return tuple(found)
