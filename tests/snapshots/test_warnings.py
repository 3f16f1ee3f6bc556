"""What is said of everything that is warned of, on data made so that it is found."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
from rich.console import Console

from harness.judged import judges
from study.cli.warned import count_words, print_warnings
from study.config import make_config
from study.data.encode import encode_all
from study.data.fold_warnings import fold_warnings
from study.data.splits import make_splits
from study.data.tables import read_table
from study.diagnostics.coefficients.basis import FAILED, MOST_CONDITION, MOST_VIF, SEPARATED
from study.diagnostics.coefficients.warned import coefficient_warnings
from study.evidence.answer import Verdict
from study.evidence.scores import row_losses, units
from study.evidence.warnings.answers import few_carry, flattered, in_order, too_few_rows
from study.evidence.warnings.catalogue import ENTRIES
from study.evidence.warnings.searches import Axis, at_edges, failing, still_improving
from study.records.results import Results
from study.report import warnings as in_report
from study.schema import StudyWarning
from tests.evidence.losses import in_folds, only_verdict, parts, scored, trial, undecided
from tests.snapshots.conftest import Approve

Found = Iterable[StudyWarning | None]


def of_rows(rng: np.random.Generator) -> Found:
    """S001: an interval with both ends, with a forecast and without, one of groups, and one without
    an end.
    """
    wide = undecided(rng, 0.03, n=60)
    yield too_few_rows(only_verdict(wide))
    ahead = undecided(rng, 0.13, n=80)
    yield too_few_rows(
        only_verdict([*ahead, *parts(ahead, {0.25: -0.25, 0.5: -0.1})], n_train={"y": 240})
    )
    yield too_few_rows(only_verdict([rows.assign(group=rows["row"] // 2) for rows in wide]))
    yield too_few_rows(of_two(np.r_[np.full(39, 0.05), 40.0], rng.uniform(0.5, 1.5, 40)))


def of_two(base: np.ndarray, network: np.ndarray) -> Verdict:
    return only_verdict([scored(base), scored(network, "neural", 1)])


def of_searches() -> Found:
    """S002, S003 and S005: of a range, of choices and of one outer fold; of one model that got
    better, and of two.
    """
    rate = Axis("neural", "learning_rate", 1e-3, 1e-1, log=True)
    dropout = Axis("neural", "dropout", 0.0, 0.3, choices=(0.0, 0.1, 0.3), closed=("low",))
    path = Axis("linear", "l2", 1.0, 10.0, log=True, zero=True)
    own = Axis("residual", "shift", -1.0, 1.0)
    rates = [0.07, 0.09, 0.065, 0.002, 0.08]
    yield at_edges(best_trials({"learning_rate": rates}), "y", [rate])
    yield at_edges(
        best_trials({"learning_rate": [0.09] * 10, "dropout": [0.3] * 10}), "y", [rate, dropout]
    )
    yield at_edges(best_trials({"l2": [1.01]}, "linear", 0), "y", [path])
    yield at_edges(best_trials({"shift": [-1.0] * 5}, "residual", 1), "y", [own])
    late = [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.7]
    searches = [(fold, number, loss) for fold in range(3) for number, loss in enumerate(late)]
    searched = [
        trial(*model, loss, n, outer_fold=f)
        for f, n, loss in searches
        for model in (("neural", 1), ("terms", 0))
    ]
    yield still_improving(pd.DataFrame(searched), "y", 2.0, 0.05, {"network": 8})
    yield still_improving(pd.DataFrame(searched), "y", 2.0, 0.05, {"terms": 8, "network": 8})
    states = ["FAIL"] * 2 + ["COMPLETE"] * 18
    tried = [
        trial(*model, 1.0, n, state)
        for n, state in enumerate(states)
        for model in (("neural", 1), ("linear", 0))
    ]
    yield failing(pd.DataFrame(tried), "y")


def best_trials(
    values: dict[str, list[float]], family: str = "neural", depth: int = 2
) -> pd.DataFrame:
    """The one trial of each outer fold has these values."""
    folds = pd.DataFrame(values).add_prefix("params_").to_dict("records")
    return pd.DataFrame(
        [trial(family, depth, 1.0, outer_fold=fold) | own for fold, own in enumerate(folds)]
    )


def of_luck(rng: np.random.Generator) -> Found:
    """S004: a network that its search took for better, and one that is worse than that as well."""
    base = rng.exponential(1.0, (2, 5, 60))
    for share, plain, network in ((1.0, 1.0, 0.5), (1.01, 0.5, 0.6)):
        models = [in_folds(base), in_folds(share * base, "neural", 1)]
        trials = [trial("linear", 0, plain, outer_fold=f) for f in range(10)]
        trials += [trial("neural", 1, network, outer_fold=f) for f in range(10)]
        (judge,) = judges(pd.concat(models), pd.DataFrame(trials), 5, margin=0.05)
        losses = {name: model.losses for name, model in judge.ladder.items()}
        yield flattered(judge.verdict(None), losses, pd.DataFrame(trials))


def of_few(rng: np.random.Generator) -> Found:
    """S012: rows that are named, and groups that are not."""
    base = rng.exponential(1.0, 60)
    near = 0.97 * base * np.exp(0.3 * rng.normal(size=60)) + np.where(np.arange(60) == 3, 6.0, 0.0)
    models = {"regression": scored(base), "network": scored(near, "neural", 1)}
    yield few_carry(
        of_two(base, near), {name: units(row_losses(rows)) for name, rows in models.items()}
    )
    grouped = [rows.assign(group=rows["row"] // 2) for rows in models.values()]
    yield few_carry(only_verdict(grouped), {})


def of_coefficients() -> Found:
    """S007 and S008, as fits note them on all rows or on those of an outer fold."""
    tied = f"collinear (condition number above {MOST_CONDITION:g})"
    told = [
        SEPARATED,
        f"penalised (l2 = 1): no standard error; without the penalty: {SEPARATED}",
        FAILED,
    ]
    told += [
        f"variance inflation above {MOST_VIF:g} (a, twin): no standard error",
        "collinear (b, c, sum): no standard error",
    ]
    for place, note in enumerate([*told, f"{tied}: no standard error"]):
        fit = {
            "target": f"y{place}",
            "family": "logistic",
            "outer_fold": -(place % 2),
            "term": [*"abc"],
            "note": note,
        }
        yield from coefficient_warnings(pd.DataFrame(fit))


def of_tables(folder: Path, rng: np.random.Generator) -> Found:
    """S006, S009 to S011, S013 to S017: of what a table has, and of its four outer folds."""
    rows = np.arange(240)
    seen = pd.date_range("2020-01-01", periods=240)
    drawn = {"x": rng.normal(size=240), "z": rng.normal(size=240)}
    plain = pd.DataFrame(drawn | {"y": rng.normal(size=240)})
    twins = plain.copy()
    twins.loc[1:79:2] = twins.loc[0:78:2].to_numpy()
    yield from warned(folder, twins)
    yield from warned(folder, plain.assign(seen=seen, odometer=rows * 10.0), time="seen")
    moving = {name: rows + rng.normal(size=240) for name in ("x", "z", "u", "v", "w", "y")}
    yield from warned(folder, plain.assign(seen=seen, **moving), time="seen")
    yield from warned(folder, plain.assign(y=["a"] * 120 + ["b"] * 113 + ["c"] * 7))
    yield from warned(folder, plain.assign(seen=seen, y=[*"ab" * 90, *"abc" * 20]), time="seen")
    yield from warned(folder, plain.assign(twin=5 - 3 * plain["y"]))
    yield from warned(folder, plain.sort_values("y").assign(id=rows))
    yield from warned(folder, plain.assign(id=np.minimum(rows, 230)))
    spelt = [["VW", "vw", "Opel"][row % 3] for row in rows]
    yield from warned(
        folder, plain.assign(make=spelt, x=np.where(rows % 50 == 0, -999, plain["x"]))
    )
    price = np.exp(5 + plain["x"] + 0.3 * plain["z"])
    yield from warned(folder, plain.assign(price=price), targets="price")
    yield from warned(
        folder,
        plain.assign(zip=10_115 + 7 * (rows % 30), town=[f"town {row % 40}" for row in rows]),
    )


def warned(folder: Path, frame: pd.DataFrame, **more: Any) -> list[StudyWarning]:
    frame.to_parquet(path := folder / "table.parquet")
    protocol = {"protocol": "nested", "outer": {"folds": 4}, "inner": {"folds": 3}}
    config = make_config(
        {"name": "a", "data": {"source": str(path)}, "targets": "y", **protocol, **more}
    )
    table = read_table(config)
    (target,) = table.targets
    data = encode_all(table, [(target, split) for split in make_splits(table, target, config)])
    return [*table.warnings, *fold_warnings(data)]


def test_what_is_said_of_everything_that_is_warned_of(approve: Approve, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    found = [
        *of_rows(rng),
        *of_searches(),
        *of_luck(rng),
        *of_few(rng),
        *of_coefficients(),
        *of_tables(tmp_path, rng),
    ]

    told = in_order(each for each in found if each)

    assert len(told) >= len(found)
    assert {each.id for each in told} == {entry.id for entry in ENTRIES}
    approve(
        "\n\n".join(
            f"{each.id} of {each.target or 'the table'}\n{each.text}\n{each.todo}" for each in told
        )
    )


EDGE = StudyWarning(
    id="S003", target="colour", text="2 of 8 trials < that.", todo="Set `search.trials: 16`."
)
CODES = [
    StudyWarning(id="S013", text=f"{name!r} looks like a code.", todo="Say so.")
    for name in ("zip", "plz")
]


def test_what_warnings_look_like_in_the_terminal(approve: Approve) -> None:
    out = io.StringIO()
    console = Console(file=out, width=60, markup=False, emoji=False, highlight=False)

    print_warnings([EDGE, *CODES], console)
    print_warnings([], console)

    approve(
        "\n".join(
            [out.getvalue(), count_words([EDGE, *CODES]), count_words([EDGE]), count_words([])]
        )
    )


def test_what_warnings_look_like_in_the_report(approve: Approve) -> None:
    told = of_study([EDGE, *CODES])

    lines = [in_report.listed(told, target) for target in ("colour", "shape")]

    none = [in_report.section(of_study([], concluded)) for concluded in (True, False)]
    approve(
        "\n\n".join([in_report.section(told), *lines, *none]).replace("</section>", "</section>\n")
    )


def of_study(warnings: list[StudyWarning], concluded: bool = True) -> Results:
    """A study of which nothing but its warnings is known."""
    return cast(Results, SimpleNamespace(warnings=warnings, concluded=concluded))
