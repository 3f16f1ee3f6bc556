"""Nodes of a SLURM, made of namespaces on this machine, that are broken from a job's first moment
to its last.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from harness.broken import full_cache, half_tensorflow, read_only_tmp
from harness.cluster import Cluster
from harness.damage import say
from harness.jobs import Job, queue
from harness.studies import records, undisturbed_digest
from study.records.reading import digest

TRIALS = 20
N_RECORDS = 2 * ((1 + 1) + (TRIALS + 1) + 2)
"""As `harness.studies` counts them."""
RUN = ("--set", f"search.trials={TRIALS}")
NODE = "n3"
"""The one that is broken; the job's script runs on the first."""
NODES: dict[str, tuple[Callable[[Cluster, str], AbstractContextManager[None]], str]] = {
    "TensorFlow broken on one of three nodes": (
        half_tensorflow,
        f"Node {NODE} is left out: a worker there cannot train.",
    ),
    "disk of compiled programs full on one of three": (
        full_cache,
        f"Node {NODE} is left out: one task after the other failed",
    ),
    "a node that never joins": (read_only_tmp, f"Node {NODE} has not joined the Ray cluster"),
}
"""How each is broken, and what the job's log says of it."""


def scenarios() -> bool:
    """Run all and print a table; whether every node was named, no trial blamed, and every digest
    that of one worker.
    """
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        expected = undisturbed_digest(Path(folder), f"search.trials={TRIALS}")
    say(f"undisturbed, one worker: {expected}")
    cluster, sound = Cluster(3), True
    try:
        cluster.up()
        print(
            "| fault | exit codes | named | tasks on it | FAIL records | digest equal |", flush=True
        )
        print("|---|---|---|--:|--:|---|", flush=True)
        for name in NODES:
            codes, named, there, job = broken_node(cluster, name)
            sound &= _row(name, codes, named, there, job, expected, last="0:0")
        codes, named, there, job = hidden_gpus(cluster)
        sound &= _row(
            "GPUs hidden on all nodes, then not asked for",
            codes,
            named,
            there,
            job,
            expected,
            last="0:0",
        )
    finally:
        cluster.down()
    return sound


def broken_node(cluster: Cluster, name: str) -> tuple[list[str], bool, int, Job]:
    """A study of which one node is broken from start to end: exit codes, whether it was named,
    trials there, and the job.
    """
    breaks, said = NODES[name]
    with breaks(cluster, NODE):
        job = queue(cluster, cluster.home / name, "--nodes=3", run=RUN)
        job.wait("COMPLETED", "FAILED")
    return [job.show()["ExitCode"]], said in job.log, list(job.trials["node"]).count(NODE), job


def hidden_gpus(cluster: Cluster) -> tuple[list[str], bool, int, Job]:
    """A study whose GPUs SLURM counts and TensorFlow does not find, and then the same without them.

    named: whether the first run ended with the whole error, without a record of any network.
    """
    folder, gpus = cluster.home / "hidden gpus", ("--gpus-per-node=none:1", "--cpus-per-task=2")
    job = queue(
        cluster, folder, "--nodes=3", *gpus, run=(*RUN, "--set", "resources.gpus_per_trial=1")
    )
    job.wait("COMPLETED", "FAILED")
    first, kept = job.show()["ExitCode"], records(job.results)
    said = (
        "Trials cannot run here: on n",
        "Traceback",
        "RuntimeError: this worker has a GPU, and TensorFlow finds none",
    )
    named = all(words in job.log for words in said) and not [
        name for name in kept if "neural" in name
    ]
    say(f"{len(kept)} records of regressions before GPUs were given up")
    again = queue(cluster, folder, "--nodes=3", "--cpus-per-task=2", run=RUN)
    again.wait("COMPLETED", "FAILED")
    named &= kept.items() <= records(again.results).items()
    return (
        [first, again.show()["ExitCode"]],
        named,
        sum("gpu" in device for device in again.trials["device"]),
        again,
    )


def _row(
    name: str, codes: list[str], named: bool, there: int, job: Job, expected: str, last: str
) -> bool:
    equal = len(records(job.results)) == N_RECORDS and digest(job.trials) == expected
    failed = int((job.trials["state"] == "FAIL").sum())
    words = ["yes" if true else "NO" for true in (named, equal)]
    print(
        f"| {name} | {', '.join(codes)} | {words[0]} | {there} | {failed} | {words[1]} |",
        flush=True,
    )
    return named and equal and not failed and not there and codes[-1] == last
