from __future__ import annotations

import pytest

from study.results import Results
from study.training.device import prepare_tensorflow

from .made import awkward_frame, made_study


@pytest.fixture(scope="session")
def flats(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of the awkward table, of a number and of three classes."""
    prepare_tensorflow()
    return made_study(tmp_path_factory.mktemp("flats"), awkward_frame())
