"""What a site puts before the study's command, and what that keeps from it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from study.config import StudyConfig, make_config
from study.execution.cluster.submit import Request, make_submission
from study.schema import StudyError

RUN = """
import os, time
from pathlib import Path
from study.config import make_config
from study.records.paths import StudyPaths
from study.execution.job import running
from study.execution.observer import Observer
for launch, seconds in (("", 1.5), ("conda run -n study", 60)):
    config = make_config({
        "name": "a", "data": {"source": "balloons"}, "targets": ["balloons"], "cluster": {"address": "slurm"},
        "slurm": {"launch": launch},
    })
    os.environ["SLURM_JOB_END_TIME"] = str(time.time() + 60 + 0.5)
    with running(config, StudyPaths(Path()), Observer()):
        time.sleep(seconds)
    print("not warned:", repr(launch), flush=True)
"""


def config_with(launch: str) -> StudyConfig:
    return make_config(
        {
            "name": "a",
            "data": {"source": "balloons"},
            "targets": ["balloons"],
            "slurm": {"launch": launch},
        }
    )


def said_by(launch: str) -> list[str]:
    """What the script of a job says, with something before the study's command that only speaks."""
    script = make_submission(config_with(launch), Request(), ["a.yaml"]).script
    ran = subprocess.run(
        ["bash", "-s", "a b.yaml"], input=script, capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines()


def test_the_words_stand_before_the_command_of_the_first_node() -> None:
    said = said_by("""printf '%s\\n' 'two words' '$HOME'""")

    assert said == [
        "two words", "$HOME", "study", "run", "--set", "cluster.address=slurm", "a b.yaml",
    ]  # fmt: skip


def test_the_warning_of_the_walltime_does_not_end_what_stands_before_the_command() -> None:
    assert said_by("sh -c 'kill -USR2 $$; echo alive'") == ["alive"]


def test_words_that_no_shell_reads_are_named() -> None:
    with pytest.raises(StudyError, match=r"launch.*'image\.sif.*quotation"):
        config_with("apptainer exec 'image.sif")


def test_a_scratch_folder_too_long_for_sockets_is_named_before_anything_is_queued() -> None:
    config = config_with("").replace(slurm={"scratch": "/local/scratch/of-this-cluster"})

    with pytest.raises(
        StudyError, match=r"slurm\.scratch.*/local/scratch/of-this-cluster\b.*\b30\b"
    ):
        make_submission(config, Request(), ["a.yaml"])


@pytest.mark.faults
def test_behind_a_wrapper_alone_the_study_is_warned_by_its_own_clock(tmp_path: Path) -> None:
    (tmp_path / "scontrol").write_text('#!/bin/sh\necho "$@" >> asked\n')
    (tmp_path / "scontrol").chmod(0o755)
    job = {
        "SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "1", "SLURM_JOB_NODELIST": "n1", "SLURMD_NODENAME": "n1",
        "SLURM_CPUS_ON_NODE": "1",
    }  # fmt: skip
    environment = os.environ | job | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    ran = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode != 0
    assert re.findall("not warned: (.*)", ran.stdout) == ["''"], ran.stderr
    assert (tmp_path / "asked").read_text() == "requeue 7\n"
