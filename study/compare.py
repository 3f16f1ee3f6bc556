"""Statistics of a finished study: winners of the arms, test scores, paired gains and verdicts; frames in, frames out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from study.schema import Kind

ARM = ["target", "kind", "family", "depth", "outer_fold"]
MODEL = ARM[:-1]
UNIT = ["outer_fold", "row", "loss"]
REGRESSIONS = {Kind.CONTINUOUS: "linear", Kind.BINARY: "logistic", Kind.MULTICLASS: "logistic", Kind.COUNT: "poisson"}
NOUNS = {"constant": "the constant"} | {name: f"{name.replace('poi', 'Poi')} regression" for name in REGRESSIONS.values()}
METRICS = ("r2", "mae", "auc", "brier", "accuracy", "explained_deviance")
BY_ROWS = "paired t over test rows"
BY_FOLDS = "corrected resampled t over outer folds (Nadeau and Bengio 2003)"


def incumbents(trials: pd.DataFrame) -> pd.DataFrame:
    """Best COMPLETE trial of every arm by validation loss; the lowest number wins a tie.

    (n_trials, ...) results dataframe to (n_arms, ...) of its rows, sorted by arm; an arm without such a trial has none.
    """
    complete = trials[(trials["state"] == "COMPLETE") & trials["val_loss"].notna()]
    best = complete.sort_values(["val_loss", "number"]).drop_duplicates(ARM)
    return best.sort_values(ARM).reset_index(drop=True)


def select_candidate(predictions: pd.DataFrame, candidate: str = "default") -> pd.DataFrame:
    """Rows of one candidate: `refit`, `ensemble`, or `default`.

    `default` is how each model would be used: a regression refitted on all development rows, a network as the mean of its
    replicates' predictions; where a model lacks that candidate, the other.
    """
    if candidate != "default":
        return predictions[predictions["candidate"] == candidate]
    wanted = predictions["candidate"] == np.where(predictions["depth"] > 0, "ensemble", "refit")
    present = wanted.groupby([predictions[column] for column in MODEL]).transform("any")
    return predictions[wanted | ~present]


def row_losses(predictions: pd.DataFrame, candidate: str = "default") -> pd.DataFrame:
    """Loss of each test row, averaged over the seeds: target, kind, family, depth, outer_fold, row, loss."""
    return select_candidate(predictions, candidate).groupby([*ARM, "row"])["loss"].mean().reset_index()


def paired_gain(base: pd.DataFrame, other: pd.DataFrame, margin: float) -> dict[str, Any]:
    """How much less loss `other` has than `base` on the same test rows, as a share of `base`'s loss, and how sure that is.

    With mean losses B and O over test rows, the improvement is r = (B - O) / B. Its standard error follows from the delta
    method: r is a ratio of means, so unit i contributes g_i = ((1 - r) b_i - o_i) / B, whose mean is 0, and
    se² = c · var(g), with var the sample variance.

    One outer fold: the units are the n test rows and c = 1 / n; t has n - 1 degrees of freedom.
    Several outer folds: the units are the k folds' mean losses and c = 1 / k + n_test / n_train, which makes up for training
    rows that folds share (Nadeau and Bengio 2003, *Inference for the Generalization Error*, Machine Learning 52, eq. 10);
    t has k - 1 degrees of freedom. n_train is the number of distinct rows less the mean fold's.

    The probabilities better, equal and worse are the shares of that t distribution, centred on r, above `margin`, within
    ± `margin` and below: the posterior under a flat prior (Benavoli et al. 2017, *Time for a Change*, JMLR 18(77), eq. 9).
    The p-value tests r = 0 with the same standard error, so it is below 0.05 where the interval leaves out 0.

    Parameters
    ----------
    base, other : (n_rows, 3) frames with columns outer_fold, row, loss; only rows that both have are compared.
    margin : smallest relative gain that matters, a share of `base`'s loss.

    Returns
    -------
    dict of base_loss, other_loss, improvement, low, high, p_value, better, equal, worse, n_rows, n_folds, method. The
    improvement is NaN where `base` has no loss, and the 95 % interval is NaN for fewer than two units.
    """
    pairs = base.merge(other, on=["outer_fold", "row"], suffixes=("_base", "_other"))
    losses = pairs[["loss_base", "loss_other"]]
    n_rows, n_folds = pairs["row"].nunique(), pairs["outer_fold"].nunique()
    units = losses if n_folds == 1 else losses.groupby(pairs["outer_fold"]).mean()
    n_test = len(pairs) / max(n_folds, 1)
    factor = 1 / max(len(units), 1) if n_folds <= 1 else 1 / n_folds + n_test / max(n_rows - n_test, 1)
    b, o = units["loss_base"].to_numpy(float), units["loss_other"].to_numpy(float)
    mean_b, mean_o = (float(b.mean()), float(o.mean())) if len(units) else (np.nan, np.nan)
    gain = (mean_b - mean_o) / mean_b if mean_b > 0 else np.nan
    se = np.nan
    if len(units) > 1 and mean_b > 0:
        se = float(np.sqrt(factor * np.var((1 - gain) * b - o, ddof=1)) / mean_b)
    df = max(len(units) - 1, 1)
    half = float(stats.t.ppf(0.975, df)) * se
    better, not_worse = (_above(gain, se, df, bound) for bound in (margin, -margin))
    p_value = 2 * _above(-abs(gain), se, df, 0.0) if gain != 0 else 1.0
    shares = {"better": better, "equal": not_worse - better, "worse": 1 - not_worse}
    head = {"base_loss": mean_b, "other_loss": mean_o, "improvement": gain, "low": gain - half, "high": gain + half}
    size = {"n_rows": n_rows, "n_folds": n_folds, "method": BY_FOLDS if n_folds > 1 else BY_ROWS}
    return head | {"p_value": p_value} | shares | size


def _above(centre: float, scale: float, df: int, bound: float) -> float:
    """Share of a t distribution above `bound`; all or nothing where it has no width."""
    return float(centre > bound) if scale == 0 else float(stats.t.sf((bound - centre) / scale, df))


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
        }
    p = p.astype(float)
    if kind == Kind.BINARY:
        auc = m.roc_auc_score(y, p) if varied else np.nan
        return {"auc": auc, "brier": float(((p - y) ** 2).mean()), "accuracy": float(((p >= 0.5) == (y == 1)).mean())}
    positive = varied and kind == Kind.COUNT and (p > 0).all()
    explained = m.d2_tweedie_score(y, p, power=1) if positive else np.nan
    return {"r2": m.r2_score(y, p) if varied else np.nan, "mae": m.mean_absolute_error(y, p), "explained_deviance": explained}


def class_probabilities(predictions: pd.DataFrame) -> pd.DataFrame:
    """Columns `p_<class>` of one multiclass target, in the order of its classes; other targets' columns are all NaN there."""
    return predictions.filter(regex="^p_").dropna(axis="columns", how="all")


def test_scores(predictions: pd.DataFrame, winners: pd.DataFrame | None = None) -> pd.DataFrame:  # noqa: PT028 -- no test
    """Test loss of every model and candidate, its standard error, and the metrics that people know.

    The test loss is the mean over seeds and rows of a fold, then over folds. Its standard error is that of the mean over
    the n distinct rows, each row's loss averaged over seeds and repeats first; low and high are its t interval.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows.
    winners : `incumbents(trials)`; adds val_loss, the mean over outer folds, and optimism = val_loss - test_loss.

    Returns
    -------
    (n_models * n_candidates, ...) frame: target, kind, family, depth, candidate, test_loss, std_error, low, high, n_rows,
    n_folds, then METRICS, the mean over folds and seeds (NaN where not of the kind): R², mean absolute error, area under
    the ROC curve, Brier score (summed over several classes), accuracy, share of Poisson deviance explained.
    """
    found = []
    for key, rows in predictions.groupby([*MODEL, "candidate"], sort=True):
        by_row = rows.groupby("row")["loss"].mean()
        n = len(by_row)
        loss = rows.groupby("outer_fold")["loss"].mean().mean()
        error = by_row.std(ddof=1) / np.sqrt(n)
        half = stats.t.ppf(0.975, max(n - 1, 1)) * error
        fits = pd.DataFrame([_metrics(str(key[1]), fit) for _, fit in rows.groupby(["outer_fold", "seed"])])
        score = {"test_loss": loss, "std_error": error, "low": loss - half, "high": loss + half}
        size = {"n_rows": n, "n_folds": rows["outer_fold"].nunique()}
        found.append(dict(zip([*MODEL, "candidate"], key, strict=True)) | score | size | fits.mean().to_dict())
    columns = [*MODEL, "candidate", "test_loss", "std_error", "low", "high", "n_rows", "n_folds", *METRICS]
    scores = pd.DataFrame(found).reindex(columns=columns)
    if winners is None or scores.empty:
        return scores
    validation = winners.groupby(MODEL, as_index=False)["val_loss"].mean()
    scores = scores.merge(validation, on=MODEL, how="left")
    return scores.assign(optimism=scores["val_loss"] - scores["test_loss"])


def pairwise(predictions: pd.DataFrame, margin: float, candidate: str = "default") -> pd.DataFrame:
    """Paired gain of every model over every simpler one of its target (`paired_gain`), and Holm's p-values.

    Returns
    -------
    (n_pairs, ...) frame: target, kind, base, base_depth, other, other_depth (families and hidden layers), the values of
    `paired_gain`, and p_holm, adjusted over all pairs of the target (Holm 1979, Scand. J. Statist. 6).
    """
    from statsmodels.stats.multitest import multipletests

    found = []
    for (target, kind), rows in row_losses(predictions, candidate).groupby(["target", "kind"], sort=False):
        models = sorted(rows.groupby(["family", "depth"]), key=lambda model: (model[0][1], model[0][0] != "constant"))
        pairs = []
        for i, ((base, base_depth), base_rows) in enumerate(models):
            for (other, other_depth), other_rows in models[i + 1 :]:
                gain = paired_gain(base_rows[UNIT], other_rows[UNIT], margin)
                names = {"base": base, "base_depth": base_depth, "other": other, "other_depth": other_depth}
                pairs.append({"target": target, "kind": kind} | names | gain)
        adjusted = multipletests([pair["p_value"] for pair in pairs], method="holm")[1] if pairs else []
        found += [pair | {"p_holm": p} for pair, p in zip(pairs, adjusted, strict=True)]
    return pd.DataFrame(found)


def percent(share: float) -> str:
    """A share in per cent for a sentence: one decimal, and as many as it takes to tell 99.98 from 100."""
    value = 100 * share
    if 99.5 <= value < 100:
        text = f"{value:.{min(int(np.ceil(-np.log10(100 - value))), 6)}f}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
    return text.replace("-", "\N{MINUS SIGN}")


def network_procedure(losses: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """Row losses of "the network": the procedure that in every outer fold takes the depth of least validation loss.

    Test rows have no say in the depth, so the network has no advantage from being several models.
    """
    scored = winners[winners["depth"] > 0].merge(losses[ARM].drop_duplicates(), on=ARM)
    chosen = scored.sort_values(["val_loss", "depth"]).drop_duplicates(["target", "outer_fold"])
    return losses.merge(chosen[ARM], on=ARM)


def verdicts(predictions: pd.DataFrame, trials: pd.DataFrame, margin: float) -> list[dict[str, Any]]:
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
    return [_verdict(str(t), str(kind), losses[losses["target"] == t], winners, margin) for t, kind in targets]


def _verdict(target: str, kind: str, losses: pd.DataFrame, winners: pd.DataFrame, margin: float) -> dict[str, Any]:
    present = [family for family in losses.loc[losses["depth"] == 0, "family"].unique() if family != "constant"]
    family = REGRESSIONS[Kind(kind)] if REGRESSIONS[Kind(kind)] in present else next(iter(present), None)
    regression = losses[(losses["family"] == family) & (losses["depth"] == 0)]
    network = network_procedure(losses, winners)
    constant = losses[losses["family"] == "constant"]
    gain = paired_gain(regression[UNIT], network[UNIT], margin)
    depths = network.groupby("outer_fold")["depth"].first()
    beats = [paired_gain(constant[UNIT], model[UNIT], 0.0)["low"] > 0 for model in (regression, network) if len(model)]
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
    words = _words(target, str(family), sorted(set(depths)), gain, margin)
    verdict["verdict"], verdict["sentence"], verdict["action"] = words
    verdict["smallest_sufficient_depth"] = 0 if words[0] == "regression is enough" else verdict["smallest_sufficient_depth"]
    if verdict["beats_constant"] is False:
        verdict["sentence"] += f" Neither is reliably better than {NOUNS['constant']}, which ignores every feature."
        verdict["action"] = "Use neither yet: look for features that tell more about the target."
    return verdict


def _words(target: str, family: str, depths: list[int], gain: dict[str, Any], margin: float) -> tuple[str, str, str]:
    """Verdict, its sentence and what to do."""
    noun = NOUNS.get(family, family)
    layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
    r, low, high = gain["improvement"], gain["low"], gain["high"]
    if np.isnan(r):
        sentence = f"Nothing can be gained on {target}, which {noun} predicts without any loss: the regression is enough."
        return "regression is enough", sentence, f"Use {noun}."
    size, interval = f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than", f"{percent(low)} to {percent(high)} %"
    if r < 0:
        interval = f"of the gain {interval}"
    if r < -1:
        size, interval = f"{1 - r:,.3g} times the loss of", f"{max(1 - high, 0):,.3g} to {1 - low:,.3g} times"
    start = f"A network with {layers} hidden layer{'' if layers == '1' else 's'} predicts {target} with {size} {noun}"
    start, bound = f"{start} (95 % interval {interval})", f"{100 * margin:.3g} % margin"
    if low > margin:
        far = "far " if low > 3 * margin else ""
        return "network is worth it", f"{start}, {far}beyond the {bound}: the network is worth it.", "Use the network."
    if high < margin:
        return "regression is enough", f"{start}, a gain below the {bound}: the regression is enough.", f"Use {noun}."
    action = f"Keep {noun}, the simpler model; more rows, or repeats of the outer split, can decide it."
    return "undecided", f"{start}, which lies on both sides of the {bound}: undecided.", action


def _sufficient_depth(losses: pd.DataFrame, family: str | None, margin: float) -> int | None:
    by_fold = losses[(losses["depth"] > 0) | (losses["family"] == family)].groupby(["depth", "outer_fold"])["loss"].mean()
    by_depth = by_fold.groupby("depth").mean()
    if by_depth.empty:
        return None
    return int(by_depth.index[by_depth - by_depth.min() <= margin * by_depth.get(0, by_depth.min())].min())
