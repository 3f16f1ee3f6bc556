"""The report as a notebook: build it, execute it, render it as one HTML file, and write all of it below the results."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode

import study
from study.evidence.scores import incumbents
from study.records.paths import StudyPaths, write_atomic
from study.records.results import load_results
from study.report import tables, texts
from study.report.figures import decided_curve_data
from study.report.source import ResultsLike, scored, verdict_list, weights
from study.report.style import human
from study.schema import TREES, Kind

TEMPLATE = Path(__file__).parent / "template"

SETUP = '''"""Run in the results folder. Needs the package `study`; reads only files of this folder."""
from study import load_results
from study.report import figures, tables
from study.evidence.scores import incumbents

results = load_results(".")'''


def build_notebook(root: Path) -> NotebookNode:
    """A notebook that explains the study in folder `root`: the answer first, then the evidence; its sections follow the data.

    Its code runs in that folder and only calls `study.load_results`, the figures and the tables. Cells that draw a figure
    carry its file name in `metadata.report.figure`.
    """
    results = load_results(root)
    cells = _cells(results)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata | {"title": _title(results)})


def _cells(results: ResultsLike) -> list[NotebookNode]:
    kinds = {Kind(str(kind)) for kind in results.trials["kind"]}
    predictions = scored(results)
    nested = bool(results.trials["outer_fold"].any())
    cells = [_markdown(_opening(results)), _code(SETUP, role="setup"), _code("tables.answer(results)")]
    cells += [_markdown(_how_to_read(results))]
    if not predictions.empty:
        if _has_networks(predictions):
            cells += [
                _markdown(texts.GAINS),
                _figure("gains", "results.predictions, results.config.margin, results.config.outer.folds"),
            ]
        if any(verdict.get("shortfall") for verdict in verdict_list(results)):
            cells += [_markdown(texts.SHORTFALL), _code("tables.shortfall(results)")]
        if StudyPaths(results.root).verdicts.exists() and not decided_curve_data(results.verdicts).empty:
            cells += [_markdown(texts.UNDECIDED), _figure("decided_curve", "results.verdicts")]
        cells += [_markdown(texts.TEST), _figure("test_loss", "results.predictions")]
        cells += [_markdown(texts.SCORES), _code("tables.by_target(tables.scores_frame(results))")]
        cells += [_markdown(texts.SPREAD), _code("tables.by_target(tables.spread_frame(results))")]
        cells += [_markdown(texts.PAIRS), _code("tables.by_target(tables.pairwise_frame(results))")]
        if kinds & {Kind.CONTINUOUS, Kind.COUNT}:
            cells += [_markdown(texts.PREDICTED), _figure("predicted_observed", "results.predictions")]
        if kinds & {Kind.BINARY, Kind.MULTICLASS}:
            both = "figures.calibration_data(results.predictions), figures.roc_data(results.predictions)"
            cells += [_markdown(texts.PROBABILITIES)]
            cells += [_code(f"figures.draw_probabilities(\n    {both}\n)", figure="probabilities")]
    if not weights(results).empty:
        cells += [_markdown(texts.COEFFICIENTS), _figure("coefficients", "results.coefficients")]
        cells += [_code("tables.by_target(tables.coefficients_frame(results))")]
    cells += [_markdown(texts.SEARCH), _figure("loss_by_family", "results.folds, results.trials")]
    cells += [_markdown(texts.SO_FAR), _figure("best_so_far", "results.trials")]
    if not results.curves_of(incumbents(results.trials)["trial_id"]).empty:
        fold = " of the first outer fold" if nested else ""
        curves = 'results.curves_of(incumbents(results.trials)["trial_id"]), results.trials'
        cells += [_markdown(texts.CURVES.format(fold=fold)), _figure("learning_curves", curves)]
    cells += [_markdown(texts.INCUMBENTS), _code("tables.by_target(tables.incumbents_frame(results))")]
    cells += [_markdown(texts.DATA), _code("tables.data_summary(results)")]
    cells += [_markdown(texts.FAILURES), _code('tables.table(tables.failures_frame(results), "Every trial completed.")')]
    name = results.root.resolve().name
    folder, config = shlex.quote(f"results/{name}"), shlex.quote(f"results/{name}/config.yaml")
    cells += [_markdown(texts.REPRODUCE.format(folder=folder, config=config))]
    cells += [_code('tables.table(tables.environment_frame(results), "No environment was written.")')]
    return cells


def execute(notebook: NotebookNode, folder: Path, timeout_s: int = 300) -> NotebookNode:
    """Run `notebook` in `folder` with this interpreter, whatever kernels are installed, and return it with its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raised; the message holds its traceback.
    KeyboardInterrupt
        SIGINT stopped it; the kernel has ended.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> Any:
            argv = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            connection = str(Path(scratch) / "kernel.json")
            super().__init__(**options, kernel_spec_manager=ThisInterpreter(), connection_file=connection)

    sources = str(Path(study.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [sources, os.environ.get("PYTHONPATH")]))
    # Nothing in the folder may be taken for a module or for settings: the kernel enters it when it has read its own.
    enter = f"import os, matplotlib; os.chdir({str(folder)!r})"
    with tempfile.TemporaryDirectory() as scratch:  # no trace in a home folder, and no start-up files from there
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            kernel_manager_class=Manager,  # the client ends the kernel of a manager that it made itself
            timeout=timeout_s,
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=ERROR", "--IPKernelApp.ignore_cwd=True", f"--IPKernelApp.exec_lines={enter}"],
            resources={"metadata": {"path": scratch}},
        )
        env = {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "agg", "IPYTHONDIR": scratch}
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(_executed(client, env))
    return notebook


async def _executed(client: Any, env: dict[str, str]) -> None:
    from nbclient.exceptions import DeadKernelError

    try:
        await client.async_execute(env=env)
    except DeadKernelError:  # what nbclient says when it is cancelled in the middle of a cell
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from None
        raise


class _Loop(asyncio.SelectorEventLoop):
    """Leaves signals to whoever runs us: nbclient would end its kernel on one, and then fail for want of it."""

    def add_signal_handler(self, *_: object) -> None:
        raise RuntimeError("signals are handled elsewhere")


def render(notebook: NotebookNode) -> str:
    """`notebook` with its outputs as one HTML file that loads nothing: pictures and style are inside, code is folded away."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(extra_template_basedirs=[str(TEMPLATE.parent)], template_name=TEMPLATE.name)
    css = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    resources = {"report_css": css, "report_title": notebook.metadata.get("title", "Report")}
    html, _ = exporter.from_notebook_node(notebook, resources=resources)
    return str(html)


def write_report(paths: StudyPaths) -> Path:
    """Write report.ipynb (executed), report.html and figures/*.png of the study at `paths`; returns the HTML's path."""
    root = paths.root.resolve()
    notebook = execute(build_notebook(root), root)
    for cell in notebook.cells:
        name = cell.metadata.get("report", {}).get("figure")
        for output in cell.get("outputs", []):
            if name and "image/png" in output.get("data", {}):
                write_atomic(paths.figures / f"{name}.png", base64.b64decode(output["data"]["image/png"]))
    write_atomic(paths.notebook, nbformat.writes(notebook))
    write_atomic(paths.html, render(notebook))
    return paths.html


def _markdown(text: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(tables.no_break(text))


def literal(text: str) -> str:
    """`text` as Markdown that shows it as it is, whatever a column is called."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$~&-])", r"\\\1", text)


def _code(source: str, **report: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"report": report} if report else {})


def _figure(name: str, arguments: str) -> NotebookNode:
    return _code(f"figures.draw_{name}(figures.{name}_data({arguments}))", figure=name)


def _has_networks(predictions: pd.DataFrame) -> bool:
    """Whether some target has a network beside a regression."""
    depths = predictions[~predictions["family"].isin(["constant", TREES])].groupby("target")["depth"]
    return bool(((depths.max() > 0) & (depths.min() == 0)).any())


def _title(results: ResultsLike) -> str:
    return f"{results.config.name}: regression or neural network?"


def _opening(results: ResultsLike) -> str:
    targets = [literal(str(target)) for target in results.trials["target"].unique()]
    named = f"{', '.join(targets[:-1])} and {targets[-1]}" if len(targets) > 1 else "".join(targets)
    arms = results.trials[["target", "family", "depth", "outer_fold"]].drop_duplicates()
    return (
        f"# {literal(_title(results))}\n\n"
        f"Is a regression enough to predict {named}, or is a neural network worth it, and how sure are we? "
        f"This report answers from {human(len(results.trials))} trials in {human(len(arms))} arms."
    )


def _how_to_read(results: ResultsLike) -> str:
    return texts.READING.format(margin=f"{100 * results.config.margin:.3g} %")
