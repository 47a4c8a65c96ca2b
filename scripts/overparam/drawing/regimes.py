"""The regimes of a model beside its interpolation threshold, shaded where the horizontal axis shows its size."""

import matplotlib.pyplot as plt

from overparam.drawing.inks import INK

UNDER, OVER = "under-parameterized", "over-parameterized"
SHORT = {UNDER: "under", OVER: "over"}
NOTE = {"fontsize": 8.5, "color": INK, "xycoords": ("data", "axes fraction"), "textcoords": "offset points"}


def shade(
    axis: plt.Axes,
    threshold: float | tuple[float, float],
    label: str | None = None,
    *,
    names: bool = True,
    short: bool = False,
) -> None:
    """Shade the over-parameterized side of a threshold, or the range in which it lies, and name both sides.

    Call it once the limits and the title of the axis are set: the names stand between title and axis.

    Parameters
    ----------
    threshold
        Where the threshold lies, or between which places it was found.
    label
        What to write beside the line, such as ``"$N = n$"``; None for nothing.
    names
        Whether to name the regimes at the top.
    short
        Whether to name them "under" and "over", where a panel is narrow.
    """
    limits, (first, last) = axis.get_xlim(), threshold if isinstance(threshold, tuple) else (threshold, threshold)
    axis.axvspan(last, max(limits), facecolor=INK, alpha=0.05, linewidth=0, zorder=0)
    if first != last:
        axis.axvspan(first, last, facecolor=INK, alpha=0.14, linewidth=0, zorder=0)
    else:
        axis.axvline(last, color=INK, linestyle="-", linewidth=0.8, alpha=0.7, zorder=0.5)
    axis.set_xlim(limits)
    inside = [place for place in (first, last) if min(limits) < place < max(limits)]
    if names and inside:
        axis.set_title(axis.get_title(), pad=18)
        for text, place, side, way in ((UNDER, first, "right", -4), (OVER, last, "left", 4)):
            said = SHORT[text] if short else text
            axis.annotate(said, (place, 1), xytext=(way, 2), ha=side, va="bottom", **NOTE)
    if label:
        axis.annotate(label, (last, 1), xytext=(4, -3), ha="left", va="top", **NOTE)
