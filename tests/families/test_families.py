"""The registry, the search spaces and the one graph that all families share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import keras
import numpy as np
import pytest

from study.config import make_config
from study.config.options import Range, Space
from study.families import (
    FAMILIES,
    Architecture,
    Family,
    Layers,
    Neural,
    count_programs,
    first_params,
    get_family,
    register,
    resolve_space,
)
from study.families.stacked import Stack, StackedDense, Weights
from study.schema import Kind, StudyError, TrialState
from study.search.cost import Size
from study.search.plan import families_of, searches_of
from study.training.trial import run_trial

from .problems import Case, encoded_for, task_for


class Shrunk(Family):
    """A regression whose search begins with a penalty."""

    name = "shrunk"
    kinds = frozenset({Kind.CONTINUOUS})
    convex = True
    path = "l2"

    def start(self) -> dict[str, Any]:
        return {"l2": 0.5}

    def space(self, n_rows: int) -> Space:
        return {"l2": Range(low=0.1, high=n_rows)}


@pytest.fixture
def shrunk() -> Iterator[type[Family]]:
    yield register(Shrunk)
    del FAMILIES["shrunk"]


class Bounded(Family):
    """Never registered: it only has a space and a start."""

    name = "bounded"
    kinds = frozenset(Kind)
    guess: ClassVar[Mapping[str, Any]] = {"rate": 5.0, "other": None}

    def start(self) -> dict[str, Any]:
        return dict(self.guess)


def test_depth_0_of_neural_and_linear_build_the_same_graph() -> None:
    shape = (2, 3, 1)
    params = {"width": 64, "activation": "relu", "dropout": 0.3}

    network, regression = (
        FAMILIES[name].architecture(params, 0, shape) for name in ("neural", "linear")
    )

    assert network == regression
    stacks = [Stack(architecture) for architecture in (network, regression)]
    for stack in stacks:
        assert [type(layer) for layer in stack.model.layers[1:]] == [StackedDense]
        assert [tuple(weight.shape) for weight in stack.model.weights] == [(2, 3, 1), (2, 1, 1)]


def test_hidden_layers_that_bring_weights_of_their_own_are_refused() -> None:
    class Shared(Neural):
        def hidden(self, x: Any, layers: Layers, depth: int, form: Mapping[str, Any]) -> Any:
            return keras.layers.Dense(form["width"])(x)

    architecture = Shared().architecture(
        {"width": 8, "activation": "silu", "dropout": 0}, 1, (2, 3, 1)
    )

    with pytest.raises(TypeError, match=r"layers\.dense"):
        Stack(architecture)


def test_a_network_has_dropout_layers_only_where_its_rate_is_above_zero() -> None:
    params = {"width": 8, "activation": "silu"}

    without, with_dropout = (
        FAMILIES["neural"].architecture(params | {"dropout": r}, 2, (1, 3, 1)) for r in (0.0, 0.1)
    )

    assert len(Stack(without).dropouts) == 0
    assert len(Stack(with_dropout).dropouts) == 2


def started(architecture: Architecture, seeds: list[int], regressions: Weights) -> Weights:
    """Weights before the first step."""
    stack = Stack(architecture)
    stack.reset(seeds, regressions)
    return stack.whole([variable.numpy() for variable in stack.weights])


def test_each_replicate_is_drawn_from_its_own_seed_whoever_stands_beside_it() -> None:
    params = {"width": 400, "activation": "relu", "dropout": 0}
    architecture, alone = (FAMILIES["neural"].architecture(params, 2, (n, 50, 1)) for n in (2, 1))

    kernel, bias = np.full((2, 50, 1), [[[3.0]], [[4.0]]]), np.array([[[1.0]], [[2.0]]])
    pair, single = (
        started(architecture, [5, 6], [kernel, bias]),
        started(alone, [6], [kernel[1:], bias[1:]]),
    )

    for both, one in zip(pair, single, strict=True):
        np.testing.assert_array_equal(both[1], one[0])
    np.testing.assert_array_equal(pair[0], kernel)
    np.testing.assert_array_equal(pair[1], bias)
    spreads = [own[0].std() for own in pair[2::2]]
    np.testing.assert_allclose(spreads, [(2 / 50) ** 0.5, (2 / 400) ** 0.5, 0.0], rtol=0.1)


def test_a_registered_family_appears_in_registry_searches_and_training(
    shrunk: type[Family],
) -> None:
    config = make_config(
        {
            "name": "s",
            "data": {"source": "balloons"},
            "targets": {"y": "continuous"},
            "depths": [1],
            "protocol": "holdout",
        }
    )
    case = Case("shrunk", Kind.CONTINUOUS, 0)

    searches = searches_of(config, [Size("y", Kind.CONTINUOUS, 100, 3)])
    record, _ = run_trial(task_for(case), encoded_for(case)[0])

    assert isinstance(get_family("shrunk"), shrunk)
    assert families_of(config, Kind.CONTINUOUS) == [
        "baseline",
        "linear",
        "terms",
        "shrunk",
        "neural",
    ]
    regressions = [("baseline", 0), ("linear", 0), ("terms", 0), ("shrunk", 0)]
    assert [(search.family, search.depth) for search in searches] == [
        *regressions,
        ("neural", 1),
    ] * 2
    assert record.state is TrialState.COMPLETE
    assert record.path["l2"][0] == 1_000
    assert record.params == {"l2": record.path["l2"][int(np.argmin(record.path["val_loss"]))]}


def test_a_family_that_is_no_longer_registered_is_gone() -> None:
    assert "shrunk" not in FAMILIES
    with pytest.raises(StudyError, match="'shrunk'"):
        get_family("shrunk")


def test_registering_a_name_twice_is_an_error(shrunk: type[Family]) -> None:
    with pytest.raises(ValueError, match="'shrunk'"):
        register(shrunk)


def test_an_unknown_family_is_answered_with_the_nearest_and_with_all() -> None:
    with pytest.raises(StudyError, match=f"'logistics'.*'logistic'.*{', '.join(FAMILIES)}"):
        get_family("logistics")


@pytest.mark.parametrize(
    ("family", "name", "nearest"),
    [("linear", "l1", "'l2'"), ("baseline", "l2", ""), ("neural", "widht", "'width'")],
)
def test_an_unknown_hyperparameter_is_answered_with_the_nearest_and_with_all(
    family: str, name: str, nearest: str
) -> None:
    every = ", ".join(get_family(family).space(100)) or "none"

    with pytest.raises(StudyError, match=rf"'{family}'.*'{name}'\..*{nearest}.*: {every}"):
        resolve_space(get_family(family), 100, {name: 1.0})


@pytest.mark.parametrize(
    ("family", "name", "form", "said"),
    [
        ("neural", "width", [8, "wide"], "1 .*100000 .*'wide'"),
        ("neural", "width", Range(low=1, high=1e300, integer=True), r"1 .*100000 .*1e\+300"),
        ("neural", "width", [8, 16.5], r"1 .*100000 .*16\.5"),
        ("neural", "width", True, "1 .*100000 .*True"),
        ("neural", "batch_size", float("nan"), r"1 .*1e\+06 .*nan"),
        ("neural", "dropout", [0.0, 5], r"0 .*0\.99 .*5"),
        ("neural", "activation", Range(low=1, high=2), r"1\.0"),
        ("linear", "l2", -1, r"0 .*1e\+100 .*-1"),
        ("terms", "products", [0, -0.1], r"0 .*1e\+100 .*-0\.1"),
    ],
)
def test_a_value_that_a_hyperparameter_cannot_have_is_named_with_its_rule(
    family: str, name: str, form: Any, said: str
) -> None:
    with pytest.raises(StudyError, match=rf"space\.{family}\.{name} .*{said}"):
        resolve_space(get_family(family), 100, {name: form})


def test_an_override_replaces_one_entry_of_the_space_and_leaves_the_others() -> None:
    family = get_family("neural")

    space = resolve_space(family, 1_000, {"width": [8]})

    assert space["width"] == [8]
    assert {**space, "width": None} == {**family.space(1_000), "width": None}


def test_larger_tables_are_searched_with_larger_batches() -> None:
    sizes = [get_family("neural").space(rows)["batch_size"] for rows in (999, 1_000, 4_000, 20_000)]

    assert sizes == [32, 64, 128, 512]


@pytest.mark.parametrize(
    ("override", "programs"),
    [
        ({}, 4),
        ({"dropout": 0.0}, 2),
        ({"dropout": [0.1, 0.3]}, 2),
        ({"width": {"low": 3, "high": 7, "integer": True}}, 10),
        ({"activation": ["relu", "silu"], "batch_size": [16, 32, 64]}, 24),
    ],
)
def test_only_what_shapes_a_network_makes_further_programs(
    override: dict[str, Any], programs: int
) -> None:
    parsed = make_config(
        {"name": "s", "data": {"source": "balloons"}, "targets": "y", "space": {"neural": override}}
    ).space
    family = get_family("neural")

    assert (
        count_programs(family, resolve_space(family, 1_000, parsed.get("neural", {}))) == programs
    )


@pytest.mark.parametrize(
    ("form", "first"),
    [
        (Range(low=1, high=10), 5.0),
        (Range(low=6, high=10), 6.0),
        (Range(low=1, high=4), 4.0),
        (Range(low=1e-6, high=10, log=True, zero=True), 0.0),
        ([1.0, 5.0], 5.0),
        ([1.0, 2.0], 1.0),
        (7.0, 7.0),
    ],
)
def test_the_first_trial_is_the_start_moved_into_the_space(form: Any, first: float) -> None:
    params = first_params(Bounded(), {"rate": form})

    assert params == {"rate": first}
    assert isinstance(params["rate"], float)


@pytest.mark.parametrize(
    ("form", "first"),
    [
        (Range(low=2, high=8), 5.0),
        (Range(low=2, high=8, log=True), 4.0),
        (Range(low=2, high=9, integer=True), 6),
        (["x", "y"], "x"),
        ("z", "z"),
    ],
)
def test_the_first_trial_takes_the_middle_where_the_family_has_no_guess(
    form: Any, first: Any
) -> None:
    params = first_params(Bounded(), {"other": form})

    assert params == {"other": first}
    assert type(params["other"]) is type(first)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_first_trial_of_every_family_lies_in_its_default_space(family: Family) -> None:
    space = family.space(1_000)

    params = first_params(family, space)

    assert list(params) == list(space)
    for name, form in space.items():
        if isinstance(form, Range):
            assert form.low <= params[name] <= form.high or (form.zero and params[name] == 0)
        else:
            assert params[name] in (form if isinstance(form, list) else [form])


@pytest.mark.parametrize("form", [[0.1, 0.3], 0.3, Range(low=0.1, high=1.0)])
def test_weights_of_terms_without_0_are_an_error_and_with_it_none(form: Any) -> None:
    family = get_family("terms")

    with pytest.raises(StudyError, match=r"space\.terms\.curves lacks 0.*Add 0"):
        resolve_space(family, 100, {"curves": form})
    assert resolve_space(family, 100, {"curves": [0, 0.3], "products": 0})["products"] == 0
