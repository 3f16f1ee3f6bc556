"""The warnings of a small study, from its table to verdicts.json."""

from __future__ import annotations

import json

from study.evidence.warnings.catalogue import CATALOGUE
from study.results import Results


def test_a_concluded_study_holds_the_warnings_of_its_table_folds_search_and_answers(
    flats: Results,
) -> None:
    stored = json.loads(flats.paths.verdicts.read_text(encoding="utf-8"))["warnings"]

    found = flats.warnings

    assert (
        [each["id"] for each in stored]
        == [warning.id for warning in found]
        == sorted(each["id"] for each in stored)
    )
    assert {warning.id for warning in found} <= CATALOGUE.keys()
    assert {warning.target for warning in found if warning.id == "S001"} == {
        verdict.target for verdict in flats.verdicts if verdict.verdict == "undecided"
    }
    assert [warning for warning in found if warning.id == "S010"] == []
