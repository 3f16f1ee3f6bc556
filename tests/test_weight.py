"""The package grows no heavier than its budget (`tests/weight.py`)."""

from __future__ import annotations

import sys

import pytest

from tests.budget import read_budget
from tests.weight import SUITE, by_room, long_functions


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the budget is counted by Python 3.11")
def test_the_package_is_within_its_budget_of_tokens() -> None:
    budget, rooms = read_budget()[SUITE], by_room()

    grown = {room: count - budget["files"].get(room, 0) for room, count in rooms.items()}
    assert sum(rooms.values()) <= budget["most"], {
        room: more for room, more in grown.items() if more > 0
    }


def test_few_functions_are_long() -> None:
    assert len(list(long_functions())) <= 5
