"""Filled panels of the share of trials that fit, over input dimension and hidden units, as the talk draws them."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator
from scipy import stats

from overparam.claims.shallow_networks import log_ticks
from overparam.drawing import labels, theme

DESCENT, REFERENCE = "gradient descent", "Levenberg–Marquardt"
NAMES = {"softplus": "softplus", "relu": "ReLU"}
LINES = {  # optimiser: marker, dashes, colour; readable on the ends of the colour scale and between them
    DESCENT: ("o", "-", theme.CATEGORIES[1]),
    REFERENCE: ("s", ":", theme.CATEGORIES[3]),
}
SHARES = "cividis"


def panel(axis: plt.Axes, rows: pd.DataFrame, activation: str, n_train: int):
    """Draw the shares of gradient descent, where half of the trials fit, and kd = n; return the filled cells."""
    chosen = rows[(rows["activation"] == activation) & (rows["n_train"] == n_train)]
    axis.set(xscale="log", yscale="log")
    axis.set_title(f"{NAMES[activation]}, $n = {n_train}$")
    cells = filled(axis, chosen[(chosen["quantity"] == "success") & (chosen["optimiser"] == DESCENT)])
    limits = axis.get_xlim(), axis.get_ylim()
    for optimiser in LINES:
        contour(axis, chosen[chosen["optimiser"] == optimiser], optimiser, "contour_width", "dimension")
    places = np.array(limits[0])
    axis.plot(places, n_train / places, **theme.CONTROL, label="$kd = n$: none fit below (control)")
    dimensions = np.sort(chosen["dimension"].unique())
    axis.set_xticks(dimensions, [str(one) for one in dimensions])
    axis.xaxis.set_minor_locator(NullLocator())
    log_ticks.plain(axis.yaxis)
    axis.set(xlim=limits[0], ylim=limits[1])
    return cells


def filled(axis: plt.Axes, cells: pd.DataFrame):
    """Fill a column per dimension with the share of trials that fit, a cell per width; return the cells.

    Beyond the widths that were tried a column goes on in a fainter shade of its ends.
    """
    shares = cells.groupby(["dimension", "width"])["value"].mean()
    sides = _edges(np.sort(cells["dimension"].unique()).astype(float))
    look: dict[str, Any] = {"cmap": SHARES, "vmin": 0, "vmax": 1, "edgecolors": "face", "linewidth": 0.3}
    widths = _edges(np.sort(cells["width"].unique()).astype(float))
    for column, left, right in zip(sorted(cells["dimension"].unique()), sides[:-1], sides[1:], strict=True):
        one = shares.loc[column]
        heights, values = _edges(one.index.to_numpy(float)), one.to_numpy(float)[:, None]
        mesh = axis.pcolormesh([left, right], heights, values, **look)
        for ends, value in (((widths[0], heights[0]), values[:1]), ((heights[-1], widths[-1]), values[-1:])):
            if ends[0] < ends[1]:
                axis.pcolormesh([left, right], ends, value, alpha=0.45, **{**look, "linewidth": 0})
    axis.set(xlim=(sides[0], sides[-1]), ylim=(widths[0], widths[-1]))
    return mesh


def _edges(places: np.ndarray) -> np.ndarray:
    """Return where cells around these places end on a logarithmic axis."""
    between = np.sqrt(places[1:] * places[:-1])
    return np.concatenate([[places[0] ** 2 / between[0]], between, [places[-1] ** 2 / between[-1]]])


def contour(axis: plt.Axes, rows: pd.DataFrame, optimiser: str, quantity: str, x: str, **style) -> None:
    """Draw the mean over trials and its 95 % interval where every trial has a transition within the grid."""
    marker, dashes, color = LINES[optimiser]
    found = rows[rows["quantity"] == quantity].groupby(x)["value"].agg(["mean", "sem", "size"])
    found = found[np.isfinite(found["sem"]) & (found["mean"] > 0)]
    half = stats.t.ppf(0.975, found["size"] - 1) * found["sem"]
    look = {
        "marker": marker, "markersize": 4.5, "linestyle": dashes, "color": color, "linewidth": 1.8, "elinewidth": 1,
        "label": f"half fit, {optimiser}",
    }  # fmt: skip
    axis.errorbar(found.index, found["mean"], yerr=half, **{**look, **style})


def name_axes(axes, measurements: pd.DataFrame) -> None:
    """Label a row of filled panels that share their vertical axis."""
    for axis in axes:
        axis.set_xlabel(labels.column(measurements, "dimension"))
    axes[0].set_ylabel(labels.column(measurements, "width"))
