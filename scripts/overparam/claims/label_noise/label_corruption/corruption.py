"""What the figures about label corruption share: their rows, their axes and the trajectories in time."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import direct_labels, judged, labels, studies, theme

SYMBOL = "ρ"  # of the level of label noise


def noise_label(measurements: pd.DataFrame) -> str:
    """Return the label of an axis of levels of label noise."""
    return f"{labels.column(measurements, 'label_noise')} {SYMBOL}"


def judged_rule(verdict: dict, prediction: str) -> str:
    """Return the stopping rule at which a prediction is judged."""
    return judged.declared(verdict, prediction)["where"]["stopping"]


def accuracy(measurements: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the accuracy on the given labels of the training samples, or on the true ones of the test samples."""
    error = rows_of(measurements, "error", split=split, labels={"train": "noisy", "test": "clean"}[split])
    return error.assign(value=1 - error["value"])


def at(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return the rows at the epoch where ``rule`` stops."""
    return rows[rows["stopping"] == rule]


def over(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the over-parameterized networks, which have more parameters than training samples."""
    return measurements[measurements["parameterization"] == "over"]


def under(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the other networks, which are too small to fit everything."""
    return measurements[measurements["parameterization"] == "under"]


def mean(rows: pd.DataFrame) -> pd.Series:
    """Return the mean over seeds at each level of label noise."""
    return rows.groupby("label_noise")["value"].mean()


def names(measurements: pd.DataFrame) -> list[str]:
    """Return the studies in the order of the table."""
    return list(dict.fromkeys(measurements["study"]))


def shown(measurements: pd.DataFrame) -> list[str]:
    """Return the studies that a first figure shows, a panel each: the details show all."""
    return names(measurements)[: theme.MOST_PANELS]


def panels(count: int) -> tuple[Figure, list[plt.Axes]]:
    """Return a figure with a panel per study, which share their vertical axis."""
    theme.apply()
    figure, axes = plt.subplots(1, count, sharey=True, figsize=(theme.WIDTH, 4.2), squeeze=False)
    return figure, list(axes[0])


def title(study: pd.DataFrame) -> str:
    """Return the short name of a study's networks for the title of a panel."""
    model = study["model"].iloc[0]
    return model.upper() if len(model) <= 3 else model


def name_end(axis: plt.Axes, rows: pd.DataFrame, text: str, color: str) -> None:
    """Write at the end of a mean over levels of label noise what it is."""
    ends = mean(rows)
    direct_labels.at_end(axis, ends.index, ends, text, color)


def level_colors(measurements: pd.DataFrame) -> dict[float, str]:
    """Return a colour for each level of label noise that is drawn over time."""
    found = (studies.some(study["label_noise"].unique()) for _, study in measurements.groupby("study"))
    return studies.by_level(sorted({level for levels in found for level in levels}))


def trajectories(axis: plt.Axes, rows: pd.DataFrame, colors: dict[float, str], **style) -> None:
    """Draw means over epochs and faint lines per seed, from epoch 1 on: the logarithmic axis has no place for 0."""
    path = rows[rows["stopping"].isna() & (rows["epoch"] > 0)]
    for level, group in path[path["label_noise"].isin(colors)].groupby("label_noise"):
        studies.lines(axis, group, "epoch", colors[level], interval=False, **style)
    axis.set_xscale("log")
    axis.set_xlabel(labels.column(rows, "epoch"))


def mark_stops(axis: plt.Axes, rows: pd.DataFrame, colors: dict[float, str], rule: str) -> None:
    """Mark where the stopping ``rule`` would have stopped each network that is drawn."""
    for level, color in colors.items():
        stops = at(rows[rows["label_noise"] == level], rule)
        axis.plot(
            stops["epoch"], stops["value"], linestyle="", marker="^", markersize=6, color=color,
            markeredgecolor=theme.INK, markeredgewidth=0.6, zorder=4,
        )  # fmt: skip


def level_entries(colors: dict[float, str]) -> dict[str, dict]:
    """Return the legend entries of the colours of trajectories."""
    return {f"{SYMBOL} = {level:g}": {"color": color} for level, color in colors.items()}


def legend_of_levels(figure: Figure, colors: dict[float, str]) -> None:
    """Add a legend of the levels of label noise, and of the triangle where a network stops."""
    stop = {"color": theme.INK, "marker": "^", "linestyle": ""}
    entries = level_entries(colors) | {"stopped": stop}
    studies.legend(figure, entries, loc="outside lower center", ncols=7, columnspacing=1)


def definition(measurements: pd.DataFrame) -> str:
    """Return in words what replaces a corrupted label."""
    found = [studies.DEFINITIONS[name] for name in measurements["noise_definition"].dropna().unique()]
    return " or ".join(found)
