"""The inks of all figures: each has a shade for a light ground and one for a dark ground, and an SVG follows the page.

Figures are drawn in the shades for a light ground. :func:`follow_the_page` teaches a saved SVG the others. The shades
are readable on their ground and can be told apart by people who are blind to red or green; a test computes both.
"""

import functools
import itertools
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

LIGHT_GROUND, DARK_GROUND = "#ffffff", "#0d0f12"  # those of the pages
# Any, for styles are dictionaries in which colours stand beside numbers
INK: Any = "#1f242a"
GREY: Any = "#767676"
CATEGORIES: list[Any] = ["#2a6fdb", "#c44f0a", "#00563f", "#b53d9a", "#47149a", "#5c3a00"]
ON_DARK = {
    INK: "#e4e7eb",
    GREY: "#8a8f96",
    **dict(zip(CATEGORIES, ["#5aa9f8", "#ff9a45", "#5fe0b0", "#ff9ee0", "#a070ff", "#d8703a"], strict=True)),
}
# the parts of viridis that stand out against a light and a dark ground
LIGHT_PART, DARK_PART = (0.03, 0.59), (0.32, 0.97)
MOST_LEVELS = 16


def ordered(count: int) -> list[str]:
    """Return ``count`` colours for an ordered quantity, from viridis."""
    return _viridis(LIGHT_PART, count)


def _viridis(part: tuple[float, float], count: int) -> list[str]:
    return [to_hex(color) for color in matplotlib.colormaps["viridis"](np.linspace(*part, count))]


@functools.cache
def shades() -> dict[str, str]:
    """Return the shade for a dark ground of every ink, by its shade for a light one."""
    levels = {
        light: dark
        for count in range(1, MOST_LEVELS + 1)
        for light, dark in zip(ordered(count), _viridis(DARK_PART, count), strict=True)
    }
    return {**levels, **ON_DARK}


def follow_the_page(svg: str) -> str:
    """Return an SVG, drawn for a light ground, that changes its inks where the page that shows it is dark.

    A rule for each ink that occurs replaces strokes and fills of this colour; a program that knows no style sheets
    shows the figure as it was drawn.
    """
    rules = "".join(
        f'[style*="{part}: {light}"]{{{part}:{dark}!important}}'
        for (light, dark), part in itertools.product(shades().items(), ("stroke", "fill"))
        if f"{part}: {light}" in svg
    )
    style = f'<style type="text/css">@media (prefers-color-scheme: dark){{{rules}}}</style>\n</defs>'
    return svg.replace("</defs>", style, 1)
