"""What a search of very many trials holds on to."""

from __future__ import annotations

from study.records.outcome import Outcome
from tests.search.helpers import hand_out, record_of, search_state


def test_a_search_keeps_the_outcome_of_a_record_and_not_what_only_dataframes_need() -> None:
    search = search_state("linear", trials=1)
    found = record_of(search.spec, hand_out(search)[0])

    search.tell(
        found.model_copy(update={"curves": {"epoch": [1]}, "coefficients": {"intercept": 1.0}})
    )

    assert search.records == {0: Outcome.of(found, search.spec)}
    assert search.best is search.records[0]
