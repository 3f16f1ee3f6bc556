"""Families: ways of building and training the model, from the constant to deep networks. Importing this registers them all."""

from study.families.base import Architecture, Family, Layers
from study.families.heads import HEADS
from study.families.neural import Neural
from study.families.registry import FAMILIES, get_family, packages, register
from study.families.regression import Regression
from study.families.schedule import Schedule
from study.families.spaces import check_space, count_programs, first_params, is_searched, outside, resolve_space, shaping

__all__ = [
    "FAMILIES",
    "HEADS",
    "Architecture",
    "Family",
    "Layers",
    "Neural",
    "Regression",
    "Schedule",
    "check_space",
    "count_programs",
    "first_params",
    "get_family",
    "is_searched",
    "outside",
    "packages",
    "register",
    "resolve_space",
    "shaping",
]
