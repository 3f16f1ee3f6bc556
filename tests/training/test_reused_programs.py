"""A compiled program serves every fit whose numbers alone differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from study.families import HEADS
from study.schema import Kind
from study.training import fit as fit_module
from study.training.fit import Shape, compiled, fit
from study.training.task import TrainingFailed
from tests.training.helpers import (
    NETWORK,
    SCHEDULE,
    SEEDS,
    assert_same_bits,
    network_of,
    problem_of,
)


def test_a_loss_that_is_not_finite_ends_the_trial_names_the_learning_rate_and_leaves_nothing_in_the_shared_program() -> (
    None
):
    before = fit(problem_of(), NETWORK, SCHEDULE, SEEDS)

    with pytest.raises(TrainingFailed, match=r"epoch 2;.*10\u00b3\u2070"):
        fit(problem_of(), NETWORK, replace(SCHEDULE, learning_rate=1e30), SEEDS)
    after = fit(problem_of(), NETWORK, SCHEDULE, SEEDS)

    assert_same_bits(before.weights, after.weights)


def test_another_learning_rate_decay_dropout_rate_and_seed_reuse_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, programs = network_of(dropout=0.1), []
    monkeypatch.setattr(
        fit_module, "compiled", lambda *key: programs.append(compiled(*key)) or programs[-1]
    )
    first = fit(problem_of(), network, replace(SCHEDULE, dropout=0.1), SEEDS)

    other = fit(
        problem_of(),
        network,
        replace(SCHEDULE, learning_rate=0.01, weight_decay=0.1, dropout=0.4),
        [5, 6],
    )

    assert programs[0] is programs[1]
    assert programs[0].epochs.experimental_get_tracing_count() == 1
    assert (first.val_loss != other.val_loss).all()


@pytest.mark.parametrize(
    ("name", "value"), [("learning_rate", 0.002), ("weight_decay", 3.0), ("dropout", 0.6)]
)
def test_each_number_of_the_schedule_reaches_the_compiled_program(name: str, value: float) -> None:
    network, schedule = network_of(dropout=0.1), replace(SCHEDULE, dropout=0.1)

    found, changed = (
        fit(problem_of(), network, s, SEEDS) for s in (schedule, replace(schedule, **{name: value}))
    )

    assert (found.val_loss != changed.val_loss).all()


def test_without_dropout_another_program_is_compiled_than_with_any_rate_of_it() -> None:
    networks = [network_of(dropout=rate) for rate in (0.0, 0.1, 0.3)]

    programs = [
        compiled(network, HEADS[Kind.CONTINUOUS], Shape.of(problem_of(), 16))
        for network in networks
    ]

    assert programs[0] is not programs[1]
    assert programs[1] is programs[2]
    assert [len(program.dropouts) for program in programs] == [0, 1, 1]
