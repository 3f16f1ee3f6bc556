"""Frames of figures whose answer is known, as the figures' own `data` gives them or as they are
concluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from study.diagnostics.registry import computed
from study.evidence.answer import Verdict
from study.evidence.findings import CurvePoint, DecidedAt
from study.records.results import Results
from study.schema import Kind
from tests.diagnostics.predicted import context_of, predicted
from tests.records.examples import described
from tests.report.synthetic import with_frames

N = 300
RNG = np.random.default_rng(4)
X = RNG.uniform(-1, 1, N)


def told(
    verdict: Verdict,
    improvement: Sequence[float] = (0.1, 0.2, 0.1),
    low: Sequence[float] = (0.05, 0.1, -0.1),
    high: Sequence[float] = (0.15, 0.3, 0.2),
) -> Verdict:
    """A verdict with other gains: of terms and network over the regression, and of the network over
    terms.
    """
    ends = zip(verdict.gains, improvement, low, high, strict=False)
    steps = [
        step.model_copy(
            update={
                "gain": step.gain.model_copy(
                    update={
                        "improvement": share,
                        "low": start,
                        "high": end,
                        "base_loss": step.gain.per_loss,
                    }
                )
            }
        )
        for step, share, start, end in ends
    ]
    return verdict.model_copy(update={"gains": tuple(steps)})


def decided(results: Results) -> Results:
    """The first target called y and likely to be decided with three times the rows; of the second
    nothing is told.
    """
    ends = {0.25: (np.nan, 0.3), 0.5: (-2.0, np.nan), 1.0: (0.01, 0.12)}
    points = [
        CurvePoint(fraction=f, n_rows=400 * f, improvement=0.08 * f, low=low, high=high)
        for f, (low, high) in ends.items()
    ]
    pair = {"base": "regression", "other": "network", "bound": 0.05, "times": 3.0, "side": "above"}
    rest = dict.fromkeys(("rows", "above", "below", "slope", "slope_error"), np.nan)
    at = DecidedAt(curve=tuple(points), **pair, **rest)
    first, second = results.verdicts[:2]
    verdicts = [
        first.model_copy(update={"target": "y", "decided_at": at}),
        second.model_copy(update={"decided_at": None}),
    ]
    return with_frames(results, verdicts=verdicts)


def over_margins() -> pd.DataFrame:
    """Chances of two gains above three margins, the first held against 5 %."""
    points = {"margin": [0.0, 0.05, 0.1], "above": [0.9, 0.37, 0.1]}
    over = pd.DataFrame(points).assign(base="regression", model="terms over regression")
    rest = pd.DataFrame(points).assign(base="terms", model="network over terms", above=1.0)
    return pd.concat([over, rest]).assign(target="y", bound=0.05)


def searched(losses: dict[int, list[float]], family: str = "neural") -> pd.DataFrame:
    """Trials of one model by outer fold, in their order."""
    rows = [(fold, number, loss) for fold, own in losses.items() for number, loss in enumerate(own)]
    frame = pd.DataFrame(rows, columns=["outer_fold", "number", "val_loss"])
    return frame.assign(
        target="y",
        kind="continuous",
        family=family,
        depth=int(family == "neural"),
        state="COMPLETE",
    )


def weights(n: int, **changed: object) -> pd.DataFrame:
    """Coefficients of one target, of which the larger is the smaller effect."""
    terms = [f"t{i:02d}" for i in range(n)]
    frame = pd.DataFrame(
        {
            "target": "y",
            "family": "linear",
            "outer_fold": 0,
            "term": terms,
            "level": None,
            "output": None,
        }
    )
    frame = frame.assign(
        estimate=np.arange(1.0, n + 1), sd=1 / np.arange(1.0, n + 1) ** 2, unit="", note=""
    )
    frame = frame.assign(
        **(
            dict.fromkeys(("mle_estimate", "mle_std_error", "mle_low", "mle_high"), np.nan)
            | changed
        )
    )
    return frame.assign(standardised=frame["estimate"] * frame["sd"])


def looked_at(results: Results, predictions: pd.DataFrame, **more: Any) -> Results:
    """These results with what is concluded from other predictions of three models, of which trees
    are the last.
    """
    of_trees = predictions["family"] == "trees"
    context = context_of(predictions)
    frames = {
        name: computed()[name].compute(context)
        for name in ("residuals", "calibration", "discrimination", "confusion")
    }
    kinds = {
        str(t): Kind(k)
        for t, k in predictions[["target", "kind"]].drop_duplicates().itertuples(index=False)
    }
    data = described(kinds, more.pop("classes", {}))
    sides = {
        "predictions": predictions[~of_trees],
        "trees": predictions[of_trees],
        "trials": context.trials,
    }
    return with_frames(results, data=data, **sides, **frames, **more)


def three(
    kind: str,
    observed: np.ndarray,
    plain: np.ndarray,
    network: np.ndarray,
    trees: np.ndarray,
    **more: Any,
) -> pd.DataFrame:
    """Predictions of a regression, of a network and of trees."""
    regression = {"continuous": "linear", "count": "poisson"}.get(kind, "logistic")
    models = {(regression, 0): plain, ("neural", 1): network, ("trees", 0): trees}
    return predicted(observed, models, kind=kind, **more)


def values_of(target: str, metric: str, **values: float) -> pd.DataFrame:
    """What the table of metrics holds of one metric."""
    rows = [
        {"target": target, "metric": metric, "base": None, "other": name, "value": value}
        for name, value in values.items()
    ]
    return pd.DataFrame(rows)
