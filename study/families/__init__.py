"""Families: ways of building and training the model, from the constant to deep networks. Importing
this registers them all.
"""

from study.families.base import Architecture, Family, Layers
from study.families.extra_terms import TermsRegression
from study.families.heads import HEADS
from study.families.neural import Neural
from study.families.registry import FAMILIES, get_family, packages, register
from study.families.regression import Regression
from study.families.schedule import Schedule
from study.families.spaces import (
    check_space,
    count_programs,
    first_params,
    first_trials,
    is_searched,
    outside,
    penalties,
    resolve_space,
    searched,
    shaping,
)

__all__ = [
    "FAMILIES",
    "HEADS",
    "Architecture",
    "Family",
    "Layers",
    "Neural",
    "Regression",
    "Schedule",
    "TermsRegression",
    "check_space",
    "count_programs",
    "first_params",
    "first_trials",
    "get_family",
    "is_searched",
    "outside",
    "packages",
    "penalties",
    "register",
    "resolve_space",
    "searched",
    "shaping",
]
