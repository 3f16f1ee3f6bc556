from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from harness.studies import (
    N_RECORDS,
    N_SEARCHED,
    STUDY,
    digest_of,
    drive,
    kill_driver,
    records,
    run,
    started,
    wait_for_records,
)
from study import load_results

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def n_trials(kept: dict[str, bytes]) -> int:
    """Those of some records that are of trials, not of winners or work beside the arms."""
    return sum(Path(place).stem.isdigit() for place in kept)


def test_one_worker_gives_the_dataframe_of_two_also_where_ray_was_imported_before(
    undisturbed: Path, config: Path, results: Path
) -> None:
    program = "import ray, sys, study; study.run_study(study.load_config(sys.argv[1], sys.argv[2:]), report=False)"

    ended = run(sys.executable, "-c", program, config, "resources.max_concurrent=1", cwd=config.parent)

    assert ended.returncode == 0, ended.stderr
    assert digest_of(results) == digest_of(undisturbed)
    assert "PRUNED" in set(load_results(results).trials["state"])
    assert results.joinpath("verdicts.json").read_bytes() == undisturbed.joinpath("verdicts.json").read_bytes()


def test_a_study_that_is_interrupted_and_killed_ends_as_an_undisturbed_one(
    undisturbed: Path, config: Path, results: Path
) -> None:
    kept: dict[str, bytes] = {}
    stops = {"Ctrl-C": lambda process: os.killpg(process.pid, signal.SIGINT), "kill -9": kill_driver}

    for name, stop in stops.items():
        with started(STUDY, "run", "tiny.yaml", cwd=config.parent) as process:
            wait_for_records(process, results, more_than=len(kept))
            stop(process)
            out, err = process.communicate(timeout=120)
        found = records(results)
        assert kept.items() <= found.items(), f"{name} changed a record"
        assert len(kept) < len(found) < N_RECORDS
        if kept:
            assert out.splitlines()[0] == (
                f"Continuing 'tiny': {n_trials(kept)} of {N_SEARCHED} trials are done, {N_SEARCHED - n_trials(kept)} to go."
            )
        if name != "kill -9":
            said = "Stopped. Every finished trial is kept in results/tiny; go on with: study run tiny.yaml"
            assert (process.returncode, err.strip()) == (130, said)
        kept = found
    status = run(STUDY, "status", "results/tiny", cwd=config.parent)
    drive(config, results.parent)

    left = N_SEARCHED - n_trials(kept)
    assert f"Not finished: {left} trials, " in status.stdout
    assert "short formulas to go. Go on with: study run results/tiny/config.yaml" in status.stdout
    assert kept.items() <= records(results).items()
    assert digest_of(results) == digest_of(undisturbed)
