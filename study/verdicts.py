"""The answer for every target: is the network worth it, is the regression enough, or is it undecided?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from study.compare import paired_gain
from study.schema import Kind
from study.scores import NOUNS, REGRESSIONS, UNIT, incumbents, network_procedure, row_losses
from study.sentences import judged


def verdicts(predictions: pd.DataFrame, trials: pd.DataFrame, margin: float, folds: int) -> list[dict[str, Any]]:
    """The answer for every target: is the network worth it, is the regression enough, or is it undecided?

    The interval of the relative improvement of the network (`network_procedure`, the mean of its replicates' predictions)
    over the refitted regression decides: wholly above `margin`, wholly below, or neither.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    trials : (n_trials, ...) results dataframe.
    margin : smallest gain that matters, a share of the regression's loss.

    Returns
    -------
    One dict a target, ready for JSON: target, kind, verdict (None where a side is missing), sentence, action, regression
    and network_depth (the most frequent, of depths_by_fold), regression_loss, network_loss, improvement, low, high, margin,
    probabilities {better, equal, worse}, smallest_sufficient_depth (the fewest hidden layers, 0 for the regression, whose
    test loss is within margin * regression_loss of the least), beats_constant, candidate, method.
    """
    winners = incumbents(trials)
    losses = row_losses(predictions)
    targets = trials[["target", "kind"]].drop_duplicates().itertuples(index=False)
    return [_verdict(str(t), str(kind), losses[losses["target"] == t], winners, margin, folds) for t, kind in targets]


def _verdict(target: str, kind: str, losses: pd.DataFrame, winners: pd.DataFrame, margin: float, folds: int) -> dict[str, Any]:
    present = [family for family in losses.loc[losses["depth"] == 0, "family"].unique() if family != "constant"]
    family = REGRESSIONS[Kind(kind)] if REGRESSIONS[Kind(kind)] in present else next(iter(present), None)
    regression = losses[(losses["family"] == family) & (losses["depth"] == 0)]
    network = network_procedure(losses, winners)
    constant = losses[losses["family"] == "constant"]
    gain = paired_gain(regression[UNIT], network[UNIT], margin, folds)
    depths = network.groupby("outer_fold")["depth"].first()
    beats = [paired_gain(constant[UNIT], model[UNIT], 0.0, folds)["low"] > 0 for model in (regression, network) if len(model)]
    verdict: dict[str, Any] = dict.fromkeys(("target", "kind", "verdict", "sentence", "action"))
    verdict |= {"target": target, "kind": kind, "regression": family}
    verdict |= {"network_depth": int(depths.mode()[0]) if len(depths) else None}
    verdict |= {"depths_by_fold": {str(fold): int(depth) for fold, depth in depths.items()}}
    numbers = {key: value if np.isfinite(value) else None for key, value in gain.items() if isinstance(value, float)}
    verdict |= {"regression_loss": numbers["base_loss"], "network_loss": numbers["other_loss"]}
    verdict |= {key: numbers[key] for key in ("improvement", "low", "high")} | {"margin": margin}
    verdict |= {"probabilities": {key: numbers[key] for key in ("better", "equal", "worse")}}
    verdict |= {"smallest_sufficient_depth": _sufficient_depth(losses, family, margin)}
    verdict |= {"beats_constant": any(beats) if beats and len(constant) else None, "n_rows": gain["n_rows"]}
    verdict |= {"candidate": {"regression": "refit", "network": "ensemble"}, "method": gain["method"]}
    if not gain["n_rows"]:
        lacking = "a network" if family else "a regression"
        verdict["sentence"] = f"There is no verdict for {target}: no test rows were scored with {lacking}."
        verdict["action"] = f"Run the study with {lacking} among its families."
        return verdict
    words = judged(target, str(family), sorted(set(depths)), gain, margin)
    verdict["verdict"], verdict["sentence"], verdict["action"] = words
    verdict["smallest_sufficient_depth"] = 0 if words[0] == "regression is enough" else verdict["smallest_sufficient_depth"]
    if verdict["beats_constant"] is False:
        verdict["sentence"] += f" Neither is reliably better than {NOUNS['constant']}, which ignores every feature."
        verdict["action"] = "Use neither yet: look for features that tell more about the target."
    return verdict


def _sufficient_depth(losses: pd.DataFrame, family: str | None, margin: float) -> int | None:
    by_fold = losses[(losses["depth"] > 0) | (losses["family"] == family)].groupby(["depth", "outer_fold"])["loss"].mean()
    by_depth = by_fold.groupby("depth").mean()
    if by_depth.empty:
        return None
    return int(by_depth.index[by_depth - by_depth.min() <= margin * by_depth.get(0, by_depth.min())].min())
