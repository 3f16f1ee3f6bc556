from __future__ import annotations

import subprocess
import sys

import pytest

import study

HEAVY = ("tensorflow", "keras", "ray", "pandas", "sklearn", "statsmodels", "optuna", "seaborn", "matplotlib")


def loaded_after(code: str) -> set[str]:
    """Heavy packages in memory after `code` in a fresh interpreter."""
    look = f"print('LOADED', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    program = f"import atexit, sys\natexit.register(lambda: {look})\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    last = done.stdout.splitlines()[-1].split()
    assert last[0] == "LOADED"
    return set(last[1:])


def test_importing_study_loads_nothing_heavy() -> None:
    assert loaded_after("import study") == set()


def test_reading_a_config_loads_nothing_heavy() -> None:
    assert loaded_after("import study\nstudy.load_config, study.StudyConfig, study.StudyError") == set()


def test_help_loads_nothing_heavy() -> None:
    assert loaded_after("from study.screen import cli\nsys.argv = ['study', 'run', '--help']\ncli.main()") == set()


def test_reading_results_loads_neither_tensorflow_nor_ray() -> None:
    loaded = loaded_after("from study import load_results\nimport study.evidence.compare, study.report.notebook")

    assert loaded & {"tensorflow", "keras", "ray", "optuna"} == set()


def test_preparing_a_study_does_not_load_tensorflow() -> None:
    loaded = loaded_after(
        "import study.api, study.running.pool, study.running.lives, study.training.trial, study.screen.progress"
    )

    assert loaded & {"tensorflow", "keras"} == set()


def test_the_public_names_are_these() -> None:
    public = {name: getattr(study, name) for name in study.__all__}

    assert sorted(public) == [
        "FamilyClassifier", "FamilyRegressor", "Results", "StudyConfig", "StudyError", "load_config", "load_results",
        "run_study", "train_trial",
    ]  # fmt: skip
    assert all(value.__module__.startswith("study.") and value.__doc__ for value in public.values())


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'study' has no attribute 'run_studdy'$"):
        study.run_studdy  # noqa: B018
