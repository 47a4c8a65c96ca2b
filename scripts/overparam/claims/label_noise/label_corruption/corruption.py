"""What the figures about label corruption share: their rows, their axes and the trajectories in time."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import studies, theme

STOPPED = "heldout_loss"  # the rule that the claims judge
RULES = ["final", STOPPED]
CORRUPTION = "label corruption ρ"


def accuracy(measurements: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return accuracy on the training samples' given labels or the test samples' true ones."""
    labels = {"train": "noisy", "test": "clean"}[split]
    error = measurements[
        (measurements["quantity"] == "error") & (measurements["split"] == split) & (measurements["labels"] == labels)
    ]
    return error.assign(value=1 - error["value"])


def quantity(measurements: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of one quantity."""
    return measurements[measurements["quantity"] == name]


def at(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return the rows at the stopping epoch of ``rule``."""
    return rows[rows["stopping"] == rule]


def over(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the over-parameterized networks (n_params > n_train)."""
    return measurements[measurements["parameterization"] == "over"]


def under(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the networks that are too small to fit everything."""
    return measurements[measurements["parameterization"] == "under"]


def mean(rows: pd.DataFrame) -> pd.Series:
    """Return the mean over seeds at each level of corruption."""
    return rows.groupby("label_noise")["value"].mean()


def names(measurements: pd.DataFrame) -> list[str]:
    """Return the studies in the order of the table."""
    return list(dict.fromkeys(measurements["study"]))


def level_colors(measurements: pd.DataFrame) -> dict[float, str]:
    """Return a colour for each level of corruption that is drawn over time."""
    found = (studies.some(study["label_noise"].unique()) for _, study in measurements.groupby("study"))
    return studies.by_level(sorted({level for levels in found for level in levels}))


def trajectories(axis: plt.Axes, rows: pd.DataFrame, colors: dict[float, str], **style) -> None:
    """Draw means over epochs and faint lines per seed; epoch 0 lies left of the logarithmic axis."""
    path = rows[rows["stopping"].isna() & (rows["epoch"] > 0)]
    for level, group in path[path["label_noise"].isin(colors)].groupby("label_noise"):
        studies.lines(axis, group, "epoch", colors[level], interval=False, **style)
    axis.set_xscale("log")
    axis.set_xlabel("epoch")


def mark_stops(axis: plt.Axes, rows: pd.DataFrame, colors: dict[float, str]) -> None:
    """Mark where early stopping would have kept each drawn network."""
    for level, color in colors.items():
        stops = at(rows[rows["label_noise"] == level], STOPPED)
        axis.plot(
            stops["epoch"], stops["value"], linestyle="", marker="^", markersize=6, color=color,
            markeredgecolor=theme.INK, markeredgewidth=0.6, zorder=4,
        )  # fmt: skip


def level_entries(colors: dict[float, str]) -> dict[str, dict]:
    """Return the legend entries of the colours of trajectories."""
    return {f"ρ = {level:g}": {"color": color} for level, color in colors.items()}


def legends(figure: Figure, curves: dict[str, dict], levels: dict[str, dict]) -> None:
    """Put what the curves are at the lower left and the levels of corruption at the lower right, below all axes."""
    studies.legend(figure, curves, loc="outside lower left", fontsize=8, ncols=1 + (len(curves) > 3))
    studies.legend(figure, levels, loc="outside lower right", fontsize=8, ncols=3)


def definition(measurements: pd.DataFrame) -> str:
    """Return in words what a corrupted label is replaced by."""
    found = [studies.DEFINITIONS[name] for name in measurements["noise_definition"].dropna().unique()]
    return " or ".join(found)
