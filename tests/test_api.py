from __future__ import annotations

import subprocess
import sys

import pytest

import study

HEAVY = (
    "tensorflow",
    "keras",
    "ray",
    "pandas",
    "sklearn",
    "statsmodels",
    "optuna",
    "seaborn",
    "matplotlib",
)


def loaded_after(*steps: str) -> list[set[str]]:
    """Heavy packages in memory after each of these steps, one after the other in a fresh
    interpreter.
    """
    look = f"print('LOADED', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    program = "\n".join(["import sys", *(f"{step}\n{look}" for step in steps)])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("LOADED")]
    assert len(told) == len(steps)
    return [set(names) for names in told]


def test_each_way_in_loads_no_more_than_it_needs() -> None:
    config, help_text, reading, preparing = loaded_after(
        "import study; study.load_config, study.StudyConfig, study.StudyError",
        "sys.argv = ['study', 'run', '--help']\n"
        "from study.cli import main as cli\ntry: cli.main()\nexcept SystemExit as ended: assert not ended.code",
        "from study import load_results; import study.evidence.compare, study.report.notebook",
        "import study.api, study.execution.pool, study.execution.tune_hooks, study.training.trial, study.cli.progress",
    )

    assert config == help_text == set()
    assert reading & {"tensorflow", "keras", "ray", "optuna"} == set()
    assert preparing & {"tensorflow", "keras"} == set()


def test_the_public_names_are_these() -> None:
    public = {name: getattr(study, name) for name in study.__all__}

    assert sorted(public) == [
        "FamilyClassifier", "FamilyRegressor", "Results", "StudyConfig", "StudyError", "load_config", "load_results",
        "run_study",
    ]  # fmt: skip
    assert all(value.__module__.startswith("study.") and value.__doc__ for value in public.values())


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'run_studdy'"):
        study.run_studdy  # noqa: B018
