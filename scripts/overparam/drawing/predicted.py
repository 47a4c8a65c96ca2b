"""What was predicted, drawn from the verdict: the band that an estimate must lie in, the slope of a line."""

from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np

from overparam.drawing import exponents, judged
from overparam.drawing.inks import INK

FAINT = {"facecolor": INK, "alpha": 0.12, "linewidth": 0, "zorder": 0}
EDGE = {"color": INK, "linestyle": ":", "linewidth": 1.2}
NOTE = {"fontsize": 8.5, "color": INK}


def predicted_band(
    axis: plt.Axes,
    verdict: dict[str, Any],
    name: str,
    form: str = "printed",
    *,
    along: Literal["x", "y"] = "y",
    label: str | None = "predicted",
    scale: float = 1.0,
) -> None:
    """Shade the range that a prediction allows; an end that is open goes on to the edge of the axis.

    Call it once the limits of the axis are set: they stay as they are.

    Parameters
    ----------
    along
        The axis on which the quantity lies that is predicted.
    label
        What to write into the band; None for nothing.
    scale
        Factor from the unit of the band to that of the axis.
    """
    low, high = (None if end is None else end * scale for end in judged.band(verdict, name, form))
    limits = axis.get_ylim() if along == "y" else axis.get_xlim()
    ends = min(limits) if low is None else low, max(limits) if high is None else high
    span, line = (axis.axhspan, axis.axhline) if along == "y" else (axis.axvspan, axis.axvline)
    span(*ends, **FAINT)
    for end in (low, high):
        if end is not None:
            line(end, **EDGE)
    (axis.set_ylim if along == "y" else axis.set_xlim)(limits)
    if label and along == "y":
        note = axis.annotate(
            label, (0, min(ends[1], max(limits))), xycoords=("axes fraction", "data"), xytext=(4, -3),
            textcoords="offset points", ha="left", va="top", **NOTE,
        )  # fmt: skip
        note.set_in_layout(False)
    elif label:
        note = axis.annotate(
            label, (max(ends[0], min(limits)), 1), xycoords=("data", "axes fraction"), xytext=(3, -3),
            textcoords="offset points", ha="left", va="top", **NOTE,
        )  # fmt: skip
        note.set_in_layout(False)


def predicted_slope(
    axis: plt.Axes,
    verdict: dict[str, Any],
    name: str,
    form: str = "printed",
    *,
    start: tuple[float, float],
    to: float,
    label: str | None = "predicted",
) -> None:
    """Draw the line that a predicted exponent gives from a point on, and a wedge for the band around it.

    Parameters
    ----------
    start
        Where the line begins, in the coordinates of two logarithmic axes.
    to
        The place on the horizontal axis where it ends.
    label
        What to write at the end, before the exponent; None for nothing.
    """
    x = np.geomspace(start[0], to, 32)
    low, high = judged.band(verdict, name, form)
    middle = exponents.predicted(verdict, name, form)
    axis.plot(x, start[1] * (x / x[0]) ** middle, **EDGE)
    if low != high:
        axis.fill_between(x, start[1] * (x / x[0]) ** low, start[1] * (x / x[0]) ** high, **FAINT)
    if label:
        axis.annotate(
            f"{label} {exponents.spelled(middle)}", (x[-1], start[1] * (x[-1] / x[0]) ** middle), xytext=(4, 0),
            textcoords="offset points", ha="left", va="center", annotation_clip=False, **NOTE,
        )  # fmt: skip
