"""Seeds of everything random, each derived from the study's own."""

from __future__ import annotations

import hashlib


def derive_seed(*parts: object) -> int:
    """31-bit seed from a study's seed, an arm, a number, and so on: the same on every machine."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
