"""What figures of trained networks share: one group of axes per study, a line per level of label noise."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import theme

DEFINITIONS = {
    "wrong_label": "a uniformly random wrong label",
    "random_label": "a uniformly random label",
    "given_labels": "a label that people gave",
}


def grid(rows: int, columns: int, height: float, **options) -> tuple[Figure, np.ndarray]:
    """Return a figure of the standard width with ``rows`` × ``columns`` axes, each row ``height`` inches high."""
    theme.apply()
    return plt.subplots(rows, columns, figsize=(theme.WIDTH, rows * height), squeeze=False, **options)


def data_label(dataset: str, verdict: dict) -> str:
    """Return how to call a data set in a figure: the label that its checksum stands for, else its name."""
    data = verdict.get("data") or {}
    return ({data.get("name"): data.get("label")} | data.get("labels", {})).get(dataset) or dataset


def title(study: pd.DataFrame, verdict: dict, separator: str = ", ") -> str:
    """Return the heading of one study: model and data set, then the number of training samples."""
    first = study.iloc[0]
    return f"{_model(first['model'])} on {data_label(first['dataset'], verdict)}{separator}n = {first['n_train']:,}"


def _model(name: str) -> str:
    return name.upper() if len(name) <= 3 else name


def by_level(levels: Sequence[float]) -> dict[float, str]:
    """Return a colour for each level of label noise, in rising order."""
    return dict(zip(sorted(levels), theme.ordered(len(levels)), strict=True))


def lines(
    axis: plt.Axes,
    rows: pd.DataFrame,
    x: str,
    color: str,
    seeds: bool = True,
    interval: bool = True,
    average: str = "mean",
    **style,
) -> None:
    """Draw the average of ``value`` over ``x``, its 95 % interval and a faint line per seed, unless switched off."""
    if not np.isfinite(rows["value"]).any():  # nothing was measured, or every network diverged
        return
    if seeds:
        faint = min(0.25, 4 / rows["seed"].nunique())  # many seeds would hide the average
        sns.lineplot(
            rows, x=x, y="value", units="seed", estimator=None, ax=axis, color=color, alpha=faint, linewidth=0.7,
            linestyle=style.get("linestyle", "-"), legend=False,
        )  # fmt: skip
    bar = theme.median_interval if average == "median" else theme.interval
    sns.lineplot(
        rows, x=x, y="value", estimator=average, errorbar=bar if interval else None, ax=axis, color=color,
        legend=False, markeredgewidth=0, **style,
    )  # fmt: skip


def some(levels: Sequence[float], at_most: int = 5) -> list[float]:
    """Return at most ``at_most`` levels, evenly spread over all of them, both ends included."""
    levels = sorted(levels)
    picked = np.unique(np.linspace(0, len(levels) - 1, min(at_most, len(levels))).round().astype(int))
    return [levels[i] for i in picked]


def percent_axis(axis: plt.Axes) -> None:
    """Write fractions on the vertical axis as per cent."""
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")


def width_axis(axis: plt.Axes, widths: Sequence[int], part: float = 1.0) -> None:
    """Use a logarithmic axis with the widths themselves as ticks, thinned out where they would touch.

    ``part`` is the axis' part of the page's width.
    """
    axis.set_xscale("log")
    ticks: list[int] = []
    apart = (max(widths) / min(widths)) ** (0.045 / part)
    for width in sorted(widths):
        if not ticks or width >= apart * ticks[-1]:
            ticks.append(width)
    axis.set_xticks(ticks, [f"{tick}" for tick in ticks])
    axis.minorticks_off()


def legend(target, entries: dict[str, dict], **options) -> None:
    """Add a legend made of ``{label: line properties}`` to an axis or a figure."""
    handles = [plt.Line2D([], [], label=label, **properties) for label, properties in entries.items()]
    target.legend(handles=handles, **options)


def crossing(x: Sequence[float], y: Sequence[float], level: float) -> float | None:
    """Return where ``y`` first falls to ``level``, interpolated linearly in log ``x``; None if it never does.

    Parameters
    ----------
    x
        Rising positive positions.
    y
        Values at these positions.
    """
    places, values = np.log(np.asarray(x, dtype=float)), np.asarray(y, dtype=float)
    if len(values) == 0 or values[0] <= level:
        return None
    for i in range(1, len(values)):
        if values[i] <= level:
            rise = (places[i] - places[i - 1]) * (values[i - 1] - level) / (values[i - 1] - values[i])
            return float(np.exp(places[i - 1] + rise))
    return None
