"""Families: ways of building the model, from the constant to deep networks. Importing this registers them all."""

from study.families.base import FAMILIES, Architecture, Family, first_params, get_family, register, resolve_space
from study.families.heads import HEADS, Head
from study.families.neural import Neural
from study.families.regression import Constant, Linear, Logistic, Poisson

__all__ = [
    "FAMILIES",
    "HEADS",
    "Architecture",
    "Constant",
    "Family",
    "Head",
    "Linear",
    "Logistic",
    "Neural",
    "Poisson",
    "first_params",
    "get_family",
    "register",
    "resolve_space",
]
