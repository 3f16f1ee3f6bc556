"""What a study compiles, as JSON: run by test_programs in a process that alone writes into its
folder of programs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np

from study.data.encoding import Encoded
from study.schema import Kind
from study.training.device import prepare_tensorflow
from study.training.programs import programs_folder
from study.training.trial import run_trial
from study.training.winner import run_winner
from tests.families.problems import Case, encoded_for, task_for

NETWORK = Case("neural", Kind.CONTINUOUS, 1)


def fold_of(encoded: Encoded, number: int) -> Encoded:
    """Another outer fold of the same study: other rows are tested and validated, and there are
    fewer to train on.
    """
    place = np.arange(len(encoded.y))
    test, development = place[place % 4 == number], place[place % 4 != number]
    train, validation = development[::2], development[1::2]
    inner = {
        "train": (train, validation),
        "validation": (validation, train),
        "bounds": encoded.bounds,
    }
    return replace(encoded, development=development, test=test, **inner)


def main() -> None:
    """A trial; then another of another fold, and a winner, or with `deeper-first` a deeper network
    before it.
    """
    prepare_tensorflow()
    folder, (encoded, _) = programs_folder(), encoded_for(NETWORK, rows=333)
    assert folder is not None
    task = task_for(NETWORK, epochs=3, width=7, batch_size=21, dropout=0.0)
    if "deeper-first" in sys.argv:
        run_trial(
            task_for(
                Case("neural", Kind.CONTINUOUS, 2), epochs=2, width=7, batch_size=21, dropout=0.0
            ),
            encoded,
        )
    record, _ = run_trial(task, encoded)
    after_trial = len(list(folder.iterdir()))
    if "deeper-first" not in sys.argv:
        other = task.model_copy(
            update={
                "params": task.params | {"learning_rate": 0.02, "weight_decay": 0.5},
                "epochs": 5,
            }
        )
        _, kept = run_trial(other, fold_of(encoded, 1))
        run_winner(other.as_winner(0.5), fold_of(encoded, 2), kept)
    sizes = [path.stat().st_size for path in folder.iterdir()]
    print(
        json.dumps({"after_trial": after_trial, "sizes": sizes, "record": record.model_dump_json()})
    )


if __name__ == "__main__":
    main()
