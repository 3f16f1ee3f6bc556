"""Losses of a finished study on the test rows of its winners."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.evidence.intervals import METHODS, Interval, Rows, default_method
from study.evidence.pairs import FINE, FloatArray, paired
from study.evidence.winners import (
    CANDIDATES,
    CHOSEN,
    MODEL,
    SEARCH,
    baseline,
    class_probabilities,
    ranks,
    select_candidate,
)
from study.schema import FORMULA, LOSS_NAMES, NETWORK, TREES, Kind

UNIT = ["outer_fold", "group", "time", "row", "loss"]
BINS = 10
"""Bins of the calibration error."""
CLIP = -math.log(float(np.finfo(np.float32).eps))
"""Log loss in nats of the surest mistake: probabilities count as a float32 step away from 0 and 1.
"""


def row_losses(predictions: pd.DataFrame, candidate: str = "default") -> pd.DataFrame:
    """Loss of each test row, averaged over the seeds: target, kind, family, depth, outer_fold,
    group, time, row, loss, and FINE where the predictions have it."""
    rows = with_groups(select_candidate(predictions, candidate))
    told = ["loss", *rows.columns.intersection([FINE])]
    return rows.groupby([*SEARCH, "group", "time", "row"], dropna=False)[told].mean().reset_index()


def units(losses: pd.DataFrame) -> pd.DataFrame:
    """UNIT of row losses, and FINE where they have it."""
    return losses[[*UNIT, *losses.columns.intersection([FINE])]]


def with_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions with columns group and time: without groups every row is one of its own, without
    an order time is NaN.
    """
    found = predictions if "group" in predictions else predictions.assign(group=predictions["row"])
    return found if "time" in found else found.assign(time=np.nan)


def at_clip(predictions: pd.DataFrame) -> pd.DataFrame:
    """Those whose log loss is CLIP; none of a kind that has no log loss."""
    high = predictions[predictions["loss"] >= CLIP * (1 - 1e-9)]
    return high[high["kind"].map(LOSS_NAMES) == LOSS_NAMES[Kind.BINARY]]


def chosen_networks(losses: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """The scored network of least validation loss of every target and outer fold, the shallower of
    two alike: its SEARCH.

    Networks are all that have hidden layers, of whatever family.
    """
    scored = winners[winners["depth"] > 0].merge(losses[SEARCH].drop_duplicates(), on=SEARCH)
    return scored.sort_values(["val_loss", "depth", "family"]).drop_duplicates(
        ["target", "outer_fold"]
    )[SEARCH]


def network_procedure(losses: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """Row losses of "the network": the procedure that in every outer fold takes the family and
    depth of least validation loss.

    Test rows have no say in that, so the network has no advantage from being several models.
    """
    return losses.merge(chosen_networks(losses, winners), on=SEARCH)


def of_one(
    losses: pd.DataFrame, folds: int, most: float = math.inf
) -> tuple[Interval, pd.DataFrame]:
    """One procedure's mean test loss, or shortfall in a metric, with the interval that it has
    wherever it is told.

    It is that of the method or of its rows (`study.evidence.intervals.Rows`: groups and time order
    count), whichever is less sure. A few folds may happen to agree on a mean that so many rows
    cannot tell; between two procedures they do so less, and the method stays as it was tried.

    Parameters
    ----------
    losses : (n, ...) frame of test rows, as base in `study.evidence.pairs.paired`.
    folds : outer folds a repeat.
    most : the largest that the mean can be; the least is 0, and the interval stays within both.

    Returns
    -------
    The interval, and the pairs behind it: the losses beside those of one that is never wrong, and
    surer than any is.
    """
    none = losses.assign(loss=0.0, **({FINE: -1.0} if FINE in losses else {}))
    pairs = paired(losses, none, folds)
    judge = METHODS[default_method(losses["outer_fold"], folds)]
    found = judge(pairs, "difference")
    rows = Rows()(pairs, "difference")
    found = rows if rows.high - rows.low > found.high - found.low else found
    return replace(found, low=max(found.low, 0.0), high=min(found.high, most)), pairs


def calibration_error(p: FloatArray, hit: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: mean over rows of |share of hits - mean probability| of a row's
    bin.

    BINS bins of equally many rows, sorted by probability p (n,), rows of one probability in one bin
    (Naeini, Cooper and Hauskrecht 2015, *Obtaining Well Calibrated Probabilities Using Bayesian
    Binning*, AAAI 29). Of several classes p is that of the most probable one (Guo et al. 2017, *On
    Calibration of Modern Neural Networks*, ICML 34, eq. 3). Few rows push it up: a bin of n rows of
    a calibrated model is off by about sqrt(p (1 - p) / n).
    """
    place = np.searchsorted(np.sort(p), p) * BINS // len(p)
    return float(np.abs(np.bincount(place, weights=hit - p)).sum() / len(p))


def model_scores(predictions: pd.DataFrame, winners: pd.DataFrame, folds: int) -> pd.DataFrame:
    """Test loss of every model and candidate, and of *the network*, with ranks.

    The test loss is the mean over seeds, then over rows of all folds. Its standard error and its
    interval from low to high are those of `of_one`.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    winners : `best_trials(trials)`.
    folds : outer folds a repeat.

    Returns
    -------
    (n, ...) frame: target, kind, family, depth (CHOSEN of the network), candidate, rank (of the
    target's test losses, `study.evidence.winners.ranks`, of candidates that are judged; boosted
    trees and the simple formula have none), test_loss, std_error, low, high, method, n_rows,
    n_clipped (of them, those at the CLIP in some outer fold), n_folds, calibration_error (the mean
    over folds and seeds; NaN but of classes), val_loss (the mean over outer folds), optimism
    (test_loss - val_loss).
    """
    whole = with_groups(predictions[predictions["candidate"].isin(CANDIDATES)])
    judged = select_candidate(whole)
    chosen = chosen_networks(judged, winners)

    def of_network(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.merge(chosen, on=SEARCH).assign(family=NETWORK, depth=CHOSEN)

    found, model = [], [*MODEL, "candidate"]
    for key, rows in pd.concat([whole, of_network(judged)]).groupby(model, sort=True):
        own = rows.groupby(UNIT[:-1], dropna=False)["loss"].mean().reset_index()
        loss, _ = of_one(own, folds)
        fits = rows.groupby(["outer_fold", "seed"])
        off = [_calibration_error(str(key[1]), fit) for _, fit in fits]
        score = {
            "test_loss": loss.estimate,
            "std_error": loss.std_error,
            "low": loss.low,
            "high": loss.high,
            "method": loss.method,
            "n_rows": rows["row"].nunique(),
            "n_clipped": at_clip(rows)["row"].nunique(),
            "n_folds": rows["outer_fold"].nunique(),
            "calibration_error": float(np.mean(off)),
        }
        found.append(dict(zip(model, key, strict=True)) | score)
    scores = pd.DataFrame(found)
    if scores.empty:
        return scores
    validation = (
        pd.concat([winners, of_network(winners)]).groupby(MODEL, as_index=False)["val_loss"].mean()
    )
    scores = scores.merge(validation, on=MODEL, how="left")
    told = select_candidate(scores[~scores["family"].isin((TREES, FORMULA))])
    placed = [
        ranks(own["test_loss"], baseline(own, "test_loss")) for _, own in told.groupby("target")
    ]
    scores.insert(len(MODEL) + 1, "rank", pd.concat(placed).astype("Int64"))
    return scores.assign(optimism=scores["test_loss"] - scores["val_loss"])


def _calibration_error(kind: str, fit: pd.DataFrame) -> float:
    y = fit["observed"].to_numpy(float)
    if kind == Kind.MULTICLASS:
        shares = class_probabilities(fit).to_numpy(float)
        return calibration_error(shares.max(axis=1), shares.argmax(axis=1) == y)
    return (
        calibration_error(fit["predicted"].to_numpy(float), y == 1)
        if kind == Kind.BINARY
        else np.nan
    )
