"""How often do the 95 % intervals of coefficients hold the truth? `scripts/calibration
coefficients`.

Tables whose rows depend on each other within groups or along time, or whose noise is not what the
likelihood says, are fitted by the reference fits themselves, with the standard errors of before
(each row for itself; of classes and counts the inverse information and a normal quantile) and those
of now. Whatever the dependence, what is drawn of a row given its own columns is the regression's
mean, so that the coefficients are the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import signal, special, stats

from study.data.units import Sort, Units
from study.diagnostics.coefficients.reference import reference_coefficients
from study.diagnostics.jackknife import blocks
from study.families.heads import FloatArray
from study.schema import Kind

DRAWS = 1_000
"""Tables of a scenario; a share of 95 % is then known to 0.7 points."""
SLOPES = np.array([0.5, -0.5])
"""Of the two columns; of three classes the second's, and minus these the third's."""
CLASSES = ["a", "b", "c"]


@dataclass(frozen=True)
class Scenario:
    """How tables are drawn.

    sort: what is independent. groups: sizes of groups. rho: correlation of noise within a group, or
    of consecutive rows. own: whether columns are a row's own; else a group's, or as correlated
    along time as the noise. treated: how many groups have a 1 in the first column, all others 0.
    uneven: whether noise grows with the first column (values), or rates are gamma distributed about
    their mean with its square as variance (counts).
    """

    text: str
    kind: Kind
    n_rows: int
    sort: Sort = "row"
    groups: tuple[int, ...] = ()
    rho: float = 0.0
    own: bool = False
    treated: int = 0
    uneven: bool = False


def _groups(
    text: str,
    kind: Kind,
    sizes: tuple[int, ...],
    rho: float = 0.7,
    own: bool = False,
    treated: int = 0,
) -> Scenario:
    return Scenario(text, kind, sum(sizes), "group", sizes, rho, own, treated)


UNEQUAL = tuple(range(1, 40, 2))
SCENARIOS = [
    Scenario("independent rows", Kind.CONTINUOUS, 60),
    Scenario("noise that grows with a column", Kind.CONTINUOUS, 100, uneven=True),
    _groups("60 groups of 5", Kind.CONTINUOUS, (5,) * 60),
    _groups("60 groups of 5, rows' own columns", Kind.CONTINUOUS, (5,) * 60, own=True),
    _groups("20 groups of 15", Kind.CONTINUOUS, (15,) * 20),
    _groups("20 groups of 1 to 39", Kind.CONTINUOUS, UNEQUAL),
    _groups("20 groups of 15, 4 with a 1", Kind.CONTINUOUS, (15,) * 20, treated=4),
    _groups("20 groups of 15, 2 with a 1", Kind.CONTINUOUS, (15,) * 20, treated=2),
    _groups("19 groups of 8, one of 150", Kind.CONTINUOUS, (8,) * 19 + (150,)),
    *[
        Scenario(f"in time, correlation {rho:g}", Kind.CONTINUOUS, n, "block", rho=rho)
        for rho in (0.0, 0.5, 0.8)
        for n in (60, 178, 500)
    ],
    Scenario("independent rows", Kind.BINARY, 200),
    _groups("60 groups of 5", Kind.BINARY, (5,) * 60),
    _groups("20 groups of 15", Kind.BINARY, (15,) * 20),
    Scenario("in time, correlation 0.8", Kind.BINARY, 500, "block", rho=0.8),
    _groups("60 groups of 5", Kind.MULTICLASS, (5,) * 60),
    Scenario("independent rows", Kind.COUNT, 200),
    Scenario("negative binomial", Kind.COUNT, 300, uneven=True),
    _groups("60 groups of 5", Kind.COUNT, (5,) * 60),
    Scenario("in time, correlation 0.8", Kind.COUNT, 500, "block", rho=0.8),
]


def draw(scenario: Scenario, rng: np.random.Generator) -> tuple[pd.DataFrame, FloatArray, Units]:
    """Columns (n, 2) of one table, its target (n,) and what is independent in it."""
    n, rho = scenario.n_rows, scenario.rho
    x, noise = rng.normal(size=(n, 2)), rng.normal(size=n)
    units = Units.rows(n)
    if scenario.sort == "group":
        units = Units("group", np.repeat(np.arange(len(scenario.groups)), scenario.groups))
        shared = rng.normal(size=(units.count, 3))[units.codes]
        noise = rho**0.5 * shared[:, 2] + (1 - rho) ** 0.5 * noise
        x = x if scenario.own else shared[:, :2]
        if scenario.treated:
            x[:, 0] = units.codes < scenario.treated
    elif scenario.sort == "block":
        units = Units("block", np.arange(n) * blocks(n) // n)
        noise, x = in_time(noise[:, None], rho)[:, 0], in_time(x, rho)
    return pd.DataFrame(x, columns=["a", "b"]), target(scenario, x @ SLOPES, noise, rng), units


def in_time(drawn: FloatArray, rho: float) -> FloatArray:
    """Standard normal series (n, ...), each row correlated with the one before, of independent
    ones.
    """
    first = drawn[:1] / (1 - rho**2) ** 0.5
    return np.asarray(
        (1 - rho**2) ** 0.5
        * signal.lfilter([1.0], [1.0, -rho], np.vstack([first, drawn[1:]]), axis=0)
    )


def target(
    scenario: Scenario, eta: FloatArray, noise: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Target (n,) of a linear predictor: of classes and counts the quantile that the noise,
    standard normal, is of its own.
    """
    level = stats.norm.cdf(noise)
    if scenario.kind is Kind.CONTINUOUS:
        return np.asarray(eta + noise * (np.exp(eta) if scenario.uneven else 1))
    if scenario.kind is Kind.BINARY:
        return (level < special.expit(eta)).astype(float)
    if scenario.kind is Kind.MULTICLASS:
        shares = special.softmax(np.column_stack([np.zeros(len(eta)), eta, -eta]), axis=1)
        return np.asarray((level[:, None] > shares.cumsum(axis=1)[:, :2]).sum(axis=1), float)
    rate = np.exp(eta) * (rng.gamma(1.0, size=len(eta)) if scenario.uneven else 1)
    return np.asarray(stats.poisson.ppf(level, rate), float)


def before(
    scenario: Scenario, x: pd.DataFrame, y: FloatArray, estimate: FloatArray
) -> tuple[FloatArray, float]:
    """Standard errors (n_outputs * 3,) as they were: HC3 over rows, or of the likelihood; and the
    quantile.
    """
    columns = np.column_stack([np.ones(len(x)), x])
    if scenario.kind is Kind.CONTINUOUS:
        inverse = np.linalg.inv(columns.T @ columns)
        left = (y - columns @ estimate) / (1 - (columns @ inverse * columns).sum(axis=1))
        return np.sqrt(np.square(inverse @ (columns.T * left)).sum(axis=1)), float(
            stats.t.ppf(0.975, len(x) - 3)
        )
    eta = columns @ estimate.reshape(-1, 3).T
    if scenario.kind is Kind.MULTICLASS:
        p = special.softmax(np.column_stack([np.zeros(len(eta)), eta]), axis=1)[:, 1:]
        curvature = p[:, :, None] * (np.eye(2) - p[:, None, :])
    else:
        p = special.expit(eta) if scenario.kind is Kind.BINARY else np.exp(eta)
        curvature = (p * (1 - p) if scenario.kind is Kind.BINARY else p)[:, :, None]
    information = np.einsum("ni,nab,nj->aibj", columns, curvature, columns).reshape(
        (estimate.size,) * 2
    )
    return np.sqrt(np.diag(np.linalg.inv(information))), float(stats.norm.ppf(0.975))


def held(scenario: Scenario, draws: int = DRAWS) -> pd.Series:
    """Shares of tables and slopes (the first of SLOPES where groups are treated) whose interval
    holds the truth.

    Returns
    -------
    series of before, now (shares, of those intervals that are told), wider (median width now over
    that of before), told (share that have an interval now).
    """
    rng = np.random.default_rng(0)
    truth = (
        np.concatenate([[0], SLOPES, [0], -SLOPES])
        if scenario.kind is Kind.MULTICLASS
        else np.concatenate([[0], SLOPES])
    )
    asked = [i for i in range(len(truth)) if i % 3 and not (scenario.treated and i != 1)]
    classes = CLASSES if scenario.kind is Kind.MULTICLASS else None
    found: list[FloatArray] = []
    for _ in range(draws):
        x, y, units = draw(scenario, rng)
        fit = reference_coefficients(x, y, scenario.kind, classes, 0.0, np.ones(2), units)
        estimate = fit["ref_estimate"].to_numpy()
        error, quantile = before(scenario, x, y, estimate)
        now = (fit["ref_high"] - fit["ref_low"]).to_numpy() / 2
        off = np.abs(estimate - truth)
        found.append(
            np.array([off <= quantile * error, off <= now, now / (quantile * error)])[:, asked]
        )
    before_, now_, wider = np.stack(found, axis=1).reshape(3, -1)
    told = ~np.isnan(wider)
    numbers = (
        [before_.mean(), now_[told].mean(), np.median(wider[told]), told.mean()]
        if told.any()
        else [before_.mean(), np.nan, np.nan, 0]
    )
    return pd.Series(numbers, ["before", "now", "wider", "told"])


def rows(draws: int = DRAWS) -> Iterator[str]:
    """The table, a line of Markdown at a time."""
    yield "| Target | Table | Rows | Before, % | Now, % | Width | None, % |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for scenario in SCENARIOS:
        share = held(scenario, draws)
        now = f"{100 * share['now']:.1f} | {share['wider']:.2f}" if share["told"] > 0.1 else " | "
        told = f"{100 * share['before']:.1f} | {now} | {100 - 100 * share['told']:.0f}"
        yield f"| {scenario.kind.value} | {scenario.text} | {scenario.n_rows} | {told} |"


def main() -> None:
    """Print the table."""
    for line in rows():
        print(line, flush=True)


if __name__ == "__main__":
    main()
