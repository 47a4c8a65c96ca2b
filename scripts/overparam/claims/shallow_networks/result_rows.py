"""Results as rows, one per case: the range of its runs, and the side of a bound on which they were promised to lie."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from overparam.drawing import theme
from overparam.drawing.predicted import EDGE, FAINT, NOTE


def allowed(axis: plt.Axes, limit: float, side: str, label: str = "promised") -> None:
    """Shade the side of ``limit`` that was promised, "above" or "below", once the limits of the axis are set."""
    low, high = axis.get_xlim()
    ends = (limit, high) if side == "above" else (low, limit)
    axis.axvspan(*ends, **FAINT)
    axis.axvline(limit, **EDGE)
    axis.set_xlim(low, high)
    note = axis.annotate(
        label, (ends[0] if side == "above" else ends[1], 1), xycoords=("data", "axes fraction"),
        xytext=(3 if side == "above" else -3, 1), textcoords="offset points", va="bottom",
        ha="left" if side == "above" else "right", **NOTE,
    )  # fmt: skip
    note.set_in_layout(False)


def raise_titles(figure: Figure) -> None:
    """Move the titles of all panels above what :func:`allowed` writes there; call it when they are set."""
    for axis in figure.axes:
        axis.set_title(axis.get_title(), pad=18)


def row(axis: plt.Axes, place: float, values: npt.ArrayLike, color: Any, control: bool = False) -> None:
    """Draw a thin line over all values, a thick one over the middle half and a dot at the median.

    What lies outside the limits of the axis, which are set before, is drawn as a triangle at the edge.
    """
    found = np.asarray(values, dtype=float)
    found = np.where(np.isnan(found), -np.inf, found)
    if not len(found):
        return
    low, high = axis.get_xlim()
    inside = np.clip(found, low, high)
    dashes = "--" if control else "-"
    axis.plot([inside.min(), inside.max()], [place, place], color=color, linewidth=1.4, linestyle=dashes)
    axis.plot(np.quantile(inside, [0.25, 0.75]), [place, place], color=color, linewidth=5, solid_capstyle="butt")
    if low <= np.median(found) <= high:
        axis.plot(np.median(inside), place, "o", color=color, markersize=6.5, markeredgewidth=0, clip_on=False)
    for edge, marker, beyond in ((low, "<", found < low), (high, ">", found > high)):
        if beyond.any():
            axis.plot(edge, place, marker, color=color, markersize=7, markeredgewidth=0, clip_on=False)


def name(axis: plt.Axes, names: list[str], colors: list[Any]) -> None:
    """Write the names of the rows, from above, in their colours."""
    axis.set_yticks(range(len(names)), names)
    for label, color in zip(axis.get_yticklabels(), colors, strict=True):
        label.set_color(color)
    axis.set_ylim(len(names) - 0.5, -0.6)
    axis.tick_params(axis="y", length=0)


def say(axis: plt.Axes, place: float, text: str, color: Any = theme.INK) -> None:
    """Write what came of a row at its right."""
    axis.annotate(
        text, (1, place), xycoords=("axes fraction", "data"), xytext=(9, 0), textcoords="offset points", va="center",
        ha="left", fontsize=9, color=color,
    )  # fmt: skip
