from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.cluster import wait_until
from study.config import StudyConfig, differing_keys, make_config
from study.execution.cluster.processes import use_token
from study.schema import StudyError

BELOW = (
    "import subprocess, time; subprocess.Popen(['sleep', '600'], start_new_session=True); "
    "print(flush=True); time.sleep(600)"
)
LEAVE = f"""
import subprocess, sys
from study.execution.cluster.node import scratch_folder
from study.execution.cluster.processes import hold_children, leave_now
with scratch_folder() as folder:
    child = subprocess.Popen([sys.executable, "-c", {BELOW!r}], stdout=subprocess.PIPE)
    child.stdout.readline()
    print(folder, flush=True)
    sys.stdin.readline()
    hold_children()
    print(flush=True)
    sys.stdin.readline()
    leave_now(7)
"""


def config_with(**more: object) -> StudyConfig:
    return make_config(
        {"name": "a", "data": {"source": "balloons"}, "targets": ["balloons"], **more}
    )


@pytest.mark.parametrize(
    "address", ["local", "slurm", "auto", "ray-head.example.org:6379", "10.0.0.1:6379"]
)
def test_an_address_is_a_word_or_a_host_and_a_port(address: str) -> None:
    assert config_with(cluster={"address": address}).cluster.address == address


@pytest.mark.parametrize(
    "address", ["slurmm", "host", "ray://host:10001", "host:1234567", "a b:1", ""]
)
def test_any_other_address_is_named(address: str) -> None:
    with pytest.raises(StudyError, match=rf"HOST:PORT.*{re.escape(repr(address))}"):
        config_with(cluster={"address": address})


def test_where_a_study_runs_is_no_part_of_what_it_is() -> None:
    elsewhere = config_with(cluster={"address": "slurm"}, slurm={"setup": ["module load python"]})

    assert differing_keys(config_with(), elsewhere) == {}


def test_the_token_lies_in_a_file_of_its_owner_and_not_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of another cluster")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", "elsewhere")

    use_token(tmp_path, "secret")

    path = Path(os.environ["RAY_AUTH_TOKEN_PATH"])
    assert path.parent == tmp_path
    assert path.read_text() == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert "secret" not in os.environ.values()
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_who_leaves_at_once_leaves_no_process_and_no_folder_held_ones_included() -> None:
    leave = [sys.executable, "-c", LEAVE]
    with subprocess.Popen(
        leave, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        below = psutil.Process(process.pid).children(recursive=True)
        assert (folder.is_dir(), len(below)) == (True, 2)
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        wait_until(
            lambda: {child.status() for child in below} == {psutil.STATUS_STOPPED}, "both are held"
        )
        process.communicate("\n", timeout=60)

    assert process.returncode == 7
    assert psutil.wait_procs(below, timeout=10)[1] == []
    assert not folder.exists()
