"""Verdicts are written and read back as they were, whatever their numbers."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings, strategies as st

from study.evidence.answer import Verdict
from study.evidence.findings import Number
from study.evidence.intervals import METHODS
from study.evidence.stored import VERSION, read_verdicts, write_verdicts
from study.evidence.wording.answer import WORDS, Words
from study.schema import Frozen

NUMBERS = st.floats() | st.none()


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    def of(*names: str) -> dict[str, object]:
        return {name: draw(NUMBERS) for name in names}

    def gain() -> dict[str, object]:
        sizes = {
            name: draw(st.integers(0, 999))
            for name in ("n_rows", "n_groups", "n_folds", "n_repeats")
        }
        numbers = of(
            "per_loss",
            "base_loss",
            "other_loss",
            "improvement",
            "low",
            "high",
            "std_error",
            "df",
            "p_value",
        )
        numbers |= of("positive", "better", "equal", "worse")
        return (
            sizes
            | numbers
            | {"per": "poisson", "level": 0.975, "method": draw(st.sampled_from(list(METHODS)))}
        )

    def perhaps(value: dict[str, object]) -> dict[str, object] | None:
        return draw(st.none() | st.just(value))

    pair = {"base": "regression", "other": "network"}
    decided = of("rows", "times", "above", "below", "slope", "slope_error")
    curve = [{"fraction": f} | of("n_rows", "improvement", "low", "high") for f in (0.5, 1.0)]
    counts = [{"term": "a²", "n_folds": 3}]
    formula = of("loss") | {
        "gain": gain(),
        "left": None,
        "counts": counts,
        "n_terms": [1, 0],
        "formula": draw(st.text()),
    }
    return Verdict.model_validate(
        of("n_train")
        | {
            "target": draw(st.text()),
            "kind": "count",
            "margin": 0.05,
            "regression": "poisson",
            "chosen": {fold: {"family": "neural", "depth": fold + 1} for fold in range(3)},
            "gains": [pair | {"gain": gain()}],
            "beats_baseline": draw(st.none() | st.booleans()),
            "decided_at": perhaps(
                pair | decided | {"bound": 0.05, "side": "above", "curve": curve}
            ),
            "sources": perhaps({"interactions": gain(), "curvature": gain()}),
            "depths": [{"architecture": {"family": "neural", "depth": 1}, "gain": gain()}],
            "trees": perhaps(of("loss") | {"over": {"network": gain()}}),
            "formula_line": perhaps(formula),
            "clipped": {"trees": draw(st.integers(1, 9))},
        }
    )


class One(Frozen):
    value: Number


@settings(max_examples=20)
@given(verdicts())
def test_a_verdict_is_read_as_it_was_written(verdict: Verdict) -> None:
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_what_cannot_be_told_is_null_in_json_and_not_a_number_in_python(
    value: float | None,
) -> None:
    one = One(value=value)  # type: ignore[arg-type]

    assert one.model_dump(mode="json") == {"value": None}
    assert math.isnan(One.model_validate_json(one.model_dump_json()).value)


@pytest.mark.parametrize(("text", "version"), [("[]", 1), ('{"version": 2, "verdicts": []}', 2)])
def test_a_file_of_another_version_is_refused(text: str, version: int) -> None:
    with pytest.raises(ValueError, match=rf"\b{version}\b.*\b{VERSION}\b"):
        read_verdicts(text)


def test_the_file_carries_its_version_and_the_words() -> None:
    assert json.loads(write_verdicts([])) == {
        "version": VERSION,
        "verdicts": [],
        "together": None,
        "warnings": [],
    }
    assert all(isinstance(getattr(Words, name), property) for name in WORDS)
