"""A plan run in this very process, one trial after the other: the search without Ray Tune and without a disk.

For simulations, where thousands of small studies share the programs that one process has compiled.
"""

from __future__ import annotations

from study.runner import EncodedData
from study.schema import TrialRecord, WinnerRecord
from study.search.generations import ArmSearch
from study.search.plan import Plan
from study.trial import Task, prepare_tensorflow, run_trial
from study.winner import run_winner


def run_here(plan: Plan, data: EncodedData) -> tuple[list[TrialRecord], list[WinnerRecord]]:
    """Run every trial and winner of a plan; gives the records that Ray's workers would have left, timings aside."""
    prepare_tensorflow()
    config = plan.config
    trials: list[TrialRecord] = []
    winners: list[WinnerRecord] = []
    for arm in plan.arms:
        encoded = data[arm.target, arm.outer_fold]
        search = ArmSearch(config, arm, min(map(len, encoded.train)), plan.trials(arm), {})
        while (trial := search.next_trial()) is not None:
            record = run_trial(Task.of(config, arm, *trial), encoded)
            search.tell(record)
            trials.append(record)
        incumbent = search.next_winner()
        if incumbent is not None:
            task = Task.of(config, arm, incumbent.number, incumbent.generation, incumbent.params, winner=incumbent.val_loss)
            winners.append(run_winner(task, encoded)[0])
    return trials, winners
