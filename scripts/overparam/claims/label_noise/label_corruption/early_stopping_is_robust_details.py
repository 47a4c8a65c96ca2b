"""Fitted false labels and test accuracy in time, with the epochs at which training would have stopped."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import labels, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study, a line per level of label noise, with a triangle where a network stops."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    stopped = corruption.judged_rule(verdict, "spares-test-error")
    figure, axes = studies.grid(len(names), 2, 3.2, sharey="row")
    for row, name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        shown = {
            labels.quantity(measurements, "fitted"): rows_of(study, "fitted"),
            "test accuracy": corruption.accuracy(study, "test"),
        }
        for axis, (words, rows) in zip(row, shown.items(), strict=True):
            corruption.trajectories(axis, rows, colors)
            corruption.mark_stops(axis, rows, colors, stopped)
            axis.set(title=f"{corruption.title(study)}: {words}", ylabel="", ylim=(0, 1.04))
            studies.percent_axis(axis)
    corruption.legend_of_levels(figure, colors)
    theme.headline(figure, "When training would have stopped, while false labels are fitted later")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the median epoch at which networks are stopped, and the last one."""
    stopped = corruption.judged_rule(verdict, "spares-test-error")
    parts = []
    for name in corruption.names(measurements):
        study = corruption.over(measurements[measurements["study"] == name])
        rows = corruption.accuracy(study, "test")
        early = corruption.at(rows, stopped)["epoch"].median()
        parts.append(f"{corruption.title(study)} after {early:.0f} of {rows['epoch'].max():.0f} epochs")
    return f"Fitted false labels and test accuracy over the epochs. Median epoch of the early stop: {'; '.join(parts)}."
