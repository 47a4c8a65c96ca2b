"""Trace of the covariance of per-sample gradients against the excess loss, along gradient descent."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import exponents, labels, theme

CASES = {
    "interpolating": ("squared loss, p > n", "o"),
    "under_parameterized": ("squared loss, p < n (control)", "s"),
    "cross_entropy": ("cross-entropy, p > n (control)", "^"),
}
GUIDES = {  # the prediction whose exponent is drawn, and the height of the line over the curves
    "interpolating": ("proportional", 3),
    "cross_entropy": ("cross-entropy-exponent-is-two", 0.1),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the path of every seed with a mark at each recorded loss, and lines of the predicted slopes."""
    figure, (axis,) = theme.panels(1, height=4.4)
    noise = measurements[measurements["quantity"] == "noise_covariance"]
    for (case, (label, marker)), color in zip(CASES.items(), theme.CATEGORIES, strict=False):
        rows = noise[noise["case"] == case]
        for seed, path in rows.groupby("seed"):
            path = path.sort_values("excess_loss")
            axis.plot(
                path["excess_loss"], path["value"], color=color, marker=marker, markersize=3, linewidth=0.7, alpha=0.6,
                label=f"{label}, {path['n_params'].iloc[0]} parameters" if seed == rows["seed"].min() else None,
            )  # fmt: skip
        if case in GUIDES:
            name, shift = GUIDES[case]
            power = exponents.predicted(verdict, name)
            losses = np.geomspace(rows["excess_loss"].min(), rows["excess_loss"].max(), 2)
            middle = np.exp(np.log(rows[["excess_loss", "value"]]).mean())
            values = middle["value"] * (losses / middle["excess_loss"]) ** power * shift
            axis.plot(losses, values, color=theme.INK, linestyle="--", linewidth=1)
            centre = np.exp(np.log([losses, values]).mean(axis=1))
            axis.annotate(
                f"slope {exponents.spelled(power)}", tuple(centre), xytext=(-4, 4) if shift > 1 else (4, -4),
                textcoords="offset points", ha="right" if shift > 1 else "left", va="bottom" if shift > 1 else "top",
                fontsize=8,
            )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "excess_loss"))
    axis.set_ylabel(labels.quantity(measurements, "noise_covariance"))
    samples = f"n = {noise['n_train'].iloc[0]} samples"
    legend = axis.legend(loc="lower right", title=samples, title_fontsize=9, alignment="left")
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State by how much the noise falls in each case while the excess loss falls."""
    parts = {
        case: measurements[(measurements["quantity"] == name) & (measurements["case"] == case)]["value"].median()
        for case, name in ((case, "decades") for case in CASES)
    }
    left = measurements[measurements["quantity"] == "noise_left"].groupby("case")["value"].median()
    falls = {case: -np.log10(left[case]) for case in CASES}
    floor = measurements[measurements["quantity"] == "noise_at_minimum"].groupby("case")["value"].median()
    return (
        f"Gradient noise against excess loss along gradient descent (medians over seeds). Squared loss, interpolating: "
        f"the loss falls {parts['interpolating']:.1f} decades and the noise {falls['interpolating']:.1f}; "
        f"under-parameterized: {parts['under_parameterized']:.1f} and {falls['under_parameterized']:.1f}, and at the "
        f"minimum {floor['under_parameterized']:.2g} of the noise at the start is left; "
        f"cross-entropy: {parts['cross_entropy']:.1f} and {falls['cross_entropy']:.1f}."
    )
