"""How a table is tested where its config leaves that open: in one split or in outer folds, and how
often these are drawn.
"""

from __future__ import annotations

from dataclasses import replace

from study.schema import Kind
from study.search.cost import Size
from study.search.effort import EFFORTS, MOST_REPEATS, WORTHWHILE_TRIALS
from study.search.plan import (
    NESTED_BELOW,
    NESTED_TO,
    make_plan,
    most_cost,
    resolve_outer,
)

from . import helpers

TABLE = Size("y", Kind.CONTINUOUS, NESTED_BELOW - 1, 10)


def test_a_table_is_tested_by_folds_unless_it_is_large() -> None:
    asked = helpers.config_of(protocol="nested", outer={"repeats": 1})
    sizes = [replace(TABLE, rows=rows) for rows in (100, NESTED_BELOW, NESTED_TO, NESTED_TO + 1)]

    protocols = [resolve_outer(helpers.config_of(), [size]).protocol for size in sizes]

    assert protocols == ["nested"] * 3 + ["holdout"]
    assert resolve_outer(asked, [replace(TABLE, rows=80_000)]) == asked


def test_from_5_000_rows_on_folds_must_be_afforded() -> None:
    wide = [replace(TABLE, rows=rows, terms=4_000) for rows in (NESTED_BELOW - 1, NESTED_BELOW)]
    size = replace(TABLE, rows=NESTED_TO)

    plan = make_plan(resolve_outer(helpers.config_of(), [size]), [size])

    assert [resolve_outer(helpers.config_of(), [size]).protocol for size in wide] == [
        "nested",
        "holdout",
    ]
    assert plan.seconds <= most_cost(plan.config, [size])
    assert plan.config.training.epochs == 28  # none was taken away


def test_outer_folds_are_repeated_while_effort_affords_it() -> None:
    small = replace(TABLE, rows=400)
    resolved = {
        effort: resolve_outer(helpers.config_of(effort=effort), [small]) for effort in EFFORTS
    }

    affordable = make_plan(resolved["normal"], [small])

    assert [config.outer.repeats for config in resolved.values()] == [1, MOST_REPEATS, MOST_REPEATS]
    assert resolve_outer(helpers.config_of(effort="normal", time="day"), [small]).outer.repeats == 1
    assert affordable.config.n_outer == 5 * MOST_REPEATS
    assert affordable.seconds <= EFFORTS["normal"].cap_s
    assert (affordable.config.search.trials or 0) >= WORTHWHILE_TRIALS
