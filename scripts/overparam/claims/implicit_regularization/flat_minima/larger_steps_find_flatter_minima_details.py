"""The same at one train loss, and how far the curvature falls below that of the flow, for both comparisons."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.implicit_regularization.flat_minima import larger_steps_find_flatter_minima as first
from overparam.drawing import labels, studies, theme

ARMS = {"equal_time": "after the same time", "equal_loss": "at the same train loss"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw λ_max, its fall below that of the flow, and ‖∇L‖²; a column per comparison."""
    rows = first.chosen(measurements)
    figure, axes = studies.grid(3, len(ARMS), 2.3, sharex=True, sharey="row")
    steps = np.sort(rows["learning_rate"].unique())
    for column, (arm, name) in zip(axes.T, ARMS.items(), strict=True):
        part = rows[rows["arm"] == arm]
        for axis in column:
            first.size_axis(axis, steps[steps > 0][0], steps[-1])
        first.curvature(column[0], part, names=False)
        network = part[part["model"] == "network"]
        flow = first.table_of(network[network["learning_rate"] == 0], "curvature")[0]
        for (model, method), (label, style) in first.CASES.items():
            if model != "network":
                continue
            own = network[network["method"] == method]
            fall = first.table_of(own, "curvature").drop(columns=0, errors="ignore").rsub(flow, axis=0)
            named = label if arm == list(ARMS)[-1] else None
            first.median_line(column[1], fall, np.mean, style, named)
            first.median_line(column[2], first.table_of(own, "squared_gradient"), np.median, style, None)
        column[0].set_title(name)
        column[2].set_xlabel(labels.column(measurements, "learning_rate"))
    axes[0, 0].set_ylabel(labels.quantity(measurements, "curvature"))
    axes[1, 0].set(ylabel="fall below the flow's,\nin λ*", yscale="log")
    axes[2, 0].set(ylabel=labels.quantity(measurements, "squared_gradient"), yscale="log")
    theme.headline(figure, "Compared after the same time, and at the same train loss")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the curvature at the largest step over that of the flow, for both comparisons."""
    rows = first.chosen(measurements)
    largest = rows["learning_rate"].max()
    parts = []
    for arm, name in ARMS.items():
        network = rows[(rows["arm"] == arm) & (rows["model"] == "network")]
        descent = first.table_of(network[network["method"] == "descent"], "curvature")
        flow = first.table_of(network[network["method"] == "explicit"], "curvature")[0.0]
        parts.append(f"{name} {(descent[largest] / flow).mean():.2f}")
    return f"Curvature at the largest step over that of the gradient flow: {', '.join(parts)}."
