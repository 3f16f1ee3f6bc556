"""A figure becomes a drawing for a file, and panels that follow the page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import escape
from itertools import pairwise

import numpy as np
import pytest

from study.diagnostics.drawing.palette import (
    DARK,
    INK,
    MUTED,
    PAPER,
    RAMPS,
    REGRESSION,
    RULE,
    following,
    variables,
)
from study.diagnostics.drawing.picture import Picture, look
from study.diagnostics.drawing.style import panels


def picture(
    n: int = 3, columns: int = 2, points: int = 5, title: str = "", legend: bool = True
) -> Picture:
    """Panels of a cloud each, with a line in every colour that matters, and a legend above all of
    them.
    """
    with look():
        figure, axes = panels(n, 1.8, columns)
        for number, ax in enumerate(axes):
            x = np.linspace(0, 1, points)
            ax.plot(x, x, "o", color=REGRESSION, label="cloud")
            ax.axhline(0.5, color=INK, label="line")
            ax.set_title(f"panel {number}")
        if legend:
            figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return Picture(figure, "### words", title)


def sizes(html: str) -> list[tuple[float, float]]:
    """Width and height of each panel, in points."""
    boxes = [box.split() for box in re.findall(r'viewBox="([^"]+)"', html)]
    return [(float(width), float(height)) for _, _, width, height in boxes]


def test_panels_are_drawings_of_their_own_that_are_alike_and_lie_beside_each_other() -> None:
    html = picture().html

    drawn = html.split("<svg")[1:]
    assert [re.findall(r">panel (\d)<", each) for each in drawn] == [["0"], ["1"], ["2"]]
    assert len(set(sizes(html))) == 1
    assert 250 < sizes(html)[0][0] < 8.4 * 72 / 2 + 20
    assert "48%" in html
    assert "xmlns" not in html


def test_a_legend_names_colours_lines_and_marks_once() -> None:
    with look():
        figure, axes = panels(2, 2.0)
        for ax in axes:
            ax.plot([0, 1], color=REGRESSION, label="a <b>")
            ax.plot([0, 1], "--", color=INK, label="dashed")
            ax.plot([0, 1], "o", color=INK, label="dots")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)

    legend = Picture(figure, "### words").html.partition("<svg")[0]

    assert re.findall(r"</span> ([^<]+)<", legend) == ["a &lt;b&gt;", "dashed", "dots"]
    assert re.findall(r"color: var\(([\w-]+), ", legend) == ["--c0072b2", "--ink", "--ink"]
    assert len(set(re.findall(r'">(.)</span>', legend))) == 3


def test_a_legend_that_is_wider_than_its_figure_is_whole_in_the_file() -> None:
    with look():
        figure, axes = panels(1, 2.0)
        for name in "abcdef":
            axes[0].plot([0, 1], label=f"a rather long name of a model, {name}")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)

    ((width, _),) = sizes(Picture(figure, "### words").svg)

    assert width > 4.8 * 72


@pytest.mark.parametrize(("points", "images"), [(400, 0), (401, 3)])
def test_clouds_of_many_points_are_pictures_in_the_drawing(points: int, images: int) -> None:
    assert picture(points=points).html.count("<image") == images


def test_colours_follow_the_page_and_stand_alone_in_a_file() -> None:
    assert following(f"fill: {INK}; stroke: #123456") == f"fill: var(--ink, {INK}); stroke: #123456"

    html, svg = picture().html, picture().svg
    assert f"var(--c0072b2, {REGRESSION})" in html
    assert not re.findall(f"(?<!, )({'|'.join(DARK)})", html)
    assert REGRESSION in svg
    assert "var(" not in svg


def luminance(colour: str) -> float:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_every_colour_can_be_told_from_a_dark_page_and_text_can_be_read_on_both() -> None:
    neutral = {RULE, PAPER, *(light for light in DARK if contrast(light, PAPER) < 1.2)}

    assert (
        min(contrast(dark, DARK[PAPER]) for light, dark in DARK.items() if light not in neutral)
        >= 3
    )
    for text in (INK, MUTED):
        assert contrast(text, PAPER) >= 4.5
        assert contrast(DARK[text], DARK[PAPER]) >= 4.5


@pytest.mark.parametrize("ramp", RAMPS)
def test_depth_darkens_on_both_pages(ramp: tuple[str, ...]) -> None:
    for colours in (ramp, [DARK[colour] for colour in ramp]):
        assert all(luminance(before) > luminance(after) for before, after in pairwise(colours))


def test_the_page_has_a_variable_for_every_colour() -> None:
    assert variables(dark=False).count("--") == variables(dark=True).count("--") == len(DARK)
    assert f"--ink: {DARK[INK]};" in variables(dark=True)


def test_ids_are_those_of_one_panel_and_the_same_again() -> None:
    first, again = picture().html, picture().html

    ids = re.findall(r'\bid="([^"]+)"', first)
    assert first == again
    assert len(set(ids)) == len(ids) > 0
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', first)) == set(ids)


def test_the_title_stands_in_the_file_and_above_the_panels_of_the_page() -> None:
    finding = "one <two> & three, $5 and $6 " + "finding " * 12 + "end"
    drawn = picture(title=finding, legend=False)

    html, svg = drawn.html, drawn.svg

    texts = [
        "".join(text.itertext())
        for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert (
        " ".join(text for text in texts if "panel" not in text and not re.match(r"[\d.]+$", text))
        == finding
    )
    assert sizes(svg)[0][1] > sizes(picture(legend=False).svg)[0][1]
    assert html.startswith(f"<figure><figcaption>{escape(finding)}</figcaption>")
    assert html.count("finding") == 24  # for those who cannot see it too


def test_in_the_file_a_legend_stands_below_the_title() -> None:
    svg = picture(title="finding").svg

    heights = dict(re.findall(r'y="([\d.]+)"[^>]*>(finding|cloud)<', svg))
    at = {word: float(height) for height, word in heights.items()}
    assert at["finding"] + 9 < at["cloud"]
