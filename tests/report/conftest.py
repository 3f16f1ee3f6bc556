"""Results folders for the tests of the report."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from study.records.results import Results
from tests.report.synthetic import KINDS, write_results


@pytest.fixture(scope="session")
def make_results(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Results]:
    """Writes a results folder; a path with spaces and accents, as people have."""
    return lambda *args, **kwargs: write_results(tmp_path_factory.mktemp("résultats d'été"), *args, **kwargs)


@pytest.fixture(scope="session")
def with_terms(make_results: Callable[..., Results]) -> Results:
    """One holdout study of balloons with a regression with terms and a short formula."""
    return make_results(["balloons"], terms=True)


@pytest.fixture(scope="session")
def results(make_results: Callable[..., Results]) -> Results:
    """One holdout study of all four kinds."""
    return make_results(list(KINDS))
