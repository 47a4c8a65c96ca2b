"""Steps over the condition number of SGD, Nesterov's momentum and MaSS, for both kinds of samples."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, judged, labels, predicted, theme
from overparam.drawing.rounding import at_least, at_most
from overparam.drawing.width_curves import exponent

METHODS = {  # label, colour, marker; SGD stands for what is not accelerated
    "sgd_tuned": ("SGD,\nbest step", theme.CONTROL, ""),
    "nesterov_tuned": ("Nesterov,\nbest step\nand $γ$", {"color": theme.CATEGORIES[1]}, "^"),
    "mass": ("MaSS", {"color": theme.CATEGORIES[0]}, "o"),
}
ROOT, LINEAR = "mass-needs-the-root-of-the-condition-number", "nesterov-need-not-accelerate"
KINDS = {"orthogonal": "orthogonal samples", "rotated": "samples rotated"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the steps of the three methods over κ, with the exponents that are predicted."""
    theme.apply()
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(theme.WIDTH, 4.4))
    steps = measurements[(measurements["quantity"] == "steps") & np.isfinite(measurements["value"])]
    for axis, (kind, title) in zip(axes, KINDS.items(), strict=True):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "condition_number"), title=title)
        for method, (label, style, marker) in METHODS.items():
            found = steps[(steps["method"] == method) & (steps["samples"] == kind)]
            axis.plot(
                found["condition_number"], found["value"], ".", color=style["color"], markersize=3, alpha=0.35,
                markeredgewidth=0,
            )  # fmt: skip
            middle = found.groupby("conditioning")[["condition_number", "value"]].median()
            axis.plot(middle["condition_number"], middle["value"], marker=marker, markersize=5, **style)
            direct_labels.at_end(axis, middle["condition_number"], middle["value"], label, style["color"])
    lowest = steps.loc[(steps["method"] == "mass") & steps["samples"].isin(KINDS), "value"].min()
    for axis, kind in zip(axes, KINDS, strict=True):
        places = steps.loc[steps["samples"] == kind, "condition_number"]
        if len(places):
            start, end = places.min(), places.max() ** 0.8 * places.min() ** 0.2
            predicted.predicted_slope(axis, verdict, ROOT, start=(start, lowest / 3), to=end, label="slope")
            if kind == judged.declared(verdict, LINEAR)["where"]["samples"]:
                top = steps.loc[steps["samples"] == kind, "value"].min() * 20
                predicted.predicted_slope(
                    axis,
                    verdict,
                    LINEAR,
                    start=(start, top),
                    to=places.max() ** 0.55 * places.min() ** 0.45,
                    label="slope",
                )
    axes[0].set_ylabel(labels.quantity(measurements, "steps"))
    text = headlines.by_verdict(
        verdict,
        supported="MaSS takes SGD from $κ$ steps to $\\sqrt{κ}$; on orthogonal samples Nesterov's momentum does not",
        refuted="MaSS and Nesterov's momentum do not accelerate SGD as claimed",
        undecided="Steps of SGD with and without momentum over $κ$",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents, what MaSS gains at the largest conditioning, and what Nesterov's method does."""
    steps = measurements[measurements["quantity"] == "steps"]
    power = {
        (kind, method): exponent(rows, x="condition_number")
        for (kind, method), rows in steps.groupby(["samples", "method"])
    }
    middle = steps.groupby(["samples", "conditioning", "method"])["value"].median()
    largest = steps["conditioning"].max()
    gain = [middle[kind, largest, "sgd_tuned"] / middle[kind, largest, "mass"] for kind in KINDS]
    control = middle["orthonormal", 1.0]
    sooner = {
        kind: table["nesterov_tuned"] < table["mass"]
        for kind in ("rotated", "pair")
        for table in [steps[steps["samples"] == kind].pivot(index=["seed", "conditioning"], columns="method")["value"]]
    }
    power = {key: f"κ^{value:.2f}" for key, value in power.items()}
    return (
        f"Steps of SGD with one sample each on problems that can be interpolated, on orthogonal and on rotated "
        f"samples: MaSS with the paper's parameters grows like {power['orthogonal', 'mass']} and "
        f"{power['rotated', 'mass']}, SGD at its best step like {power['orthogonal', 'sgd_tuned']} and "
        f"{power['rotated', 'sgd_tuned']}, Nesterov's momentum at its best step and momentum like "
        f"{power['orthogonal', 'nesterov_tuned']} and {power['rotated', 'nesterov_tuned']}; at conditioning "
        f"{largest:g} MaSS needs {at_least(min(gain), 3)} to {at_most(max(gain), 3)} times fewer steps than SGD. "
        f"Nesterov's method needs fewer steps than MaSS in {sooner['rotated'].sum()} of {len(sooner['rotated'])} cases "
        f"of rotated samples and in {sooner['pair'].sum()} of {len(sooner['pair'])} pairs of them. On orthonormal "
        f"samples (control) MaSS needs {control['mass']:.0f} steps and SGD {control['sgd']:.0f}."
    )
