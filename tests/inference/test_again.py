from __future__ import annotations

import pytest

from study.api import train_trial
from study.records.one import find_trial
from study.results import Results
from study.schema import HOST_COLUMNS


@pytest.mark.parametrize("trial", ["price-linear-o0-0000", "sort-neural-d1-o1-0000"])
def test_a_trial_that_is_trained_again_leaves_the_record_that_is_on_disk(trial: str, flats: Results) -> None:
    again = train_trial(flats.root, trial)

    before = find_trial(flats.paths, trial).record
    assert again.model_dump(exclude=set(HOST_COLUMNS)) == before.model_dump(exclude=set(HOST_COLUMNS))
