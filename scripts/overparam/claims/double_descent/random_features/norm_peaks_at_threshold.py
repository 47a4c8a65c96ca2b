"""Norm of the minimum-norm solution over N/n beside the kernel's, and its distance to the kernel's predictor."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, labels, random_features, regimes, theme
from overparam.drawing.rounding import at_least, at_most

PANELS = {"function_norm": "the norm", "kernel_distance": "distance to the kernel's predictor"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both for the first kind of features, without label noise and with, beside the kernel and tuned ridge."""
    kind = random_features.kinds(measurements)[0]
    figure, axes = theme.panels(2, height=4.4)
    arms = random_features.arms(measurements)
    for axis, (quantity, title) in zip(axes, PANELS.items(), strict=True):
        axis.set_yscale("log")
        for color, arm in zip(theme.CATEGORIES, (arms[0], arms[-1]), strict=False):
            wanted: dict[str, Any] = {"features": kind, "quantity": quantity}
            fitted, ridge, kernel = (
                random_features.rows(measurements, *arm, method=method, **wanted)
                for method in ("minimum_norm", "ridge", "kernel")
            )
            last, clean = fitted[random_features.RATIO].max(), arm[0] == 0
            if len(ridge):
                random_features.line(axis, ridge, seeds=False, **theme.CONTROL)
                if clean:
                    end = random_features.geometric_mean(ridge).iloc[-1]
                    direct_labels.at_end(axis, [last], [end], "tuned ridge\n(control)", theme.GREY)
            random_features.line(axis, fitted, seeds=False, color=color, marker="o" if clean else "s", markersize=4)
            if len(kernel):
                axis.plot([1, last], [kernel["value"].mean()] * 2, color=color, linestyle=":")
            name = "no noise" if clean else f"{arm[0]:.0%} noise".replace("%", " %")
            direct_labels.at_end(axis, [last], [random_features.geometric_mean(fitted).iloc[-1]], name, color)
        axis.set(ylabel=labels.quantity(measurements, quantity), title=title)
        random_features.ratio_axis(axis, measurements)
        axis.set_xticks([0.02, 0.1, 0.5, 1, 2, 6], ["0.02", "0.1", "0.5", "1", "2", "6"])
        axis.set_xlabel("features per sample, $N/n$")
        regimes.shade(axis, 1, random_features.THRESHOLD, short=True)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="The norm is largest at $N = n$ and then falls towards the kernel's (dotted), whose predictor is "
        "approached",
        refuted="The norm does not peak at $N = n$ and fall to the kernel's (dotted) as predicted",
        undecided="The norm around $N = n$, beside the kernel's (dotted)",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where the norm is largest and what it falls to, the distance to the kernel, and gradient descent's end."""
    return " ".join(_finding(measurements, kind, verdict) for kind in random_features.kinds(measurements))


def _finding(measurements: pd.DataFrame, kind: str, verdict: dict) -> str:
    chosen = measurements[measurements["features"] == kind]
    clean = random_features.arms(chosen)[0]
    found = {
        quantity: random_features.geometric_mean(
            random_features.rows(chosen, *clean, method="minimum_norm", quantity=quantity)
        )
        for quantity in ("function_norm", "kernel_distance")
    }
    kernel = random_features.rows(chosen, *clean, method="kernel", quantity="function_norm")["value"].mean()
    norm, distance = found["function_norm"], found["kernel_distance"]
    ends = chosen[(chosen["method"] == "gradient_descent") & (chosen["quantity"] == "solution_distance")]
    farthest, nearest = ends.groupby("start")["value"].max(), ends.groupby("start")["value"].min()
    return (
        f"{random_features.sentence_start(kind)} on {random_features.data_label(verdict)}, "
        f"{random_features.arm_name(*clean)}: the function's norm √N‖a‖ is {norm.iloc[0]:.3g} at "
        f"N = {norm.index[0]:g} n, largest ({norm.max():.3g}) at N = {norm.idxmax():g} n and {norm.iloc[-1]:.3g} at "
        f"N = {norm.index[-1]:g} n, {norm.iloc[-1] / kernel:.3g} times the kernel's; "
        f"the relative distance to the kernel's predictor falls from {distance.max():.3g} to "
        f"{distance.iloc[-1]:.2g}. Gradient descent from zero ends within {at_most(farthest['zero'], 1)} of the "
        f"minimum-norm solution, from a random start at least {at_least(nearest['random'])} away."
    )
