"""All norms over N/n, for both kinds of features, and where gradient descent ends."""

from textwrap import fill
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.drawing import labels, random_features, studies, theme
from overparam.drawing.rounding import at_least, at_most

PANELS = ("function_norm", "norm", "kernel_distance")


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per kind of features; the last row shows gradient descent from two starts."""
    kinds, styles = random_features.kinds(measurements), random_features.styles(measurements)
    figure, axes = studies.grid(
        len(PANELS) + 1, len(kinds), 1.95, sharey="row", gridspec_kw={"height_ratios": [1] * len(PANELS) + [0.5]}
    )
    for column, kind in enumerate(kinds):
        for axis, quantity in zip(axes[:-1, column], PANELS, strict=True):
            wanted: dict[str, Any] = {"features": kind, "quantity": quantity}
            axis.set_yscale("log")
            for arm, style in styles.items():
                fitted = random_features.rows(measurements, *arm, method="minimum_norm", **wanted)
                random_features.line(axis, fitted, markersize=3.5, **style)
                ridge = random_features.rows(measurements, *arm, method="ridge", **wanted)
                if len(ridge):
                    random_features.line(axis, ridge, seeds=False, **theme.CONTROL)
                limit = random_features.rows(measurements, *arm, method="kernel", **wanted)
                if len(limit):
                    level, last = limit["value"].mean(), fitted["features_per_sample"].max()
                    axis.plot([1, last], [level, level], color=style["color"], linestyle=":")
            axis.set_ylabel(labels.quantity(measurements, quantity))
            random_features.ratio_axis(axis, measurements, random_features.THRESHOLD if axis is axes[0, column] else "")
        for axis in axes[: len(PANELS) - 1, column]:
            axis.set_xlabel("")
            axis.tick_params(labelbottom=False)
        axes[0, column].set_title(f"{random_features.TITLES[kind]}, {random_features.data_label(verdict)}", fontsize=9)
        _descent(axes[-1, column], measurements[measurements["features"] == kind])
    axes[-1, 0].set_ylabel(labels.column(measurements, "start"))
    entries = random_features.legend_entries(measurements)
    entries["kernel limit (N = ∞)"] = {"color": theme.INK, "linestyle": ":"}
    studies.legend(figure, entries, loc="outside lower center", ncols=3, fontsize=8.5)
    theme.headline(figure, "Norms of both kinds of features, and where gradient descent ends")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where gradient descent ends, by start, and the raw norm at its largest and at the end."""
    parts = []
    for kind in random_features.kinds(measurements):
        chosen = measurements[measurements["features"] == kind]
        clean = random_features.arms(chosen)[0]
        norm = random_features.geometric_mean(
            random_features.rows(chosen, *clean, method="minimum_norm", quantity="norm")
        )
        ends = chosen[(chosen["method"] == "gradient_descent") & (chosen["quantity"] == "solution_distance")]
        farthest, nearest = ends.groupby("start")["value"].max(), ends.groupby("start")["value"].min()
        parts.append(
            f"{random_features.sentence_start(kind)}, no label noise: the raw norm is largest at "
            f"N = {norm.idxmax():g} n ({norm.max():.3g}) and {norm.iloc[-1]:.2g} at N = {norm.index[-1]:g} n. Gradient "
            f"descent from zero ends "
            f"within {at_most(farthest['zero'], 1)} of the minimum-norm solution, from a random start at least "
            f"{at_least(nearest['random'])} away."
        )
    return " ".join(parts)


def _descent(axis: Axes, measurements: pd.DataFrame) -> None:
    """Draw one point per seed and start."""
    ends = measurements[(measurements["method"] == "gradient_descent")]
    distance = ends[ends["quantity"] == "solution_distance"]
    sns.stripplot(
        distance, x="value", y="start", order=["zero", "random"], hue="start", hue_order=["zero", "random"],
        palette=theme.CATEGORIES[:2], size=5, jitter=False, alpha=0.6, legend=False, ax=axis,
    )  # fmt: skip
    axis.set(xscale="log", ylabel="")
    axis.set_xlabel(fill(f"end of descent: {labels.quantity(measurements, 'solution_distance')}", 34))
