from __future__ import annotations

import time
from pathlib import Path

import pytest

from study.execution.cluster.allocation import (
    Allocation,
    Ending,
    Given,
    array_share,
    ending,
    job_name,
    node_is_lost,
    requeue,
    slurm,
)
from study.schema import Share, StudyError

BATCH = {
    "SLURM_JOB_ID": "7",
    "SLURMD_NODENAME": "n2",
    "SLURM_JOB_NODELIST": "n[1-3]",
    "SLURM_CPUS_ON_NODE": "4",
    "SLURM_MEM_PER_CPU": "500",
}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def write_tool(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_a_node_offers_what_slurm_gave_and_not_what_the_machine_has() -> None:
    assert Given.here(BATCH) == Given("n2", cpus=4, gpus=0, memory_mb=2_000)
    per_node = BATCH | {"SLURM_MEM_PER_NODE": "3000", "SLURM_GPUS_ON_NODE": "2"}
    assert Given.here(per_node) == Given("n2", cpus=4, gpus=2, memory_mb=3_000)


def test_where_the_site_does_not_divide_memory_none_is_promised() -> None:
    undivided = {key: value for key, value in BATCH.items() if "MEM" not in key}

    assert Given.here(undivided).memory_mb is None
    assert Given.here(undivided | {"SLURM_MEM_PER_NODE": "0"}).memory_mb is None


def test_an_allocation_knows_its_nodes_and_how_often_it_began(tools: Path) -> None:
    write_tool(tools, "scontrol", '[ "$*" = "show hostnames n[1-3]" ] && printf "n1\\nn2\\nn3\\n"')

    first = Allocation.current(BATCH)
    again = Allocation.current(BATCH | {"SLURM_RESTART_COUNT": "2"})

    assert (first.job, first.nodes, first.others, first.restarts) == (
        "7",
        ("n1", "n2", "n3"),
        ("n1", "n3"),
        0,
    )
    assert again.restarts == 2


def test_on_one_node_scontrol_is_not_asked(tools: Path) -> None:
    write_tool(tools, "scontrol", "exit 1")

    alone = Allocation.current(BATCH | {"SLURM_JOB_NODELIST": "n2", "SLURM_JOB_NUM_NODES": "1"})

    assert (alone.nodes, alone.others) == (("n2",), ())


@pytest.mark.parametrize("lacking", ["SLURM_JOB_ID", "SLURMD_NODENAME"])
def test_outside_of_a_job_the_way_out_is_named(lacking: str) -> None:
    environment = {key: value for key, value in BATCH.items() if key != lacking}

    with pytest.raises(
        StudyError, match=r"cluster\.address: slurm.*study submit.*cluster.address=local"
    ):
        Allocation.current(environment)


@pytest.mark.parametrize(
    ("state", "lost"),
    [
        ("idle", False),
        ("mixed", False),
        ("mixed*", True),
        ("down", True),
        ("down*", True),
        ("", False),
    ],
)
def test_a_node_is_lost_where_slurm_says_so(tools: Path, state: str, lost: bool) -> None:
    write_tool(tools, "sinfo", f'[ "$*" = "--noheader --nodes=n1 --format=%T" ] && echo "{state}"')

    assert node_is_lost("n1") is lost


def test_without_an_answer_of_slurm_no_node_is_lost(tools: Path) -> None:
    assert not node_is_lost("n1")
    assert slurm("sinfo").returncode == 1


def array(task: int, last: int, count: int) -> dict[str, str]:
    """What SLURM tells a task of `--array`."""
    return {
        f"SLURM_ARRAY_TASK_{name}": str(number)
        for name, number in {"ID": task, "MAX": last, "COUNT": count}.items()
    }


def test_a_task_of_an_array_has_its_share() -> None:
    assert array_share(array(7, last=9, count=10)) == Share(number=7, count=10)


def test_a_job_that_is_no_array_has_none() -> None:
    assert array_share(BATCH) is None


@pytest.mark.parametrize(("last", "count"), [(9, 3), (3, 1), (10, 10)])
def test_a_part_of_an_array_is_refused(last: int, count: int) -> None:
    with pytest.raises(StudyError, match="--array=0-9"):
        array_share(array(last, last, count))


def test_a_task_of_an_array_is_named_by_the_array_and_its_own_number() -> None:
    task = (
        BATCH | array(2, last=2, count=3) | {"SLURM_ARRAY_JOB_ID": "7"}
    )  # SLURM_JOB_ID is 7 too, which means all tasks

    assert (job_name(task), job_name(BATCH)) == ("7_2", "7")


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("Restarts=1 EndTime=2026-11-29T06:36:56", Ending.QUEUED),
        (
            "Restarts=0 EndTime=2026-11-29T06:26:56 PreemptTime=2026-11-29T06:26:56",
            Ending.PREEMPTED,
        ),
        ("Restarts=0 EndTime=2026-11-29T06:26:34 PreemptTime=None", Ending.OTHER),
        (
            "Restarts=0 EndTime=2026-11-29T06:29:31 PreemptTime=2026-11-29T06:29:26",
            Ending.OTHER,
        ),  # cancelled in its grace time
        ("", Ending.UNKNOWN),
    ],
)
def test_slurm_is_asked_why_a_job_ends(tools: Path, shown: str, why: Ending) -> None:
    write_tool(
        tools,
        "scontrol",
        f'[ "$*" = "--oneliner show job 7_2" ] && echo "JobId=7 JobName=x {shown} Y=1"',
    )

    assert ending("7_2", restarts=0) is why


def test_a_slurm_that_does_not_answer_in_time_has_not_said_why(tools: Path) -> None:
    write_tool(tools, "scontrol", "exec /bin/sleep 60")
    begin = time.monotonic()

    assert ending("7", restarts=0, seconds=0.2) is Ending.UNKNOWN
    assert requeue("7", seconds=0.2)
    assert time.monotonic() - begin < 10


def test_a_job_that_slurm_does_not_queue_again_comes_with_its_reason(tools: Path) -> None:
    write_tool(tools, "scontrol", '[ "$*" = "requeue 7_2" ] || { echo disabled >&2; exit 1; }')

    assert requeue("7_2") == ""
    assert requeue("7") == "disabled"
