"""Trace of the covariance of per-sample gradients against the excess loss, along gradient descent."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, labels, predicted, theme

CASES = {
    "under_parameterized": ("$p < n$\n(control)", theme.CONTROL["color"], theme.CONTROL["linestyle"]),
    "interpolating": ("$p > n$,\nsquared loss", theme.CATEGORIES[0], "-"),
    "cross_entropy": ("$p > n$,\ncross-entropy", theme.CATEGORIES[1], "-"),
}
GUIDES = {  # the prediction whose exponent is drawn, and the height of the line over the curves
    "interpolating": ("proportional", 3.5),
    "cross_entropy": ("cross-entropy-exponent-is-two", 0.03),
}
BINS = 40  # of the loss, over which the middle of the paths is taken


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the path of every seed and their middle, from large losses to small ones, with lines of predicted slopes."""
    figure, (axis,) = theme.panels(1, height=4.6)
    noise = measurements[measurements["quantity"] == "noise_covariance"]
    axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'excess_loss')} (falls to the right)")
    for case, (label, color, dashes) in CASES.items():
        rows = noise[noise["case"] == case]
        for _, path in rows.groupby("seed"):
            path = path.sort_values("excess_loss")
            axis.plot(path["excess_loss"], path["value"], color=color, linewidth=0.6, alpha=0.3)
        middle = _middle(rows)
        axis.plot(middle.index, middle, color=color, linestyle=dashes, linewidth=2)
        direct_labels.at_end(axis, middle.index[:1], middle.iloc[:1], label, color)  # the axis runs to small losses
        if case in GUIDES and len(middle) > 1:
            name, shift = GUIDES[case]
            place = middle.index[int(0.7 * (len(middle) - 1))]
            predicted.predicted_slope(
                axis, verdict, name, start=(place, middle[place] * shift), to=middle.index[len(middle) // 3],
                label="slope",
            )  # fmt: skip
    axis.invert_xaxis()
    axis.set_ylim(bottom=axis.get_ylim()[0] / 5)  # room for the last name
    axis.set_ylabel(labels.quantity(measurements, "noise_covariance"))
    text = headlines.by_verdict(
        verdict,
        supported="Where every sample can be fitted, the noise of the gradient dies out in proportion to the loss",
        refuted="Where every sample can be fitted, the noise of the gradient is not in proportion to the loss",
        undecided="The noise of the gradient as the loss falls",
    )
    theme.headline(figure, text)
    return figure


def _middle(rows: pd.DataFrame) -> pd.Series:
    """Return the geometric mean of the paths in narrow ranges of the loss, from small losses to large ones."""
    logs = np.log(rows[["excess_loss", "value"]])
    whole = logs.groupby(pd.cut(logs["excess_loss"], BINS), observed=True).agg(["mean", "size"])
    whole = whole[whole["value", "size"] > 1]
    return pd.Series(np.exp(whole["value", "mean"].to_numpy()), np.exp(whole["excess_loss", "mean"].to_numpy()))


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
        f"under-parameterized (control): {parts['under_parameterized']:.1f} and {falls['under_parameterized']:.1f}, "
        f"and at the minimum {floor['under_parameterized']:.2g} of the noise at the start is left; "
        f"cross-entropy: {parts['cross_entropy']:.1f} and {falls['cross_entropy']:.1f}."
    )
