"""The family with hidden layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.config.options import Range, Space
from study.families.base import Architecture, Family, register
from study.schema import Kind


@register
class Neural(Family):
    """Fully connected network of `depth` equal hidden layers; at depth 0 it is the regression's graph."""

    name = "neural"
    kinds = frozenset(Kind)

    def space(self, n_rows: int) -> Space:
        """Learning rate, batch size, decoupled weight decay, width, activation and dropout.

        Width, activation and batch size are a few choices each, since every combination is compiled once a worker.
        """
        return {
            "learning_rate": Range(low=3e-4, high=3e-2, log=True),
            "batch_size": [32, 64] if n_rows < 4_000 else [64, 128] if n_rows < 20_000 else [256, 512],
            "weight_decay": Range(low=1e-5, high=1e-1, log=True),
            "width": [32, 64, 128],
            "activation": ["relu", "silu"],
            "dropout": [0.0, 0.1, 0.3],
        }

    def start(self) -> dict[str, Any]:
        """Middle of the road."""
        return {
            "learning_rate": 5e-3, "batch_size": 64, "weight_decay": 1e-3, "width": 64, "activation": "silu", "dropout": 0.0,
        }  # fmt: skip

    def architecture(self, params: Mapping[str, Any], depth: int, shape: tuple[int, int, int]) -> Architecture:
        """Shape of the stacked model; shape: (n_replicates, n_features, n_outputs)."""
        if depth == 0:
            return Architecture(*shape)
        dropout = float(params.get("dropout", 0)) > 0
        return Architecture(*shape, depth, int(params["width"]), str(params["activation"]), dropout)
