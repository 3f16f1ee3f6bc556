"""What the README's figures and those of docs/scaling.md come from: ratios of things measured side
by side in one run.

engine CONFIG [KEY…]  where the seconds of a whole study go, here and (--before COMMIT) in another version, in one run
estimates CONFIG…     how long `study check` says that studies take beside how long they take, and their core-seconds
fits                  fits a minute on two processes: the stacked fit, cold and warm, Keras's model.fit and MLPRegressor
networks [TABLE…]     test loss of networks beside the plain regression on the same folds
terms [SOURCE=TARGET…] test loss of the regression with terms beside a plain grid of its own kind and EBM, on the same folds
answers [SOURCE=TARGET…] the three answers on built-in tables, beside trees and EBM on the same folds
truths [TABLES]       the same where the truth is known: simulated tables of a size and kind
margins FOLDER…       P(gain > m) at every margin m, of finished studies, as one picture and a table in docs/answers.md
fair [TABLE…]         the plain regression beside scikit-learn's fine grid, and procedures beside four times their budget
sizes [CASE…]         seconds and memory of a trial and a refit of regressions on large tables
reading [ROWS]        most memory that reading a CSV file of so many rows takes, as a multiple of its size
rivals PART [CONFIG…] one worker beside two, fits a minute of whole pipelines, or AutoML tools on the same test rows
step                  a warm step of training beside its bare matrix products in NumPy
epochs CONFIG…        networks trained on other schedules, and trials pruned: epochs and losses beside those that ship
scaling PART SIZE…    cost of so many trials: records on disk, the driver with empty trials, or the searches by themselves
report TRIALS…        seconds and size of the reports of studies of so many trials, as a table in docs/scaling.md
utilisation SECONDS…  the share of their time that 64 workers are busy with trials of so many seconds, simulated
memory                what driver, object store and workers take on 1,000,000 rows x 50 columns beside the table
array EPOCHS…         a study as one SLURM job of three nodes and as an array of three tasks, on a cluster in namespaces
shares [SHARES [TRIALS]] start of a share, locks, calls of squeue and files of a study divided over so many, simulated on disk
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks import memory, sizes


def parsed(words: Sequence[str] | None = None) -> Namespace:
    """The command line, or these words of one; ends with what is wrong with it."""
    parser = ArgumentParser(
        "scripts/benchmark", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    whole = commands.add_parser("engine")
    whole.add_argument("config")
    whole.add_argument("keys", nargs="*", metavar="KEY=VALUE")
    whole.add_argument("--before", metavar="COMMIT")
    commands.add_parser("epochs").add_argument("configs", nargs="+", metavar="CONFIG")
    said = commands.add_parser("estimates")
    said.add_argument("configs", nargs="+", metavar="CONFIG")
    said.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="keys",
        help="of every config",
    )
    commands.add_parser("fits")
    commands.add_parser("step")
    commands.add_parser("reading").add_argument("rows", nargs="?", type=int, default=1_000_000)
    commands.add_parser("networks").add_argument("tables", nargs="*", metavar="TABLE")
    commands.add_parser("terms").add_argument("tables", nargs="*", metavar="SOURCE=TARGET")
    commands.add_parser("answers").add_argument("tables", nargs="*", metavar="SOURCE=TARGET")
    margin = commands.add_parser("margins")
    margin.add_argument(
        "folders", nargs="+", metavar="FOLDER", help="a results folder, such as results/balloons"
    )
    page = {"type": Path, "default": SUPPRESS}
    margin.add_argument(
        "--page", **page, help="with the marks, docs/answers-tables.md where none is named"
    )
    commands.add_parser("truths").add_argument(
        "count", nargs="?", type=int, default=100, metavar="TABLES"
    )
    equal = commands.add_parser("fair")
    equal.add_argument(
        "tables",
        nargs="*",
        metavar="TABLE",
        help="of scikit-learn; diabetes, breast_cancer and wine",
    )
    equal.add_argument(
        "--networks", action="store_true", help="run two studies a table for the networks too"
    )
    commands.add_parser("sizes").add_argument(
        "cases", nargs="*", metavar="CASE", help=f"{'; '.join(sizes.CASES)}"
    )
    rival = commands.add_parser("rivals")
    rival.add_argument("part", choices=["workers", "fits", "tables"])
    rival.add_argument(
        "arguments",
        nargs="*",
        metavar="CONFIG",
        help="for workers one, and KEY=VALUE behind it; for fits none",
    )
    scale = commands.add_parser("scaling")
    scale.add_argument("part", choices=["records", "driver", "searches"])
    scale.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000], metavar="SIZE")
    reported = commands.add_parser("report")
    reported.add_argument("sizes", nargs="*", type=int, default=[100, 1_000], metavar="TRIALS")
    reported.add_argument(
        "--page", **page, help="with the marks; the table is only printed if left out"
    )
    commands.add_parser("utilisation").add_argument(
        "means_s", nargs="*", type=float, default=[5.0, 60.0], metavar="SECONDS"
    )
    long = commands.add_parser("memory")
    long.add_argument("--rows", type=int, default=1_000_000)
    long.add_argument(
        "--kind", choices=["continuous", "binary", "multiclass"], default="continuous"
    )
    long.add_argument("--gaps", action="store_true", help="one cell in a hundred is empty")
    long.add_argument(
        "--case",
        action="append",
        choices=[*memory.CASES],
        dest="cases",
        help="both where none is named",
    )
    long.add_argument(
        "tasks",
        nargs="*",
        metavar="TASK",
        help=f"{', '.join(memory.TASKS)}; all where none is named",
    )
    commands.add_parser("array").add_argument("epochs", nargs="*", type=int, default=[10, 20_000])
    many = commands.add_parser("shares")
    many.add_argument("count", nargs="?", type=int, default=1_000, metavar="SHARES")
    many.add_argument("trials", nargs="?", type=int, default=1_000_000, metavar="TRIALS")
    arguments = parser.parse_args(words)
    if wrong := _wrong(arguments):
        commands.choices[arguments.command].error(wrong)
    return arguments


def _wrong(arguments: Namespace) -> str | None:
    """What is wrong with the words of a command line that argparse has let through."""
    command = arguments.command
    # Before Python 3.12.8 `choices` of any number of words refuse none at all.
    if command == "memory" and (
        unknown := [task for task in arguments.tasks if task not in memory.TASKS]
    ):
        return f"TASK must be one of {', '.join(memory.TASKS)}, but got {unknown[0]!r}."
    if command == "sizes" and (
        unknown := [case for case in arguments.cases if case not in sizes.CASES]
    ):
        return f"CASE must be one of {'; '.join(sizes.CASES)}, but got {unknown[0]!r}."
    named = command in {"answers", "terms"}
    if named and (
        nameless := [table for table in arguments.tables if not table.rpartition("=")[0]]
    ):
        return (
            f"{command} takes SOURCE=TARGET, such as sklearn:wine=target, but got {nameless[0]!r}."
        )
    if command == "rivals" and arguments.arguments:
        part, first = arguments.part, arguments.arguments[0]
        if part == "fits":
            return f"fits takes no arguments, but got {first!r}. Leave it out."
        if part == "workers" and "=" in first:
            return f"workers takes a config before KEY=VALUE, but got {first!r} first. Name the config before it."
    return None


def main() -> None:
    """Call the function of the command's name, or of its part, in the module of that name."""
    options = vars(parsed())
    command = options.pop("command")
    run = getattr(import_module(f"benchmarks.{command}"), options.pop("part", command))
    run(*options.pop("arguments", ()), **options)


if __name__ == "__main__":
    main()
