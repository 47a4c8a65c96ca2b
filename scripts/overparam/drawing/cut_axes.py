"""Axes that end before the data do: what lies beyond is drawn at the edge and counted, so that no cut is hidden."""

import matplotlib.pyplot as plt
import numpy as np

from overparam.drawing.inks import INK


def cut_above(axis: plt.Axes, limit: float, what: str = "values") -> int:
    """End the vertical axis at ``limit``, mark the cut, and draw what lies above as triangles at the edge.

    Call it when everything is drawn; lines keep their way out of the axis.

    Returns
    -------
    int
        The number of points of lines and of scattered points above.
    """
    beyond: list[tuple[float, str]] = []
    for line in axis.get_lines():
        x, y = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
        if line.get_transform() == axis.transData and len(x) == len(y) and (line.get_alpha() or 1) > 0.5:
            beyond += [(place, str(line.get_color())) for place in x[y > limit]]
    bottom, _ = axis.get_ylim()
    axis.set_ylim(bottom, limit)
    for place, color in beyond:
        axis.plot(place, limit, marker="^", markersize=6, color=color, clip_on=False, markeredgewidth=0)
    if beyond:
        mark_cut(axis, f"{len(beyond)} {what} above")
    return len(beyond)


def mark_cut(axis: plt.Axes, said: str | None = None) -> None:
    """Draw two strokes across the top of the vertical axis, and say there what lies beyond."""
    for y in (0.955, 0.975):
        axis.plot(
            (-0.012, 0.012), (y - 0.012, y + 0.012), transform=axis.transAxes, color=INK, linewidth=1, clip_on=False
        )
    if said:
        axis.annotate(
            said, (1, 1), xycoords="axes fraction", xytext=(-3, -8), textcoords="offset points", ha="right", va="top",
            fontsize=8.5, color=INK,
        )  # fmt: skip
