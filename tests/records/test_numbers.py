"""Many numbers in a record: lists in JSON, eight bytes each in memory, and the same to the bit."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from study.records.numbers import Numbers
from study.records.trial import Candidate


def candidate(predicted: Any, loss: Any = (0.5, 0.25)) -> Candidate:
    return Candidate(name="refit", seed=1, predicted=predicted, loss=loss)


@pytest.mark.parametrize("predicted", [[0.1, 1 / 3], [[0.2, 0.8], [1e-300, 1.0]]])
def test_numbers_come_back_from_json_to_the_bit(predicted: list[Any]) -> None:
    one = candidate(predicted)

    assert (
        Candidate.model_validate_json(one.model_dump_json()) == one == candidate(Numbers(predicted))
    )
    assert one.model_dump()["predicted"] == predicted
    content = (
        f'{{"name":"refit","seed":1,"predicted":{predicted},"loss":[0.5,0.25],"val_loss":null}}'
    )
    assert one.model_dump_json() == content.replace(" ", "")
    assert one != candidate(list(reversed(predicted)))


def test_numbers_are_an_array_of_eight_bytes_each() -> None:
    numbers = Numbers([3.0, 1.0, 2.0])

    assert (len(numbers), np.mean(numbers), numbers.values.tolist()) == (3, 2.0, [3.0, 1.0, 2.0])
    assert len(pickle.dumps(Numbers(np.zeros(1_000)))) < 8_500


@pytest.mark.parametrize(
    "wrong", ["words", None, 1.0, [None, 1.0], [1.0, "x"], [[1.0], [1.0, 2.0]]]
)
def test_what_are_no_numbers_is_an_error_of_the_record(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        candidate(wrong)
