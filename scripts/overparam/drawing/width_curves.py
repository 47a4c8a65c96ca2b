"""Curves over width with a faint line per seed, and the exponents that their alt texts state."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from overparam.drawing import theme


def exponent(rows: pd.DataFrame) -> float:
    """Return the log–log slope over ``width`` of the geometric mean of ``value`` over seeds."""
    means = np.log(rows["value"]).groupby(rows["width"]).mean()
    return float(np.polyfit(np.log(means.index), means, 1)[0])


def curve(
    axis: plt.Axes,
    rows: pd.DataFrame,
    label: str,
    marker: str,
    dashes: object,
    color: str,
    x: str = "width",
    average: str = "mean",
    faint: float = 0.15,
) -> None:
    """Draw the average of ``value`` over ``x`` with its 95 % interval, and every seed with the opacity ``faint``."""
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=faint, linewidth=0.6, legend=False)
    sns.lineplot(
        **common, estimator=average, errorbar=theme.median_interval if average == "median" else theme.interval,
        marker=marker, markersize=5, markeredgewidth=0, linestyle=dashes, label=label,
    )  # fmt: skip
