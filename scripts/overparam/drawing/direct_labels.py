"""Names at the ends of lines, in their colour, in place of a legend; labels that would touch are moved apart."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.text import Annotation

SIZE = 9.5  # points
GAP = 5  # points between the end of a line and its name


class EndLabel(Annotation):
    """The name of a line at its right end."""


def at_end(axis: plt.Axes, x: npt.ArrayLike, y: npt.ArrayLike, text: str, color: Any, **properties: Any) -> None:
    """Write ``text`` to the right of the last finite point of a line.

    Parameters
    ----------
    x, y
        The points of the line, in any order; the one with the largest ``x`` is its end.
    text
        A few words, or mathematics between dollars. Lines beneath each other are split by a line break.
    """
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    finite = np.isfinite(across) & np.isfinite(up)
    if not finite.any():
        return
    last = np.flatnonzero(finite)[across[finite].argmax()]
    label = EndLabel(
        text, (across[last], up[last]), xytext=(GAP, 0), textcoords="offset points", ha="left", va="center",
        color=color, annotation_clip=False, **{"fontsize": SIZE, **properties},
    )  # fmt: skip
    axis.add_artist(label)
    label.set_clip_on(False)  # it lies outside the axis, which makes room for what is not clipped


def of_lines(axis: plt.Axes) -> None:
    """Write at the end of every line that has a label what it is; seaborn's lines have theirs from ``label=``."""
    for line in axis.get_lines():
        if not str(line.get_label()).startswith("_"):
            at_end(axis, line.get_xdata(), line.get_ydata(), str(line.get_label()), line.get_color())


def _labels(axis: plt.Axes) -> list[EndLabel]:
    return [artist for artist in axis.get_children() if isinstance(artist, EndLabel)]


def measure(figure: Figure) -> None:
    """Let every label find its place: the layout takes one that was never measured for empty."""
    for axis in figure.axes:
        axis.get_xlim(), axis.get_ylim()  # sets those that are automatic
        for label in _labels(axis):
            label.get_window_extent(renderer(figure))


def spread(figure: Figure) -> None:
    """Move the labels of each axis apart, up and down as little as possible, so that none covers another."""
    for axis in figure.axes:
        labels = _labels(axis)
        boxes = [label.get_window_extent(renderer(figure)) for label in labels]
        middles = np.array([(box.y0 + box.y1) / 2 for box in boxes])
        for label, middle, place in zip(labels, middles, apart(middles, [box.height for box in boxes]), strict=True):
            label.xyann = (GAP, (place - middle) * 72 / figure.dpi)


def renderer(figure: Figure) -> Any:
    """Return what measures texts of a figure, in pixels: that of Agg, which the theme chooses."""
    return figure.canvas.get_renderer()  # type: ignore[attr-defined]


def apart(middles: Any, heights: Any) -> np.ndarray:
    """Return places near ``middles``, in their order, at which boxes of these heights do not touch.

    Boxes that would touch form a block, whose middle is the mean of what its members want.
    """
    order = np.argsort(middles, kind="stable")
    blocks: list[tuple[list[int], float]] = []  # members from below, and the middle of the lowest
    for index in order:
        block = [int(index)]
        start = float(middles[index])
        while blocks and _top(*blocks[-1], heights) > start - heights[block[0]] / 2:
            block = blocks.pop()[0] + block
            offsets = _offsets(block, heights)
            start = float(np.mean([middles[one] - offset for one, offset in zip(block, offsets, strict=True)]))
        blocks.append((block, start))
    places = np.zeros(len(middles))
    for block, start in blocks:
        places[block] = start + _offsets(block, heights)
    return places


def _offsets(block: list[int], heights: Any) -> np.ndarray:
    """Return how far the middles of a block lie above that of its lowest box."""
    high = np.array([heights[one] for one in block], dtype=float)
    return np.concatenate([[0.0], np.cumsum((high[1:] + high[:-1]) / 2)])


def _top(block: list[int], start: float, heights: Any) -> float:
    return start + float(_offsets(block, heights)[-1]) + heights[block[-1]] / 2
