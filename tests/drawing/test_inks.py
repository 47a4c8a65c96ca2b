"""The inks can be read on their ground and told apart, also by who is blind to red or green."""

import itertools
import re

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from project_copies import ROOT

from overparam.drawing import inks, theme

TEXT, LINE = 4.5, 3.0  # contrast that WCAG 2 asks for
# linear light as seen without the pigment for red or for green (Machado, Oliveira & Fernandes 2009, severity 1)
SEEN = {
    "everyone": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
GROUNDS = {"light": inks.LIGHT_GROUND, "dark": inks.DARK_GROUND}


def light(color):
    """Return the linear light of a colour."""
    value = np.array(to_rgb(color))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(float(TO_XYZ[1] @ light(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(seen):
    """Return CIELAB coordinates of linear light."""
    ratio = TO_XYZ @ np.clip(seen, 0, 1) / WHITE
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def shade(color, ground):
    return color if ground == "light" else inks.shades()[color]


@pytest.mark.parametrize("ground", GROUNDS)
def test_inks_stand_out_against_their_ground(ground):
    for color in (inks.INK, *inks.CATEGORIES):  # labels at lines have the colour of the line
        assert contrast(shade(color, ground), GROUNDS[ground]) >= TEXT, color
    for color in (inks.GREY, *inks.ordered(2), *inks.ordered(6)):
        assert contrast(shade(color, ground), GROUNDS[ground]) >= LINE, color


@pytest.mark.parametrize("eye", SEEN)
@pytest.mark.parametrize("ground", GROUNDS)
def test_inks_can_be_told_apart(ground, eye):
    """At least 9 in CIELAB, where 2 can just be seen; levels of one order may be closer than categories."""
    for colors, least in (([*inks.CATEGORIES, inks.GREY, inks.INK], 15), (inks.ordered(6), 9)):
        seen = [lab(np.array(SEEN[eye]) @ light(shade(color, ground))) for color in colors]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= least


def test_the_grounds_are_those_of_the_page():
    style = (ROOT / "scripts/overparam/report/assets/style.css").read_text()
    assert re.findall(r"--ground: (#\w+);", style)[:2] == [inks.LIGHT_GROUND, inks.DARK_GROUND]


def test_every_ink_of_a_saved_figure_has_a_shade_for_a_dark_page(tmp_path):
    figure, (axis,) = theme.panels()
    for number, color in enumerate([*inks.CATEGORIES, *inks.ordered(5)]):
        axis.plot([0, 1], [number, number + 1], color=color, marker="o")
    axis.plot([0, 1], [2, 0], **theme.CONTROL)
    theme.headline(figure, "Lines rise")
    paths = [tmp_path / f"figure.{kind}" for kind in ("svg", "png", "pdf", "alt.txt")]
    theme.save(figure, "Lines.", *paths)
    svg = paths[0].read_text()
    drawn, rules = svg.partition("@media")[0] + svg.partition("</style>")[2], svg.partition("@media")[2]
    used = set(re.findall(r"(?:stroke|fill): (#[0-9a-f]{6})", drawn))
    assert {inks.INK, inks.GREY, *inks.CATEGORIES} <= used
    for color in used:
        assert f'[style*="stroke: {color}"]' in rules or f'[style*="fill: {color}"]' in rules, color


def test_ordered_colours_are_in_order():
    lightness = [lab(light(color))[0] for color in inks.ordered(6)]
    assert lightness == sorted(lightness)
    assert set(inks.ordered(1)) <= set(inks.shades())
    assert matplotlib.colormaps["viridis"] is not None
