"""What the figures of random features share: one column per kind of features, quantities over N/n."""

from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from overparam.drawing import labels, theme

TITLES = {"relu": "random ReLU features", "fourier": "random Fourier features"}
THRESHOLD = "$N = n$"
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SMALLEST = 1e-4  # drawn in place of an error of zero on a logarithmic axis
RATIO = "features_per_sample"


def kinds(measurements: pd.DataFrame) -> list[str]:
    """Return the kinds of features that were measured, in their order."""
    return list(dict.fromkeys(measurements["features"]))


def sentence_start(kind: str) -> str:
    """Return the title of a kind of features with a capital letter, names of functions kept."""
    return TITLES[kind][0].upper() + TITLES[kind][1:]


def rows(measurements: pd.DataFrame, noise: float, definition: str | None, **wanted: object) -> pd.DataFrame:
    """Return the rows of one curve; ``definition`` is None without label noise."""
    chosen = np.isclose(measurements["label_noise"], noise)
    same = measurements["noise_definition"].isna() if noise == 0 else measurements["noise_definition"] == definition
    for column, value in wanted.items():
        chosen &= (measurements[column] == value).to_numpy()
    return measurements[chosen & same.to_numpy()]


def arms(measurements: pd.DataFrame) -> list[tuple[float, str | None]]:
    """Return the pairs of label noise and its definition, from clean to noisy."""
    pairs = measurements[["label_noise", "noise_definition"]].dropna(subset="label_noise").drop_duplicates()
    return sorted(
        ((noise, None if pd.isna(definition) else definition) for noise, definition in pairs.itertuples(index=False)),
        key=lambda pair: (pair[0], pair[1] or ""),
    )


def styles(measurements: pd.DataFrame) -> dict[tuple[float, str | None], dict[str, Any]]:
    """Return colour and marker of every arm; they repeat if there are many."""
    return {
        arm: {"color": color, "marker": marker}
        for arm, color, marker in zip(arms(measurements), cycle(theme.CATEGORIES), cycle(MARKERS), strict=False)
    }


def legend_entries(measurements: pd.DataFrame) -> dict[str, dict]:
    """Return the legend of the arms and of ridge."""
    entries = {arm_name(*arm): {**style, "markersize": 4} for arm, style in styles(measurements).items()}
    return {**entries, "tuned ridge (control)": theme.CONTROL}


def arm_name(noise: float, definition: str | None) -> str:
    """Return the name of an arm in a legend."""
    if not noise:
        return "no label noise"
    return f"{noise:.0%} noise, {(definition or '').replace('_', ' ')}".replace("%", " %")


def mean(curve: pd.DataFrame) -> pd.Series:
    """Return the mean over seeds, by N/n."""
    return curve.groupby(RATIO)["value"].mean()


def geometric_mean(curve: pd.DataFrame) -> pd.Series:
    """Return the geometric mean over seeds, by N/n: what lies in the middle of seeds that differ by factors."""
    return np.exp(np.log(curve.set_index(RATIO)["value"]).groupby(level=0).mean())


def line(axis: plt.Axes, curve: pd.DataFrame, seeds: bool = True, **style) -> None:
    """Draw the mean over N/n with its 95 % interval over seeds, and a faint line per seed.

    seaborn averages on the scale that the axis has when it is called: on a logarithmic one the mean is geometric.
    """
    if axis.get_yscale() == "log":
        curve = curve.assign(value=curve["value"].clip(lower=SMALLEST))
    if seeds:
        sns.lineplot(
            curve, x=RATIO, y="value", units="seed", estimator=None, ax=axis, color=style["color"],
            linestyle=style.get("linestyle", "-"), alpha=0.2, linewidth=0.6, legend=False,
        )  # fmt: skip
    sns.lineplot(
        curve, x=RATIO, y="value", errorbar=theme.interval, ax=axis, legend=False,
        markeredgewidth=0, **style,
    )  # fmt: skip


def ratio_axis(axis: plt.Axes, measurements: pd.DataFrame, label: str | None = None) -> None:
    """Use a logarithmic axis for N/n with plain ticks; with a label, which may be empty, mark the threshold."""
    axis.set_xscale("log")
    ticks = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel(labels.column(measurements, RATIO))
    if label is not None:
        theme.mark_threshold(axis, 1, label)


def data_label(verdict: dict) -> str:
    """Return the name of the data set in a figure."""
    data = verdict.get("data") or {}
    return data.get("label") or data.get("name") or "images"
