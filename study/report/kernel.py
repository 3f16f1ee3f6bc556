"""The kernel that executes the notebook of a report: this interpreter, in a process that can start
before it is needed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_S = 300
"""Seconds that a cell may take."""


class Kernel:
    """A kernel that has entered a folder, with this interpreter, whatever kernels are installed.
    Ends with its block.

    It runs one notebook. What `study.report` imports it has imported by then, if it was started in
    time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._client: Any = None
        self._open = ExitStack()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def start(self) -> None:
        """Start its process and return before it is ready; do nothing where that was done."""
        if self._client is not None:
            return
        from nbclient import NotebookClient
        from nbformat.v4 import new_notebook

        runner = self._open.enter_context(asyncio.Runner(loop_factory=_Loop))
        scratch = self._open.enter_context(
            tempfile.TemporaryDirectory()
        )  # no trace in a home folder, no start-up files there
        # Nothing in the folder may be taken for a module or for settings: the kernel enters it when
        # it has read its own.
        enter = f"import os, study.report.sections; os.chdir({str(self.folder)!r})"
        client = NotebookClient(
            new_notebook(),
            kernel_name="python3",
            kernel_manager_class=_manager(
                Path(scratch)
            ),  # the client ends the kernel of a manager that it made itself
            timeout=CELL_S,
            shutdown_kernel="immediate",
            extra_arguments=[
                "--log-level=ERROR",
                "--IPKernelApp.ignore_cwd=True",
                f"--IPKernelApp.exec_lines={enter}",
            ],
            resources={"metadata": {"path": scratch}},
        )
        manager = client.create_kernel_manager()
        sources = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [sources, os.environ.get("PYTHONPATH")]))
        env = {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "agg", "IPYTHONDIR": scratch}
        self._open.callback(lambda: runner.run(_end(manager)))
        runner.run(client.async_start_new_kernel(env=env))
        self._client, self._runner = client, runner

    def execute(self, notebook: NotebookNode) -> NotebookNode:
        """Run `notebook` and return it with its outputs.

        Raises
        ------
        nbclient.exceptions.CellExecutionError
            A cell raised; the message holds its traceback.
        KeyboardInterrupt
            SIGINT stopped it; the kernel has ended.
        """
        self.start()
        self._client.nb = notebook
        self._runner.run(_executed(self._client))
        return notebook


def _manager(scratch: Path) -> type[Any]:
    """The class of managers whose kernel is this interpreter, and whose files lie in `scratch`."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class ThisInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> Any:
            argv = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            connection = str(scratch / "kernel.json")
            # Whoever asks for a free port may lose it before the kernel takes it; the path of a
            # socket has 107 bytes at most.
            transport = "ipc" if len(os.fsencode(connection)) < 90 else "tcp"
            super().__init__(
                **options,
                kernel_spec_manager=ThisInterpreter(),
                connection_file=connection,
                transport=transport,
            )

    return Manager


async def _executed(client: Any) -> None:
    from nbclient.exceptions import DeadKernelError

    try:
        await client.async_execute()
    except DeadKernelError:  # what nbclient says when it is cancelled in the middle of a cell
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from None
        raise


async def _end(manager: Any) -> None:
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)


class _Loop(asyncio.SelectorEventLoop):
    """Leaves signals to whoever runs us: nbclient would end its kernel on one, and then fail for
    want of it.
    """

    def add_signal_handler(self, *_: object) -> None:
        raise RuntimeError("signals are handled elsewhere")
