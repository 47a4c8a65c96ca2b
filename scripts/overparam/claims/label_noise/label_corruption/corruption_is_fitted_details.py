"""Train and test accuracy in time, a line per level of label noise."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.drawing import studies, theme

SPLITS = {"train": "train, given labels", "test": "test, true labels"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: both accuracies over the epochs."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    figure, axes = studies.grid(len(names), len(SPLITS), 3.2, sharey="row")
    for row, name in zip(axes, names, strict=True):
        study = measurements[measurements["study"] == name]
        for axis, (split, words) in zip(row, SPLITS.items(), strict=True):
            corruption.trajectories(axis, corruption.accuracy(corruption.over(study), split), colors)
            axis.set(title=f"{corruption.title(study)}: {words}", ylabel="", ylim=(0, 1.04))
            studies.percent_axis(axis)
        row[0].set_ylabel("accuracy")
    studies.legend(figure, corruption.level_entries(colors), loc="outside lower center", ncols=7, columnspacing=1)
    theme.headline(figure, "How accuracy gets there, by the share of labels that are corrupted")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the best mean test accuracy on the way and the one at the end, at the highest level that is drawn."""
    parts = []
    level = max(corruption.level_colors(measurements))
    for name in corruption.names(measurements):
        study = measurements[measurements["study"] == name]
        rows = corruption.accuracy(corruption.over(study), "test")
        path = rows[rows["stopping"].isna() & (rows["label_noise"] == level)].groupby("epoch")["value"].mean()
        if len(path):
            parts.append(f"{corruption.title(study)} {path.max():.1%} at best and {path.iloc[-1]:.1%} at the end")
    return f"Accuracy over the epochs. At ρ = {level:g} the mean test accuracy is: {'; '.join(parts)}."
