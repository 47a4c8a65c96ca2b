"""Hessian norm of a two-layer network against width, raw and multiplied by the root of the width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.width_curves import curve

CASES = [  # activation, output weights, whether the input has another norm than is judged, label, marker, dashes
    ("tanh", "gaussian", False, "tanh, v ~ N(0, 1)", "o", "-"),
    ("sigmoid", "gaussian", False, "sigmoid, v ~ N(0, 1)", "s", "--"),
    ("tanh", "sign", False, "tanh, v = ±1", "^", "-."),
    ("relu", "gaussian", False, "ReLU, v ~ N(0, 1)", "D", ":"),
    ("tanh", "gaussian", True, "tanh, v ~ N(0, 1), |x| = {:g}", "v", (0, (1, 1))),
]
RAW, OVER_LOG, SIGNS = "raw slope, Gaussian v", "slope over root log width, Gaussian v", "raw slope, v = ±1"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ with the control and the predicted slope, and √m‖H‖ over its value at the smallest width."""
    figure, (raw, scaled) = theme.panels(2, height=4.6)
    inside = measurements[(measurements["quantity"] == "hessian_norm") & (measurements["radius"] > 0)]
    usual = _judged_norm(verdict)
    others = sorted(set(inside["input_norm"]) - {usual})
    for (activation, weights, other, label, marker, dashes), color in zip(CASES, theme.CATEGORIES, strict=False):
        if other and not others:
            continue
        norm = others[0] if other else usual
        rows = _select(inside, activation, weights, norm)
        if rows.empty:
            continue
        start = rows.loc[rows["width"] == rows["width"].min(), "value"].mean() * rows["width"].min() ** 0.5
        grown = rows.assign(value=rows["value"] * rows["width"] ** 0.5 / start)
        curve(raw, rows, label.format(norm), marker, dashes, color)
        curve(scaled, grown, label.format(norm), marker, dashes, color)
    curve(
        raw, _select(inside, "tanh", "gaussian", usual, "squared"), "tanh, output squared (control)", "X",
        (0, (5, 1, 1, 1)), theme.CATEGORIES[5],
    )  # fmt: skip
    widths = np.sort(inside["width"].unique())
    slope = exponents.predicted(verdict, SIGNS, "corrected")
    raw.plot(widths, 0.04 * (widths / widths[0]) ** slope, color=theme.INK, linewidth=1, linestyle="--")
    words = f"slope {exponents.spelled(slope)}"
    raw.annotate(words, (widths[0], 0.02), color=theme.INK, fontsize=8, ha="left", va="top")
    logs = np.sqrt(np.log(widths) / np.log(widths[0]))
    scaled.plot(widths, logs, color=theme.INK, linewidth=1, linestyle="--", label="√(log m)")
    name, width = labels.quantity(measurements, "hessian_norm"), labels.column(measurements, "width")
    raw.set(xscale="log", yscale="log", ylabel=f"{name}, ‖θ − θ₀‖ ≤ {inside['radius'].max():g}")
    scaled.set(xscale="log", ylabel=f"√m {name}, relative to the smallest m")
    handles = {
        label: handle for axis in (raw, scaled) for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    for axis in (raw, scaled):
        axis.set_xlabel(f"{width} m")
        if axis.get_legend():
            axis.get_legend().remove()
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncol=3, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents as judged, raw and over √(log m), and the cause only where the judge supports it."""
    control = judged.under_control(verdict)
    raw = {
        name: exponents.measured(verdict, RAW, each=f"activation = {name}", digits=3) for name in ("tanh", "sigmoid")
    }
    over_log = {
        name: exponents.measured(verdict, OVER_LOG, "corrected", each=f"activation = {name}", digits=3) for name in raw
    }
    signs = exponents.measured(verdict, SIGNS, "corrected", each="activation = tanh", digits=3)
    squared = exponents.measured(control, RAW, each="activation = tanh", digits=3)
    half = exponents.spelled(exponents.predicted(verdict, SIGNS, "corrected"))
    explained = all(
        judged.prediction(verdict, name, "corrected")["verdict"] == "supported" for name in (OVER_LOG, SIGNS)
    )
    words = f"; the largest unit's growth like √(log m) accounts for the difference from {half}: without it they are"
    words = words if explained else "; divided by √(log m) they are"
    stopped = judged.prediction(control, RAW)["verdict"] == "refuted"
    outcome = "stops the fall: exponent" if stopped else "gives exponent"
    first, last = measurements["width"].min(), measurements["width"].max()
    return (
        f"Largest Hessian norm of a two-layer network over a ball around its initialisation, for widths {first} to "
        f"{last}. With Gaussian output weights it falls with exponents {raw['tanh']} (tanh) and "
        f"{raw['sigmoid']} (sigmoid){words} {over_log['tanh']} and {over_log['sigmoid']}; with "
        f"weights ±1 with exponent {signs}. Squaring the output {outcome} {squared}."
    )


def _judged_norm(verdict: dict) -> float:
    """Return the norm |x| of the input at which the claim is judged."""
    return float(judged.declared(verdict, RAW)["where"]["input_norm"])


def _select(rows: pd.DataFrame, activation: str, weights: str, x_norm: float, output: str = "linear") -> pd.DataFrame:
    wanted = {"activation": activation, "output_weights": weights, "input_norm": x_norm, "output": output}
    return rows[np.logical_and.reduce([rows[column] == value for column, value in wanted.items()])]
