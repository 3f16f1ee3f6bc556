"""The program `study`: its commands are named here, each has a module of its own in
`study/cli/commands`.
"""

from __future__ import annotations

import gc
import signal
import sys
import warnings
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from study.cli.commands.ask import ask
from study.cli.commands.check import check
from study.cli.commands.compare import compare
from study.cli.commands.dashboard import dashboard
from study.cli.commands.explain import explain
from study.cli.commands.export import export
from study.cli.commands.init import init
from study.cli.commands.predict import predict
from study.cli.commands.report import report
from study.cli.commands.retry import retry
from study.cli.commands.run import run
from study.cli.commands.show import show
from study.cli.commands.status import status
from study.cli.commands.submit import submit
from study.schema import StudyError, printable


class _Program(TyperGroup):
    """Its commands name no value beside an option that takes none; Typer writes `<bool>` there, for
    `--help` too.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        return _without_values(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if (command := super().get_command(ctx, cmd_name)) is not None:
            _without_values(command.get_params(ctx))
        return command

    def invoke(self, ctx: Any) -> Any:
        """Of Ctrl-C the way on: Typer would end without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print("\nStopped. Run the same command again.", file=sys.stderr)
            raise typer.Exit(130) from None


def _without_values(params: list[Any]) -> list[Any]:
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params


app = typer.Typer(
    cls=_Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Is a linear or logistic regression enough for your table, or is a neural network worth it?",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"family-study {version('family-study')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print name and version, and exit.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    pass


COMMANDS = (
    run, submit, check, init, status, show, retry, predict, ask, compare, report, export, dashboard, explain,
)  # fmt: skip
"""In the order in which `--help` lists them."""

for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Entry point: what a user can mend ends in one message and exit code 2, without a traceback."""
    warnings.simplefilter("once", FutureWarning)
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {message}\n"
    try:
        app(prog_name="study")
    except StudyError as error:
        print("\n".join(map(printable, f"Error: {error}".split("\n"))), file=sys.stderr)
        sys.exit(2)
    finally:
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # one more Ctrl-C while Python ends would change the exit code
        gc.freeze()  # or Python looks for garbage among all that was imported, for half a second, before it ends


if __name__ == "__main__":
    main()
