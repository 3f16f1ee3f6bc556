"""The catalogue of warnings, and the page that is made of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from study.data.hints import FEWEST, OFTEN
from study.diagnostics.coefficients.basis import MOST_CONDITION, MOST_VIF
from study.evidence.warnings.catalogue import CATALOGUE, ENTRIES, anchor, entry_of, page
from study.schema import StudyError

PAGE = Path(__file__).parents[2] / "docs/warnings.md"


def test_ids_count_up_and_no_two_entries_share_one() -> None:
    assert list(CATALOGUE) == [f"S{number:03d}" for number in range(1, len(ENTRIES) + 1)]


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert all(f"(#{anchor(id_)})" in page() for id_ in CATALOGUE)


def test_an_entry_is_found_by_its_id_in_short_too_and_another_id_names_the_nearest() -> None:
    assert [entry_of(name).id for name in ("S003", "s003", "S3", "13")] == [
        "S003",
        "S003",
        "S003",
        "S013",
    ]
    with pytest.raises(StudyError, match=r"'S103'.*'S013'.*`study explain`"):
        entry_of("S103")


def test_limits_that_stand_beside_their_finders_are_those_that_the_catalogue_names() -> None:
    assert {f"{MOST_VIF:g}", f"{MOST_CONDITION:,g}"} <= numbers("S008")
    assert {f"{FEWEST}", {3: "three"}[OFTEN]} <= numbers("S014")


def numbers(id_: str) -> set[str]:
    return set(re.findall(r"[\d,]*\d|three", CATALOGUE[id_].means))
