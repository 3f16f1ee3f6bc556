"""Predictions and trials made so that their losses are known, and the verdict on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from harness import judged
from study.evidence import compare
from study.evidence.answer import Verdict
from study.evidence.findings import Gain
from study.evidence.scores import row_losses
from study.evidence.stored import read_verdicts, write_verdicts
from study.evidence.thresholds import Threshold
from study.schema import Kind

SEARCH = {"target": "y", "kind": "continuous", "outer_fold": 0}


def scored(
    losses: np.ndarray,
    family: str = "linear",
    depth: int = 0,
    candidate: str | None = None,
    seed: int = 0,
    **search: Any,
) -> pd.DataFrame:
    """Predictions of zero for observations whose squared error is `losses`."""
    candidate = candidate or ("ensemble" if depth else "refit")
    rows = {
        "row": np.arange(len(losses)),
        "observed": np.sqrt(losses),
        "predicted": 0.0,
        "loss": losses,
    }
    return pd.DataFrame(rows).assign(
        **(SEARCH | search), family=family, depth=depth, candidate=candidate, seed=seed, number=0
    )


def three(
    rng: np.random.Generator, terms: float, network: float, spread: float = 0.02, n: int = 500
) -> list[pd.DataFrame]:
    """A constant, a regression, one with terms and a network, the last two with these shares of the
    regression's loss.
    """
    base = rng.uniform(0.9, 1.1, n)
    factors = rng.uniform(1 - spread, 1 + spread, (2, n))
    factors /= np.average(factors, weights=base, axis=1)[:, None]
    richer = (
        scored(terms * base * factors[0], "terms"),
        scored(network * base * factors[1], "neural", 1),
    )
    return [scored(2 * base, "baseline"), scored(base), *richer]


def every_model(rng: np.random.Generator) -> pd.DataFrame:
    """Predictions of one model of each sort."""
    models = [
        ("neural", 2, 0.8),
        ("neural", 1, 0.9),
        ("linear", 0, 1.0),
        ("baseline", 0, 2.0),
        ("trees", 0, 0.7),
    ]
    return pd.concat(
        [scored(rng.exponential(mean, 80), family, depth) for family, depth, mean in models]
    )


def trial(
    family: str,
    depth: int,
    val_loss: float,
    number: int = 0,
    state: str = "COMPLETE",
    **search: Any,
) -> dict[str, Any]:
    return (
        SEARCH
        | search
        | {"family": family, "depth": depth, "number": number, "state": state, "val_loss": val_loss}
    )


def in_folds(
    losses: np.ndarray, family: str = "linear", depth: int = 0, candidate: str | None = None
) -> pd.DataFrame:
    """Predictions of nested folds: losses (n_repeats, n_folds, n_test); row `f * n_test + i` is in
    fold f of every repeat.
    """
    repeats, folds, n = losses.shape
    pieces = [
        scored(losses[r, f], family, depth, candidate, outer_fold=r * folds + f).assign(
            row=np.arange(n) + n * f
        )
        for r in range(repeats)
        for f in range(folds)
    ]
    return pd.concat(pieces, ignore_index=True)


def usual_trials(depths: tuple[int, ...] = (1,), n_folds: int = 1) -> pd.DataFrame:
    folds = range(n_folds)
    rows = [trial("baseline", 0, 2.0, outer_fold=f) for f in folds] + [
        trial("linear", 0, 1.0, outer_fold=f) for f in folds
    ]
    return pd.DataFrame(
        rows + [trial("neural", d, 1.0 / d, outer_fold=f) for d in depths for f in folds]
    )


def only_verdict(
    predictions: list[pd.DataFrame],
    trials: pd.DataFrame | None = None,
    margin: float = 0.05,
    **more: Any,
) -> Verdict:
    """The verdict on the only target, which survives being written and read."""
    trials = usual_trials() if trials is None else trials
    (verdict,) = judged.verdicts(
        pd.concat(predictions, ignore_index=True), trials, margin, 5, **more
    )
    assert read_verdicts(write_verdicts([verdict])) == [verdict]
    return verdict


def pairs_of(
    predictions: pd.DataFrame,
    margin: float,
    folds: int,
    winners: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every model of every target against every simpler one, by the loss."""
    found = []
    for (target, kind), rows in row_losses(predictions).groupby(["target", "kind"], sort=False):
        sides = compare.models(rows, winners)
        plain = compare.the_regression(sides, Kind(str(kind)))
        own = compare.pairwise(sides, plain, compare.Comparison(folds, Threshold(margin)))
        found += [{"target": target} | pair for pair in own]
    return pd.DataFrame(found)


def undecided(
    rng: np.random.Generator, gain: float, n: int = 400, spread: float = 0.6
) -> list[pd.DataFrame]:
    base = rng.exponential(1.0, n)
    factor = 1 + spread * rng.uniform(-1, 1, n)
    factor += 1 - gain - np.average(factor, weights=base)
    return [scored(base), scored(base * factor, "neural", 1)]


def parts(models: list[pd.DataFrame], gains: dict[float, float]) -> list[pd.DataFrame]:
    """Both models trained on parts of the rows, with the given gains."""
    base = models[0]["loss"].to_numpy()
    noise = models[1]["loss"].to_numpy() / base
    noise = noise - np.average(noise, weights=base)
    found = []
    for fraction, gain in gains.items():
        candidate = f"rows-{fraction:g}"
        found += [
            scored(base * (1 - gain + noise), "neural", 1, candidate),
            scored(base, candidate=candidate),
        ]
    return [part.assign(val_loss=1.0) for part in found]


def told_gain(low: float, high: float, **more: Any) -> Gain:
    """A gain with this interval, of 100 rows over a base of loss 1; nothing else of it is known."""
    improvement = high if np.isnan(low) else low if np.isnan(high) else (low + high) / 2
    told: dict[str, Any] = dict.fromkeys(
        ("std_error", "df", "p_value", "better", "equal", "worse"), 1.0
    )
    told |= {
        "per": "linear",
        "method": "rows",
        "level": 0.95,
        "improvement": improvement,
        "low": low,
        "high": high,
    }
    told |= {"per_loss": 1.0, "base_loss": 1.0, "other_loss": 1.0 - improvement}
    return Gain.model_validate(
        told | {"n_rows": 100, "n_groups": 100, "n_folds": 1, "n_repeats": 1} | more
    )


def right_or_wrong(
    *, alike: bool, apart: int = 0, folds: int = 1, wrong: int = 4, n: int = 150
) -> pd.DataFrame:
    """Two that are wrong on the same of n rows, but for `apart` that the network has right alone;
    alike: equally sure.
    """
    row = np.arange(n)
    found = []
    for family, depth, missed in (
        ("baseline", 0, row < n // 2),
        ("logistic", 0, row < wrong),
        ("neural", 1, (row < wrong) & (row >= apart)),
    ):
        p = np.where(missed, 0.3, 0.9 if alike or not depth else 0.95)
        y = (row % 2).astype(float)
        rows = scored(-np.log(p), family, depth, kind="binary").assign(outer_fold=row % folds)
        found.append(rows.assign(observed=y, predicted=np.where(y == 1, p, 1 - p)))
    return pd.concat(found, ignore_index=True)


def parted(terms: float, network: float, folds: int = 4) -> list[pd.DataFrame]:
    """A regression of all folds, one with terms of the first half of them, and a network of the
    second.
    """
    base = np.random.default_rng(0).uniform(0.9, 1.1, (1, folds, 50))
    noise = np.random.default_rng(1).uniform(0.98, 1.02, (2, *base.shape))
    ext, net = (
        in_folds(terms * base * noise[0], "terms"),
        in_folds(network * base * noise[1], "neural", 1),
    )
    return [in_folds(base), ext[ext["outer_fold"] < folds / 2], net[net["outer_fold"] >= folds / 2]]
