"""Taylor remainder of a two-layer network against width, beside its bound."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.rounding import at_most
from overparam.drawing.width_curves import exponent

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
                **common, estimator="median", errorbar=theme.median_interval, marker=marker, markersize=5,
                markeredgewidth=0, linestyle=dashes, label=label,
            )  # fmt: skip
        axis.set(xscale="log", yscale="log", ylabel="", title=title)
        axis.set_xlabel(f"{labels.column(measurements, 'width')} m")
    axes[0].set_ylabel(labels.quantity(measurements, "remainder"))
    handles, names = axes[0].get_legend_handles_labels()
    for axis in axes:
        axis.get_legend().remove()
    limits = np.array([axis.get_ylim() for axis in axes])
    for axis in axes:
        axis.set_ylim(limits[:, 0].min(), limits[:, 1].max())
    figure.legend(handles, names, loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents per direction, and how near the bound each comes, also at the largest width."""
    tanh, relu = (
        {direction: exponent(_medians(measurements, name, direction)) for direction in DIRECTIONS}
        for name in ("tanh", "relu")
    )
    worst = exponents.measured(verdict, "slope in the worst direction", each="activation = tanh")
    width = measurements["width"].max()
    widest = _shares(measurements[measurements["width"] == width], "tanh", "linear").groupby("direction").max()
    control = judged.under_control(verdict)
    smooth, kinked, squared = (
        _tightest(one, name) for one, name in ((verdict, "tanh"), (verdict, "relu"), (control, "tanh"))
    )
    usual = max(widest["random"], widest["gradient descent"])
    return (
        f"Remainder of a two-layer tanh network after its linear part: it falls with width with exponent "
        f"{worst} in the worst direction found, {tanh['gradient descent']:.2f} along gradient descent's "
        f"own displacement and {tanh['random']:.2f} in random directions. The largest share of the bound "
        f"β‖θ − θ₀‖²/(2√m) is {smooth}; at m = {width} it is {widest['worst']:.2f} in the "
        f"worst direction and at most {at_most(usual, 1)} in the others. ReLU, which is not smooth, falls with "
        f"{relu['worst']:.2f}, {relu['gradient descent']:.2f} and {relu['random']:.2f}; its largest share of the bound "
        f"is {kinked}, and with the tanh output squared {squared}."
    )


def _tightest(verdict: dict, activation: str) -> str:
    """Return the largest remainder over its bound, as judged; "unknown" where the judge has no number."""
    found = judged.estimate(verdict, "bound with every activation listed", "listed", each=f"activation = {activation}")
    return "unknown" if found is None or found["estimate"] is None else f"{found['estimate']:.3g}"


def _medians(measurements: pd.DataFrame, activation: str, direction: str) -> pd.DataFrame:
    """Return the median remainder of every width: one curve, as it is drawn."""
    rows = measurements[
        (measurements["quantity"] == "remainder")
        & (measurements["activation"] == activation)
        & (measurements["output"] == "linear")
        & (measurements["direction"] == direction)
    ]
    return rows.groupby("width", as_index=False)["value"].median().assign(seed=0)


def _shares(measurements: pd.DataFrame, activation: str, output: str) -> pd.Series:
    """Return remainder over bound of every displacement."""
    rows = measurements[(measurements["activation"] == activation) & (measurements["output"] == output)]
    keys = ["seed", "width", "direction", "trial"]
    sides = [rows[rows["quantity"] == name].set_index(keys)["value"] for name in ("remainder", "remainder_bound")]
    return sides[0] / sides[1]
