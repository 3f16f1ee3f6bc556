"""Losses of a finished study: those of the test rows of its winners, and the metrics that people know."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from study.evidence.intervals import METHODS, Interval, Rows, default_method
from study.evidence.pairs import FINE, FloatArray, paired
from study.evidence.winners import ARM, CANDIDATES, MODEL, class_probabilities, select_candidate
from study.schema import LOSS_NAMES, Kind

UNIT = ["outer_fold", "group", "time", "row", "loss"]
METRICS = ("r2", "mae", "auc", "brier", "accuracy", "calibration_error", "explained_deviance")
BINS = 10
"""Bins of the calibration error."""
FLOOR = -math.log(float(np.finfo(np.float32).eps))
"""Log loss in nats of the surest mistake: probabilities count as a float32 step away from 0 and 1."""


def row_losses(predictions: pd.DataFrame, candidate: str = "default") -> pd.DataFrame:
    """Loss of each test row, averaged over the seeds: target, kind, family, depth, outer_fold, group, time, row, loss, and FINE
    where the predictions have it."""
    rows = with_groups(select_candidate(predictions, candidate))
    told = ["loss", *rows.columns.intersection([FINE])]
    return rows.groupby([*ARM, "group", "time", "row"], dropna=False)[told].mean().reset_index()


def units(losses: pd.DataFrame) -> pd.DataFrame:
    """UNIT of row losses, and FINE where they have it."""
    return losses[[*UNIT, *losses.columns.intersection([FINE])]]


def with_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions with columns group and time: without groups every row is one of its own, without an order time is NaN."""
    found = predictions if "group" in predictions else predictions.assign(group=predictions["row"])
    return found if "time" in found else found.assign(time=np.nan)


def at_floor(predictions: pd.DataFrame) -> pd.DataFrame:
    """Those whose log loss is FLOOR; none of a kind that has no log loss."""
    high = predictions[predictions["loss"] >= FLOOR * (1 - 1e-9)]
    return high[high["kind"].map(LOSS_NAMES) == LOSS_NAMES[Kind.BINARY]]


def chosen_networks(losses: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """The scored network of least validation loss of every target and outer fold, the shallower of two alike: its ARM.

    Networks are all that have hidden layers, of whatever family.
    """
    scored = winners[winners["depth"] > 0].merge(losses[ARM].drop_duplicates(), on=ARM)
    return scored.sort_values(["val_loss", "depth", "family"]).drop_duplicates(["target", "outer_fold"])[ARM]


def network_procedure(losses: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """Row losses of "the network": the procedure that in every outer fold takes the family and depth of least validation loss.

    Test rows have no say in that, so the network has no advantage from being several models.
    """
    return losses.merge(chosen_networks(losses, winners), on=ARM)


def of_one(
    losses: pd.DataFrame, folds: int, method: str | None = None, most: float = math.inf
) -> tuple[Interval, pd.DataFrame]:
    """One procedure's mean test loss, or shortfall in a metric, with the interval that it has wherever it is told.

    It is that of the method or of its rows (`study.evidence.intervals.Rows`: groups and time order count), whichever is less
    sure. A few folds may happen to agree on a mean that so many rows cannot tell; between two procedures they do so less, and
    the method stays as it was tried.

    Parameters
    ----------
    losses : (n, ...) frame of test rows, as base in `study.evidence.pairs.paired`.
    folds : outer folds a repeat.
    method : a name of `study.evidence.intervals.METHODS`; by default that of the outer folds that the losses are of.
    most : the largest that the mean can be; the least is 0, and the interval stays within both.

    Returns
    -------
    The interval, and the pairs behind it: the losses beside those of one that is never wrong, and surer than any is.
    """
    none = losses.assign(loss=0.0, **({FINE: -1.0} if FINE in losses else {}))
    pairs = paired(losses, none, folds)
    judge = METHODS[method or default_method(losses["outer_fold"], folds)]
    found, rows = judge(pairs, "difference"), Rows()(pairs, "difference")
    found = rows if rows.high - rows.low > found.high - found.low else found
    return replace(found, low=max(found.low, 0.0), high=min(found.high, most)), pairs


def _metrics(kind: str, rows: pd.DataFrame) -> dict[str, float]:
    """Secondary metrics of one fit on its test rows; NaN where the rows hold a single value of the target."""
    from sklearn import metrics as m

    y, p = rows["observed"].to_numpy(float), rows["predicted"].to_numpy()
    varied = len(np.unique(y)) > 1
    if kind == Kind.MULTICLASS:
        shares = class_probabilities(rows).to_numpy(float)
        hit = np.eye(shares.shape[1])[y.astype(int)]
        return {
            "brier": float(((shares - hit) ** 2).sum(axis=1).mean()),
            "accuracy": float((shares.argmax(axis=1) == y).mean()),
            "calibration_error": calibration_error(shares.max(axis=1), shares.argmax(axis=1) == y),
        }
    p = p.astype(float)
    if kind == Kind.BINARY:
        return {
            "auc": m.roc_auc_score(y, p) if varied else np.nan,
            "brier": float(((p - y) ** 2).mean()),
            "accuracy": float(((p >= 0.5) == (y == 1)).mean()),
            "calibration_error": calibration_error(p, y == 1),
        }
    positive = varied and kind == Kind.COUNT and (p > 0).all()
    explained = m.d2_tweedie_score(y, p, power=1) if positive else np.nan
    return {"r2": m.r2_score(y, p) if varied else np.nan, "mae": m.mean_absolute_error(y, p), "explained_deviance": explained}


def calibration_error(p: FloatArray, hit: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: mean over rows of |share of hits - mean probability| of a row's bin.

    BINS bins of equally many rows, sorted by probability p (n,), rows of one probability in one bin (Naeini, Cooper and
    Hauskrecht 2015, *Obtaining Well Calibrated Probabilities Using Bayesian Binning*, AAAI 29). Of several
    classes p is that of the most probable one (Guo et al. 2017, *On Calibration of Modern Neural Networks*, ICML 34, eq. 3).
    Few rows push it up: a bin of n rows of a calibrated model is off by about sqrt(p (1 - p) / n).
    """
    place = np.searchsorted(np.sort(p), p) * BINS // len(p)
    return float(np.abs(np.bincount(place, weights=hit - p)).sum() / len(p))


def test_scores(
    predictions: pd.DataFrame,
    winners: pd.DataFrame | None = None,  # noqa: PT028 -- no test
    folds: int | None = None,  # noqa: PT028
    method: str | None = None,  # noqa: PT028
) -> pd.DataFrame:
    """Test loss of every model and candidate, its standard error, and the metrics that people know.

    The test loss is the mean over seeds, then over rows of all folds. Its standard error and its interval from low to high are
    those of `of_one`.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    winners : `incumbents(trials)`; adds val_loss, the mean over outer folds, and optimism = val_loss - test_loss.
    folds : outer folds a repeat; None: all are of one.
    method : as in `of_one`.

    Returns
    -------
    (n_models * n_candidates, ...) frame: target, kind, family, depth, candidate, test_loss, std_error, low, high, n_rows,
    n_floor (of them, those at the FLOOR in some outer fold), n_folds, then METRICS, the mean over the folds and seeds where
    they exist (NaN where not of the kind): R², mean absolute error, area under the ROC curve, Brier score (summed over several
    classes), accuracy, calibration error, share of Poisson deviance explained.
    """
    found = []
    whole = with_groups(predictions[predictions["candidate"].isin(CANDIDATES)])
    for key, rows in whole.groupby([*MODEL, "candidate"], sort=True):
        own = rows.groupby(["outer_fold", "group", "time", "row"], dropna=False)["loss"].mean().reset_index()
        loss, _ = of_one(own, folds or int(rows["outer_fold"].max()) + 1, method)
        fits = pd.DataFrame([_metrics(str(key[1]), fit) for _, fit in rows.groupby(["outer_fold", "seed"])])
        score = {"test_loss": loss.estimate, "std_error": loss.std_error, "low": loss.low, "high": loss.high}
        score |= {
            "n_rows": rows["row"].nunique(),
            "n_floor": at_floor(rows)["row"].nunique(),
            "n_folds": rows["outer_fold"].nunique(),
        }
        found.append(dict(zip([*MODEL, "candidate"], key, strict=True)) | score | fits.mean().to_dict())
    columns = [*MODEL, "candidate", "test_loss", "std_error", "low", "high", "n_rows", "n_floor", "n_folds", *METRICS]
    scores = pd.DataFrame(found).reindex(columns=columns)
    if winners is None or scores.empty:
        return scores
    validation = winners.groupby(MODEL, as_index=False)["val_loss"].mean()
    scores = scores.merge(validation, on=MODEL, how="left")
    return scores.assign(optimism=scores["val_loss"] - scores["test_loss"])
