"""The kernel of a report: begun early, in any thread, it runs its notebook once it is asked to, and
ends with its block.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread

import psutil
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from study.report.kernel import Kernel


def kernels() -> list[psutil.Process]:
    return [
        child for child in psutil.Process().children() if "ipykernel_launcher" in child.cmdline()
    ]


def test_a_kernel_that_was_begun_twice_and_ran_nothing_is_one_process_that_ends_with_the_block(
    tmp_path: Path,
) -> None:
    with Kernel(tmp_path) as kernel:
        kernel.start()
        kernel.start()
        (process,) = kernels()

    assert not process.is_running()


def test_a_kernel_that_another_thread_began_has_imported_the_figures_but_neither_ray_nor_tensorflow_until_a_cell_raises(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "ça va ?"
    folder.mkdir()
    begun = "import os, sys; print('seaborn' in sys.modules, os.getpid(), sys.executable, os.getcwd(), sep='|')"
    needs = "import study.report.notebook; print(sorted({'ray', 'tensorflow'} & set(sys.modules)))"
    asked = new_notebook(cells=[new_code_cell(source) for source in (begun, needs, "1 / 0", "1")])

    with Kernel(folder) as kernel:
        thread = Thread(target=kernel.start)
        thread.start()
        thread.join()
        (process,) = kernels()
        with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
            kernel.execute(asked)

    assert asked.cells[0].outputs[0].text.strip().split("|") == [
        "True",
        str(process.pid),
        sys.executable,
        str(folder),
    ]
    assert asked.cells[1].outputs[0].text.strip() == "[]"
    assert asked.cells[3].execution_count is None
    assert not process.is_running()


def test_a_kernel_that_nobody_began_is_no_process(tmp_path: Path) -> None:
    with Kernel(tmp_path):
        assert kernels() == []
