"""The answer for every target: is the network worth it, is the regression enough, or is it undecided?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from study.evidence import sentences
from study.evidence.compare import Model, default_method, models, paired_gain, validation_pairs
from study.evidence.decided import forecast, shape_of_gain, subset_losses
from study.evidence.intervals import METHODS
from study.evidence.pairs import paired
from study.evidence.scores import ARM, UNIT, chosen_depths, incumbents, network_procedure, row_losses, select_candidate
from study.schema import NETWORK, NOUNS, REGRESSIONS, TREES, Kind

PROBABILITIES = ("better", "equal", "worse")


def verdicts(
    predictions: pd.DataFrame,
    trials: pd.DataFrame,
    margin: float,
    folds: int,
    *,
    method: str | None = None,
    n_train: Mapping[str, float] | None = None,
    inner: pd.DataFrame | None = None,
    curve: pd.DataFrame | None = None,
) -> list[dict[str, Any]]:
    """The answer for every target: is the network worth it, is the regression enough, or is it undecided?

    The interval of the relative improvement of the network (`network_procedure`, the mean of its replicates' predictions)
    over the refitted regression decides: wholly above `margin`, wholly below, or neither.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    trials : (n_trials, ...) results dataframe.
    margin : smallest gain that matters, a share of the regression's loss.
    folds : outer folds a repeat.
    method : a name of `study.evidence.intervals.METHODS`; by default that of the protocol.
    n_train : rows that an outer fold leaves, by target; by default the tested rows less a fold's, and unknown for one fold.
    inner : `study.evidence.scores.inner_losses`, for nested cross-validation's interval.
    curve : `study.evidence.decided.subset_losses`, by default from the candidates `rows-<fraction>` of predictions.

    Returns
    -------
    One dict a target, ready for JSON and without NaN: target, kind, verdict (None where a side is missing), sentence, action,
    estimand, margin, regression (its family) and network_depth (the most frequent, of depths_by_fold), regression_loss,
    network_loss, improvement, low, high, p_value, probabilities {better, equal, worse}, given_away (at most, by keeping the
    regression), smallest_sufficient_depth (the fewest hidden layers, 0 for the regression, whose test loss is within
    margin * regression_loss of the least), beats_constant, candidate {regression, network}, candidate_words, candidates
    (loss, improvement, low, high, verdict of the network by each way of using it), method and method_words, n_rows, n_folds,
    n_repeats, n_train, decided_at (where undecided: rows, times, times_low, times_high, side, limit, repeats, curve,
    sentence) and reference (where trees were scored: loss, improvement, low, high, over_network, sentence).
    """
    judge = _Judge(predictions, incumbents(trials), margin, folds, method, n_train or {}, inner, curve)
    return [judge.verdict(str(t), str(k)) for t, k in trials[["target", "kind"]].drop_duplicates().itertuples(index=False)]


@dataclass(frozen=True, eq=False)
class _Judge:
    predictions: pd.DataFrame
    winners: pd.DataFrame
    margin: float
    folds: int
    method: str | None
    n_train: Mapping[str, float]
    inner: pd.DataFrame | None
    curve: pd.DataFrame | None

    def verdict(self, target: str, kind: str) -> dict[str, Any]:
        predictions = self.predictions[self.predictions["target"] == target]
        winners = self.winners[self.winners["target"] == target]
        losses = row_losses(predictions)
        sides = models(losses, winners, self.inner)
        regressions = [side for side in sides if side.depth == 0 and side.family != "constant"]
        wanted = [side for side in regressions if side.family == REGRESSIONS[Kind(kind)]] or regressions
        family = wanted[0].family if wanted else None
        regression = wanted[0] if wanted else _nothing(losses)
        network = next((side for side in sides if side.family == NETWORK), _nothing(losses))
        constant = next((side for side in sides if side.family == "constant"), None)
        depths = chosen_depths(losses, winners).set_index("outer_fold")["depth"]
        gain = self._gain(regression, network, self.margin)
        n_train = self._n_train(target, regression, gain)
        found: dict[str, Any] = dict.fromkeys(("target", "kind", "verdict", "sentence", "action"))
        found |= {"target": target, "kind": kind, "estimand": sentences.estimand(n_train), "margin": self.margin}
        found |= {"regression": family, "network_depth": int(depths.mode()[0]) if len(depths) else None}
        found |= {"depths_by_fold": {str(fold): int(depth) for fold, depth in depths.items()}}
        found |= {"regression_loss": gain["base_loss"], "network_loss": gain["other_loss"]}
        found |= {key: gain[key] for key in ("improvement", "low", "high", "p_value")}
        found |= {"probabilities": {key: gain[key] for key in PROBABILITIES}, "given_away": None}
        found |= {"smallest_sufficient_depth": self._sufficient_depth(regression, sides)}
        found |= {"beats_constant": self._beats(constant, regression, network)}
        found |= {"candidate": self._used(predictions, family), "candidates": self._candidates(predictions, regression)}
        found |= {"method": gain["method"], "method_words": _named(gain)}
        found |= {key: gain[key] for key in ("n_rows", "n_groups", "n_folds", "n_repeats")} | {"n_train": n_train}
        found |= {"decided_at": None, "reference": self._reference(losses, regression, network)}
        if not gain["n_rows"]:
            lacking = "a network" if family else "a regression"
            found["sentence"] = f"There is no verdict for {target}: no test rows were scored with {lacking}."
            found["action"] = f"Run the study with {lacking} among its families."
            return plain(found)
        words = sentences.judged(target, str(family), sorted(set(depths)), gain, self.margin)
        found["verdict"], found["sentence"], found["action"] = words
        found["candidate_words"] = sentences.candidate_words(str(found["candidate"]["network"]), found["candidates"])
        if found["verdict"] == sentences.ENOUGH:
            found["smallest_sufficient_depth"] = 0
        if found["verdict"] == sentences.UNDECIDED and np.isfinite(gain["low"]):
            found["given_away"] = gain["high"]
            arms = losses.loc[(losses["family"] == family) & (losses["depth"] == 0), ARM], chosen_depths(losses, winners)
            found["decided_at"] = self._decided_at(predictions, arms, (regression, network), n_train)
            found["action"] += " " + found["decided_at"]["sentence"]
        if found["beats_constant"] is False:
            found["sentence"] += f" Neither is reliably better than {NOUNS['constant']}, which ignores every feature."
            found["action"] = "Use neither yet: look for features that tell more about the target."
        return plain(found)

    def _gain(self, base: Model, other: Model, margin: float) -> dict[str, Any]:
        method = self.method if len(base.losses) and len(other.losses) else None
        return paired_gain(base.losses, other.losses, margin, self.folds, method, validation_pairs(base, other))

    def _n_train(self, target: str, regression: Model, gain: dict[str, Any]) -> float:
        if target in self.n_train:
            return float(self.n_train[target])
        rows = regression.losses["row"].nunique()
        return rows - len(regression.losses) / gain["n_folds"] if gain["n_folds"] > 1 else np.nan

    def _beats(self, constant: Model | None, *rivals: Model) -> bool | None:
        """Whether regression or network is reliably better than the constant."""
        scored = [rival for rival in rivals if len(rival.losses)]
        if constant is None or not scored:
            return None
        return any(self._gain(constant, rival, 0.0)["low"] > 0 for rival in scored)

    def _sufficient_depth(self, regression: Model, sides: list[Model]) -> int | None:
        ladder = [side for side in sides if side.depth > 0] + ([regression] if len(regression.losses) else [])
        by_depth = pd.Series(
            {side.depth: side.losses.groupby("outer_fold")["loss"].mean().mean() for side in ladder}, dtype=float
        )
        if by_depth.empty:
            return None
        return int(by_depth.index[by_depth - by_depth.min() <= self.margin * by_depth.get(0, by_depth.min())].min())

    def _used(self, predictions: pd.DataFrame, family: str | None) -> dict[str, str | None]:
        """Which candidate of each side the verdict is about."""
        default = select_candidate(predictions)
        sides = {"regression": default["family"] == family, "network": default["depth"] > 0}
        return {side: next(iter(default.loc[own, "candidate"]), None) for side, own in sides.items()}

    def _candidates(self, predictions: pd.DataFrame, regression: Model) -> dict[str, dict[str, Any]]:
        """The verdict that each way of using the network would have."""
        found = {}
        for candidate in ("ensemble", "refit"):
            network = network_procedure(row_losses(predictions, candidate), self.winners)
            gain = paired_gain(regression.losses, network[UNIT], self.margin, self.folds, self._plain_method())
            if gain["n_rows"]:
                numbers = {"loss": gain["other_loss"]} | {key: gain[key] for key in ("improvement", "low", "high")}
                found[candidate] = numbers | {"verdict": sentences.verdict_of(gain, self.margin)}
        return found

    def _plain_method(self) -> str | None:
        """The method where inner losses of both sides are at hand, else the protocol's."""
        return None if self.method == "nested cross-validation" else self.method

    def _reference(self, losses: pd.DataFrame, *sides: Model) -> dict[str, Any] | None:
        """loss, improvement over the regression, low, high, over_network (the same of the network), sentence."""
        trees = losses[losses["family"] == TREES]
        scored = [side for side in sides if len(side.losses)]
        if trees.empty or not scored:
            return None
        gains = {
            NOUNS.get(side.family, side.family): paired_gain(
                side.losses, trees[UNIT], self.margin, self.folds, self._plain_method()
            )
            for side in scored
        }
        gains = {noun: gain for noun, gain in gains.items() if gain["n_rows"] and np.isfinite(gain["improvement"])}
        if not gains:
            return None
        by_role = {
            "over_network" if noun == NOUNS[NETWORK] else "over_regression": {
                k: gain[k] for k in ("improvement", "low", "high")
            }
            for noun, gain in gains.items()
        }
        own = by_role.get("over_regression", dict.fromkeys(("improvement", "low", "high")))
        loss = float(trees["loss"].mean())
        return {"loss": loss, **own, "over_network": by_role.get("over_network"), "sentence": sentences.reference_words(gains)}

    def _decided_at(
        self, predictions: pd.DataFrame, arms: tuple[pd.DataFrame, pd.DataFrame], sides: tuple[Model, Model], n_train: float
    ) -> dict[str, Any]:
        """rows, times the rows now (with times_low, times_high), side, limit, repeats, curve, sentence; None where not told.

        curve: improvement and std_error by fraction and n_rows.
        """
        pairs = paired(sides[0].losses, sides[1].losses, self.folds)
        name = self.method or default_method(sides[0].losses["outer_fold"], self.folds)
        gain = METHODS[name](pairs, "improvement", validation_pairs(*sides))
        target = str(predictions["target"].iloc[0])
        curve = subset_losses(predictions, {target: n_train}) if self.curve is None else self.curve
        shape = shape_of_gain(curve[curve["target"] == target], *arms, self.folds)
        n_folds = len(pairs[["repeat", "fold"]].drop_duplicates())
        found = forecast(pairs, gain, self.margin, shape, n_train + len(pairs) / n_folds)
        return {
            "rows": found.times * found.rows_now,
            "times": found.times,
            "times_low": found.times_low,
            "times_high": found.times_high,
            "side": found.side,
            "limit": found.limit,
            "repeats": found.repeats.number,
            "curve": shape.points.to_dict("records") if shape else [],
            "sentence": sentences.decided_words(found, self.margin),
        }


def _nothing(losses: pd.DataFrame) -> Model:
    return Model("", 0, losses.loc[losses.index[:0], UNIT])


def _named(gain: Mapping[str, Any]) -> str:
    return sentences.method_words(gain["method"], *(gain[f"n_{of}"] for of in ("folds", "repeats", "rows", "groups")))


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """`found` for JSON: NumPy numbers as Python's, what is not finite as None."""
    return {key: _plain(value) for key, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
