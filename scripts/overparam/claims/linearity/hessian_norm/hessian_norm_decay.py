"""Hessian norm of a two-layer network against width, raw and multiplied by the root of the width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import theme
from overparam.drawing.width_curves import curve

CASES = [  # activation, output weights, input norm, label, marker, dashes
    ("tanh", "gaussian", 1.0, "tanh, v ~ N(0, 1)", "o", "-"),
    ("sigmoid", "gaussian", 1.0, "sigmoid, v ~ N(0, 1)", "s", "--"),
    ("tanh", "sign", 1.0, "tanh, v = ±1", "^", "-."),
    ("relu", "gaussian", 1.0, "ReLU, v ~ N(0, 1)", "D", ":"),
    ("tanh", "gaussian", 3.0, "tanh, v ~ N(0, 1), |x| = 3", "v", (0, (1, 1))),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ with the control and a line of slope −1/2, and √m‖H‖ over its value at the smallest width."""
    figure, (raw, scaled) = theme.panels(2, height=4.6)
    inside = measurements[(measurements["quantity"] == "hessian_norm") & (measurements["radius"] > 0)]
    for (activation, weights, x_norm, label, marker, dashes), color in zip(CASES, theme.CATEGORIES, strict=False):
        rows = _select(inside, activation, weights, x_norm)
        if rows.empty:
            continue
        start = rows.loc[rows["width"] == rows["width"].min(), "value"].mean() * rows["width"].min() ** 0.5
        grown = rows.assign(value=rows["value"] * rows["width"] ** 0.5 / start)
        curve(raw, rows, label, marker, dashes, color)
        curve(scaled, grown, label, marker, dashes, color)
    curve(
        raw, _select(inside, "tanh", "gaussian", 1.0, "squared"), "tanh, output squared (control)", "X",
        (0, (5, 1, 1, 1)), theme.CATEGORIES[5],
    )  # fmt: skip
    widths = np.sort(inside["width"].unique())
    raw.plot(widths, 0.04 * (widths / widths[0]) ** -0.5, color=theme.INK, linewidth=1, linestyle="--")
    raw.annotate("slope −1/2", (widths[0], 0.02), color=theme.INK, fontsize=8, ha="left", va="top")
    logs = np.sqrt(np.log(widths) / np.log(widths[0]))
    scaled.plot(widths, logs, color=theme.INK, linewidth=1, linestyle="--", label="√(log m)")
    radius = inside["radius"].max()
    raw.set(xscale="log", yscale="log", xlabel="width m", ylabel=f"max ‖H(θ)‖, ‖θ − θ₀‖ ≤ {radius:g}")
    scaled.set(xscale="log", xlabel="width m", ylabel="√m max ‖H(θ)‖, relative to the smallest m")
    handles = {
        label: handle for axis in (raw, scaled) for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    for axis in (raw, scaled):
        if axis.get_legend():
            axis.get_legend().remove()
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncol=3, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents, raw and over √(log m), and the cause only where they agree with it."""
    inside = measurements[measurements["radius"] > 0]
    cases = {
        "gaussian": ("tanh", "gaussian", 1.0),
        "sigmoid": ("sigmoid", "gaussian", 1.0),
        "sign": ("tanh", "sign", 1.0),
        "control": ("tanh", "gaussian", 1.0, "squared"),
    }
    raw, scaled = (inside[inside["quantity"] == f"hessian_norm{end}"] for end in ("", "_over_root_log"))
    slopes = {name: _exponent(_select(raw, *case)) for name, case in cases.items()}
    over_log = {name: _exponent(_select(scaled, *cases[name])) for name in ("gaussian", "sigmoid")}
    explained = abs(slopes["sign"] + 0.5) <= 0.02 and all(abs(slope + 0.5) <= 0.05 for slope in over_log.values())
    words = "; the largest unit's growth like √(log m) accounts for the difference from −1/2: without it they are"
    words = words if explained else "; divided by √(log m) they are"
    outcome = "stops the fall: exponent" if slopes["control"] > -0.1 else "gives exponent"
    first, last = raw["width"].min(), raw["width"].max()
    return (
        f"Largest Hessian norm of a two-layer network over a ball around its initialisation, for widths {first} to "
        f"{last}. With Gaussian output weights it falls with exponents {slopes['gaussian']:.3f} (tanh) and "
        f"{slopes['sigmoid']:.3f} (sigmoid){words} {over_log['gaussian']:.3f} and {over_log['sigmoid']:.3f}; with "
        f"weights ±1 with exponent {slopes['sign']:.3f}. Squaring the output {outcome} {slopes['control']:.3f}."
    )


def _exponent(rows: pd.DataFrame) -> float:
    curve = rows.groupby("width")["value"].mean()
    return float(np.polyfit(np.log(curve.index), np.log(curve), 1)[0])


def _select(rows: pd.DataFrame, activation: str, weights: str, x_norm: float, output: str = "linear") -> pd.DataFrame:
    wanted = {"activation": activation, "output_weights": weights, "input_norm": x_norm, "output": output}
    return rows[np.logical_and.reduce([rows[column] == value for column, value in wanted.items()])]
