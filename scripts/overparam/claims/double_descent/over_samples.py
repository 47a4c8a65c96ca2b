"""What figures over the number of samples or parameters share: selections, ticks, names and colours of procedures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from overparam.drawing import theme

MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def chosen(measurements: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """Return the rows that have these values in their columns; None asks for a missing value."""
    kept = pd.Series(True, index=measurements.index)
    for column, value in wanted.items():
        kept &= measurements[column].isna() if value is None else (measurements[column] == value).fillna(False)
    return measurements[kept.astype(bool)]


def widths(measurements: pd.DataFrame) -> list[int]:
    """Return the numbers of features N in rising order."""
    return sorted(int(n) for n in measurements["n_features"].dropna().unique())


def procedures(measurements: pd.DataFrame) -> list[int | None]:
    """Return the numbers of steps in rising order, and None for convergence at the end."""
    rows = measurements[measurements["method"] == "gradient_descent"]
    return [*sorted(int(steps) for steps in rows["steps"].unique()), None]


def procedure_name(steps: int | None) -> str:
    """Return the name of a procedure in a legend."""
    return "converged" if steps is None else f"{steps:,} steps"


def mean(axis: plt.Axes, rows: pd.DataFrame, x: str) -> pd.Series:
    """Return the mean over seeds by ``x``; the geometric one for a logarithmic axis."""
    values = rows.set_index(x)["value"]
    if axis.get_yscale() == "log":
        return np.exp(np.log(values).groupby(level=0).mean())
    return values.groupby(level=0).mean()


def plain_ticks(axis: plt.Axes, ticks: list[float]) -> None:
    """Use a logarithmic horizontal axis with these ticks as plain numbers."""
    axis.set_xscale("log")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()


def colors(count: int) -> list[tuple[str, str]]:
    """Return a colour of an ordered quantity and a marker for each of ``count`` levels."""
    return [(color, MARKERS[index % len(MARKERS)]) for index, color in enumerate(theme.ordered(count))]
