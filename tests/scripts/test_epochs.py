from __future__ import annotations

import numpy as np

from benchmarks.epochs import RULES, Trained, _prune


def test_a_trial_is_pruned_where_it_lies_above_the_median_of_those_that_its_window_knows() -> None:
    late = np.repeat([1.5, 9.0], [35, 65])  # worse from the third look on
    curves = [
        *(np.full(100, loss) for loss in (1.0, 3.0, 9.0, 9.0, 9.0, 9.0, 2.0, 1.5)),
        np.full(100, 9.0),
        late,
    ]

    ends = _prune([Trained(curve[-1], curve[-1], curve) for curve in curves], 100, RULES["median"])

    assert ends == [100] * 8 + [10, 40]
