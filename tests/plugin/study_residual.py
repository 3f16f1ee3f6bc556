"""Residual networks for study. Keras is imported where layers are built, which is in workers only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.config.options import Range, Space
from study.families import Family, Layers, Schedule
from study.schema import Kind


class Residual(Family):
    """Blocks of two layers whose output is added to their input (He et al. 2016); each begins as
    the identity.
    """

    name = "residual"
    kinds = frozenset(Kind)

    def label(self, depth: int) -> str:
        return f"residual network, {depth} block{'s' if depth > 1 else ''}"

    def start(self) -> dict[str, Any]:
        return {"rate": 1e-2, "batch": 32, "shrinkage": 1e-3, "stream": 16, "block": 32}

    def space(self, n_rows: int) -> Space:
        return {
            "rate": Range(low=1e-3, high=3e-2, log=True),
            "batch": [32, 64],
            "shrinkage": Range(low=1e-4, high=1e-1, log=True),
            "stream": [16, 32],
            "block": [32, 64],
        }

    def form(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {name: int(params[name]) for name in ("stream", "block")}

    def hidden(self, x: Any, layers: Layers, depth: int, form: Mapping[str, Any]) -> Any:
        import keras

        x = layers.dense(form["stream"])(x)
        for _ in range(depth):
            inner = layers.dense(form["block"], "relu")(x)
            x = keras.layers.add([x, layers.dense(form["stream"], variance=0.0)(inner)])
        return x

    def schedule(self, params: Mapping[str, Any], epochs: int, patience: int) -> Schedule:
        rate, batch, shrinkage = (
            float(params["rate"]),
            int(params["batch"]),
            float(params["shrinkage"]),
        )
        return Schedule(rate, batch, shrinkage, 0.0, epochs, patience)
