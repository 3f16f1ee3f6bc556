"""What `scripts/faults` counts, and what it calls sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.damage import Count, lost, rewritten, snapshot, sound


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two records of a search, and one that was cut."""
    for name, content in {"0000": "{}", "winner": "[1]", "0001": "{"}.items():
        (tmp_path / "trials" / "search").mkdir(parents=True, exist_ok=True)
        (tmp_path / "trials" / "search" / f"{name}.json").write_text(content)
    return tmp_path


def test_only_whole_records_count(place: Path) -> None:
    assert set(snapshot(place)) == {"search-0000", "search-winner"}


def test_a_record_that_is_gone_or_another_is_lost_and_one_written_anew_is_not(place: Path) -> None:
    before = snapshot(place)

    (place / "trials/search/0000.json").rename(place / "trials/search/0000.broken")
    gone = snapshot(place)
    (place / "trials/search/0000.json").write_text("{}")
    again = snapshot(place)
    (place / "trials/search/0000.json").write_text("[2]")
    other = snapshot(place)

    assert [lost(before, now) for now in (before, gone, again, other)] == [
        set(),
        {"search-0000"},
        set(),
        {"search-0000"},
    ]
    assert [rewritten(before, now) for now in (before, gone, again)] == [
        set(),
        set(),
        {"search-0000"},
    ]


@pytest.mark.parametrize(
    ("n_lost", "equal", "expected"),
    [
        (0, {0: True, 1: True}, True),
        (1, {0: True}, False),
        (0, {0: True, 1: False}, False),
        (0, {}, True),
    ],
)
def test_a_lost_trial_and_an_unequal_digest_are_not_sound(
    n_lost: int, equal: dict[int, bool], expected: bool
) -> None:
    counts = {"SIGTERM": Count(injected=2, repeated=3), "kill -9": Count(injected=1, lost=n_lost)}

    assert sound(counts, equal) is expected
