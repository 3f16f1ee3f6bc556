"""What regressions of large tables take: `scripts/benchmark sizes`.

Seconds of a core and peak memory (beside the table) of one trial and of one refit, each case in a
process of its own, on one thread. Named are the columns and terms, and how many of an inner fold's
training rows they leave for the search.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.memory import make_table, own, peak
from benchmarks.searched import searched, trial

CASES: dict[str, tuple[str, int, int, int, dict[str, float]]] = {
    "1,000 x 200": ("continuous", 1_000, 200, 0, {"products": 0.1, "curves": 0.1}),
    "1,000 x 200, two classes": ("binary", 1_000, 200, 2, {"products": 0.1, "curves": 0.1}),
    "50,000 x 20": ("continuous", 50_000, 20, 0, {"products": 0.1, "curves": 0.1}),
    "50,000 x 20, two classes": ("binary", 50_000, 20, 2, {"products": 0.1, "curves": 0.1}),
    "50,000 x 200": ("continuous", 50_000, 200, 0, {"products": 0.1, "curves": 0.1}),
    "2,000 x 10, 20 classes": ("multiclass", 2_000, 10, 20, {"products": 0.1, "curves": 0.1}),
    "1,000,000 x 50, plain": ("continuous", 1_000_000, 50, 0, {}),
    "1,000,000 x 50": ("continuous", 1_000_000, 50, 0, {"products": 0.1, "curves": 0.1}),
}
"""Kind, rows, columns, classes and weights of terms; without any it is the plain regression."""


def _measure(name: str, pipe: Any) -> None:
    """Columns and terms, searched rows, and seconds and bytes of choosing the terms, of a trial and
    of a refit.
    """
    import numpy as np
    from sklearn.model_selection import KFold
    from threadpoolctl import threadpool_limits

    from study.data.encode import encode
    from study.data.splits import Split
    from study.schema import REGRESSIONS, TERMS
    from study.training.regression import fit, terms_of, thinned

    kind, rows, columns, classes, params = CASES[name]
    table = make_table(rows, kind, False, columns, classes)
    development, test = np.arange(rows * 4 // 5), np.arange(rows * 4 // 5, rows)
    inner = tuple(KFold(5, shuffle=True, random_state=0).split(development))
    encoded = encode(table, table.targets[0], Split(0, development, test, inner))
    family = TERMS if params else REGRESSIONS[encoded.kind]
    before, begin = own(), time.process_time()
    most, terms = peak(
        lambda: terms_of(encoded, (1.0, params.get("products", 0.0), params.get("curves", 0.0)))
    )
    choosing, chosen = time.process_time() - begin, most - before
    begin = time.process_time()
    most, (record,) = peak(lambda: searched(encoded, family, [params]))
    searching, held = time.process_time() - begin, most - before
    begin = time.process_time()
    with threadpool_limits(1):
        most, _ = peak(
            lambda: fit(trial(encoded, family, record.params), encoded, -1, encoded.development)
        )
    searched_rows = len(thinned(encoded, terms, encoded.train[0], 0))
    times = (choosing, chosen), (searching, held), (time.process_time() - begin, most - before)
    pipe.send((sum(terms.sizes), searched_rows, times))


def sizes(cases: Sequence[str] = ()) -> None:
    """Print a row a case; cases: of CASES, all where none is given."""
    print(
        "| table | columns and terms | rows of a search | terms, s | peak, MB | trial, s | peak, MB | refit, s | peak, MB |"
    )
    print("| --- |" + " ---: |" * 8, flush=True)
    context = multiprocessing.get_context("spawn")
    for name in cases or CASES:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_measure, args=(name, sender))
        process.start()
        sender.close()
        try:
            terms, rows, times = receiver.recv()
            figures = " | ".join(f"{seconds:.1f} | {held / 1e6:,.0f}" for seconds, held in times)
            print(f"| {name} | {terms:,} | {rows:,} | {figures} |", flush=True)
        except EOFError:
            print(
                f"| {name} | it ended with no answer, most likely for want of memory | | | | | | | |",
                flush=True,
            )
        process.join()
