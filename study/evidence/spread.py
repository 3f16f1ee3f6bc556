"""Where the spread of a model's test loss comes from: which rows were drawn, how they were split, where training started."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.evidence.pairs import clustered


def spread(pairs: pd.DataFrame, refits: pd.DataFrame) -> dict[str, float]:
    """Standard deviations of an outer fold's test loss, by their source, as the method of moments gives them.

    A fold's test loss is m = mu + split + row noise / sqrt(n), with n test rows. Within a repeat folds share no test row, so

    - rows: var_rows = mean over folds of s²_k / n_k, with s²_k the sample variance of the losses in fold k, or by groups
      (`study.evidence.pairs.mean_covariance`);
    - splits: var_splits = mean over repeats of the sample variance of its folds' m - var_rows: what training on other rows,
      and choosing other hyperparameters on them, does; none can be told where the luck of the rows alone explains more;
    - seeds: var_seeds = mean over folds of the sample variance over the refits' seeds of their m: what one refitted network
      would differ by, had training started elsewhere. A mean of replicates has less of it.

    Parameters
    ----------
    pairs : `study.evidence.pairs.paired` frame whose base is the model's loss.
    refits : rows of predictions of the model's refits, one set of test rows a seed.

    Returns
    -------
    dict of sd_splits (NaN for a single fold, and where the estimate of the variance is below 0), sd_seeds (NaN for a single
    seed), sd_rows, in units of the loss.
    """
    by_fold = pairs.groupby(["repeat", "fold"])["base"]
    means = by_fold.mean()
    rows = by_fold.apply(lambda losses: clustered(pairs.loc[losses.index], losses)[0]).mean()
    splits = means.groupby("repeat").var().mean() - rows if len(means) > 1 else np.nan
    splits = splits if splits >= 0 else np.nan
    by_seed = refits.groupby(["outer_fold", "seed"])["loss"].mean()
    seeds = by_seed.groupby("outer_fold").var().mean() if len(by_seed) else np.nan
    return {f"sd_{name}": float(np.sqrt(value)) for name, value in (("splits", splits), ("seeds", seeds), ("rows", rows))}
