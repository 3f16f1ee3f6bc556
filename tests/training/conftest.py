from __future__ import annotations

import pytest

from study.training.device import prepare_tensorflow


@pytest.fixture(scope="session", autouse=True)
def tensorflow() -> None:
    prepare_tensorflow()
