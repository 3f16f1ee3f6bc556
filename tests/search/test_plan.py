"""The plan: which searches there are, what budget they share and what that costs, from config and
table sizes alone.
"""

from __future__ import annotations

from typing import Any

import pytest

from study.config import samplers as samplers_module
from study.families import FAMILIES
from study.schema import REGRESSIONS, Kind, Share, StudyError
from study.search.cost import Size
from study.search.effort import EFFORTS, FEWEST_TRIALS
from study.search.plan import (
    families_of,
    has_formula,
    make_plan,
    search_trials,
    searches_of,
    study_cost,
)

from . import helpers
from .sizes import LARGE, SMALL, config_of


@pytest.mark.parametrize(
    ("kind", "families"),
    [
        (Kind.CONTINUOUS, ["baseline", "linear", "terms", "neural"]),
        (Kind.BINARY, ["baseline", "logistic", "terms", "neural"]),
        (Kind.MULTICLASS, ["baseline", "logistic", "terms", "neural"]),
        (Kind.COUNT, ["baseline", "poisson", "terms", "neural"]),
    ],
)
def test_auto_means_the_constant_the_regression_that_with_terms_and_the_networks(
    kind: Kind, families: list[str]
) -> None:
    assert families_of(config_of(), kind) == families
    assert REGRESSIONS[kind] == families[1]


def test_of_an_explicit_list_those_that_serve_the_kind_are_taken_in_its_order() -> None:
    config = config_of(families=["neural", "logistic", "linear"])

    assert families_of(config, Kind.CONTINUOUS) == ["neural", "linear"]
    assert families_of(config, Kind.BINARY) == ["neural", "logistic"]


def test_a_list_that_serves_no_target_of_a_kind_is_an_error_that_names_those_that_do() -> None:
    serving = ", ".join(
        name for name in FAMILIES if name in {"baseline", "poisson", "terms", "neural"}
    )

    with pytest.raises(StudyError, match=f"'linear'.* count .*{serving}"):
        families_of(config_of(families=["linear"]), Kind.COUNT)


def test_there_is_a_search_for_every_target_fold_family_and_depth_and_for_the_last_search() -> None:
    sizes = [Size("y", Kind.CONTINUOUS, 400, 10), Size("z", Kind.BINARY, 300, 10)]

    keys = [search.key for search in searches_of(config_of(folds=2, depths=[1, 3]), sizes)]

    assert keys == [
        "y-baseline-o0", "y-linear-o0", "y-terms-o0", "y-neural-d1-o0", "y-neural-d3-o0",
        "y-baseline-o1", "y-linear-o1", "y-terms-o1", "y-neural-d1-o1", "y-neural-d3-o1",
        "z-baseline-o0", "z-logistic-o0", "z-terms-o0", "z-neural-d1-o0", "z-neural-d3-o0",
        "z-baseline-o1", "z-logistic-o1", "z-terms-o1", "z-neural-d1-o1", "z-neural-d3-o1",
        "y-baseline-all", "y-linear-all", "y-terms-all", "y-neural-d1-all", "y-neural-d3-all",
        "z-baseline-all", "z-logistic-all", "z-terms-all", "z-neural-d1-all", "z-neural-d3-all",
    ]  # fmt: skip


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_plan_does_not_look_at_the_machine(
    effort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(effort=effort)
    here = make_plan(config, [LARGE])

    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "64")
    elsewhere = make_plan(
        config.replace(resources={"cpus_per_trial": 0.5, "gpus_per_trial": 1}), [LARGE]
    )

    assert elsewhere.seconds == here.seconds
    assert elsewhere.searches == here.searches
    assert elsewhere.config.search == here.config.search
    assert (elsewhere.config.inner, elsewhere.config.training) == (
        here.config.inner,
        here.config.training,
    )


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_more_effort_costs_more_and_is_never_less_in_any_number(size: Size) -> None:
    quick, normal, thorough = (
        make_plan(config_of(effort=effort), [size]) for effort in ("quick", "normal", "thorough")
    )

    assert quick.seconds < normal.seconds < thorough.seconds
    assert quick.n_fits < normal.n_fits < thorough.n_fits
    numbers = [
        (p.config.search.trials, p.config.inner.seeds, p.config.training.epochs)
        for p in (quick, normal, thorough)
    ]
    for in_order in zip(*numbers, strict=True):
        assert list(in_order) == sorted(in_order)  # type: ignore[type-var]


def test_a_small_table_gets_the_full_effort_and_twice_the_epochs() -> None:
    plan = make_plan(config_of(effort="normal"), [SMALL])

    assert (plan.config.search.trials, plan.config.inner.seeds) == (30, 2)
    assert plan.config.training.epochs == 200
    assert plan.config.training.patience == 25


@pytest.mark.parametrize(("rows", "epochs"), [(4_000, 60), (1_000, 120), (10, 120), (16_000, 30)])
def test_epochs_fall_with_the_root_of_the_rows(rows: int, epochs: int) -> None:
    plan = make_plan(config_of(effort="quick", depths=[1]), [Size("y", Kind.CONTINUOUS, rows, 3)])

    assert plan.config.training.epochs == epochs


@pytest.mark.parametrize(
    "effort",
    ["quick", "normal", "thorough"],
)
def test_a_table_of_100_000_rows_and_20_columns_is_cut_to_the_cap(effort: str) -> None:
    plan = make_plan(config_of(effort=effort), [LARGE])

    assert plan.cost == study_cost(plan.config, [LARGE])
    assert plan.seconds <= EFFORTS[effort].cap_s


def test_under_the_cap_seeds_go_first_then_trials_then_epochs() -> None:
    def cut(n_outer: int) -> tuple[int | None, int | None, int | None]:
        resolved = make_plan(
            config_of(n_outer, effort="normal"), [Size("y", Kind.CONTINUOUS, 4_000, 10)]
        ).config
        return resolved.inner.seeds, resolved.search.trials, resolved.training.epochs

    cuts = [cut(n) for n in (1, 3, 5, 25, 200)]

    assert cuts[0] == (2, 30, 100)
    assert cuts[-1] == (1, FEWEST_TRIALS, 10)
    for seeds, trials, epochs in cuts:
        assert seeds is not None
        assert trials is not None
        assert epochs is not None
        assert trials == 30 or seeds == 1
        assert epochs == 100 or trials == FEWEST_TRIALS


def test_what_the_config_sets_is_never_touched_whatever_it_costs() -> None:
    explicit: dict[str, Any] = {
        "depths": [1, 4],
        "search": {"trials": 500, "sampler": "random", "generation": 9, "max_tries": 2},
        "inner": {"folds": 7, "seeds": 3},
        "training": {"epochs": 999, "patience": 2, "iterations": 17},
        "space": {"neural": {"width": [8, 16], "dropout": [0.0, 0.5]}},
    }
    config = config_of(effort="quick", **explicit)

    plan = make_plan(config, [LARGE])

    assert plan.config == config
    assert plan.seconds > EFFORTS["quick"].cap_s


def test_a_config_whose_numbers_are_filled_in_gives_the_same_plan_again() -> None:
    plan = make_plan(config_of(effort="normal"), [LARGE])

    assert make_plan(plan.config, [LARGE]) == plan


def test_every_search_with_a_space_has_the_same_budget_and_what_leaves_nothing_to_suggest_one_trial() -> (
    None
):
    plan = make_plan(config_of(effort="normal"), [SMALL])

    assert {search.model_name: plan.trials(search) for search in plan.searches} == {
        "baseline": 1, "linear": 1, "terms": 12, "neural-d1": 30, "neural-d2": 30, "neural-d3": 30,
    }  # fmt: skip
    assert {search.model_name: plan.replicates(search) for search in plan.searches} == {
        "baseline": 5, "linear": 5, "terms": 5, "neural-d1": 10, "neural-d2": 10, "neural-d3": 10,
    }  # fmt: skip
    assert plan.n_trials == 2 * (1 + 1 + 12 + 3 * 30)
    assert plan.n_fits == 2 * (5 + 5 + 12 * 5 + 3 * 30 * 10)


def test_no_search_has_more_trials_than_its_space_has_points_or_its_family_needs() -> None:
    thorough = config_of(effort="thorough", search={"trials": 90})
    fewer = thorough.replace(space={"terms": {"products": 0, "curves": [0.0, 0.3]}})
    none = thorough.replace(space={"terms": {"products": 0, "curves": 0, "l2": [0.1, 1.0]}})

    assert [
        search_trials(config, helpers.search_of("terms")) for config in (thorough, fewer, none)
    ] == [12, 2, 1]


def test_the_slots_that_a_study_can_fill_are_the_windows_of_its_searches_and_no_more_than_their_trials() -> (
    None
):
    wide, short = (
        make_plan(config_of(2, search={"trials": trials, "generation": 4}), [SMALL])
        for trials in (30, 5)
    )

    assert wide.slots == 3 * (1 + 1 + 8 + 3 * 4)
    assert short.slots == 3 * (1 + 1 + 5 + 3 * 4)


@pytest.mark.parametrize(
    ("config", "offender", "way"),
    [
        ({"space": {"neutral": {"width": 8}}}, "'neutral'", "'neural'"),
        (
            {"families": ["neural"], "space": {"poisson": {"alpha": 1.0}}},
            "'poisson'.*'alpha'",
            "l2",
        ),
        ({"search": {"sampler": "gp"}}, "'gp'.*torch", r"--with gp.*'tpe'"),
    ],
    ids=["family", "hyperparameter", "sampler"],
)
def test_what_cannot_be_searched_is_named_with_what_can_though_its_family_is_not_compared(
    config: dict[str, Any], offender: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samplers_module, "find_spec", lambda name: None)

    with pytest.raises(StudyError, match=f"{offender}.*{way}"):
        make_plan(config_of(**config), [SMALL])


@pytest.mark.parametrize("count", [1, 3, 4, 50])
def test_shares_divide_the_searches_so_that_none_has_all_that_is_deep(count: int) -> None:
    plan = make_plan(config_of(4, depths=[1, 2, 3]), [SMALL])

    shares = [plan.share(Share(number=number, count=count)) for number in range(count)]

    dealt = [search for share in shares for search in share.searches]
    layers = [sum(search.depth for search in share.searches) for share in shares]
    beside = [work for share in shares for work in share.beside]
    assert (len(dealt), set(dealt)) == (len(plan.searches), set(plan.searches))
    assert (len(beside), {work.key for work in beside}) == (10, {work.key for work in plan.beside})
    assert max(layers) - min(layers) <= 3


def test_without_the_regression_there_is_no_short_formula_and_it_costs_nothing() -> None:
    without, beside = (
        make_plan(config_of(families=[*own, "neural"]), [SMALL]) for own in ((), ("linear",))
    )

    assert {work.sort for work in without.beside} == {"trees"}
    assert {work.sort for work in beside.beside} == {"trees", "formula"}
    assert has_formula(config_of(families=["linear", "neural"]), Kind.CONTINUOUS)
    assert not has_formula(config_of(families=["terms", "neural"]), Kind.BINARY)
