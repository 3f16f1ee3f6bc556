from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from study.execution.cluster.note import JobNote, read_note, write_note
from study.execution.cluster.submit import MOST_LINES, Request
from study.records.paths import StudyPaths, write_atomic
from study.schema import Kind, Share
from tests.cli.conftest import Command
from tests.records.examples import described

SCRIPT = Path(__file__).parents[2] / "slurm" / "study.sbatch"


def test_a_job_asks_for_what_the_options_say_and_its_script_runs_the_same_study(
    slurm: Path, command: Command
) -> None:
    setup = ["slurm.setup=['module load python', 'ulimit -n 4096']", "depths=[1]"]
    ended = command(
        "submit", "good.csv", "-t", "price", *(f"--set={key}" for key in setup), "--name", "a b", "--nodes=3",
        "--time=02:00:00", "--cpus-per-task=4", "--partition=long", "--account=a1", "--mem=16G",
        "--sbatch", "--qos=high --exclusive",
    )  # fmt: skip

    asked = (slurm / "arguments").read_text().splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert asked == [
        "--parsable", "--job-name=a b", "--nodes=3", "--time=02:00:00", "--cpus-per-task=4", "--partition=long",
        "--account=a1", "--mem=16G", "--qos=high", "--exclusive", "/dev/stdin",
        "--target=price", *(f"--set={key}" for key in setup), "--name=a b", "--results=results", "--", "good.csv",
    ]  # fmt: skip
    assert all(
        way in ended.out
        for way in ("squeue --job=42;", "study-42.log", "study status 'results/a b'", "scancel 42")
    )
    assert read_note(StudyPaths(slurm / "results" / "a b")) == JobNote(id="42")
    # The script is the one to be used by hand, with this environment and the site's lines.
    added = [f'PATH={Path(sys.executable).parent}:"$PATH"', "module load python", "ulimit -n 4096"]
    lines = (slurm / "script").read_text().splitlines()
    assert [line for line in lines if line not in added] == SCRIPT.read_text().splitlines()
    assert [line for line in lines if line in added] == added
    assert lines.index(added[-1]) < lines.index('exec study run --set cluster.address=slurm "$@"')


def test_a_dry_run_prints_a_command_that_does_the_same(slurm: Path, command: Command) -> None:
    arguments = ["good.csv", "-t", "price", "--name", "it's one", "--nodes=2"]

    dry = command("submit", *arguments, "--dry-run")

    assert (dry.code, dry.err) == (0, "")
    assert not (slurm / "arguments").exists()
    assert not (slurm / "results").exists()
    subprocess.run(["bash", "-c", dry.out], cwd=slurm, check=True)
    pasted = [(slurm / name).read_text() for name in ("arguments", "script")]
    command("submit", *arguments)
    assert [(slurm / name).read_text() for name in ("arguments", "script")] == pasted


@pytest.mark.parametrize(
    ("job", "gpus"),
    [
        (Request(), False),
        (Request(gpus_per_node="2"), True),
        (Request(gpus_per_node="a100:2"), True),
        (Request(gpus_per_node="a100:2,v100:1"), True),
        (Request(sbatch="--gres=gpu:2"), True),
        (Request(sbatch="--gres=gpu:a100:1"), True),
        (Request(sbatch="--gres gpu:a100"), True),
        (Request(sbatch="--gres=gpu"), True),
        (Request(sbatch="--gres=nvme:1,gpu:a100:3(S:0)"), True),
        (Request(sbatch="--gres=nvme:4"), False),
        (Request(sbatch="--gres=none"), False),
        (Request(sbatch="--gpus=a100:4"), True),
        (Request(sbatch="-G4"), True),
        (Request(sbatch="-G 4"), True),
        (Request(sbatch="--gpus-per-task=a100:1"), True),
        (Request(sbatch="--tres-per-task=cpu:4,gres/gpu:a100:2"), True),
        (Request(sbatch="--exclusive --qos=gpu"), False),
    ],
)
def test_gpus_are_seen_in_every_way_that_sbatch_is_asked_for_them(job: Request, gpus: bool) -> None:
    assert job.gpus is gpus


def test_a_job_with_gpus_of_a_type_is_queued_as_it_is_asked_for(
    slurm: Path, command: Command
) -> None:
    ended = command(
        "submit",
        "good.csv",
        "-t",
        "price",
        "--set=resources.gpus_per_trial=0.5",
        "--sbatch=--gres=gpu:a100:1",
    )

    assert (ended.code, ended.err) == (0, "")
    assert "--gres=gpu:a100:1" in (slurm / "arguments").read_text().splitlines()


def test_status_leaves_it_to_a_job_in_the_queue_to_go_on(slurm: Path, command: Command) -> None:
    paths = StudyPaths(slurm / "results" / "good")
    write_note(paths, JobNote(id="42"))
    (slurm / "state").write_text(
        "42|42|PENDING|Resources||2:00:00\n42|42|RUNNING|None|n[1-3]|1:58:02\n"
    )

    not_begun = [command("status", "results/good", "--json") for _ in range(2)]
    write_atomic(paths.config, "name: good\ndata: {source: balloons}\ntarget: y\n")
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    (slurm / "state").write_text("42|42|PENDING|Priority||2:00:00\n")
    waiting, gone = (json.loads(command("status", "results/good", "--json").out) for _ in range(2))

    queued = [json.loads(ended.out)["queued"] for ended in not_begun]
    assert ["PENDING" in queued[0], "RUNNING" in queued[1]] == [True, True]
    assert "1:58:02" in queued[1]
    assert "PENDING" in waiting["queued"]
    assert waiting["resume"] is None
    assert (gone["queued"], gone["resume"]) == (None, "study run results/good/config.yaml")


def test_of_all_tasks_of_an_array_squeue_is_asked_once(slurm: Path, command: Command) -> None:
    root, tasks = slurm / "results" / "good", MOST_LINES + 2
    for number in range(tasks):
        write_note(StudyPaths(root, Share(number=number, count=tasks)), JobNote(id=f"70_{number}"))
    running = [f"70_{number}|{71 + number}|RUNNING|None|n1|1:00:00\n" for number in range(4)]
    waiting = [
        f"70_{number}|{71 + number}|PENDING|Priority||2:00:00\n" for number in range(4, tasks)
    ]
    (slurm / "bin" / "squeue").write_text(
        f"#!/bin/sh\necho \"$@\" >> '{slurm}/asked'\ncat '{slurm}/state'\n"
    )
    (slurm / "state").write_text(
        "".join([*running, *waiting, "70_1001|1072|PENDING|Priority||2:00\n"])
    )

    many = command("status", "results/good").out.splitlines()
    (slurm / "state").write_text("".join(running))
    few = command("status", "results/good").out.splitlines()

    asked = (slurm / "asked").read_text().splitlines()
    assert [line.split()[:3] for line in asked] == [["--noheader", "--array", "--jobs=70"]] * 2
    assert [re.findall(r"\b\d+ of \d+\b|[A-Z]{7}", line) for line in many] == [
        ["4 of 12", "RUNNING"],
        ["8 of 12", "PENDING"],
    ]
    assert [re.findall(r"70_\d+|[A-Z]{7}", line) for line in few] == [
        [f"70_{number}", "RUNNING"] for number in range(4)
    ]


def test_the_script_is_plain_shell_that_sbatch_reads() -> None:
    text = SCRIPT.read_text()

    checked = subprocess.run(
        ["bash", "-n", str(SCRIPT)], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")
    assert text.startswith("#!/bin/bash\n")
    assert shlex.split(text.splitlines()[-1])[:3] == ["exec", "study", "run"]
