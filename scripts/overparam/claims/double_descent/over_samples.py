"""What figures over the number of samples or parameters share: selections, ticks, names and colours of procedures."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from overparam.drawing import direct_labels, studies, theme

Styles = dict[str, tuple[str, str, str, str]]  # by rule of stopping: label, colour, marker, dashes
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


def plain_ticks(axis: plt.Axes, ticks: Sequence[float]) -> None:
    """Use a logarithmic horizontal axis with these ticks as plain numbers."""
    axis.set_xscale("log")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()


def by_stopping(axis: plt.Axes, measurements: pd.DataFrame, x: str, quantity: str, styles: Styles) -> None:
    """Draw a quantity over ``x``, a line for each rule of stopping."""
    for stopping, (_, color, marker, dashes) in styles.items():
        rows = chosen(measurements, quantity=quantity, stopping=stopping)
        studies.lines(axis, rows, x, color, linestyle=dashes, marker=marker, markersize=4)


def name_ends(axis: plt.Axes, measurements: pd.DataFrame, x: str, quantity: str, styles: Styles) -> None:
    """Write at the end of each line of :func:`by_stopping` which rule it belongs to."""
    for stopping, (label, color, *_) in styles.items():
        curve = mean(axis, chosen(measurements, quantity=quantity, stopping=stopping), x)
        direct_labels.at_end(axis, curve.index, curve, label, color)


def colors(count: int) -> list[tuple[str, str]]:
    """Return a colour of an ordered quantity and a marker for each of ``count`` levels."""
    return [(color, MARKERS[index % len(MARKERS)]) for index, color in enumerate(theme.ordered(count))]
