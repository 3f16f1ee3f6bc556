"""Numbers as people read them: one way of writing them for sentences, tables and figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd


def human(value: Any, digits: int = 3) -> str:
    """A number with `digits` significant digits; integers whole; a dash where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return "\N{EN DASH}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        text = "\N{INFINITY}" if number > 0 else "-\N{INFINITY}"
    elif isinstance(value, int | np.integer) or (number.is_integer() and abs(number) < 1e6):
        text = f"{int(number):,}"
    elif 1e-4 <= abs(number) < 1e5:
        text = f"{number:,.{max(digits - 1 - math.floor(math.log10(abs(number))), 0)}f}"
    else:
        mantissa, exponent = f"{number:.{digits - 1}e}".split("e")
        text = f"{mantissa} \N{MULTIPLICATION SIGN} 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return text.replace("-", "\N{MINUS SIGN}")


_SUPERSCRIPTS = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
