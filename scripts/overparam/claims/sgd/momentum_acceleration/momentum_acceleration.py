"""Expected squared distance over time of SGD, Nesterov's momentum and MaSS, and their steps over κ."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import exponents, labels, theme
from overparam.drawing.rounding import at_least, at_most
from overparam.drawing.width_curves import exponent

METHODS = {
    "mass": ("MaSS, paper's parameters", "o", "-"),
    "sgd": ("SGD, step 1/L₁", "s", "--"),
    "sgd_tuned": ("SGD, best step", "D", ":"),
    "nesterov_tuned": ("Nesterov, best step and γ", "^", "-."),
    "nesterov": ("Nesterov, MaSS's η₁ and γ", None, (0, (1, 1))),
}
ROOT, LINEAR = "mass-needs-the-root-of-the-condition-number", "nesterov-need-not-accelerate"
KINDS = {"rotated": "samples rotated", "orthogonal": "samples orthogonal"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distances over time, and the steps over κ for both kinds of samples and the control."""
    figure, axes = theme.panels(3, height=3.9)
    curves = measurements[(measurements["quantity"] == "squared_distance") & (measurements["samples"] == "rotated")]
    curves = curves[curves["step"] > 0].assign(
        value=curves["value"].fillna(np.inf).clip(1e-12, 1e6)
    )  # both out of view
    steps = measurements[(measurements["quantity"] == "steps") & np.isfinite(measurements["value"])]
    for (method, (label, marker, dashes)), color in zip(METHODS.items(), theme.CATEGORIES, strict=False):
        shown = curves[curves["method"] == method]
        common = {"x": "step", "y": "value", "color": color, "ax": axes[0]}
        sns.lineplot(shown, **common, units="seed", estimator=None, alpha=0.2, linewidth=0.6, legend=False)
        sns.lineplot(
            shown, **common, estimator="median", errorbar=theme.median_interval, linestyle=dashes, label=label,
            legend=False,
        )  # fmt: skip
        for axis, kind in zip(axes[1:], KINDS, strict=True):
            found = steps[(steps["method"] == method) & (steps["samples"].isin([kind, "orthonormal"]))]
            if marker and len(found):
                axis.plot(found["condition_number"], found["value"], marker, color=color, markersize=2.5, alpha=0.5)
                middle = found.groupby("conditioning")[["condition_number", "value"]].median()
                axis.plot(middle["condition_number"], middle["value"], color=color, linestyle=dashes)
    settings = verdict["cost"].get("settings", {})
    if "accuracy" in settings:
        axes[0].axhline(settings["accuracy"], color=theme.INK, linewidth=0.8, linestyle=":")
    axes[0].set(xscale="log", yscale="log", xlabel=labels.column(measurements, "step"), ylim=(1e-9, 1e3))
    axes[0].set_ylabel(labels.quantity(measurements, "squared_distance"))
    axes[0].set_title(f"rotated, conditioning {curves['conditioning'].max():.0e}", fontsize=9)
    for axis, title in zip(axes[1:], KINDS.values(), strict=True):
        left = steps["condition_number"].min()
        grid = np.array([left, steps["condition_number"].max()])
        for prediction, factor in ((LINEAR, 3.0), (ROOT, 0.3)):
            power = exponents.predicted(verdict, prediction)
            name = {1: "∝ κ", 0.5: "∝ √κ"}.get(power, f"∝ κ^{power:g}")
            line = factor * steps["value"].min() * (grid / left) ** power
            axis.plot(grid, line, color=theme.INK, linewidth=0.8)
            axis.annotate(
                name, (grid[1], line[1]), fontsize=8, ha="right", va="top", xytext=(2, -5), textcoords="offset points"
            )
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "condition_number"))
        axis.set_title(title, fontsize=9)
        theme.mark_threshold(axis, left, "κ = n: control")
    low, high = axes[1].get_ylim()[0], max(axis.get_ylim()[1] for axis in axes[1:])
    for axis in axes[1:]:
        axis.set_ylim(low, high)
    axes[1].set_ylabel(labels.quantity(measurements, "steps"))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncol=3, fontsize=8)
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
    nesterov = measurements[(measurements["method"] == "nesterov") & measurements["samples"].isin(KINDS)]
    diverged = nesterov[nesterov["quantity"] == "diverged"]["value"]
    power = {key: f"κ^{value:.2f}" for key, value in power.items()}
    return (
        f"Steps of SGD with one sample each on problems that can be interpolated: MaSS with the paper's parameters "
        f"grows like {power['rotated', 'mass']} and {power['orthogonal', 'mass']} (rotated and orthogonal samples), "
        f"SGD like {power['rotated', 'sgd']} and {power['orthogonal', 'sgd']}; at conditioning {largest:g} MaSS needs "
        f"{at_least(min(gain), 3)} to {at_most(max(gain), 3)} times fewer steps than SGD with its best step. "
        f"Nesterov's momentum with the same step and momentum diverges in {diverged.sum():.0f} of {len(diverged)} "
        f"problems; with its best step and momentum it grows like {power['rotated', 'nesterov_tuned']} and "
        f"{power['orthogonal', 'nesterov_tuned']}, and it needs fewer steps than MaSS in {sooner['rotated'].sum()} of "
        f"{len(sooner['rotated'])} cases of rotated samples and in {sooner['pair'].sum()} of {len(sooner['pair'])} "
        f"pairs of them. On orthonormal samples MaSS needs {control['mass']:.0f} steps and "
        f"SGD {control['sgd']:.0f}."
    )
