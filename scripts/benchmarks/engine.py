"""How long whole studies take, before a change and after it, on this machine and in one run:
`scripts/benchmark engine`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.kept import kept

ROOT = Path(__file__).resolve().parents[2]
LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Spent:
    """Where the seconds of one study went, all but `trained` of wall time from its command on.

    first, second: its first record, and when a second worker began. search, winners, end: when the
    last trial, the last record, and the command ended. trained: core-seconds of its networks'
    trials. programs: what a worker compiled, on average, None for a version that keeps none. loss:
    mean test loss of the network procedure as a share of the regression's.
    """

    first: float
    second: float
    search: float
    winners: float
    end: float
    trained: float
    programs: float | None
    loss: float

    def row(self, name: str, version: str) -> str:
        programs = "" if self.programs is None else f"{self.programs:.1f}"
        seconds = (self.first, self.second, self.search, self.winners, self.end, self.trained)
        return f"| {name} | {version} | {' | '.join(f'{s:.1f}' for s in seconds)} | {programs} | {self.loss:.4f} |"


@contextmanager
def _checkout(commit: str | None) -> Iterator[Path]:
    """The code of a commit, or that which is here."""
    if commit is None:
        yield ROOT
        return
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(code), commit], check=True)
        try:
            yield code
        finally:
            subprocess.run([*git, "remove", "--force", str(code)], check=True)


def network_loss(folder: Path) -> float:
    """Test loss of the ensembles whose depth has the least validation loss, over that of the
    refitted regression.
    """
    from study import load_results
    from study.schema import REGRESSIONS

    results = load_results(folder)
    trials = results.trials[results.trials["state"] == "COMPLETE"]
    search = ["target", "outer_fold", "family", "depth"]
    val = trials.groupby(search, observed=True)["val_loss"].min().rename("val_loss").reset_index()
    mean = (
        results.predictions.groupby([*search, "candidate"], observed=True)["loss"]
        .mean()
        .reset_index()
    )
    found = mean.merge(val, on=search)
    networks = found[(found["family"] == "neural") & (found["candidate"] == "ensemble")]
    chosen = networks.sort_values(["val_loss", "depth"]).drop_duplicates(["target", "outer_fold"])
    regressions = found[
        found["family"].isin(REGRESSIONS.values()) & (found["candidate"] == "refit")
    ]
    return float(chosen["loss"].mean() / regressions["loss"].mean())


@dataclass(frozen=True)
class Ran:
    """A study whose command has ended.

    results: its folder. end: seconds from the command on. written: those at which each record was
    written, as long as it was a file of its own.
    """

    results: Path
    end: float
    written: dict[Path, float]

    def ended(self, files: str = "*.json") -> dict[Path, float]:
        """Seconds from the command on at which each record was written, in their order; files: of
        these names.
        """
        own = {path: seconds for path, seconds in self.written.items() if path.match(files)}
        return dict(sorted(own.items(), key=lambda item: item[1]))


def written_since(begin: float, results: Path) -> dict[Path, float]:
    """Seconds from then on at which each record below a folder of results folders was written that
    has a file now.
    """
    found = {}
    for path in results.glob("*/trials/*/*.json"):
        with suppress(FileNotFoundError):  # it is packed meanwhile
            found[path] = path.stat().st_mtime - begin
    return found


def run_study(
    code: Path, config: str, keys: Sequence[str], folder: Path, cache: Path | None = None
) -> Ran:
    """Run a study with the code of a checkout below an empty folder, by default with no program
    kept.

    cache: where programs are kept from one run to the next.
    """
    begin = time.time()
    command = [
        sys.executable,
        "-P",
        "-m",
        "study.cli.main",
        "run",
        config,
        "--results",
        str(folder / "results"),
    ]
    command += [part for key in keys for part in ("--set", key)]
    environment = os.environ | {
        "PYTHONPATH": str(code),
        "XDG_CACHE_HOME": str(cache or folder / "cache"),
    }
    written: dict[Path, float] = {}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=code, env=environment, **quiet) as process:
        while process.poll() is None:
            written |= written_since(begin, folder / "results")
            time.sleep(LOOK_EVERY_S)
    end = time.time() - begin
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    written |= written_since(begin, folder / "results")
    (results,) = (folder / "results").iterdir()
    return Ran(results, end, written)


def _run(code: Path, config: str, keys: Sequence[str], folder: Path) -> Spent:
    """Where the seconds of a study go."""
    ran = run_study(code, config, keys, folder)
    ended = ran.ended()
    content = {
        ran.results / "trials" / name: record.content for name, record in kept(ran.results).items()
    }
    lasted = {
        path: float(json.loads(content[path])["wall_time_s"])
        for path in ended
        if path.stem.isdigit()
    }
    trials = [*lasted]
    begun = sorted(ended[path] - lasted[path] for path in trials)
    programs = [path for path in folder.glob("cache/**/*") if path.is_file()]
    workers = 2
    return Spent(
        first=ended[trials[0]],
        second=begun[1],
        search=ended[trials[-1]],
        winners=max(ended.values()),
        end=ran.end,
        trained=sum(seconds for path, seconds in lasted.items() if "neural" in path.parent.name),
        programs=len(programs) / workers if programs else None,
        loss=network_loss(ran.results),
    )


def engine(before: str | None, config: str, keys: Sequence[str]) -> None:
    """Print a line a version: the commit `before`, if one is given, then the code that is here."""
    columns = ("first record", "second worker", "last trial", "last record", "end", "trained")
    print(
        f"| study | version | {' | '.join(f'{name}, s' for name in columns)} | programs a worker | loss |"
    )
    print("| --- | --- |" + " ---: |" * 8, flush=True)
    found = []
    for commit in [before, None] if before else [None]:
        with _checkout(commit) as code, tempfile.TemporaryDirectory() as folder:
            found.append(_run(code, config, keys, Path(folder)))
            print(found[-1].row(Path(config).stem, commit or "here"), flush=True)
    if before:
        ratios = {"end": found[1].end / found[0].end, "loss": found[1].loss / found[0].loss}
        print("\n" + ", ".join(f"{name}: {ratio:.3f} of before" for name, ratio in ratios.items()))
