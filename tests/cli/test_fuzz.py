"""Random configs, valid and nearly valid: `study check` accepts or refuses each in one message, and
leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st

from harness.inputs import make_frame
from tests.cli.conftest import call

NAMES = st.sampled_from(
    ["size", "town", "price", "year", "zip", "seen", "Size", "", "no", "price\n", "a: b"]
)
WORDS = st.sampled_from(
    [
        "",
        " ",
        "auto",
        "null",
        "loss",
        "auc",
        "a\nb",
        "\x1b[2J",
        "\u202e",
        "ü" * 99,
        "\ud800",
        "\0",
        "1e400",
        "~",
        "<<",
    ]
)
NUMBERS = st.integers(-2, 70) | st.sampled_from(
    [10**6, 10**18, -(10**18), 0.5, 1e-300, 1e300, float("nan"), float("inf")]
)
ODD = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | NAMES | st.dates() | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | NAMES | NUMBERS, inner, max_size=3)
    ),
    max_leaves=4,
)
"""What a value must not be, for the most part."""
SCRAPS = st.sampled_from(
    [
        "",
        "\n",
        ": ",
        "\t",
        "- ",
        "&a ",
        "*a",
        "!!int ",
        "!!timestamp ",
        "{",
        "]",
        "'",
        "#",
        "\0",
        "\x85",
        "<<: ",
    ]
)
"""What is put into a text, where it is cut."""


def some(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of these keys."""
    return st.fixed_dictionaries({}, optional=fields)


def choices(*values: Any) -> st.SearchStrategy[Any]:
    """One of some values, some of them, or one that may be odd."""
    return (
        st.sampled_from(values)
        | st.lists(st.sampled_from(values), min_size=1, max_size=2)
        | NUMBERS
        | RANGES
    )


ENDS = st.lists(st.sampled_from([0.001, 0.5, 1, 8, 16, 1e300]), min_size=2, max_size=2).map(sorted)
RANGES = st.builds(
    lambda ends, more: {"low": ends[0], "high": ends[1], **more},
    ENDS,
    some(log=st.booleans(), integer=st.booleans()),
)
SMALL, FEW = st.integers(1, 6), st.integers(2, 3)
SPACES = {
    "neural": some(
        width=choices(8, 16),
        learning_rate=choices(0.01, 0.1),
        batch_size=choices(16, 32),
        dropout=choices(0, 0.1),
        activation=st.sampled_from(["silu", "relu"]) | NUMBERS | RANGES,
    ),
    "terms": some(products=choices(0.0, 0.1), l2=choices(0.0, 1.0)),
    "linear": some(l2=choices(0.0, 1.0)),
}
CONFIGS = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries(
            {"source": st.just("table.csv")},
            optional={
                "rows": st.integers(1, 60),
                "seed": SMALL,
                "features": st.none() | st.just(["size", "zip"]),
                "drop": st.just(["kind"]),
                "types": some(
                    size=st.sampled_from(["numeric", "category"]),
                    year=st.sampled_from(["numeric", "category"]),
                ),
            },
        ),
        "targets": st.sampled_from(
            ["price", ["town"], ["price", "town"], {"price": "continuous"}, {"town": "binary"}]
        ),
        "space": some(**SPACES),
        "outer": st.fixed_dictionaries(
            {"folds": FEW, "repeats": st.just(1)}, optional={"test_fraction": st.floats(0.2, 0.5)}
        ),
        "inner": st.fixed_dictionaries({"folds": st.just(2)}, optional={"seeds": SMALL}),
    },
    optional={
        "name": st.sampled_from(["party", "Grüße zum Fest"]),
        "families": st.sampled_from(
            ["auto", ["linear", "logistic", "neural"], ["neural", "terms"]]
        ),
        "depths": SMALL | st.lists(SMALL, min_size=1, max_size=3),
        "effort": st.sampled_from(["quick", "normal", "thorough"]),
        "search": some(
            sampler=st.sampled_from(["tpe", "random"]),
            trials=SMALL,
            generation=SMALL,
            max_tries=SMALL,
        ),
        "protocol": st.sampled_from(["auto", "nested", "holdout"]),
        "groups": st.none() | st.just("zip"),
        "training": some(epochs=SMALL, patience=SMALL, iterations=SMALL),
        "terms": st.just("auto") | st.just(["size"]),
        "metric": st.sampled_from(["loss", {"price": "r2"}, {"town": "auc"}]),
        "margin_of": st.sampled_from(["regression", "unit"]),
        "margin": st.floats(0.01, 0.9),
        "min_margin": st.floats(0, 0.9),
        "resources": some(
            cpus_per_trial=SMALL, gpus_per_trial=st.sampled_from([0, 0.5, 1]), max_concurrent=SMALL
        ),
        "cluster": some(address=st.sampled_from(["local", "slurm", "auto", "host:1"])),
        "slurm": some(setup=st.just(["module load x"])),
        "time_budget_min": st.none() | st.floats(0.1, 5),
        "seed": SMALL,
        "keep_fold_models": st.booleans(),
    },
)


def places(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key of a config, and every place of its lists, as the way there."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [
        place for key in keys for place in ((*before, key), *places(value[key], (*before, key)))
    ]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """The text of a config, in up to two places of which a value is odd, a key is wrong or gone, or
    the text is cut.
    """
    config = copy.deepcopy(draw(CONFIGS))
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        *parents, last = draw(st.sampled_from(places(config) or [("seed",)]))
        place: Any = config
        for parent in parents:
            place = place[parent]
        change = draw(st.sampled_from(["value", "key", "gone"]))
        if change != "value" and isinstance(place, dict):
            value = place.pop(last, None)
            if change == "key":
                place[draw(WORDS | st.just(f"{last}s"))] = value
        else:
            place[last] = draw(ODD)
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=draw(st.booleans()))
    if draw(st.integers(0, 4)) == 0:
        cut = draw(st.integers(0, len(text)))
        text = text[:cut] + draw(SCRAPS) + text[cut + draw(st.integers(0, 3)) :]
    return text


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table that has each type, groups, times and codes."""
    folder = tmp_path_factory.mktemp("fuzz")
    frame = make_frame(48)
    frame["year"] = [2000 + row // 4 for row in range(48)]
    frame["zip"] = [f"0{row % 8}1" for row in range(48)]
    frame["kind"] = ["a", "b", "c"] * 16
    frame["seen"] = [f"2024-01-{1 + row % 28:02d}" for row in range(48)]
    frame.to_csv(folder / "table.csv", index=False)
    return folder


@settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(texts())
def test_any_config_is_accepted_or_refused_in_a_message(around: Path, text: str) -> None:
    path = around / "party.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with contextlib.chdir(around):
        ended = call("check", "party.yaml")

    assert ended.code in {0, 2}
    assert ended.err.startswith("Error: ") if ended.code else not ended.err
    assert {file.name for file in around.iterdir()} == {"table.csv", "party.yaml"}
