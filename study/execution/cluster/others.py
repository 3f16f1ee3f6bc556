"""The other nodes of a SLURM job: each has a step of its own and joins when it can, and the study
does not wait for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from study.config import StudyConfig
from study.execution.cluster.allocation import Allocation, slurm
from study.execution.cluster.node import END

JOIN_S = 180
"""Seconds after which a node that has not come is named."""
AGAIN_S, MOST_AGAIN_S = 20, 600
"""Pause before a step that has ended is started again, and what it grows to, twice as long each
time."""
LOOK_EVERY_S = 1
END_S = 20
SAID_LINES = 15


class Step:
    """A step of SLURM on one node, which hears the token and the goodbye by its input. command:
    srun's, all of it.
    """

    def __init__(self, node: str, command: Sequence[str], token: str, log: Path) -> None:
        self.node = node
        self.command = command
        self.token = token
        self.log = log
        self.starts = 0
        self.ended_at: float | None = None
        self._start()

    def _start(self) -> None:
        # sbatch hands its own -c on, which would tie the step to so many CPUs of each node.
        environment = {
            k: value
            for k, value in os.environ.items()
            if "CPUS_PER" not in k and k != "SLURM_TRES_PER_TASK"
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["env", *self.command],  # which says so where there is no srun
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.starts += 1
        self.ended_at = None
        self.tell(f"{self.token}\n")

    def tell(self, line: str) -> None:
        """Give its task a line of input."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def look(self) -> None:
        """Start it again where it has ended, after a pause."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        self.ended_at = self.ended_at or now
        if now - self.ended_at > min(MOST_AGAIN_S, AGAIN_S * 2.0 ** (self.starts - 1)):
            self.close()
            self._start()

    def close(self) -> None:
        """Let go of its input."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()

    @property
    def failed(self) -> bool:
        """Whether it has ended before its time, if only once."""
        return self.starts > 1 or self.process.poll() is not None

    @property
    def said(self) -> str:
        """The last lines of its output."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-SAID_LINES:] or ["nothing"])

    def wait(self, until: float) -> None:
        """Wait for its end, and end it then."""
        try:
            self.process.wait(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.close()


class Others:
    """The steps on all other nodes, and who of them has come. tell: hears a line on each that does
    not.
    """

    def __init__(
        self, allocation: Allocation, steps: Sequence[Step], tell: Callable[[str], None]
    ) -> None:
        self.allocation = allocation
        self.steps = steps
        self.tell = tell
        self.until = time.monotonic() + JOIN_S
        self.came: set[str] = set()
        self.named: set[str] = set()
        self.over = threading.Event()

    def awaited(self) -> bool:
        """Whether one may still come before it is named."""
        return any(step.node not in self.came | self.named for step in self.steps)

    def watch(self) -> None:
        """Note who comes and name who does not, until it is over; a step that has ended is started
        again.
        """
        import ray
        from ray.exceptions import RayError

        while not self.over.wait(LOOK_EVERY_S):
            with suppress(RayError, OSError):
                self._look({node["NodeName"] for node in ray.nodes() if node["Alive"]})

    def _look(self, there: set[str]) -> None:
        for step in self.steps:
            if step.node in there - self.came:
                self.came.add(step.node)
                if step.node in self.named:
                    self.tell(f"Node {step.node} has now joined the Ray cluster.")
            elif step.node not in self.came | self.named and (
                step.failed or time.monotonic() > self.until
            ):
                self.named.add(step.node)
                self.tell(
                    f"Node {step.node} has not joined the Ray cluster of SLURM job {self.allocation.job}, so the study runs "
                    f"without it. The node needs the Python environment {sys.executable}, and to reach "
                    f"{self.allocation.given.node}. Its output:\n{step.said}"
                )
            if step.node not in there:
                step.look()

    def end(self) -> None:
        """Say goodbye to all, and wait until their steps have ended."""
        for step in self.steps:
            step.tell(END)
        until = time.monotonic() + END_S
        for step in self.steps:
            step.wait(until)


@contextmanager
def other_nodes(
    config: StudyConfig,
    allocation: Allocation,
    head: str,
    store_bytes: int,
    token: str,
    scratch: Path,
) -> Iterator[Others]:
    """Ray on each other node of the job for as long as the block lasts; they join its head as they
    come.
    """
    own = [
        sys.executable,
        "-m",
        "study.execution.cluster.node",
        allocation.given.node,
        head,
        str(store_bytes),
    ]
    task = [*config.slurm.launch_words, *own, config.slurm.scratch or "", config.slurm.ports or ""]
    steps = []
    for node in allocation.others:
        command = [
            "srun",
            "--nodes=1",
            "--ntasks=1",
            f"--nodelist={node}",
            "--overlap",
            "--mem=0",
            "--cpu-bind=none",
        ]
        steps.append(
            Step(
                node, [*command, "--export=ALL", "--chdir=/", *task], token, scratch / f"{node}.log"
            )
        )
    others = Others(allocation, steps, lambda text: print(text, file=sys.stderr, flush=True))
    watching = threading.Thread(target=others.watch, daemon=True)
    watching.start()
    try:
        yield others
    finally:
        others.over.set()
        watching.join()
        others.end()


def node_resources(config: StudyConfig) -> list[Mapping[str, float]]:
    """Resources of each node of the cluster that runs; one of this job's that has not come yet is
    taken to be like this one.
    """
    import ray

    alive = [node for node in ray.nodes() if node["Alive"]]
    found: list[Mapping[str, float]] = [node["Resources"] for node in alive]
    if config.cluster.address == "slurm":
        allocation = Allocation.current()
        by_name = {node["NodeName"]: node["Resources"] for node in alive}
        found += [by_name[allocation.given.node]] * len(set(allocation.others) - by_name.keys())
    return found


def give_back_nodes() -> None:
    """Let the job this process runs in keep this node alone, if it has more; where the site forbids
    that, say so.

    SLURM 24.11 refuses `NumNodes=1` for a running job, and `NodeList` names the node that stays. A
    job that is queued again asks for all its nodes again.
    """
    allocation = Allocation.current()
    if not allocation.others:
        return
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # scontrol leaves scripts there, for shells that want to know of it
        change = slurm(
            "env",
            f"--chdir={folder}",
            "scontrol",
            "update",
            f"JobId={allocation.job}",
            f"NodeList={allocation.given.node}",
        )
    said = (
        f"SLURM keeps them until the job ends: {change.stderr.strip()}"
        if change.returncode
        else "SLURM has them back."
    )
    print(
        f"Nothing is left to train on {', '.join(allocation.others)}. {said}",
        file=sys.stderr,
        flush=True,
    )
