"""The wheel and the source distribution: what is in them, and that an installed copy runs a study
by itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "sdist",
        "-t",
        "wheel",
        "-d",
        str(folder),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return folder


def test_the_wheel_has_every_file_of_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    tracked = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "study").rglob("*") if path.is_file()
    }

    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert names == {name for name in tracked if "__pycache__" not in name}
    template = {f"study/report/template/{name}" for name in ("card.css", "report.css")}
    assert template | {"study/py.typed", "study/execution/cluster/study.sbatch"} <= names


def test_the_wheel_says_what_it_needs_and_its_license(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    archive = ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
    told = archive.read(metadata).decode()

    assert "License-Expression: MIT" in told
    assert "Requires-Python: <3.14,>=3.11" in told
    assert {
        line.split(": ")[1] for line in told.splitlines() if line.startswith("Provides-Extra")
    } >= {"gpu", "gp"}
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_the_source_distribution_is_small_and_has_the_configs(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}

    assert {
        "configs/smoke.yaml",
        "configs/study.schema.json",
        "CITATION.cff",
        "LICENSE",
        "requirements.lock",
    } <= names
    assert source.stat().st_size < 2e6


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment whose only own package is that of the source distribution, beside those of the
    lock.
    """
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    python = folder / "bin/python"
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    (Path(own.stdout.strip()) / "locked.pth").write_text(
        sysconfig.get_path("purelib") + "\n", encoding="utf-8"
    )
    (source,) = built.glob("*.tar.gz")
    flags = [
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--ignore-installed",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([python, "-m", "pip", "install", *flags, str(source)], check=True, timeout=300)
    return folder


@pytest.mark.checks
def test_an_installed_copy_runs_a_study_and_writes_its_report_anew(
    installed: Path, tmp_path: Path
) -> None:
    """Nothing of the checkout is on the way, and no kernel, home or variable of Jupyter's is there."""
    kept = {
        name: os.environ[name]
        for name in ("RAY_worker_niceness", "OMP_NUM_THREADS", "LANG")
        if name in os.environ
    }
    environment = kept | {"PATH": f"{installed}/bin:/usr/bin:/bin", "HOME": str(tmp_path / "home")}

    def study(*arguments: str) -> str:
        command = [str(installed / "bin/study"), *arguments]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    (tmp_path / "smoke.yaml").write_text(
        (ROOT / "configs/smoke.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert study("run", "smoke.yaml").splitlines()[-1] == "results/smoke/report.html"
    report = tmp_path / "results/smoke/report.html"
    report.unlink()
    assert study("report", "results/smoke").strip() == "results/smoke/report.html"
    (verdict,) = json.loads((tmp_path / "results/smoke/verdicts.json").read_text(encoding="utf-8"))[
        "verdicts"
    ]
    assert verdict["answer_procedure"] == "terms"
    assert verdict["verdict"] in report.read_text(encoding="utf-8")
    assert (
        json.loads((tmp_path / "results/smoke/environment.json").read_text(encoding="utf-8"))[
            "commit"
        ]
        is None
    )
    assert study("--version") == "family-study 0.1.0\n"
