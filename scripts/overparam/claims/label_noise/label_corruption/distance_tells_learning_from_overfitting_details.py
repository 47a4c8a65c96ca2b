"""Distance from the start over time in every study, with the epochs at which training would have stopped."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.claims.label_noise.label_corruption.distance_tells_learning_from_overfitting import rules_of
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import labels, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one panel per study, a line per level of label noise, with a triangle where a network stops."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    figure, axes = studies.grid(len(names), 1, 3.2)
    for axis, name in zip(axes[:, 0], names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        distance = rows_of(study, "distance")
        corruption.trajectories(axis, distance, colors)
        corruption.mark_stops(axis, distance, colors, rules_of(verdict)[1])
        axis.set(title=studies.title(study, verdict), ylabel=labels.quantity(measurements, "distance"))
        axis.set_ylim(bottom=0)
    corruption.legend_of_levels(figure, colors)
    theme.headline(figure, "How far weights travel in every study, by the share of labels that are corrupted")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the mean distance where networks are stopped and at the end, at the highest level that is drawn."""
    level, parts = max(corruption.level_colors(measurements)), []
    for name in corruption.names(measurements):
        study = corruption.over(measurements[measurements["study"] == name])
        distance = rows_of(study, "distance")
        distance = distance[distance["label_noise"] == level]
        far, near = (corruption.at(distance, rule)["value"].mean() for rule in rules_of(verdict))
        parts.append(f"{corruption.title(study)} {near:.3g} when stopped and {far:.3g} at the end")
    return f"Distance of the weights from their start over the epochs, at ρ = {level:g}: {'; '.join(parts)}."
