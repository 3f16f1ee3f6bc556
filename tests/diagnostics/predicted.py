"""Test rows as models of known faults predict them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from study.config import make_config
from study.diagnostics.context import Context
from study.evidence.winners import SEARCH


def predicted(
    observed: np.ndarray,
    models: Mapping[tuple[str, int], np.ndarray],
    *,
    kind: str = "continuous",
    target: str = "y",
    groups: np.ndarray | None = None,
    folds: int = 4,
    repeats: int = 1,
) -> pd.DataFrame:
    """A predictions frame: models by family and depth, (n,) each, or (n, n_classes) for classes a,
    b, c, ...

    Rows are in outer folds in turn, other ones in each repeat, and are predicted alike in all
    repeats.
    """
    n, rows = len(observed), np.arange(len(observed))
    frames = []
    for (family, depth), values in models.items():
        several = values.ndim == 2
        own = pd.DataFrame(
            {
                "row": rows,
                "group": rows if groups is None else groups,
                "observed": observed.astype(float),
            }
        )
        own = own.assign(
            predicted=values[rows, observed.astype(int)] if several else values,
            loss=1.0,
            kind=kind,
            target=target,
        )
        own = own.assign(
            **{f"p_{'abcdefgh'[k]}": values[:, k] for k in range(values.shape[1])}
            if several
            else {}
        )
        own = own.assign(
            family=family, depth=depth, candidate="ensemble" if depth else "refit", seed=0
        )
        frames += [
            own.assign(outer_fold=repeat * folds + (rows // (repeat + 1)) % folds)
            for repeat in range(repeats)
        ]
    assert n
    return pd.concat(frames, ignore_index=True)


def incumbents_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """Winners of these predictions: the deepest network has the least validation loss in even
    folds, the shallowest in odd.
    """
    searches = predictions[SEARCH].drop_duplicates().reset_index(drop=True)
    sign = np.where(searches["outer_fold"] % 2, 1.0, -1.0)
    return searches.assign(val_loss=sign * searches["depth"])


def context_of(
    predictions: pd.DataFrame, trials: pd.DataFrame | None = None, **more: Any
) -> Context:
    """What diagnostics are computed from, of these predictions and the trials that won, or of
    whatever is given instead.
    """
    won = incumbents_of(predictions[predictions["family"] != "trees"]) if trials is None else trials
    made: dict[str, Any] = {
        "config": make_config({"name": "party", "data": {"source": "balloons"}, "targets": {"balloons": "auto"}}),
        "data": {}, "trials": won.assign(state="COMPLETE", number=0) if trials is None else won, "predictions": predictions,
        "estimates": pd.DataFrame(), "answers": (), "judges": (),
    }  # fmt: skip
    return Context(**made | more)
