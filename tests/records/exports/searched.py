"""A study that is being searched: a regression and a network with two trials each, of which one
failed.
"""

from __future__ import annotations

from pathlib import Path

from study.records.environment import Environment
from study.records.paths import write_atomic
from study.records.reading import write_trial
from study.records.results import Results, load_results
from study.schema import TrialState
from tests.records.examples import make_folder, search, trial

PARAMS = {
    "learning_rate": 0.01, "batch_size": 32, "weight_decay": 0.001, "width": 32, "activation": "silu", "dropout": 0.1,
}  # fmt: skip


def searched(root: Path) -> Results:
    """Trial 1 of the regression failed, and that of the network was given up; each took 1.5
    seconds.
    """
    paths = make_folder(root)
    write_atomic(paths.environment, Environment.here(seed=0).model_dump_json())
    network = search("neural", 1)
    write_trial(paths, trial(network, params=PARAMS, coefficients={}))
    told = {
        "params": PARAMS | {"width": 64},
        "state": TrialState.PRUNED,
        "rungs": (0.5,),
        "coefficients": {},
    }
    write_trial(paths, trial(network, number=1, **told))
    return load_results(paths.root)
