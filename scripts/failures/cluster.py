"""Hurt a study that runs as a job on three nodes of a SLURM, made of namespaces on this machine."""

from __future__ import annotations

import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from failures.cluster_scenarios import scenarios
from harness.broken import half_tensorflow
from harness.cluster import Cluster, missing, wait_until
from harness.damage import Count, Records, lost, rewritten, say, snapshot, sound, table
from harness.jobs import Job, leftovers, queue
from harness.studies import records, undisturbed_digest
from study.records.reading import digest
from study.schema import StudyError

TRIALS = 80
N_RECORDS = 2 * ((1 + 1) + (TRIALS + 1) + 2)
"""As `harness.studies` counts them."""
NODES, RUN = "--nodes=2-3", ("--set", f"search.trials={TRIALS}")
SPARE = 12
"""Records to go below which a study is left alone."""
SETTLE_S = 300
"""Seconds after a fault by which the study must have a new record."""


@dataclass
class Site:
    """A cluster, the job on it, and what happened to both. starts: seconds from a job's start to
    its first record.
    """

    cluster: Cluster
    rng: random.Random
    job: Job = field(init=False, repr=False)
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    equal: dict[int, bool] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)

    def submit(self, folder: Path) -> None:
        """Queue the study, or what is left of it, and wait until it runs and has a new record."""
        self.job = queue(self.cluster, folder, NODES, run=RUN)
        before = snapshot(self.job.results)
        self.job.wait("RUNNING")
        begin = time.monotonic()
        self.progress(before)
        self.starts.append(time.monotonic() - begin)

    def end(self) -> None:
        """Cancel the job, and say what it leaves on the nodes."""
        self.cluster.login("scancel", self.job.number)
        wait_until(self.cluster.is_idle, "all nodes idle", SETTLE_S)
        if left := leftovers(self.cluster):
            say(f"left on the nodes: {left}")

    def progress(self, before: Records) -> None:
        """Wait for a record that was not there before, or the end of the job."""
        job = self.job

        def moved() -> bool:
            return bool(snapshot(job.results).keys() - before.keys()) or job.state == "COMPLETED"

        wait_until(moved, f"a new record of job {job.number}", SETTLE_S)

    def others(self) -> list[str]:
        """Nodes of the job, that are there, beside the one of its script."""
        shown = self.job.show()
        names = self.cluster.login(
            "scontrol", "show", "hostnames", shown["NodeList"]
        ).stdout.split()
        return [name for name in names if name in self.cluster.hosts and name != shown["BatchHost"]]

    def other(self) -> str | None:
        """One of these nodes, or None."""
        return self.rng.choice(found) if (found := self.others()) else None

    def boot_all(self) -> None:
        """Start the nodes that have no power, and wait until SLURM sees them."""
        for name in self.cluster.nodes:
            if name not in self.cluster.hosts:
                self.cluster.boot(name)
        up = ["sinfo", "-hN", "-t", "idle,mix,alloc", "-o", "%N"]
        wait_until(
            lambda: len(set(self.cluster.login(*up).stdout.split())) == len(self.cluster.nodes),
            "all nodes up",
            120,
        )


def node_off(site: Site) -> bool:
    """Take the power from a node that is not the head's, if the job has one."""
    if (node := site.other()) is None:
        return False
    site.cluster.power_off(node)
    return True


def head_off(site: Site) -> bool:
    """Take the power from the head's node, if another is there to notice."""
    if not site.others():
        return False
    site.cluster.power_off(site.job.show()["BatchHost"])
    return True


def cut(site: Site) -> bool:
    """Cut the link of a node for 20 s."""
    if (node := site.other()) is None:
        return False
    site.cluster.cut(node)
    time.sleep(20)
    site.cluster.heal(node)
    return True


def kill_raylet(site: Site) -> bool:
    """Kill the raylet of a node that is not the head's, if the job has one."""
    node = site.other()
    return (
        node is not None
        and site.cluster.on(node, "pkill", "-9", "raylet", check=False).returncode == 0
    )


def break_environment(site: Site) -> bool:
    """Take half of TensorFlow from a node that is not the head's, until it is left out; then Ray
    starts anew there.
    """
    if (node := site.other()) is None:
        return False
    with half_tensorflow(site.cluster, node):
        site.cluster.on(
            node, "pkill", "-9", "raylet", check=False
        )  # the workers that are there have imported it
        wait_until(
            lambda: f"Node {node} is left out" in site.job.log, f"{node} is left out", SETTLE_S
        )
    return site.cluster.on(node, "pkill", "-9", "raylet", check=False).returncode == 0


def restart_controller(site: Site) -> bool:
    """Stop SLURM's controller for five seconds."""
    site.cluster.restart_controller(5)
    return True


def walltime(site: Site) -> bool:
    """Let the job reach its walltime, if the study lasts so long, and give it a new one when it is
    queued again.
    """
    job = site.job
    if len(snapshot(job.results)) > N_RECORDS / 3:
        return False
    job.reach_walltime()
    return True


def preemption(site: Site) -> bool:
    """Let a job that goes before it take the first node of the job, if the study lasts so long."""
    job = site.job
    if len(snapshot(job.results)) > N_RECORDS / 2:
        return False
    urgent = job.preempt()
    site.cluster.login("scancel", urgent.number)
    return int(job.show()["Restarts"]) > 0


def array_walltime(site: Site) -> bool:
    """Let an array go on with the study in place of the job, and one of its tasks reach its
    walltime; then cancel it.

    The task queues again, and no other does.
    """
    job = site.job
    if len(snapshot(job.results)) > N_RECORDS / 6:
        return False
    site.end()
    kept = records(job.results)
    site.job = queue(site.cluster, job.folder, "--array=0-1", "--exclusive", run=RUN)
    other, task = site.job.task(0), site.job.task(1)  # which has the array's number
    task.wait("RUNNING")
    task.wait_for_node(task.show()["BatchHost"], without=kept)
    task.reach_walltime()
    task.wait("RUNNING")
    assert [each.show()["Restarts"] for each in (other, task)] == ["0", "1"], (
        "another task was queued again"
    )
    before = snapshot(job.results)
    wait_until(
        lambda: len(snapshot(job.results)) > len(before), "another record of the array", SETTLE_S
    )
    return True


def scancel(site: Site) -> bool:
    """Cancel the job."""
    return True


FAULTS: dict[str, tuple[Callable[[Site], bool], float]] = {
    "a node off": (node_off, 50),
    "the head's node off": (head_off, 100),
    "a link cut for 20 s": (cut, 30),
    "SLURM's controller restarted": (restart_controller, 10),
    "kill -9 of another node's raylet": (kill_raylet, 30),
    "TensorFlow broken on a node": (break_environment, 30),
    "walltime": (walltime, 0),
    "array at walltime": (array_walltime, 0),
    "preemption": (preemption, 0),
    "scancel": (scancel, 0),
}
"""How each is done, false where there was nothing to hurt; and the seconds within which it shows.
"""


def hurt(site: Site, name: str, number: int) -> bool:
    """Inject a fault into the running study and wait until it goes on; false where that fault found
    nothing.
    """
    inject, watch = FAULTS[name]
    before, begin = snapshot(site.job.results), time.time()
    if not inject(site):
        return False
    if inject in {scancel, array_walltime}:  # after which the study must be queued by hand
        site.end()
        before |= snapshot(site.job.results)
        site.submit(site.job.folder)
    time.sleep(max(0, begin + watch - time.time()))
    site.progress(snapshot(site.job.results))
    now = snapshot(site.job.results)
    moments = sorted(
        [
            begin,
            *(
                written
                for name in now.keys() - before.keys()
                if (written := now[name].written[1] / 1e9) > begin
            ),
        ]
    )
    count = site.counts[name]
    count.injected += 1
    count.studies.add(number)
    count.pauses.append(max((after - last for last, after in pairwise(moments)), default=0))
    count.lost += len(lost(before, now))
    count.repeated += len(rewritten(before, now))
    say(
        f"study {number}: {name} at {len(before)} records, {count.pauses[-1]:.0f} s without a new one"
    )
    site.boot_all()
    return True


def rage(times: int, seed: int) -> bool:
    """Inject every fault so many times, on one study after another, and print a table; whether
    nothing was lost.

    times: 0 for the nodes of `cluster_scenarios`.

    Raises
    ------
    StudyError
        No cluster can be made here.
    """
    if reason := missing():
        raise StudyError(f"No SLURM cluster can be made on this machine: {reason}.")
    if not times:
        return scenarios()
    rng = random.Random(seed)
    cards = [name for name in FAULTS for _ in range(times)]
    rng.shuffle(cards)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        expected = undisturbed_digest(Path(folder), f"search.trials={TRIALS}")
    site = Site(Cluster(3), rng)
    try:
        site.cluster.up()
        number = 0
        while cards:
            _study(site, cards, number, expected)
            number += 1
    finally:
        site.cluster.down()
        print("\n".join(table({name: site.counts[name] for name in FAULTS}, site.equal)))
        print(
            f"\n{sum(site.equal.values())} of {len(site.equal)} studies ended with {expected[:12]}, the digest of one worker."
        )
        print(
            f"From a job's start to its first record, seconds: {', '.join(f'{start:.0f}' for start in site.starts)}."
        )
    return sound(site.counts, site.equal)


def _study(site: Site, cards: list[str], number: int, expected: str) -> None:
    """One study, hurt again and again until it ends."""
    site.submit(site.cluster.home / f"study {number}")
    while len(snapshot(site.job.results)) < N_RECORDS - SPARE:
        time.sleep(site.rng.uniform(0, 3))
        hit = next((i for i in reversed(range(len(cards))) if hurt(site, cards[i], number)), None)
        if hit is None:
            break
        cards.pop(hit)
    site.job.wait()
    whole = len(snapshot(site.job.results)) == N_RECORDS
    site.equal[number] = whole and digest(site.job.trials) == expected
    say(
        f"study {number}: {'equal' if site.equal[number] else 'NOT EQUAL'}, {len(cards)} faults to go"
    )
    wait_until(site.cluster.is_idle, "all nodes idle", 120)
