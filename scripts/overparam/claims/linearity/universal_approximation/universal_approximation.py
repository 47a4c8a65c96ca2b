"""Least sup error of two-layer networks against width, with biases, without, and with a polynomial activation."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.drawing import labels, theme
from overparam.drawing.rounding import at_least

TARGETS = {"zigzag": "zigzag", "wave": "sin(2πt + 0.5)"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the error of every network on both functions, and on the parabola ReLU networks beside the least error."""
    figure, axes = theme.panels(3, height=4.4)
    errors = measurements[measurements["quantity"] == "sup_error"]
    for axis, (target, title) in zip(axes, TARGETS.items(), strict=False):
        rows = errors[errors["target"] == target]
        for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
            own = rows[rows["activation"] == name]
            _curve(axis, own[own["network"] == "with biases"], label, marker, "-", color)
            bare = own[own["network"] == "without biases"]
            _curve(axis, bare, f"{label} without biases (control)", marker, ":", color)
        cubic = rows[(rows["network"] == "polynomial activation") & (rows["activation"] == "tanh")]
        _curve(axis, cubic, "activation z³ (control)", "X", "--", theme.CATEGORIES[3])
        axis.set_title(title)
    parabola = errors[errors["target"] == "parabola"]
    least = measurements[measurements["quantity"] == "least_sup_error"].groupby("width")["value"].first()
    axes[2].plot(
        least.index, least, color=theme.INK, linestyle="--", linewidth=1.2,
        label=labels.quantity(measurements, "least_sup_error"),
    )  # fmt: skip
    drawn, equal = (parabola[parabola["network"] == network] for network in ("with biases", "equal breakpoints"))
    _curve(axes[2], drawn, "ReLU", "D", "-", theme.CATEGORIES[2])
    _curve(axes[2], equal, "ReLU, equal breakpoints", "P", "", theme.CATEGORIES[4])
    axes[2].set_title("t², ReLU")
    entries: dict[str, plt.Line2D] = {}
    for axis in axes:
        axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m", ylabel="")
        widths = sorted(measurements["width"].unique())
        axis.set_xticks(widths, [str(width) for width in widths])
        axis.minorticks_off()
        entries |= {label: handle for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
        axis.get_legend().remove()
    axes[0].set_ylabel(labels.quantity(measurements, "sup_error"))
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncol=3, fontsize=7.5)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the median errors at the ends, those of the controls, and how near to the least one on the parabola."""
    errors = measurements[measurements["quantity"] == "sup_error"]
    narrow, wide = errors["width"].min(), errors["width"].max()
    biased = errors[errors["network"] == "with biases"]
    middle = biased.groupby(["target", "activation", "width"])["value"].median()
    falls = [
        ", ".join(
            f"{label} {middle[target, name, narrow]:.2g} to {middle[target, name, wide]:.2g}"
            for name, (label, _) in STYLES.items()
        )
        for target in TARGETS
    ]
    left = errors[errors["network"].isin(["without biases", "polynomial activation"]) & (errors["width"] == wide)]
    parabola = measurements[(measurements["target"] == "parabola") & (measurements["width"] == wide)]
    equal = parabola[(parabola["network"] == "equal breakpoints") & (parabola["quantity"] == "sup_error")][
        "value"
    ].mean()
    least = parabola[parabola["quantity"] == "least_sup_error"]["value"].mean()
    return (
        f"Least sup error on [−1, 1] of two-layer networks of width {narrow} to {wide} (medians): on a zigzag "
        f"{falls[0]}; on sin(2πt + 0.5) {falls[1]}. Without biases or with the activation z³ at least "
        f"{at_least(left['value'].min())} is left at width {wide}. On t² ReLU units with equal breakpoints reach "
        f"{equal:.3g}, and no network of that width goes below {least:.3g}."
    )


def _curve(axis: plt.Axes, rows: pd.DataFrame, label: str, marker: str, dashes: str, color: str) -> None:
    if rows.empty:
        return
    common = {"data": rows, "x": "width", "y": "value", "color": color, "ax": axis}
    if dashes:
        sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.6, legend=False)
    sns.lineplot(
        **common, estimator="median", errorbar=theme.median_interval, marker=marker, markersize=5,
        markeredgewidth=0, linestyle=dashes, label=label,
    )  # fmt: skip
