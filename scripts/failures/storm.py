"""A study on this machine that is hurt at random moments, and what was lost and repeated."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from harness.damage import Count, Records, lost, rewritten, say, snapshot, sound, table
from harness.faults import CUT, FILLER, KILLS, OTHERS, SURVIVED, Run
from harness.kept import kept as kept_in, replace
from harness.studies import Process, descendants, started
from study.api import run_study
from study.config import load_config
from study.execution.observer import Interrupted, Observer, interruptible
from study.execution.queue import FoldQueue
from study.records.reading import digest
from study.records.results import load_results
from study.records.trial import TrialRecord
from study.search.plan import Plan
from study.search.state import SearchState

CONFIG = """
data: {source: balloons, rows: 200}
targets: [balloons]
families: [linear, neural]
depths: [1]
search: {trials: 40, generation: 4, max_tries: 100}
protocol: holdout
inner: {folds: 2, seeds: 1}
training: {epochs: 10}
effort: quick
space: {neural: {width: 8, batch_size: 64, activation: silu, dropout: 0}}
"""
N_RECORDS = 2 * ((1 + 1) + (40 + 1) + 2)
"""For the one fold and all rows: the regression's one trial, a network's forty, a winner of each,
trees, a simple formula."""
EARLY = 0.25
"""Share of faults that may hit a run before its first record; half of a run is its start, where
there is nothing to lose."""
PATIENCE_S = 600  # after a fault, then a run counts as hung


class Journal(Observer):
    """Writes down which trials a run found recorded and which it ran."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _write(self, **entry: object) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def started(self, plan: Plan, searches: Mapping[str, SearchState], beside: FoldQueue) -> None:
        self._write(
            known=[
                record.trial_id
                for search in searches.values()
                for record in search.records.values()
            ]
        )

    def finished(self, record: object) -> None:
        if isinstance(record, TrialRecord):
            self._write(finished=record.trial_id)


def journal(path: Path) -> list[dict[str, Any]]:
    """Entries of a journal; the last line may have been cut by a kill."""
    entries = []
    for line in path.read_text().splitlines() if path.exists() else []:
        with suppress(ValueError):
            entries.append(json.loads(line))
    return entries


def deck(kills: int, rng: random.Random) -> list[str]:
    """Faults in the order of their injection, from the end."""
    weights = [share for share, _ in KILLS.values()]
    cards = [
        name
        for name, share in zip(KILLS, weights, strict=True)
        for _ in range(round(kills * share / sum(weights)))
    ]
    others = [name for name in OTHERS if os.geteuid() == 0 or name != "disk full"]
    cards += [name for name in others for _ in range(max(1, kills // 20))]
    rng.shuffle(cards)
    return cards


@dataclass
class Storm:
    """The whole experiment. span: seconds of an undisturbed run."""

    place: Path
    cards: list[str]
    rng: random.Random
    expected: str
    span: float
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    equal: dict[int, bool] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    below: list[psutil.Process] = field(default_factory=list)

    def rage(self) -> None:
        """Play all cards, on one study after another."""
        total, number = len(self.cards), 0
        while self.cards:
            self._study(number)
            number += 1
            equal = f"{sum(self.equal.values())} of {len(self.equal)} studies equal"
            lost, repeated = (
                sum(getattr(count, name) for count in self.counts.values())
                for name in ("lost", "repeated")
            )
            say(
                f"{total - len(self.cards)} of {total} faults, {lost} lost, {repeated} repeated, {equal}, ends: {self.ends}"
            )

    def _study(self, number: int) -> None:
        folder = self.place / f"storm-{number}"
        kept: Records = {}
        for attempt in range(1_000):
            book = Path(f"{folder}.{attempt}.journal")
            hit, seen, done = self._run(folder, book)
            self._compare(hit, kept, seen, snapshot(folder), journal(book))
            for name in hit:
                self.counts[name].injected += 1
                self.counts[name].studies.add(number)
            kept = snapshot(folder)
            if done:
                break
            if CUT in hit and kept:
                self._cut(folder, kept)
        self.equal[number] = (
            len(kept) == N_RECORDS and digest(load_results(folder).trials) == self.expected
        )
        if self.equal[number]:
            shutil.rmtree(folder)

    def _run(self, folder: Path, book: Path) -> tuple[list[str], Records, bool]:
        """Start a driver and hurt it until it ends; gives faults, records seen before each, and
        whether the study has ended.
        """
        hit: list[str] = []
        seen: Records = {}
        with started(*command(folder, book), cwd=self.place, output=subprocess.DEVNULL) as process:
            run, begin = Run(process, folder, self.rng), time.monotonic()
            while process.poll() is None:
                share = 0.25 if self.cards and self.cards[-1] == SURVIVED else 1
                mortal = bool(hit) and hit[-1] != SURVIVED
                if mortal or not self.cards:
                    wait(process, PATIENCE_S)
                    break
                if self.rng.random() > EARLY:
                    self._wait_for_record(process, folder)
                wait(process, self.rng.uniform(0, share * self.span / 2))
                if process.poll() is None:
                    self.below += descendants(process)
                    name, seen = self.cards[-1], snapshot(folder)
                    inject = OTHERS.get(name) or KILLS[name][1]
                    if inject(run):
                        hit.append(self.cards.pop())
                        say(f"{time.monotonic() - begin:.0f} s: {name}, {len(seen)} records")
            if process.poll() is None:
                self.ends["hung"] += 1
                process.kill()
            process.wait()
        (self.place / FILLER).unlink(missing_ok=True)
        self.ends[str(process.returncode)] += 1
        if not hit:  # the machine is less busy than it was
            self.span = min(self.span, time.monotonic() - begin)
        return hit, seen, process.returncode == 0

    def _wait_for_record(self, process: Process, folder: Path) -> None:
        """Wait until a run has left a record, or is about to end."""

        def files() -> int:
            return len(kept_in(folder))

        found, until = files(), time.monotonic() + 2 * self.span
        while files() == found and time.monotonic() < until and process.poll() is None:
            wait(process, 0.1)

    def _compare(
        self,
        hit: list[str],
        kept: Records,
        seen: Records,
        now: Records,
        entries: list[dict[str, Any]],
    ) -> None:
        before = kept | seen
        repeated = rewritten(before, now)
        for entry in entries:
            if "finished" in entry:
                repeated |= {entry["finished"]} & set(kept)
            if "known" in entry:
                repeated |= {
                    name for name in kept if not name.endswith(("winner", "trees", "formula"))
                } - set(entry["known"])
        for name in set(hit) or {"nothing"}:
            self.counts[name].lost += len(lost(before, now))
            self.counts[name].repeated += len(repeated)

    def _cut(self, folder: Path, kept: Records) -> None:
        """Truncate a record, which is no longer among those that must last."""
        name = self.rng.choice(sorted(kept))
        search, _, stem = name.rpartition("-")
        content = kept.pop(name).content[: self.rng.choice([0, self.rng.randrange(100)])]
        replace(folder, f"{search}/{stem}.json", content)


def lives(process: psutil.Process) -> bool:
    """Whether a process runs."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait(process: Process, seconds: float) -> None:
    """Wait so long, or until the process ends."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def command(folder: Path, book: Path, workers: int = 2) -> list[str]:
    """How a driver is started."""
    return [sys.executable, "-P", "-m", "failures", "--drive", str(folder), str(book), str(workers)]


def drive(folder: Path, book: Path, workers: int) -> None:
    """Run the study, or what is left of it; this is what gets hurt."""
    config = folder.with_suffix(".yaml")
    config.write_text(CONFIG, encoding="utf-8")
    run_study(
        load_config(config, [f"resources.max_concurrent={workers}"]),
        folder.parent,
        Journal(book),
        report=False,
    )


@contextmanager
def small_disk(size_mb: int = 100) -> Iterator[Path]:
    """A folder on a file system that can be filled, if we may mount one."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        if os.geteuid():
            yield Path(folder)
            return
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "faults", folder], check=True
        )
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def undisturbed(place: Path, workers: int) -> tuple[str, float]:
    """Digest of a study that nothing happens to, and the seconds it takes."""
    folder, begin = place / f"undisturbed-{workers}", time.monotonic()
    while subprocess.run(
        command(folder, Path(f"{folder}.journal"), workers), check=False
    ).returncode:
        shutil.rmtree(
            folder
        )  # Ray gives itself thirty seconds to start, which a busy machine exceeds
        begin = time.monotonic()
    found, spent = digest(load_results(folder).trials), time.monotonic() - begin
    say(f"undisturbed, at most {workers} trials at once: {found} in {spent:.0f} s")
    return found, spent


def rage(kills: int, seed: int) -> bool:
    """Kill so many processes and do the other faults, and print a table; whether nothing was lost
    and all digests agree.
    """
    rng = random.Random(seed)
    with interruptible(), small_disk() as place:
        one, _ = undisturbed(place, 1)
        two, span = undisturbed(place, 2)
        storm = Storm(place, deck(kills, rng), rng, one, span)
        try:
            with suppress(Interrupted), interruptible():
                storm.rage()
        finally:  # the table of what was done so far is worth having
            print(
                "\n".join(
                    table({name: storm.counts[name] for name in (*KILLS, *OTHERS)}, storm.equal)
                ),
                flush=True,
            )
        until = time.monotonic() + 120
        while (left := sum(map(lives, set(storm.below)))) and time.monotonic() < until:
            time.sleep(1)
    equal = f"{sum(storm.equal.values())} of {len(storm.equal)}"
    print(
        f"\nDigests: one worker {one[:12]}, two workers {two[:12]}; {equal} studies that were hurt ended with the first."
    )
    print(f"Exit codes of {storm.ends.total()} drivers: {dict(storm.ends)}.")
    print(f"Processes left two minutes after the last fault: {left}.")
    return one == two and sound(storm.counts, storm.equal)
