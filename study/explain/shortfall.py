"""Why the network wins: which interactions and curved terms the regression lacks, and the smallest one that has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from study.data.encoding import Encoded
from study.evidence.findings import RankedTerm, Shortfall, Step
from study.explain.selection import MOST_TERMS, thinned
from study.explain.terms import Columns, formula
from study.records.selection import Selection
from study.schema import NOUNS, REGRESSIONS


def shortfall(
    data: Mapping[int, Encoded],
    selections: Mapping[int, Selection],
    regression_loss: Mapping[int, float],
    network_loss: Mapping[int, float],
    margin: float,
) -> Shortfall:
    """Rank what the regression of one target misses, and look for the smallest regression that does as well as the network.

    Every outer fold has selected its terms for itself (`study.explain.selection.select_terms`); a term that a fold did not
    rank closes nothing there. Test rows say at how many terms to stop: where loss <= network's loss + margin * regression's
    loss, means over the outer folds.

    Parameters
    ----------
    data : outer fold to its encoded rows, all of one target.
    selections : outer fold to its selection.
    regression_loss, network_loss : outer fold to mean test loss, in the units of `LOSS_NAMES`.
    margin : smallest gain that matters, a share of the regression's loss.

    Raises
    ------
    ValueError
        The four mappings have different outer folds, or none.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    mappings = data, selections, regression_loss, network_loss
    if not data or any(set(mapping) != set(data) for mapping in mappings):
        have = ", ".join(str(sorted(mapping)) for mapping in mappings)
        raise ValueError(f"Data, selections and losses must have the same outer folds, at least one, but have {have}.")
    folds = [selections[fold] for fold in sorted(data)]
    network, given = (float(np.mean(list(losses.values()))) for losses in (network_loss, regression_loss))
    bound = network + margin * given
    base = float(np.mean([fold.losses[0] for fold in folds]))
    gap = base - network if base > network else np.nan
    steps = [_step(folds, 0, base, gap)]
    while steps[-1].loss > bound and len(steps) <= max(len(fold.terms) for fold in folds):
        steps.append(_step(folds, len(steps), base, gap))
    last, written, encoded = steps[-1], None, data[min(data)]
    if gap > 0 and last.loss <= bound and 2 * last.n_agree > len(folds):
        first, _ = _modal(folds, last.n_terms)
        own = thinned(data[first.outer_fold])
        rows = own.development
        if own is data[first.outer_fold]:
            rows = np.unique(np.concatenate([each.development for each in data.values()]))
        columns, l2 = Columns(own), first.l2[first.place(last.n_terms)]
        with threadpool_limits(1):
            written = formula(columns, first.terms[: last.n_terms], rows, l2, 0.1 * margin * base)
    noun = f"the {NOUNS[REGRESSIONS[encoded.kind]]} of {encoded.target}"
    sentence = _sentence(noun, steps, len(folds), network, bound, f"{100 * margin:.3g} % margin")
    return Shortfall(
        base_loss=base,
        network_loss=network,
        ranking=_ranking(folds, gap),
        steps=tuple(steps),
        terms=last.terms if written else (),
        formula=written,
        sentence=sentence,
    )


def _modal(folds: Sequence[Selection], n_terms: int) -> tuple[Selection, int]:
    """The first outer fold whose terms are those that most folds chose, in whatever order, and how many did."""
    sets = [frozenset(fold.terms[:n_terms]) for fold in folds]
    counts = Counter(sets)
    winner = max(sets, key=lambda chosen: counts[chosen])
    return folds[sets.index(winner)], counts[winner]


def _step(folds: Sequence[Selection], n_terms: int, base: float, gap: float) -> Step:
    first, agree = _modal(folds, n_terms)
    places = [fold.place(n_terms) for fold in folds]
    val_loss, loss = (
        float(np.mean([losses[place] for losses, place in zip(of_folds, places, strict=True)]))
        for of_folds in ([fold.val_losses for fold in folds], [fold.losses for fold in folds])
    )
    names = tuple(extra.name for extra in first.terms[:n_terms])
    return Step(n_terms=max(places), terms=names, n_agree=agree, val_loss=val_loss, loss=loss, share_closed=(base - loss) / gap)


def _ranking(folds: Sequence[Selection], gap: float) -> tuple[RankedTerm, ...]:
    losses = [dict(fold.alone) for fold in folds]
    rows = []
    for extra in dict.fromkeys(extra for found in losses for extra in found):
        pairs = [(fold.losses[0], found.get(extra, fold.losses[0])) for fold, found in zip(folds, losses, strict=True)]
        base, loss = (float(value) for value in np.mean(pairs, axis=0))
        closed = (base - loss) / gap
        rows.append(RankedTerm(term=extra.name, form=extra.form, columns=extra.names, loss=loss, share_closed=closed))
    return tuple(sorted(rows, key=lambda row: row.loss))


def _sentence(noun: str, steps: Sequence[Step], n_folds: int, network: float, bound: float, margin: str) -> str:
    base, last = steps[0].loss, steps[-1]
    names, n, within, agreed = _listed(last.terms), len(last.terms), last.loss <= bound, 2 * last.n_agree > n_folds
    if not base > network:
        return f"The network has no less loss than {noun}, so there is nothing that the regression misses."
    if within and last.n_terms == 0:
        return f"{noun[0].upper()}{noun[1:]} is within the {margin} of the network without further terms."
    if agreed and not n:
        return f"No interaction and no curved term makes {noun} reliably better, so what the network gains lies elsewhere."
    if not agreed:
        names, n = "terms that differ from one outer fold to the next", 2
    falls = f"test loss falls from {base:.3g} to {last.loss:.3g}, within the {margin} of the network's {network:.3g}"
    if within and not agreed:
        return f"What {noun} misses has no one formula: with {names}, its {falls}."
    chosen = f", which {last.n_agree} of {n_folds} outer folds chose" if n_folds > 1 and agreed else ""
    if within:
        return f"What {noun} misses is {names}{chosen}: with {'it' if n == 1 else 'them'}, its {falls}."
    share = max(100 * last.share_closed, 0)
    why = "more were not tried" if last.n_terms >= MOST_TERMS else "no further term helps"
    return (
        f"Added to {noun}, {names}{chosen and chosen + ','} close{'s' if n == 1 else ''} {share:.0f} % of the gap to the "
        f"network, and {why}: no regression within the {margin} was found."
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
