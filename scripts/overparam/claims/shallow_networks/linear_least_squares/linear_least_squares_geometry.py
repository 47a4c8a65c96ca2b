"""Three properties of gradient descent on linear least squares, each beside the case in which it fails."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

CASES = {  # label, marker, dashes
    "gradient descent": ("gradient descent", "o", "-"),
    "step near 2/σ_max²": ("step 1.9/σ_max²", "^", "--"),
    "preconditioned": ("diagonal preconditioner", "s", "-."),
    "more samples than parameters": ("more samples than parameters", "X", ":"),
}
PANELS = ("rate_share", "closest_error", "path_over_distance")


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw rate, distance from the closest optimum and length of the path against the condition number."""
    wide = _wide(measurements)
    figure, axes = theme.panels(len(PANELS), height=4.0)
    for axis, quantity in zip(axes, PANELS, strict=True):
        for (case, (name, marker, dashes)), color in zip(CASES.items(), theme.CATEGORIES, strict=False):
            rows = wide[wide["case"] == case]
            rows = rows[rows["learning_rate"] == rows["learning_rate"].max()]
            common = {"data": rows, "x": "condition", "y": quantity, "color": color, "ax": axis}
            sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.6, legend=False)
            sns.lineplot(
                **common, estimator="median", errorbar=theme.median_interval, marker=marker, markersize=5,
                markeredgewidth=0, linestyle=dashes, label=name, legend=False,
            )  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "condition"))
    axes[0].set_ylabel("measured rate / promised rate")
    for axis, quantity in zip(axes[1:], PANELS[1:], strict=True):
        axis.set_ylabel(labels.quantity(measurements, quantity))
    kappa = np.sort(wide["condition"].unique())
    allowed = wide.groupby("condition")["allowed"].median()
    axes[2].plot(allowed.index, allowed, color=theme.INK, linestyle="--", linewidth=1)
    axes[2].annotate(
        "min(κ, √n)", (kappa[-1], allowed.iloc[-1]), xytext=(0, 2), textcoords="offset points", color=theme.INK,
        fontsize=9, ha="right", va="bottom",
    )  # fmt: skip
    near_enough = judged.declared(verdict, "ends at the closest optimum")["limit"]
    axes[1].axhline(near_enough, color=theme.INK, linestyle="--", linewidth=1)
    axes[0].axhline(1, color=theme.INK, linestyle="--", linewidth=1)
    for axis in axes:
        axis.set_xticks(kappa, [f"{value:g}" for value in kappa], minor=False)
        axis.minorticks_off()
    names = [name for name, *_ in CASES.values()]
    marked = [line for line in axes[0].get_lines() if line.get_marker() not in ("None", None, "")]
    figure.legend(marked[: len(names)], names, loc="outside lower center", ncol=2)
    return figure


def _wide(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run with its measured values over what was promised."""
    keys = ["case", "learning_rate", "condition", "seed"]
    wide = measurements.pivot(index=keys, columns="quantity", values="value").reset_index()
    wide["rate_share"] = wide["rate"] / wide["promised_rate"]
    wide["share"] = wide["path"] / wide["promised_path"]
    wide["allowed"] = wide["promised_path"] / wide["distance"]
    return wide


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how near each property comes to failing, and what its control does."""
    wide = _wide(measurements)
    parts = {case: wide[wide["case"] == case] for case in CASES}
    usual = parts["gradient descent"]
    tall, other = parts["more samples than parameters"], parts["preconditioned"]
    overshooting = parts["step near 2/σ_max²"]
    return (
        f"Gradient descent on over-parameterized linear least squares, {len(usual)} runs with steps up to 1/σ_max²: "
        f"the rate is at least {at_least(usual['rate_share'].min(), 3)} times −ln(1 − ησ_min²), the end lies within "
        f"{at_most(usual['closest_error'].max())} of the optimum closest to the start (relative to its distance), and "
        f"the path is at most {at_most(usual['path_over_distance'].max(), 3)} times that distance, at most "
        f"{at_most(usual['share'].max(), 3)} of the bound min(κ, √n); {int(usual['limit_hit'].sum())} runs hit the "
        f"limit of steps. With more samples than parameters the residual stays above "
        f"{at_least(tall['residual_ratio'].min())} of its start; a preconditioner ends at least "
        f"{at_least(other['closest_error'].min())} away; with the step 1.9/σ_max² the path reaches "
        f"{overshooting['share'].max():.3g} times the bound."
    )
