from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.inputs import make_frame
from study.config import dump_config, make_config
from study.machines.note import JobNote, read_note, write_note
from study.machines.submit import Request
from study.prepare import prepare
from study.records.paths import StudyPaths, write_atomic
from study.schema import Kind, Share
from tests.records.examples import described
from tests.screen.conftest import Command

SCRIPT = Path(__file__).parents[2] / "slurm" / "study.sbatch"
SQUEUE = """
test -s state || { echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; }
head -n 1 state
sed -i 1d state
"""


@pytest.fixture
def slurm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sbatch that keeps what it is told in `folder` and gives number 42, and a squeue that tells the lines of `state`."""
    commands = {
        "sbatch": 'printf "%s\\n" "$@" > arguments; cat > script; echo 42',
        "squeue": SQUEUE,
    }
    (folder / "bin").mkdir()
    for name, body in commands.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\ncd '{folder}' || exit 3\n{body}\n")
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    make_frame().to_csv(folder / "good.csv", index=False)
    return folder


def test_a_job_asks_for_what_the_options_say_and_its_script_runs_the_same_study(slurm: Path, command: Command) -> None:
    ended = command(
        "submit", "good.csv", "-t", "price", "--set", "depths=[1]", "--name", "a b", "--nodes=3", "--time=02:00:00",
        "--cpus-per-task=4", "--partition=long", "--account=a1", "--mem=16G", "--sbatch", "--qos=high --exclusive",
    )  # fmt: skip

    asked = (slurm / "arguments").read_text().splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert asked == [
        "--parsable", "--job-name=a b", "--nodes=3", "--time=02:00:00", "--cpus-per-task=4", "--partition=long",
        "--account=a1", "--mem=16G", "--qos=high", "--exclusive", "/dev/stdin",
        "--target=price", "--set=depths=[1]", "--name=a b", "--results=results", "--", "good.csv",
    ]  # fmt: skip
    assert ended.out.splitlines() == [
        "Queued SLURM job 42.",
        "Follow it:  squeue --job=42; tail -F study-42.log; study status 'results/a b'",
        "Cancel it:  scancel 42",
    ]
    assert read_note(StudyPaths(slurm / "results" / "a b")) == JobNote(id="42")


def test_the_script_is_the_one_to_be_used_by_hand_with_this_environment_and_the_sites_lines(
    slurm: Path, command: Command
) -> None:
    command("submit", "good.csv", "-t", "price", "--set", "slurm.setup=['module load python', 'ulimit -n 4096']")

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


def test_config_and_results_folder_are_checked_before_anything_is_queued(slurm: Path, command: Command) -> None:
    wrong = command("submit", "good.csv", "-t", "prise")
    other = make_config({"name": "good", "data": {"source": "good.csv"}, "targets": ["price"], "seed": 1}, folder=slurm)
    write_atomic(StudyPaths(slurm / "results" / "good").config, dump_config(prepare(other).plan.config))
    taken = command("submit", "good.csv", "-t", "price")

    assert (wrong.code, taken.code) == (2, 2)
    assert "Did you mean 'price'?" in wrong.err
    assert "results/good holds a study of another config. These keys differ:\n  - seed: 1 there, 0 now" in taken.err
    assert not (slurm / "arguments").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--set", "slurm.ports=20000-20010"],
            "slurm.ports is 20000-20010, which are 11; a node of 1 core needs 24. Name a wider range.",
        ),
        (["--gpus-per-node=a100:2"], "resources.gpus_per_trial is 0 and the job asks for 2 GPUs: "),
        (["--sbatch", "--gres gpu:v100:4"], "resources.gpus_per_trial is 0 and the job asks for 4 GPUs: "),
        (["--set", "resources.gpus_per_trial=1"], "resources.gpus_per_trial is 1 and the job asks for 0 GPUs: "),
        (
            ["--gpus-per-node=two"],
            "--gpus-per-node takes a number of GPUs, such as 2, or a100:2 of a type, but got 'two'.",
        ),
        (
            ["--gpus-per-node=0"],
            "--gpus-per-node takes a number of GPUs, such as 2, or a100:2 of a type, but got '0'.",
        ),
        (["--set", "cluster.address=head:6379"], "A SLURM job starts a Ray of its own, but cluster.address is 'head:6379'."),
        (
            ["--sbatch", "--array=0-9"],
            "`study submit` queues one job; slurm/README.md shows how an array",
        ),
        (
            ["--sbatch", "--comment='x"],
            '--sbatch takes options as a shell reads them, but "--comment=\'x" has No closing',
        ),
        (["--results", "good.csv"], "Cannot make good.csv/good: Not a directory. Choose another place with --results."),
    ],
)
def test_a_job_that_could_not_work_is_not_queued(options: list[str], said: str, slurm: Path, command: Command) -> None:
    ended = command("submit", "good.csv", "-t", "price", *options)

    assert ended.code == 2
    assert ended.err.startswith(f"Error: {said}")
    assert not (slurm / "arguments").exists()


@pytest.mark.parametrize(
    ("job", "gpus"),
    [
        (Request(), 0),
        (Request(gpus_per_node="2"), 2),
        (Request(gpus_per_node="a100:2"), 2),
        (Request(gpus_per_node="a100:2,v100:1"), 3),
        (Request(sbatch="--gres=gpu:2"), 2),
        (Request(sbatch="--gres=gpu:a100:1"), 1),
        (Request(sbatch="--gres gpu:a100"), 1),
        (Request(sbatch="--gres=gpu"), 1),
        (Request(sbatch="--gres=nvme:1,gpu:a100:3(S:0)"), 3),
        (Request(sbatch="--gres=nvme:4"), 0),
        (Request(sbatch="--gres=none"), 0),
        (Request(sbatch="--gpus=a100:4"), 4),
        (Request(sbatch="-G4"), 4),
        (Request(sbatch="-G 4"), 4),
        (Request(sbatch="--gpus-per-task=a100:1"), 1),
        (Request(sbatch="--tres-per-task=cpu:4,gres/gpu:a100:2"), 2),
        (Request(sbatch="--exclusive --qos=gpu"), 0),
    ],
)
def test_gpus_are_counted_in_every_way_that_sbatch_is_asked_for_them(job: Request, gpus: int) -> None:
    assert job.gpus == gpus


def test_a_job_with_gpus_of_a_type_is_queued_as_it_is_asked_for(slurm: Path, command: Command) -> None:
    share = ["--set", "resources.gpus_per_trial=0.5"]

    ended = [
        command("submit", "good.csv", "-t", "price", *share, *options, "--name", name)
        for name, options in {"one": ["--gpus-per-node=a100:2"], "other": ["--sbatch=--gres=gpu:a100:1"]}.items()
    ]

    assert [(each.code, each.err) for each in ended] == [(0, "")] * 2
    assert "--gres=gpu:a100:1" in (slurm / "arguments").read_text().splitlines()


def test_without_sbatch_the_way_out_is_named(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    make_frame().to_csv(folder / "good.csv", index=False)
    monkeypatch.setenv("PATH", str(folder))

    ended = command("submit", "good.csv", "-t", "price")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "Error: `study submit` needs SLURM's sbatch on PATH, and there is none. Run it on a login node of the cluster, "
        "or use `study run` on this machine.\n"
    )


def test_what_sbatch_refuses_is_said_in_its_words(slurm: Path, command: Command) -> None:
    (slurm / "bin" / "sbatch").write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: none' >&2\nexit 1\n")

    ended = command("submit", "good.csv", "-t", "price", "--partition=none")

    assert (ended.code, ended.err) == (
        2,
        "Error: sbatch refuses the job: sbatch: error: invalid partition specified: none\n",
    )
    assert read_note(StudyPaths(slurm / "results" / "good")) is None


def test_a_second_job_for_the_same_results_is_refused_while_the_first_is_in_the_queue(slurm: Path, command: Command) -> None:
    command("submit", "good.csv", "-t", "price")
    (slurm / "state").write_text("42|42|PENDING|Priority||2:00:00\n")

    second = command("submit", "good.csv", "-t", "price")
    third = command("submit", "good.csv", "-t", "price")

    assert (second.code, third.code) == (2, 0)
    assert second.err == (
        "Error: SLURM job 42 works on results/good already (PENDING (Priority)). Wait for it, cancel it with `scancel 42`, "
        "or choose another --name.\n"
    )


def test_status_leaves_it_to_a_job_in_the_queue_to_go_on(slurm: Path, command: Command) -> None:
    paths = StudyPaths(slurm / "results" / "good")
    write_atomic(paths.config, "name: good\ndata: {source: balloons}\ntarget: y\n")
    write_atomic(paths.data, described({"y": Kind.CONTINUOUS}).model_dump_json())
    write_note(paths, JobNote(id="42"))
    (slurm / "state").write_text("42|42|PENDING|Resources||\n")

    waiting, gone = (command("status", "results/good").out.splitlines() for _ in range(2))

    assert waiting[0] == "SLURM job 42: PENDING (Resources)"
    assert waiting[-1].endswith(" to go. The SLURM job goes on with it.")
    assert gone[-1].endswith(" to go. Go on with: study run results/good/config.yaml")


def test_status_says_where_the_job_stands(slurm: Path, command: Command) -> None:
    write_note(StudyPaths(slurm / "results" / "good"), JobNote(id="42"))
    (slurm / "state").write_text("42|42|PENDING|Resources||2:00:00\n42|42|RUNNING|None|n[1-3]|1:58:02\n")

    said = [command("status", "results/good") for _ in range(3)]

    assert [ended.out for ended in said] == [
        "SLURM job 42: PENDING (Resources)\n",
        "SLURM job 42: RUNNING on n[1-3], 1:58:02 left\n",
        "",
    ]
    assert [ended.code for ended in said] == [0, 0, 2]


@pytest.mark.parametrize(("tasks", "shown"), [(3, 3), (1_000, 2)])
def test_of_all_tasks_of_an_array_squeue_is_asked_once(slurm: Path, command: Command, tasks: int, shown: int) -> None:
    root = slurm / "results" / "good"
    for number in range(tasks):
        write_note(StudyPaths(root, Share(number=number, count=tasks)), JobNote(id=f"70_{number}"))
    running = [f"70_{number}|{71 + number}|RUNNING|None|n1|1:00:00\n" for number in range(tasks // 3)]
    waiting = [f"70_{number}|{71 + number}|PENDING|Priority||2:00:00\n" for number in range(tasks // 3, tasks)]
    (slurm / "bin" / "squeue").write_text(f"#!/bin/sh\necho \"$@\" >> '{slurm}/asked'\ncat '{slurm}/state'\n")
    (slurm / "state").write_text("".join([*running, *waiting, "70_1001|1072|PENDING|Priority||2:00\n"]))

    ended = command("status", "results/good")

    (asked,) = (slurm / "asked").read_text().splitlines()
    assert asked.split()[:3] == ["--noheader", "--array", "--jobs=70"]
    lines = ended.out.splitlines()
    assert len(lines) == shown
    if tasks == 3:
        assert lines[0] == "SLURM job 70_0: RUNNING on n1, 1:00:00 left"
    else:
        assert lines[0] == "SLURM jobs, 333 of 1000 in the queue: RUNNING"
        assert lines[1] == "SLURM jobs, 667 of 1000 in the queue: PENDING (Priority)"


def test_waiting_ends_with_the_job_and_fails_where_the_study_did_not_finish(
    slurm: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.machines.submit.LOOK_EVERY_S", 0)
    states = "42|42|PENDING|Resources||2:00\n42|42|RUNNING|None|n1|2:00\n42|42|RUNNING|None|n1|1:59\n"
    (slurm / "state").write_text(states)

    lost = command("submit", "good.csv", "-t", "price", "--wait")
    (slurm / "state").write_text(states)
    paths = StudyPaths(slurm / "results" / "done")
    paths.root.mkdir()
    paths.verdicts.write_text("[]")
    done = command("submit", "good.csv", "-t", "price", "--name=done", "--wait")

    told = ["SLURM job 42: PENDING (Resources)", "SLURM job 42: RUNNING on n1"]
    assert lost.out.splitlines()[3:] == told
    assert (lost.code, lost.err) == (
        2,
        "Error: SLURM job 42 ended before its study did; study-42.log says why. Submit it again to go on.\n",
    )
    assert (done.code, done.out.splitlines()[3:]) == (0, [*told, "Finished: results/done"])


def test_the_script_is_plain_shell_that_sbatch_reads() -> None:
    text = SCRIPT.read_text()

    checked = subprocess.run(["bash", "-n", str(SCRIPT)], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert text.startswith("#!/bin/bash\n")
    assert shlex.split(text.splitlines()[-1])[:3] == ["exec", "study", "run"]
