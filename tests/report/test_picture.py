"""A figure becomes a drawing that follows the page, and the parts that a page shows one by one."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import escape
from itertools import pairwise

import numpy as np
import pytest

from study.report.cells import Cell
from study.report.page import figure_html
from study.report.palette import DARK, INK, PAPER, RAMPS, RULE, following, variables
from study.report.style import MUTED, REGRESSION, Picture, look, panels


def picture(n: int = 3, columns: int = 2, points: int = 5, title: str = "", legend: bool = True) -> Picture:
    """Panels of a cloud each, with a line in every colour that matters, and a legend above all of them."""
    with look():
        figure, axes = panels(n, 1.8, columns)
        for number, ax in enumerate(axes):
            x = np.linspace(0, 1, points)
            ax.plot(x, x, "o", color=REGRESSION, label="cloud")
            ax.axhline(0.5, color=INK, label="line")
            ax.set_title(f"panel {number}")
        if legend:
            figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return Picture(figure, "words", title)


def shown(cells: tuple[Cell, ...], legend: bool) -> list[Cell]:
    return [cell for cell in cells if cell.legend is legend]


def test_panels_are_cells_of_a_grid_and_a_legend_a_cell_an_entry() -> None:
    _, cells = picture().drawing

    grid = shown(cells, legend=False)
    assert [cell.row for cell in grid] == [0, 0, 1]
    assert grid[0].x + grid[0].width <= grid[1].x + 10
    assert grid[0].y + grid[0].height <= grid[2].y + 10
    assert (grid[0].y, grid[0].height, grid[0].width) == (grid[1].y, grid[1].height, grid[2].width)
    assert [(cell.row, cell.y < grid[0].y) for cell in shown(cells, legend=True)] == [(0, True), (0, True)]


def test_every_cell_names_what_is_drawn_in_it() -> None:
    svg, cells = picture().drawing

    root = ET.fromstring(svg)
    named = {element.get("id"): "".join(element.itertext()) for element in root.iter() if element.get("id")}
    texts = [" ".join(named[f"{root.get('data-mark')}-{name}"] for name in cell.groups) for cell in cells]
    assert [re.findall("panel .", text) for text in texts[:3]] == [["panel 0"], ["panel 1"], ["panel 2"]]
    assert [text.strip() for text in texts[3:]] == ["cloud", "line"]


def test_a_bar_of_colours_and_a_second_axis_go_with_their_panel() -> None:
    with look():
        figure, axes = panels(2, 2.0)
        image = axes[1].imshow(np.eye(2))
        figure.colorbar(image, ax=axes[1])
        axes[0].twinx()

    _, cells = Picture(figure, "words").drawing

    assert [len(cell.groups) for cell in cells] == [2, 2]


def test_a_legend_that_is_wider_than_its_figure_gets_fewer_columns() -> None:
    with look():
        figure, axes = panels(1, 2.0)
        for name in "abcdef":
            axes[0].plot([0, 1], label=f"a rather long name of a model, {name}")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)

    _, cells = Picture(figure, "words").drawing

    entries = shown(cells, legend=True)
    assert len(entries) == 6
    assert {cell.row for cell in entries} == {1}
    assert all(cell.x >= 0 and cell.x + cell.width <= 4.8 * 72 for cell in entries)


@pytest.mark.parametrize(("points", "images"), [(400, 0), (401, 3)])
def test_clouds_of_many_points_are_pictures_in_the_drawing(points: int, images: int) -> None:
    svg, _ = picture(points=points).drawing

    assert svg.count("<image") == images
    assert svg.count('class="cloud"') == images


def test_colours_follow_the_page_and_stand_alone_in_a_file() -> None:
    assert following(f"fill: {INK}; stroke: #123456") == f"fill: var(--ink, {INK}); stroke: #123456"

    svg, _ = picture().drawing

    assert f"var(--c0072b2, {REGRESSION})" in svg
    assert not re.findall(f"(?<!, )({'|'.join(DARK)})", svg)


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

    assert min(contrast(dark, DARK[PAPER]) for light, dark in DARK.items() if light not in neutral) >= 3
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


def test_the_ids_of_two_drawings_differ_and_those_of_one_are_the_same_again() -> None:
    svgs = [picture(title=title).drawing[0] for title in ("one", "two", "one")]

    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in svgs]
    assert svgs[0] == svgs[2]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svgs[0]))
    assert used <= ids[0]


def test_the_title_stands_in_the_file_and_above_the_panels_of_the_page() -> None:
    finding = "one <two> & three, $5 and $6 " + "finding " * 12 + "end"
    drawn = picture(title=finding, legend=False)
    plain = picture(legend=False)

    svg, cells = drawn.drawing
    html = figure_html(svg, {"alt": drawn.alt, "title": finding, "cells": [vars(cell) for cell in cells]})

    texts = ["".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert " ".join(text for text in texts if "panel" not in text and not re.match(r"[\d.]+$", text)) == finding
    assert drawn.figure.get_size_inches()[1] > plain.figure.get_size_inches()[1]
    assert html.startswith(f"<figure><figcaption>{escape(finding)}</figcaption>")
    assert html.count("finding") == 12


def test_the_page_shows_each_panel_once_two_in_a_row_and_legends_apart() -> None:
    drawn = picture()
    svg, cells = drawn.drawing

    html = figure_html(svg, {"alt": drawn.alt, "title": "", "cells": [vars(cell) for cell in cells]})

    assert html.startswith('<figure><div class="panels"')
    assert html.count("<svg") == 1 + 3 + 2
    assert [html.count(f">panel {number}<") for number in range(3)] == [1, 1, 1]
    shares = [float(share) for share in re.findall(r"--w: ([\d.]+)%", html)]
    assert shares[0] + shares[1] <= 100
    assert html.index('class="legend"') < html.index('class="panel"')
    assert "xmlns" not in html
