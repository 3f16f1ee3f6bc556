"""A study as a SLURM job: its script, the command that queues it, and where it stands in the queue."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from study.config import StudyConfig
from study.execution.cluster.allocation import slurm
from study.execution.cluster.network import check_ports
from study.execution.cluster.note import JobNote, read_note, write_note
from study.execution.cluster.scratch import check_length
from study.records.paths import StudyPaths
from study.schema import StudyError

MARK = "# Modules and environments go here, line by line.\n"
COMMAND = "exec study run "
LOOK_EVERY_S = 5
MOST_LINES = 10
"""Jobs on one study up to which each is named."""


@dataclass(frozen=True)
class Request:
    """What a job asks of SLURM, in sbatch's own words; None leaves it to the site. sbatch: more of
    its options.

    gpus_per_node: a number, or numbers of types: `2`, `a100:2`.
    """

    nodes: int = 1
    time: str | None = None
    cpus_per_task: int = 1
    gpus_per_node: str | None = None
    partition: str | None = None
    account: str | None = None
    mem: str | None = None
    sbatch: str = ""

    @property
    def options(self) -> list[str]:
        """Options of sbatch."""
        named = {
            name: value
            for name, value in asdict(self).items()
            if name != "sbatch" and value is not None
        }
        try:
            more = shlex.split(self.sbatch)
        except ValueError as error:
            raise StudyError(
                f"--sbatch {self.sbatch!r}: {error}. Write options as for a shell."
            ) from None
        if any(word.startswith(("--array", "-a")) for word in more):
            raise StudyError(
                "`study submit` queues one job, not an array. For arrays see slurm/README.md."
            )
        return [*(f"--{name.replace('_', '-')}={value}" for name, value in named.items()), *more]

    @property
    def gpus(self) -> bool:
        """Whether it asks for GPUs."""
        return (
            re.search(r"(^| )(--gpus|-G|--[gt]res\S*[= ]\S*gpu)", " ".join(self.options))
            is not None
        )


@dataclass(frozen=True)
class Submission:
    """A job to queue: sbatch's command, which reads the script from its input."""

    command: tuple[str, ...]
    script: str

    @property
    def text(self) -> str:
        """Lines for a shell that do the same."""
        return f"{shlex.join(self.command)} <<'STUDY'\n{self.script}STUDY"


def make_submission(
    config: StudyConfig, request: Request, run_arguments: Sequence[str]
) -> Submission:
    """The job of a study: `study.sbatch` with this environment and `slurm.setup` put in, and
    `run_arguments` for `study run`.

    Raises
    ------
    StudyError
        GPUs would lie idle or are lacking, `slurm.scratch` is too long, `slurm.ports` too few, or
        the config names another cluster.
    """
    needs = config.resources
    if config.cluster.address not in {"local", "slurm"}:
        raise StudyError(
            f"cluster.address is '{config.cluster.address}', but a SLURM job starts its own Ray. Remove the key, or use "
            "`study run`."
        )
    if bool(needs.gpus_per_trial) != request.gpus:
        raise StudyError(
            f"resources.gpus_per_trial is {needs.gpus_per_trial:g}, but the job asks for {'' if request.gpus else 'no '}GPUs. "
            "Give both, such as --gpus-per-node=2 --set resources.gpus_per_trial=0.25, or neither."
        )
    check_length(config.slurm.scratch or "")
    if config.slurm.ports:
        check_ports(config.slurm.ports, request.cpus_per_task)
    lines = [f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"', *config.slurm.setup]
    script = Path(__file__).with_name("study.sbatch").read_text(encoding="utf-8")
    if config.slurm.launch:
        lines.append(
            "trap '' USR2  # of which what stands before the command would end; the study looks at the clock too"
        )
        script = script.replace(
            COMMAND, COMMAND.replace(" ", f" {shlex.join(config.slurm.launch_words)} ", 1)
        )
    return Submission(
        (
            "sbatch",
            "--parsable",
            f"--job-name={config.name}",
            *request.options,
            "/dev/stdin",
            *run_arguments,
        ),
        script.replace(MARK, MARK + "\n".join(lines) + "\n"),
    )


def queue(paths: StudyPaths, submission: Submission) -> str:
    """Queue a job and note its number beside the results; gives the number.

    Raises
    ------
    StudyError
        There is no sbatch, it refuses, or a job for these results is queued or running.
    """
    if shutil.which("sbatch") is None:
        raise StudyError(
            "`study submit` needs SLURM's sbatch on PATH. Run it on a login node, or use `study run` on this machine."
        )
    for job, state in job_states([note.id for note in _notes(paths)]).items():
        raise StudyError(
            f"{paths.root} is in use by SLURM job {job} ({state}). Wait, cancel it with `scancel {job}`, "
            "or choose another --name."
        )
    try:
        paths.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(
            f"Can't write {paths.root}: {error.strerror}. Choose another folder with --results."
        ) from None
    queued = subprocess.run(
        submission.command, input=submission.script, capture_output=True, text=True, check=False
    )
    if queued.returncode:
        raise StudyError(
            f"sbatch refuses the job: {queued.stderr.strip() or queued.stdout.strip()}"
        )
    job = queued.stdout.strip().partition(";")[0]
    write_note(paths, JobNote(id=job))
    return job


def job_states(jobs: Sequence[str]) -> dict[str, str]:
    """States of jobs in the queue, such as `PENDING (Resources)` or `RUNNING on n[1-3], 1:58:02
    left`, of those that are there.

    jobs: `7`, or `7_2` for a task of an array. SLURM is asked once for all.
    """
    if not jobs:
        return {}
    numbers = dict.fromkeys(job.partition("_")[0] for job in jobs)
    asked = slurm(
        "squeue",
        "--noheader",
        "--array",
        f"--jobs={','.join(numbers)}",
        "--format=%i|%A|%T|%r|%N|%L",
    )
    if asked.returncode:
        known = "Invalid job id" in asked.stderr or shutil.which("squeue") is None
        return {} if known else dict.fromkeys(jobs, "SLURM does not answer")
    found = {}
    for line in asked.stdout.splitlines():
        name, number, state, reason, nodes, left = [*line.strip().split("|"), *[""] * 5][:6]
        found[name] = found[number] = (
            f"{state} on {nodes}, {left} left" if nodes else f"{state} ({reason})"
        )
    return {job: found[job] for job in jobs if job in found}


def queued(paths: StudyPaths) -> str:
    """A line on each job that works on these results, if it is in the queue; of many jobs a line on
    each state.
    """
    states = job_states([note.id for note in _notes(paths)])
    if len(states) > MOST_LINES:
        counts = Counter(re.sub(r" on .*", "", state) for state in states.values())
        return "\n".join(
            f"SLURM jobs, {count} of {len(states)} in the queue: {state}"
            for state, count in counts.items()
        )
    return "\n".join(f"SLURM job {job}: {state}" for job, state in states.items())


def _notes(paths: StudyPaths) -> list[JobNote]:
    """Of the job on these results and of those on shares of it."""
    return [note for own in (paths, *paths.shares) if (note := read_note(own))]


def follow(paths: StudyPaths, job: str, tell: Callable[[str], None]) -> None:
    """Wait until a job has left the queue, requeues included; `tell` hears its state whenever that
    changes.

    Raises
    ------
    StudyError
        The job ended and the study did not.
    """
    told = ""
    while state := job_states([job]).get(job):
        word = state.partition(",")[0]
        if word != told:
            tell(f"SLURM job {job}: {word}")
            told = word
        time.sleep(LOOK_EVERY_S)
    if not paths.verdicts.exists():
        raise StudyError(
            f"SLURM job {job} ended before its study (see study-{job}.log). Submit it again to resume."
        )
    tell(f"Finished: {paths.root}")
