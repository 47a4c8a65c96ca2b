"""Iterations of SGD and of gradient descent over n²/d, and the residuals with the controls."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

STYLES = {  # label, marker, dashes
    "theorem step": ("SGD, step ∝ d/n (theorem)", "o", "-"),
    "largest step": ("SGD, largest step", "s", "--"),
    "gradient descent": ("gradient descent", "^", "-."),
}
TICKS = {  # as an axis has room for them
    "sufficient width": "theorem's\nwidth", "theorem step": "∝ d/n", "largest step": "largest",
    "gradient descent": "GD",
    "duplicated": "input twice\n(control)", "too large step": "16 × largest\n(control)",
}  # fmt: skip
HIGHEST = 10.0  # larger residuals, and those of diverged runs, are drawn here


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the iterations on the left, on the right the residual of every run at its end."""
    figure, (left, right) = theme.panels(2, height=4.0)
    iterations = measurements[(measurements["quantity"] == "iterations") & np.isfinite(measurements["value"])]
    for (arm, (label, marker, dashes)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
        rows = iterations[iterations["arm"] == arm]
        common = {"data": rows, "x": "scale", "y": "value", "color": color, "ax": left}
        sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.5, legend=False)
        sns.lineplot(**common, errorbar=theme.interval, marker=marker, markeredgewidth=0, linestyle=dashes, label=label)
    theorem = iterations[iterations["arm"] == "theorem step"].groupby("scale")["value"].mean()
    last = theorem.iloc[-1] / theorem.index[-1]
    left.plot(theorem.index, last * theorem.index, color=theme.INK, linestyle=":", label="∝ n²/d")
    left.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "scale"))
    left.set_ylabel(labels.quantity(measurements, "iterations"))
    left.set_title(f"d = {measurements['dimension'].min()} to {measurements['dimension'].max()}")
    left.legend(fontsize=8)
    rows = measurements[measurements["quantity"] == "residual_ratio"]
    for place, arm in enumerate(TICKS):
        values = np.minimum(rows[rows["arm"] == arm]["value"].to_numpy(), HIGHEST)
        color = theme.CATEGORIES[place]
        right.plot(place + np.linspace(-0.25, 0.25, len(values)), values, "o", color=color, markersize=3, alpha=0.7)
    fitted = judged.declared(verdict, "fits")["greater"]
    right.axhline(fitted, color=theme.INK, linestyle="--", linewidth=1, label="fitted")
    right.set_xticks(range(len(TICKS)), TICKS.values(), fontsize=6.5)
    right.set(yscale="log", title="fits and controls, every run")
    right.set(ylabel=labels.quantity(measurements, "residual_ratio"), ylim=(rows["value"].min() / 2, HIGHEST))
    right.legend(fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of the iterations, the residuals reached, and the controls."""
    residual = measurements[measurements["quantity"] == "residual_ratio"].groupby("arm")["value"]
    slopes = {arm: _exponent(measurements, arm) for arm in STYLES}
    too_large = measurements[(measurements["arm"] == "too large step") & (measurements["quantity"] == "iterations")]
    failed = int(np.isinf(too_large["value"]).sum())
    return (
        f"Iterations until random labels are fitted, over n²/d: with SGD at the theorem's step they grow with exponent "
        f"{slopes['theorem step']:.2f}, at the largest sensible step with {slopes['largest step']:.2f}, and with "
        f"gradient descent with {slopes['gradient descent']:.2f}; all end at a residual of at most "
        f"{at_most(max(residual.max()[arm] for arm in STYLES))} of the first. With one input twice under both labels "
        f"(control) at least {at_least(residual.min()['duplicated'])} remains; with sixteen times the largest step "
        f"(control) {failed} of {len(too_large)} runs do not fit."
    )


def _exponent(measurements: pd.DataFrame, arm: str) -> float:
    rows = measurements[(measurements["arm"] == arm) & (measurements["quantity"] == "iterations")]
    rows = rows[np.isfinite(rows["value"])]
    means = np.log(rows["value"]).groupby(rows["scale"]).mean()
    return float(np.polyfit(np.log(means.index), means, 1)[0]) if len(means) > 1 else np.nan
