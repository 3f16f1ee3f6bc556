"""One SLURM job of three nodes beside an array of three tasks that share the searches:
`scripts/benchmark array`.
"""

from __future__ import annotations

import sys
import time

from harness.cluster import Cluster, missing, wait_until
from harness.jobs import Job, queue

STUDY = ("protocol=nested", "outer.repeats=1", "search.generation=6")
"""Ten searches of twelve trials, in five outer folds."""


def _seconds(job: Job, begin: float) -> float:
    """Wait for a job; gives the seconds from `begin` to the last record."""
    job.wait()
    return max(path.stat().st_mtime for path in job.results.glob("trials/*/*.json*")) - begin


def array(epochs: list[int]) -> None:
    """Print how long each way takes for trials of so many epochs, and how the trials spread over
    the nodes.
    """
    if reason := missing():
        sys.exit(f"No SLURM cluster can be made on this machine: {reason}.")
    cluster = Cluster(3)
    cluster.up()
    print(f"{'epochs':>8} {'way':<12}{'seconds':>8} {'trials by node':>16} {'median trial, s':>16}")
    try:
        for number in epochs:
            settings = [
                word
                for key in (*STUDY, f"training.epochs={number}", f"training.patience={number}")
                for word in ("--set", key)
            ]
            for way, option in (("one job", "--nodes=3"), ("array", "--array=0-2 --exclusive")):
                begin = time.time()
                job = queue(
                    cluster, cluster.home / f"{way} {number}", *option.split(), run=tuple(settings)
                )
                last = (
                    job
                    if way == "one job"
                    else queue(
                        cluster,
                        job.folder,
                        f"--dependency=afterany:{job.number}",
                        run=tuple(settings),
                    )
                )
                spent = _seconds(last, begin)
                counts = sorted(last.trials["node"].value_counts(), reverse=True)
                middle = last.trials["wall_time_s"].median()
                print(
                    f"{number:>8} {way:<12}{spent:>8.0f} {' '.join(map(str, counts)):>16} {middle:>16.2f}",
                    flush=True,
                )
                wait_until(cluster.is_idle, "all nodes idle", 120)
    finally:
        cluster.down()
