"""Colours of the report, and what each of them is where the page is dark."""

from __future__ import annotations

import re

INK, MUTED, RULE, BAND, PAPER = "#1f2933", "#5f6b78", "#d9dee4", "#eef1f4", "#ffffff"
GREY, REGRESSION, GREEN, VIOLET, LILAC = "#8a94a0", "#0072b2", "#009e73", "#6b4fa0", "#a892cf"
NETWORKS = ("#eb8f3c", "#d55e00", "#a34100", "#752e00", "#521f00")
"""Grey, blue, green and oranges stay apart for every kind of colour vision (Okabe and Ito 2008);
depth darkens the orange."""
CHOOSING = NETWORKS[1]
"""The network that chooses its depth."""
RAMPS = (
    NETWORKS,
    ("#e3a8c8", "#cc79a7", "#a04c7c", "#732f56", "#4a1c37"),
    ("#f4e65c", "#cfc020", "#99900e", "#6b6409", "#464205"),
)
"""Colours of the first, second and third family of networks; a fourth has those of the first again.
"""

NAMES = {INK: "ink", MUTED: "muted", RULE: "rule", BAND: "band", PAPER: "paper"}
"""Names of the neutral colours as variables of the page's style."""
DARK = {
    INK: "#e6eaee", MUTED: "#a3afbb", RULE: "#3a444f", BAND: "#252e37", PAPER: "#14191f",
    GREY: "#97a1ad", REGRESSION: "#4fa8e0", GREEN: "#2fc49a", VIOLET: "#a78bdc", LILAC: "#cfc0ec",
    **dict(zip(RAMPS[0], ("#fbc78f", "#f79646", "#e06c1f", "#c25516", "#a8470f"), strict=True)),
    **dict(zip(RAMPS[1], ("#f3cfe2", "#e3a0c8", "#c9789f", "#a85a86", "#954c7f"), strict=True)),
    **dict(zip(RAMPS[2], ("#f7ee9a", "#ddd04a", "#b8ac2c", "#948a1c", "#7d7515"), strict=True)),
}  # fmt: skip
"""What a colour is on a dark page, where each has three times the contrast of the paper or more."""

_HEX = re.compile("(?<=: )#[0-9a-f]{6}")


def variable(colour: str) -> str:
    """Name of the page's variable that holds one of the colours of `DARK`."""
    return f"--{NAMES.get(colour, 'c' + colour[1:])}"


def following(style: str) -> str:
    """`style`, whose colours follow the page where it is light or dark, and are as they are in a
    file of their own.
    """
    return _HEX.sub(
        lambda hit: f"var({variable(hit[0])}, {hit[0]})" if hit[0] in DARK else hit[0], style
    )


def variables(dark: bool) -> str:
    """Declarations of all variables, for the page's style."""
    return " ".join(
        f"{variable(light)}: {shade if dark else light};" for light, shade in DARK.items()
    )
