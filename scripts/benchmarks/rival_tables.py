"""AutoML tools on the test rows of a study: `scripts/benchmark rivals tables`.

Each tool is installed by uv into an environment of its own, which is gone afterwards, and named
where that fails. It gets the development rows as study reads them, SECONDS and two cores.
UV_FIND_LINKS may name a folder of wheels, such as PyTorch's for CPUs, which are far smaller than
those that uv takes without.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engine import ROOT, network_loss, run_study

SECONDS = 60
HOLDOUT = ("protocol=holdout",)
"""One split, since only a study of one has seconds of its own for it."""
TOOLS = {
    "AutoGluon": (
        "autogluon.tabular[lightgbm,xgboost,catboost,fastai]",
        ("medium_quality", "best_quality"),
    ),
    "mljar": ("mljar-supervised", ("Perform", "Compete")),
}
"""What is installed of a tool, and its presets."""


@dataclass(frozen=True)
class Step:
    """A model that a tool has from so many seconds on, and the losses that it chooses by and is
    tested by.
    """

    seconds: float
    val_loss: float
    test_loss: float


def reached(steps: Sequence[Step], goal: float) -> tuple[Step, float | None]:
    """Last best trial by validation loss, and the seconds until a best trial's test loss was `goal`
    or less; None for never.

    steps: in order of time; of equals the first is the best trial.
    """
    best_trials = [
        step
        for i, step in enumerate(steps)
        if all(step.val_loss < other.val_loss for other in steps[:i])
    ]
    within = [step.seconds for step in best_trials if step.test_loss <= goal]
    return best_trials[-1], within[0] if within else None


def install(tool: str, package: str, folder: Path) -> Path | None:
    """Python of a new environment with a tool; None, and a line that says why, where its package
    cannot be installed.
    """
    uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    python = folder / tool / "bin" / "python"
    install = [
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        str(python),
        package,
        "pyarrow",
    ]
    for command in (["venv", "--quiet", "--python", sys.executable, str(folder / tool)], install):
        ended = subprocess.run([uv, *command], capture_output=True, text=True, check=False)
        if ended.returncode:
            print(
                f"{tool} is left out, since it cannot be installed: {' '.join(ended.stderr.split())}",
                file=sys.stderr,
            )
            return None
    return python


def write_rows(config: str, folder: Path) -> tuple[Any, Any]:
    """Write development and test rows of a study of one split for `automl.py`; gives its target and
    the tested values.
    """
    from study.config import load_config
    from study.data.tables import target_values
    from study.plan import survey
    from study.schema import Kind

    surveyed = survey(load_config(ROOT / config, HOLDOUT))
    targets = surveyed.table.targets
    if len(targets) != 1 or targets[0].kind is Kind.COUNT:
        sys.exit(
            f"Tools are compared on one target that is no count, but {config} has {', '.join(t.name for t in targets)}."
        )
    (target,), (split, _) = targets, surveyed.splits[targets[0].name]
    values = target_values(surveyed.table, target)
    frame = surveyed.table.frame[[feature.name for feature in surveyed.table.features]]
    for name, rows in {"train": split.development, "test": split.test}.items():
        known = values[rows].astype(int) if target.classes else values[rows]
        frame.iloc[rows].assign(**{target.name: known}).to_parquet(
            folder / f"{name}.parquet", index=False
        )
    return target, values[split.test]


def _own(config: str, folder: Path) -> tuple[dict[str, tuple[float, float]], float]:
    """Run a study of one split; gives seconds and mean test loss of its models, and seconds until
    its report.

    Seconds are those until a model's winner was scored. The network's depth is chosen by validation
    loss, so it has those of the last depth.
    """
    from study import load_results
    from study.records.reading import read_winners
    from study.schema import REGRESSIONS

    ran = run_study(ROOT, config, [*HOLDOUT, "resources.max_concurrent=2"], folder)
    results, at = load_results(ran.results), ran.ended()
    scored = {
        winner.search.family: at[results.paths.winner(winner.search)]
        for winner in read_winners(results.paths)
    }
    (regression,) = scored.keys() & set(REGRESSIONS.values())
    frame = results.predictions
    loss = float(
        frame[(frame["family"] == regression) & (frame["candidate"] == "refit")]["loss"].mean()
    )
    found = {
        "regression": (scored[regression], loss),
        "network": (
            max(at[path] for path in at if "-neural-" in path.parent.name),
            network_loss(ran.results) * loss,
        ),
    }
    if not results.trees.empty:
        found["trees"] = (
            max(at[path] for path in at if path.name == "trees.json"),
            float(results.trees["loss"].mean()),
        )
    return found, ran.end


def _tool_steps(
    python: Path, tool: str, preset: str, target: Any, tested: Any, folder: Path
) -> tuple[str, list[Step]]:
    """Version of a tool, and the models that it had in the order of time."""
    import numpy as np

    from study.families import HEADS
    from study.schema import Kind

    shutil.rmtree(folder / "models", ignore_errors=True)
    own = [
        str(python),
        "-I",
        str(Path(__file__).with_name("automl.py")),
    ]  # what lies beside it is no module of its own
    command = [*own, tool, preset, str(SECONDS), target.kind.value, str(folder)]
    subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads((folder / "models.json").read_text(encoding="utf-8"))
    steps = []
    for seconds, val_loss, predicted in found["models"]:
        response = np.asarray(predicted, float)
        response = response[:, 1] if target.kind is Kind.BINARY else response
        steps.append(
            Step(
                seconds, val_loss, float(HEADS[target.kind].response_loss(response, tested).mean())
            )
        )
    return found["version"], steps


def compare(configs: Sequence[str]) -> None:
    """Print test losses as shares of the regression's, and when each tool had its answer and one as
    good as the network.

    configs: studies of one target that is no count; each is run on one split of the size of an
    outer fold. All seconds are from a command's beginning. A tool's answer at any time is its model
    of least validation loss so far.
    """
    with tempfile.TemporaryDirectory() as environments:
        pythons = {
            tool: python
            for tool in TOOLS
            if (python := install(tool, TOOLS[tool][0], Path(environments)))
        }
        presets = [(tool, preset) for tool in pythons for preset in TOOLS[tool][1]]
        print(
            "| table | model | loss / regression's | seconds to its answer | to one as good as the network |"
        )
        print("| --- | --- | ---: | ---: | ---: |", flush=True)
        for config in configs:
            with tempfile.TemporaryDirectory() as name:
                folder, table = Path(name), Path(config).stem
                target, tested = write_rows(config, folder)
                own, end = _own(config, folder)
                regression, network = own["regression"][1], own["network"][1]
                for model, (seconds, loss) in own.items():
                    print(
                        f"| {table} | study: {model} | {loss / regression:.3f} | {seconds:.1f} | |"
                    )
                print(f"| {table} | study: verdict and report | | {end:.1f} | |", flush=True)
                for tool, preset in presets:
                    try:
                        version, steps = _tool_steps(
                            pythons[tool], tool, preset, target, tested, folder
                        )
                    except subprocess.CalledProcessError as error:
                        said = (error.stderr.strip() or "it says nothing").splitlines()[-1]
                        print(f"| {table} | {tool}, {preset} | failed: {said} | | |", flush=True)
                        continue
                    answer, after = reached(steps, network)
                    figures = f"{answer.test_loss / regression:.3f} | {answer.seconds:.1f} | "
                    figures += "never" if after is None else f"{after:.1f}"
                    print(f"| {table} | {tool} {version}, {preset} | {figures} |", flush=True)
