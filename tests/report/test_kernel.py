"""The kernel of a report: begun early, in any thread, it runs its notebook once it is asked to, and ends with its block."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import psutil
from nbformat.v4 import new_code_cell, new_notebook

from study.report.kernel import Kernel


def kernels() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "ipykernel_launcher" in child.cmdline()]


def test_a_kernel_that_was_begun_twice_and_ran_nothing_is_one_process_that_ends_with_the_block(tmp_path: Path) -> None:
    with Kernel(tmp_path) as kernel:
        kernel.start()
        kernel.start()
        (process,) = kernels()

    assert not process.is_running()


def test_a_kernel_that_another_thread_began_has_imported_the_figures_when_it_is_asked(tmp_path: Path) -> None:
    asked = new_notebook(cells=[new_code_cell("import os, sys; print('seaborn' in sys.modules, os.getcwd(), os.getpid())")])

    with Kernel(tmp_path) as kernel:
        thread = Thread(target=kernel.start)
        thread.start()
        thread.join()
        (process,) = kernels()
        done = kernel.execute(asked)

    assert done.cells[0].outputs[0].text.split() == ["True", str(tmp_path), str(process.pid)]
    assert not process.is_running()


def test_a_kernel_that_nobody_began_is_no_process(tmp_path: Path) -> None:
    with Kernel(tmp_path):
        assert kernels() == []
