"""Run a study, hurt it at random moments, go on with it, and print what was lost.

After each fault the records are compared with those found before: one that is gone or has other
bytes is a trial lost, one that was written anew, or was known and ran again by the journal of its
run, is a trial repeated. A study that has ended is compared with one that a single worker ran
undisturbed; then the next one begins. The moments are drawn from the seed, and so is what is hit;
how far a study has come by then depends on the machine. It exits with 1 where a trial was lost or a
digest differs.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from failures import cluster, scenarios, storm
from study.execution.observer import interruptible


def main() -> None:
    """Parse the command line."""
    parser = ArgumentParser(
        "scripts/faults", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--kills",
        type=int,
        default=100,
        help="processes to kill, other faults come on top; 0: two faults of no moment",
    )
    parser.add_argument(
        "--cluster",
        type=int,
        metavar="TIMES",
        help="hurt jobs of a SLURM instead, with each fault so often; 0: broken nodes",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the faults' order and moments")
    parser.add_argument("--drive", nargs=3, metavar=("FOLDER", "JOURNAL", "WORKERS"), help=SUPPRESS)
    arguments = parser.parse_args()
    if arguments.drive:
        folder, book, workers = arguments.drive
        storm.drive(Path(folder), Path(book), int(workers))
        return
    if arguments.cluster is not None:
        sys.exit(not cluster.rage(arguments.cluster, arguments.seed))
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # drivers must hear Ctrl-C, if we run in the background too
    if arguments.kills:
        sys.exit(not storm.rage(arguments.kills, arguments.seed))
    with interruptible(), tempfile.TemporaryDirectory(prefix="faults-") as folder:
        sys.exit(not scenarios.scenarios(Path(folder)))


if __name__ == "__main__":
    main()
