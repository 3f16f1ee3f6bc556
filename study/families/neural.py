"""The family of fully connected networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.config.options import Range, Space
from study.families.base import Family, Layers
from study.families.registry import register
from study.families.schedule import Schedule
from study.schema import Kind


@register
class Neural(Family):
    """Fully connected network of `depth` equal hidden layers; at depth 0 it is the regression's
    graph.
    """

    name = "neural"
    kinds = frozenset(Kind)
    limits = {
        "learning_rate": (0, 1e100),
        "batch_size": (1, 1e6),
        "weight_decay": (0, 1e100),
        "width": (1, 1e5),
        "dropout": (0, 0.99),
    }

    def label(self, depth: int) -> str:
        return f"network, {depth} layer{'s' if depth > 1 else ''}"

    def space(self, n_rows: int) -> Space:
        """Learning rate, batch size, decoupled weight decay, width, activation and dropout.

        What shapes a program has few choices, since every combination is compiled: one batch size
        for a table, one activation, two widths, and dropout or none. On few rows silu has less loss
        than relu, on many a step of relu costs less.
        """
        return {
            "learning_rate": Range(low=3e-4, high=3e-2, log=True),
            "batch_size": 32
            if n_rows < 1_000
            else 64
            if n_rows < 4_000
            else 128
            if n_rows < 20_000
            else 512,
            "weight_decay": Range(low=1e-5, high=1e-1, log=True),
            "width": [32, 64] if n_rows < 1_000 else [64, 128],
            "activation": "silu" if n_rows < 4_000 else "relu",
            "dropout": [0.0, 0.1, 0.3],
        }

    def start(self) -> dict[str, Any]:
        return {
            "learning_rate": 5e-3, "batch_size": 64, "weight_decay": 1e-3, "width": 64, "activation": "silu", "dropout": 0.0,
        }  # fmt: skip

    def form(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "width": int(params["width"]), "activation": str(params["activation"]), "dropout": float(params["dropout"]) > 0,
        }  # fmt: skip

    def hidden(self, x: Any, layers: Layers, depth: int, form: Mapping[str, Any]) -> Any:
        for _ in range(depth):
            x = layers.dense(form["width"], form["activation"])(x)
            x = layers.dropout()(x) if form["dropout"] else x
        return x

    def schedule(self, params: Mapping[str, Any], epochs: int, patience: int) -> Schedule:
        return Schedule(
            learning_rate=float(params["learning_rate"]),
            batch_size=int(params["batch_size"]),
            weight_decay=float(params["weight_decay"]),
            dropout=float(params["dropout"]),
            epochs=epochs,
            patience=patience,
        )
