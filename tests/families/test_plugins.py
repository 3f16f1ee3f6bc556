"""Families that installed packages bring, found by entry point: when they are loaded and what is
said of broken ones.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from study.config import make_config
from study.families import FAMILIES, get_family, packages
from study.schema import FORMULA, NETWORK, REGRESSION, TREES, Kind, ModelData, StudyError
from study.search.cost import Size
from study.search.plan import families_of, make_plan

from .packages import FOUND, install

TAKEN = ", ".join(sorted([NETWORK, REGRESSION, FORMULA, TREES]))

CONFIG = {
    "name": "s",
    "data": {"source": "balloons"},
    "targets": {"y": "continuous"},
    "depths": [1, 2],
    "protocol": "holdout",
}


@pytest.fixture
def installed(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(plugin)
    return plugin


def test_a_family_of_a_package_has_searches_at_every_depth_and_labels_of_its_own(
    installed: Path,
) -> None:
    plan = make_plan(
        make_config({**CONFIG, "families": ["linear", "residual"]}),
        [Size("y", Kind.CONTINUOUS, 100, 3)],
    )

    assert [search.model_name for search in plan.searches] == [
        "linear",
        "residual-d1",
        "residual-d2",
    ] * 2
    assert plan.models == (
        ModelData(family="linear", depth=0, label="linear regression"),
        ModelData(family="residual", depth=1, label="residual network, 1 block"),
        ModelData(family="residual", depth=2, label="residual network, 2 blocks"),
    )


def test_its_hyperparameters_are_checked_like_any_others(installed: Path) -> None:
    config = make_config({**CONFIG, "families": ["residual"], "space": {"residual": {"widht": 3}}})

    with pytest.raises(StudyError, match=r"'residual'.*'widht'.*: rate, batch, shrinkage"):
        make_plan(config, [Size("y", Kind.CONTINUOUS, 100, 3)])


def test_auto_means_the_families_of_study_whatever_is_installed(installed: Path) -> None:
    assert families_of(make_config(CONFIG), Kind.CONTINUOUS) == [
        "baseline",
        "linear",
        "terms",
        "neural",
    ]


def test_a_word_that_is_nearly_the_name_of_an_installed_family_is_answered_with_it(
    installed: Path,
) -> None:
    with pytest.raises(
        StudyError, match=f"'residul'.*'residual'.*{', '.join([*FAMILIES, 'residual'])}"
    ):
        get_family("residul")


def test_the_package_and_its_version_are_named_for_the_families_that_it_brings(
    installed: Path,
) -> None:
    assert packages(["linear", "residual"]) == {"study-residual": "1.0"}
    assert packages(["linear"]) == packages("auto") == {}


def test_finding_one_imports_no_tensorflow(installed: Path) -> None:
    code = f"import sys; sys.path.append({str(installed)!r}); from study.families import get_family; get_family('residual')"

    ended = subprocess.run(
        [sys.executable, "-c", f"{code}; assert 'tensorflow' not in sys.modules"], check=False
    )

    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("family", "code", "said"),
    [
        ("lost", "import no_such_module", "ModuleNotFoundError: .*'no_such_module'"),
        ("none", "", "AttributeError: "),
        ("text", "Found = 'text'", r"'text'.*study\.families\.Family .*'text'"),
        ("other", FOUND.format("another"), r"<class .*study\.families\.Family .*'other'"),
        ("trees", FOUND.format("trees"), TAKEN),
        ("formula", FOUND.format("formula"), TAKEN),
        ("neural-d1", FOUND.format("neural-d1"), TAKEN),
    ],
)
def test_a_broken_one_is_an_error_that_names_entry_point_and_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, code: str, said: str
) -> None:
    install(tmp_path, family, code)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(StudyError, match=rf"'{family}' of broken 0\.1 .*'broken_.*{said}"):
        get_family(family)

    assert get_family("linear") is FAMILIES["linear"]
