"""Taylor remainder of a two-layer network against width, beside its bound."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.figures import theme

DIRECTIONS = {
    "worst": ("worst direction found", "o", "-"),
    "gradient descent": ("gradient descent", "s", "--"),
    "random": ("random directions", "^", "-."),
}
PANELS = [
    ("tanh", "linear", "tanh"),
    ("relu", "linear", "ReLU (not smooth)"),
    ("tanh", "squared", "tanh, squared (control)"),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw |R(θ)| per direction and the bound of the worst one: tanh, ReLU, and tanh with its output squared."""
    figure, axes = theme.panels(len(PANELS), height=4.0)
    for axis, (activation, output, title) in zip(axes, PANELS, strict=True):
        rows = measurements[(measurements["activation"] == activation) & (measurements["output"] == output)]
        bound = rows[(rows["quantity"] == "remainder_bound") & (rows["direction"] == "worst")]
        sns.lineplot(
            bound, x="width", y="value", color=theme.INK, linestyle=":", linewidth=2, errorbar=None, ax=axis,
            label="bound, worst direction",
        )  # fmt: skip
        for (direction, (label, marker, dashes)), color in zip(DIRECTIONS.items(), theme.CATEGORIES, strict=False):
            chosen = rows[(rows["quantity"] == "remainder") & (rows["direction"] == direction)]
            chosen = chosen.groupby(["width", "seed"], as_index=False)["value"].median()
            common = {"data": chosen, "x": "width", "y": "value", "color": color, "ax": axis}
            sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.6, legend=False)
            sns.lineplot(
                **common, estimator="median", errorbar=("ci", 95), seed=0, marker=marker, markersize=5,
                markeredgewidth=0, linestyle=dashes, label=label,
            )  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="width m", ylabel="|R(θ)|" if axis is axes[0] else "", title=title)
    handles, labels = axes[0].get_legend_handles_labels()
    for axis in axes:
        axis.get_legend().remove()
    limits = np.array([axis.get_ylim() for axis in axes])
    for axis in axes:
        axis.set_ylim(limits[:, 0].min(), limits[:, 1].max())
    figure.legend(handles, labels, loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents per direction and the tightest ratio to the bound."""
    exponents = {direction: _exponent(measurements, "tanh", direction) for direction in DIRECTIONS}
    return (
        f"Remainder of a two-layer tanh network after its linear part: it falls with width with exponent "
        f"{exponents['worst']:.2f} in the worst direction found, {exponents['gradient descent']:.2f} along gradient "
        f"descent's own displacement and {exponents['random']:.2f} in random directions, and reaches at most "
        f"{_tightest(measurements, 'tanh', 'linear'):.2f} of the bound β‖θ − θ₀‖²/(2√m). ReLU, which is not smooth, "
        f"exceeds the bound up to {_tightest(measurements, 'relu', 'linear'):.3g} times, and squaring the output up to "
        f"{_tightest(measurements, 'tanh', 'squared'):.3g} times."
    )


def _exponent(measurements: pd.DataFrame, activation: str, direction: str) -> float:
    rows = measurements[
        (measurements["quantity"] == "remainder")
        & (measurements["activation"] == activation)
        & (measurements["output"] == "linear")
        & (measurements["direction"] == direction)
    ]
    middle = rows.groupby("width")["value"].median()
    return float(np.polyfit(np.log(middle.index), np.log(middle), 1)[0])


def _tightest(measurements: pd.DataFrame, activation: str, output: str) -> float:
    rows = measurements[(measurements["activation"] == activation) & (measurements["output"] == output)]
    keys = ["seed", "width", "direction", "trial"]
    sides = [rows[rows["quantity"] == name].set_index(keys)["value"] for name in ("remainder", "remainder_bound")]
    return float((sides[0] / sides[1]).max())
