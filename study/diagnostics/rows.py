"""The test rows of the procedures whose predictions are looked at."""

from __future__ import annotations

import pandas as pd

from study.evidence.scores import chosen_networks, with_groups
from study.evidence.winners import CHOSEN, MODEL, SEARCH, select_candidate
from study.schema import BASELINE, FORMULA, NETWORK

KEYS = [*MODEL, "outer_fold", "group", "time", "row"]


def checked_rows(predictions: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """Every prediction of a test row by a regression, the regression with terms, *the network* and
    boosted trees.

    Of nested folds with repeats a row has one prediction a repeat, each by the models of the fold
    that tested it. They stay apart: their mean would be another model's, better than any that was
    trained.

    Parameters
    ----------
    predictions : (n_predictions, ...) frame of test rows, those of boosted trees among them; may be
        empty.
    winners : `best_trials(trials)`; tells which network each outer fold chose.

    Returns
    -------
    (n, 11 or more) frame of KEYS (*the network* is family "network" of depth CHOSEN; the constant,
    the simple formula and single depths are left out), observed, predicted (means over seeds),
    `p_<class>` where some target has several classes, and share: 1 / the predictions that the row
    has by this model, so that shares add up to the distinct rows.
    """
    if predictions.empty:
        return pd.DataFrame(columns=[*KEYS, "observed", "predicted", "share"])
    own = with_groups(select_candidate(predictions))
    own = own[~own["family"].isin((BASELINE, FORMULA))]
    values = ["observed", "predicted", *own.columns[own.columns.str.startswith("p_")]]
    own = own.groupby(KEYS, dropna=False, sort=False)[values].mean().reset_index()
    deep = own["depth"] > 0
    network = (
        own[deep]
        .merge(chosen_networks(own[deep], winners), on=SEARCH)
        .assign(family=NETWORK, depth=CHOSEN)
    )
    rows = pd.concat([own[~deep], network], ignore_index=True)
    return rows.assign(share=1 / rows.groupby([*MODEL, "row"])["row"].transform("size"))
