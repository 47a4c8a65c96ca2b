"""Curves over width with a faint line per seed, and the exponents that their alt texts state."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from overparam.drawing import theme


def exponent(rows: pd.DataFrame, x: str = "width") -> float:
    """Return the log–log slope of ``value`` over ``x``, averaged over seeds as the judge does; nan without two places.

    Rows without a finite positive value have no logarithm and are left out.
    """
    rows = rows[(rows["value"] > 0) & np.isfinite(rows["value"])]
    places, values = np.log(rows[x].astype(float)), np.log(rows["value"].astype(float))
    slopes = [
        np.polyfit(places[one], values[one], 1)[0]
        for one in rows.groupby("seed").groups.values()
        if places[one].nunique() > 1
    ]
    return float(np.mean(slopes)) if slopes else np.nan


def curve(
    axis: plt.Axes,
    rows: pd.DataFrame,
    label: str | None,
    marker: str,
    dashes: object,
    color: str,
    x: str = "width",
    average: str = "mean",
    faint: float = 0.15,
) -> None:
    """Draw the average of ``value`` over ``x`` with its 95 % interval, and every seed with the opacity ``faint``.

    ``label`` is for :mod:`.direct_labels` or a legend, neither of which is drawn here.
    """
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=faint, linewidth=0.6, legend=False)
    sns.lineplot(
        **common, estimator=average, errorbar=theme.median_interval if average == "median" else theme.interval,
        marker=marker, markersize=5, markeredgewidth=0, linestyle=dashes, label=label, legend=False,
    )  # fmt: skip
