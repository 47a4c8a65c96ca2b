"""The narrowest network that interpolates by its output layer alone, and the conditioning of its features."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme

NAMES = {"softplus": ("softplus", "o"), "relu": ("ReLU", "^")}  # label, marker
LOWEST = 1e-20  # smaller residuals are drawn here
FLOAT64 = 1 / np.finfo(float).eps
SHORT = -1  # hidden units less samples in the control
HIGH = "ReLU mostly interpolates at k = n, d ≥ 5"  # the prediction


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw k/n at the first interpolation, the residual around k = n, and the condition number at k = n."""
    figure, (first, around, conditioning) = theme.panels(3, height=4.2)
    smallest = judged.declared(verdict, HIGH, "corrected")["where"]["dimension"]["min"]
    for (activation, (name, marker)), color in zip(NAMES.items(), theme.CATEGORIES, strict=False):
        rows = measurements[measurements["activation"] == activation]
        dimensions = sorted(rows["dimension"].unique())
        shift = 1.06 if activation == "relu" else 1 / 1.06  # the two activations stand beside each other, not on top
        for quantity, axis in (("smallest_width_over_n", first), ("condition_number", conditioning)):
            chosen = rows[rows["quantity"] == quantity]
            finite = chosen[np.isfinite(chosen["value"])]
            axis.scatter(
                finite["dimension"] * shift, finite["value"], s=9, alpha=0.35, color=color, marker=marker, linewidths=0
            )
            medians = chosen.groupby("dimension")["value"].median()
            medians = medians[np.isfinite(medians)]
            label = f"{name}, median (infinite values not drawn)"
            dashes = "-" if activation == "softplus" else "--"
            axis.plot(medians.index * shift, medians, color=color, marker=marker, linestyle=dashes, label=label)
            axis.set(xscale="log", xlabel=labels.column(measurements, "dimension"))
            axis.set_xticks(dimensions, [str(one) for one in dimensions])
            axis.minorticks_off()
        residuals = rows[(rows["quantity"] == "residual") & (rows["dimension"] >= smallest)]
        residuals = residuals.assign(value=residuals["value"].clip(lower=LOWEST))
        sns.lineplot(
            data=residuals.assign(x=residuals["width_minus_n"].astype(int)),
            x="x", y="value", estimator="median", errorbar=("pi", 100), color=color, marker=marker, markeredgewidth=0,
            linestyle="-" if activation == "softplus" else "--", ax=around, legend=False,
        )  # fmt: skip
    conditioning.axhline(FLOAT64, color=theme.INK, linestyle=":", linewidth=1)
    conditioning.annotate(
        "1/ε of float64", (1, FLOAT64), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8,
        color=theme.INK,
    )  # fmt: skip
    theme.mark_threshold(around, 0, "k = n")
    first.set(ylabel=labels.quantity(measurements, "smallest_width_over_n"))
    offset, residual = labels.column(measurements, "width_minus_n"), labels.quantity(measurements, "residual")
    around.set(xlabel=f"{offset}  (d ≥ {smallest}; control: {SHORT})".replace("-", "−"), yscale="log")
    around.set(ylabel=f"{residual}  (cut at {LOWEST:g})")
    conditioning.set(ylabel=labels.quantity(measurements, "condition_number"), yscale="log")
    handles, names = first.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncol=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where each activation interpolates first, the control's residual and the conditioning."""
    smallest = measurements[measurements["quantity"] == "smallest_width_over_n"]
    parts = []
    for activation, (name, _) in NAMES.items():
        worst = smallest[smallest["activation"] == activation].groupby("dimension")["value"].max()
        spelled = [
            f"{value:.2f} (d = {d})" if np.isfinite(value) else f"beyond the grid (d = {d})"
            for d, value in worst.items()
        ]
        parts.append(f"{name} {', '.join(spelled)}")
    residual = measurements[measurements["quantity"] == "residual"]
    short = residual[residual["width_minus_n"] == SHORT]["value"].min()
    condition = measurements[
        (measurements["quantity"] == "condition_number") & (measurements["activation"] == "softplus")
    ]
    condition = condition.groupby("dimension")["value"].median()
    return (
        "Hidden units per sample at which the output weights alone first interpolate random labels, the largest over "
        f"all data sets: {'; '.join(parts)}. With one unit fewer than samples (control) the residual is never "
        f"below {short:.2g} of the labels. The median condition number of softplus features falls from "
        f"{condition.iloc[0]:.1e} at d = {condition.index[0]} to {condition.iloc[-1]:.1e} at d = {condition.index[-1]}."
    )
