"""Root width times the Hessian norm of all networks that were measured, against the width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.hessian_norm import hessian_norm_decay
from overparam.drawing import direct_labels, labels, theme
from overparam.drawing.width_curves import curve, exponent

CASES = [  # activation, output weights, whether the input has another norm than is judged, label, marker, dashes
    ("tanh", "gaussian", False, "tanh, v ~ N(0, 1)", "o", "-"),
    ("sigmoid", "gaussian", False, "sigmoid, v ~ N(0, 1)", "s", "--"),
    ("tanh", "sign", False, "tanh, v = ±1", "^", "-."),
    ("relu", "gaussian", False, "ReLU, v ~ N(0, 1)", "D", ":"),
    ("tanh", "gaussian", True, "tanh, v ~ N(0, 1),\n|x| = {:g}", "v", (0, (1, 1))),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw √m‖H‖ over its value at the smallest width, for every activation and every length of the input."""
    figure, (axis,) = theme.panels(height=4.6)
    inside = measurements[(measurements["quantity"] == "hessian_norm") & (measurements["radius"] > 0)]
    usual = hessian_norm_decay.judged_norm(verdict)
    others = sorted(set(inside["input_norm"]) - {usual})
    for (activation, weights, other, label, marker, dashes), color in zip(CASES, theme.CATEGORIES, strict=False):
        if other and not others:
            continue
        norm = others[0] if other else usual
        rows = hessian_norm_decay.select(inside, activation, weights, norm)
        if rows.empty:
            continue
        start = rows.loc[rows["width"] == rows["width"].min(), "value"].mean() * rows["width"].min() ** 0.5
        grown = rows.assign(value=rows["value"] * rows["width"] ** 0.5 / start)
        curve(axis, grown, label.format(norm), marker, dashes, color)
    widths = np.sort(inside["width"].unique()).astype(float)
    logs = np.sqrt(np.log(widths) / np.log(widths[0]))
    axis.plot(widths, logs, color=theme.INK, linewidth=1.2, linestyle=":", label="$\\sqrt{\\log m}$")
    name = labels.quantity(measurements, "hessian_norm")
    axis.set(xscale="log", ylabel=f"√m {name}, over its start", xlabel=f"{labels.column(measurements, 'width')} m")
    direct_labels.of_lines(axis)
    theme.headline(figure, "Root width times the Hessian's norm, for all networks that were measured")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of all cases, as fitted to the means that are drawn."""
    inside = measurements[(measurements["quantity"] == "hessian_norm") & (measurements["radius"] > 0)]
    usual = hessian_norm_decay.judged_norm(verdict)
    others = sorted(set(inside["input_norm"]) - {usual})
    parts = []
    for activation, weights, other, label, *_ in CASES:
        norm = others[0] if other and others else usual
        rows = hessian_norm_decay.select(inside, activation, weights, norm)
        if len(rows):
            parts.append(f"{label.format(norm)}: {exponent(rows):.3f}")
    return f"Exponents of the Hessian's norm in the width, for all networks that were measured: {'; '.join(parts)}."
