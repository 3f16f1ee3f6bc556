"""What the README's figures and those of docs/scaling.md come from: ratios of things measured side by side in one run.

engine CONFIG [KEY…]  where the seconds of a whole study go, here and (--before COMMIT) in another version, in one run
estimates CONFIG…     how long `study check` says that studies take beside how long they take, and their core-seconds
fits                  fits a minute on two processes: the stacked fit, cold and warm, Keras's model.fit and MLPRegressor
terms [SOURCE=TARGET…] test loss of the extended regression beside a plain grid of its own kind and EBM, on the same folds
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

import argparse
import multiprocessing
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

ROWS, WIDTH, DEPTH, BATCH, EPOCHS, REPLICATES = 8_000, 64, 2, 64, 10, 10
"""Shape of every timed fit: 8,000 training rows of 3 columns, two hidden layers of 64, batch 64, 10 epochs."""


def make_rows() -> tuple[np.ndarray, np.ndarray]:
    """Columns (rows, 3) and target (rows,), standardised float32: ROWS to train on, then a quarter as many to validate."""
    from study.data.balloons import make_balloons

    frame = make_balloons(ROWS + ROWS // 4, 0)
    x = frame[["relationship", "children", "age"]].to_numpy()
    y = frame["balloons"].to_numpy()
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), ((y - y.mean()) / y.std()).astype(np.float32)


def _stacked(rounds: int) -> list[tuple[float, int]]:
    """(seconds, fits) of each stacked fit in this process; the first one compiles."""
    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    from harness.networks import problem_on
    from study.families import HEADS, Schedule, get_family
    from study.training.fit import fit

    x, y = make_rows()
    rows, held = np.arange(ROWS), np.arange(ROWS, len(x))
    problem = problem_on(x, y, (rows,) * REPLICATES, (held,) * REPLICATES, HEADS["continuous"])
    schedule = Schedule(3e-3, BATCH, 1e-4, 0.0, EPOCHS, EPOCHS)
    form = {"width": WIDTH, "activation": "relu", "dropout": 0}
    architecture = get_family("neural").architecture(form, DEPTH, (REPLICATES, 3, 1))
    spent = []
    for _ in range(rounds):
        begin = time.perf_counter()
        fit(problem, architecture, schedule, list(range(REPLICATES)))
        spent.append((time.perf_counter() - begin, REPLICATES))
    return spent


def _keras(rounds: int) -> list[tuple[float, int]]:
    """(seconds, fits) of Keras's own training loop."""
    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    import keras

    x, y = make_rows()
    spent = []
    for _ in range(rounds):
        begin = time.perf_counter()
        hidden = [keras.layers.Dense(WIDTH, activation="relu") for _ in range(DEPTH)]
        model = keras.Sequential([keras.Input((3,)), *hidden, keras.layers.Dense(1)])
        model.compile(keras.optimizers.AdamW(3e-3, weight_decay=1e-4), "mse")
        held = (x[ROWS:], y[ROWS:])
        model.fit(x[:ROWS], y[:ROWS], batch_size=BATCH, epochs=EPOCHS, validation_data=held, verbose=0)
        spent.append((time.perf_counter() - begin, 1))
    return spent


def _sklearn(rounds: int) -> list[tuple[float, int]]:
    """(seconds, fits) of scikit-learn's network, which measures no validation loss."""
    import warnings

    from sklearn.neural_network import MLPRegressor

    warnings.simplefilter("ignore")  # ten epochs are not convergence
    x, y = make_rows()
    spent = []
    for seed in range(rounds):
        begin = time.perf_counter()
        MLPRegressor(hidden_layer_sizes=(WIDTH,) * DEPTH, batch_size=BATCH, max_iter=EPOCHS, random_state=seed).fit(
            x[:ROWS], y[:ROWS]
        )
        spent.append((time.perf_counter() - begin, 1))
    return spent


def _run(job: tuple[Callable[[int], list[tuple[float, int]]], int]) -> list[tuple[float, int]]:
    return job[0](job[1])


def fits() -> None:
    """Print fits a minute on two processes at once, each way in turn, and ratios to scikit-learn."""
    rates: dict[str, float] = {}
    context = multiprocessing.get_context("spawn")
    for name, way, rounds in (
        ("scikit-learn MLPRegressor", _sklearn, 5),
        ("Keras model.fit", _keras, 4),
        ("stacked", _stacked, 8),
    ):
        with context.Pool(2) as pool:
            processes = pool.map(_run, [(way, rounds)] * 2)
        first = [spent[0] for spent in processes]
        later = [s for spent in processes for s in spent[1:]]
        for label, sample in ((f"{name}, cold", first), (f"{name}, warm", later)):
            rates[label] = 60 * sum(n for _, n in sample) / sum(s for s, _ in sample) * 2
    base = rates["scikit-learn MLPRegressor, warm"]
    print(f"{'way':<32}{'fits a minute':>14}{'ratio':>8}")
    for label, rate in rates.items():
        print(f"{label:<32}{rate:>14,.0f}{rate / base:>8.2f}")


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, or these words of one; ends with what is wrong with it."""
    import memory
    import sizes

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    whole = commands.add_parser("engine")
    whole.add_argument("config")
    whole.add_argument("keys", nargs="*", metavar="KEY=VALUE")
    whole.add_argument("--before", metavar="COMMIT")
    commands.add_parser("epochs").add_argument("configs", nargs="+", metavar="CONFIG")
    said = commands.add_parser("estimates")
    said.add_argument("configs", nargs="+", metavar="CONFIG")
    said.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="keys", help="of every config")
    commands.add_parser("fits")
    commands.add_parser("step")
    commands.add_parser("reading").add_argument("rows", nargs="?", type=int, default=1_000_000)
    commands.add_parser("terms").add_argument("tables", nargs="*", metavar="SOURCE=TARGET")
    commands.add_parser("answers").add_argument("tables", nargs="*", metavar="SOURCE=TARGET")
    margin = commands.add_parser("margins")
    margin.add_argument("folders", nargs="+", metavar="FOLDER", help="a results folder, such as results/balloons")
    margin.add_argument("--page", type=Path, default=None, help="with the marks, docs/answers.md where none is named")
    commands.add_parser("truths").add_argument("count", nargs="?", type=int, default=100, metavar="TABLES")
    equal = commands.add_parser("fair")
    equal.add_argument("tables", nargs="*", metavar="TABLE", help="of scikit-learn; diabetes, breast_cancer and wine")
    equal.add_argument("--networks", action="store_true", help="run two studies a table for the networks too")
    commands.add_parser("sizes").add_argument("cases", nargs="*", metavar="CASE", help=f"{'; '.join(sizes.CASES)}")
    rival = commands.add_parser("rivals")
    rival.add_argument("part", choices=["workers", "fits", "tables"])
    rival.add_argument("arguments", nargs="*", metavar="CONFIG", help="for workers one, and KEY=VALUE behind it; for fits none")
    scale = commands.add_parser("scaling")
    scale.add_argument("part", choices=["records", "driver", "searches"])
    scale.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000], metavar="SIZE")
    reported = commands.add_parser("report")
    reported.add_argument("sizes", nargs="*", type=int, default=[100, 1_000], metavar="TRIALS")
    reported.add_argument("--page", type=Path, default=None, help="with the marks; the table is only printed if left out")
    commands.add_parser("utilisation").add_argument("seconds", nargs="*", type=float, default=[5.0, 60.0])
    long = commands.add_parser("memory")
    long.add_argument("--rows", type=int, default=1_000_000)
    long.add_argument("--kind", choices=["continuous", "binary", "multiclass"], default="continuous")
    long.add_argument("--gaps", action="store_true", help="one cell in a hundred is empty")
    long.add_argument("--case", action="append", choices=[*memory.CASES], help="both where none is named")
    long.add_argument("tasks", nargs="*", metavar="TASK", help=f"{', '.join(memory.TASKS)}; all where none is named")
    commands.add_parser("array").add_argument("epochs", nargs="*", type=int, default=[10, 20_000])
    many = commands.add_parser("shares")
    many.add_argument("count", nargs="?", type=int, default=1_000, metavar="SHARES")
    many.add_argument("trials", nargs="?", type=int, default=1_000_000, metavar="TRIALS")
    arguments = parser.parse_args(words)
    # Before Python 3.12.8 `choices` of any number of words refuse none at all.
    if arguments.command == "memory" and (unknown := [task for task in arguments.tasks if task not in memory.TASKS]):
        long.error(f"TASK must be one of {', '.join(memory.TASKS)}, but got {unknown[0]!r}.")
    if arguments.command == "sizes" and (unknown := [case for case in arguments.cases if case not in sizes.CASES]):
        parser.error(f"CASE must be one of {'; '.join(sizes.CASES)}, but got {unknown[0]!r}.")
    named = arguments.command in {"answers", "terms"}
    if named and (wrong := [table for table in arguments.tables if not table.rpartition("=")[0]]):
        parser.error(f"{arguments.command} takes SOURCE=TARGET, such as sklearn:wine=target, but got {wrong[0]!r}.")
    if arguments.command == "rivals" and arguments.arguments:
        part, first = arguments.part, arguments.arguments[0]
        if part == "fits":
            rival.error(f"fits takes no arguments, but got {first!r}. Leave it out.")
        if part == "workers" and "=" in first:
            rival.error(f"workers takes a config before KEY=VALUE, but got {first!r} first. Name the config before it.")
    return arguments


def main() -> None:
    """Do what the command line says."""
    arguments = parsed()
    if arguments.command == "fits":
        fits()
        return
    if arguments.command == "engine":
        import engine

        engine.engine(arguments.before, arguments.config, arguments.keys)
        return
    if arguments.command == "estimates":
        import estimates

        estimates.estimates(arguments.configs, arguments.keys)
        return
    if arguments.command == "rivals":
        import rivals

        getattr(rivals, arguments.part)(*arguments.arguments)
        return
    if arguments.command == "epochs":
        import epochs

        epochs.epochs(arguments.configs)
        return
    if arguments.command == "step":
        import steps

        steps.step()
        return
    if arguments.command == "reading":
        import reading

        reading.reading(arguments.rows)
        return
    if arguments.command == "memory":
        import memory

        cases = arguments.case or list(memory.CASES)
        memory.memory(arguments.rows, arguments.kind, arguments.gaps, cases, arguments.tasks or list(memory.TASKS))
        return
    if arguments.command == "array":
        import array_jobs

        array_jobs.array(arguments.epochs)
        return
    if arguments.command == "shares":
        import shares

        shares.shares(arguments.count, arguments.trials)
        return
    if arguments.command == "report":
        import reporting

        reporting.report(arguments.sizes, arguments.page)
        return
    if arguments.command == "utilisation":
        import utilisation

        utilisation.utilisation(arguments.seconds)
        return
    if arguments.command == "scaling":
        import scaling

        getattr(scaling, arguments.part)(arguments.sizes)
        return
    if arguments.command == "terms":
        import terms_tables

        terms_tables.terms(arguments.tables)
        return
    if arguments.command == "answers":
        import answers

        answers.answers(arguments.tables)
        return
    if arguments.command == "margins":
        import margins

        margins.margins(arguments.folders, arguments.page or margins.PAGE)
        return
    if arguments.command == "truths":
        import simulated

        simulated.truths(arguments.count)
        return
    if arguments.command == "fair":
        import fair

        fair.fair(arguments.tables, arguments.networks)
        return
    import sizes

    sizes.sizes(arguments.cases)


if __name__ == "__main__":
    main()
