from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())
LOCKS = ("requirements.lock", "requirements-dev.lock")


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | environment
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60
    )


def make_checkout(folder: Path) -> Path:
    """What scripts/setup reads, in a folder of its own, and a python and a uv that only write down
    how they are called.
    """
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    bin_ = folder / "bin"
    bin_.mkdir()
    for name, body in {
        "uv": f'echo "$*" >> "{folder}/calls"; mkdir -p .venv',
        "new-python": "case $2 in *sys.exit*) exit 0;; esac; echo 3.12.1 here",
        "old-python": "exit 1",
        "python3": 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi',
    }.items():
        (bin_ / name).write_text(f"#!/bin/sh\n{body}\n")
        (bin_ / name).chmod(0o755)
    for name in ("sh", "cat", "cksum", "dirname", "touch", "mkdir"):
        (bin_ / name).symlink_to(str(shutil.which(name)))
    return folder


def set_up(
    checkout: Path, *args: str, python: str = "new-python", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    script = checkout / "scripts" / "setup"
    return run([str(script), *args], folder or checkout, PATH=str(checkout / "bin"), PYTHON=python)


def calls(checkout: Path) -> list[str]:
    path = checkout / "calls"
    made = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return made


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_shell_and_executable(script: Path) -> None:
    checked = run(["sh", "-n", str(script)], ROOT)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/bin/sh\n# ")
    assert "\nset -eu\n" in script.read_text()


@pytest.mark.parametrize("folder", ["scripts", "harness"])
def test_no_script_and_nothing_of_the_harness_imports_from_the_tests(folder: str) -> None:
    imported = re.compile(r"^\s*(?:from|import) (tests|scripts)\b", re.MULTILINE)

    assert [
        path.name
        for path in (ROOT / folder).rglob("*.py")
        if imported.search(path.read_text(encoding="utf-8"))
    ] == []


def test_setup_installs_what_is_locked_and_then_does_nothing(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "a checkout")

    first, made = set_up(checkout), calls(checkout)
    second, nothing = set_up(checkout), calls(checkout)

    assert (first.returncode, second.returncode, first.stderr, second.stderr) == (0, 0, "", "")
    assert made == [
        "venv --quiet --allow-existing --python new-python .venv",
        "pip sync --quiet --require-hashes --compile-bytecode requirements.lock",
        "pip install --quiet --no-deps --no-build-isolation --editable .",
    ]
    assert nothing == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_setup_installs_again_where_a_file_it_reads_has_changed(tmp_path: Path, name: str) -> None:
    checkout = make_checkout(tmp_path)
    set_up(checkout)
    calls(checkout)

    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    set_up(checkout)

    assert "pip sync --quiet --require-hashes --compile-bytecode requirements.lock" in calls(
        checkout
    )


def test_setup_keeps_the_development_tools_once_they_are_there(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)

    set_up(checkout, "--dev")
    made = calls(checkout)
    set_up(checkout)

    assert "pip sync --quiet --require-hashes --compile-bytecode requirements-dev.lock" in made
    assert calls(checkout) == []


def test_setup_starts_over_where_it_failed(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)
    uv = checkout / "bin" / "uv"
    good = uv.read_text()

    uv.write_text("#!/bin/sh\nmkdir -p .venv\necho no network >&2\nexit 1\n")
    failed = set_up(checkout)
    uv.write_text(good)
    mended = set_up(checkout)

    assert (failed.returncode, failed.stderr) == (1, "no network\n")
    assert (mended.returncode, len(calls(checkout))) == (0, 3)


def test_setup_works_from_another_folder(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")

    ended = set_up(checkout, folder=tmp_path)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (checkout / ".venv" / ".synced").exists()
    assert not (tmp_path / ".venv").exists()


def test_setup_names_the_pythons_that_will_do(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path)

    ended = set_up(checkout, python="old-python")

    script = checkout / "scripts" / "setup"
    assert (ended.returncode, ended.stdout) == (2, "")
    for named in (
        "3.11",
        "3.12",
        "3.13",
        "3.9.2",
        "apt-get install python3",
        f"PYTHON=/path/to/python3 {script}\n",
    ):
        assert named in ended.stderr
    assert calls(checkout) == []
    assert not (checkout / ".venv").exists()


def test_run_goes_through_setup_and_hands_its_arguments_on_from_any_folder(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    shutil.copy(ROOT / "scripts" / "run", checkout / "scripts")
    set_up(checkout)
    (checkout / ".venv" / "bin").mkdir()
    (checkout / ".venv" / "bin" / "study").write_text('#!/bin/sh\necho "in $PWD:" "$@"\n')
    (checkout / ".venv" / "bin" / "study").chmod(0o755)
    path = {"PATH": str(checkout / "bin"), "PYTHON": "new-python"}

    with_arguments = run(
        [str(checkout / "scripts" / "run"), "a b.csv", "-t", "y"], tmp_path, **path
    )
    without = run([str(checkout / "scripts" / "run")], tmp_path, **path)

    assert (with_arguments.stdout, with_arguments.stderr) == (
        f"in {tmp_path}: run a b.csv -t y\n",
        "",
    )
    assert (without.stdout, without.stderr) == (f"in {checkout}: run configs/balloons.yaml\n", "")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_has_a_hash_for_every_requirement(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]

    requirements = re.split(r"\n(?=\S)", "\n".join(lines))

    assert "://" not in text
    assert "@ " not in text
    assert len(requirements) > 50
    pinned = re.compile(
        r"[a-z0-9._-]+==[^\s;]+( ;[^\n]+)? \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n?)+",
        re.IGNORECASE,
    )
    assert [requirement for requirement in requirements if not pinned.fullmatch(requirement)] == []


def test_the_development_lock_pins_every_requirement_as_the_other_does() -> None:
    pins = [
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in LOCKS
    ]

    assert pins[0].items() <= pins[1].items()


def test_the_locks_hold_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [re.match(r"[\w.-]+", line)[0].lower() for line in project["project"]["dependencies"]]  # type: ignore[index]

    pins = {
        name.lower()
        for name in re.findall(r"^([\w.-]+)==", (ROOT / LOCKS[0]).read_text(), re.MULTILINE)
    }

    assert {name.replace("_", "-") for name in names} <= {name.replace("_", "-") for name in pins}


def test_the_wheel_ships_the_script_of_a_slurm_job(tmp_path: Path) -> None:
    run(
        [
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "--target",
            "wheel",
            "--directory",
            str(tmp_path),
        ],
        ROOT,
    )

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        shipped = wheel.read("study/execution/cluster/study.sbatch").decode()

    assert shipped == (ROOT / "slurm" / "study.sbatch").read_text(encoding="utf-8")
