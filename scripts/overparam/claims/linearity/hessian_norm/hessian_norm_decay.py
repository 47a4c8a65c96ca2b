"""Hessian norm of a two-layer network against width, raw and multiplied by the root of the width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, exponents, headlines, judged, labels, predicted, theme
from overparam.drawing.width_curves import curve

CASES = {  # activation and output weights: label, marker, colour, and in which of the panels
    ("tanh", "gaussian"): ("tanh,\n$v \\sim N(0, 1)$", "o", theme.CATEGORIES[0], (0, 1)),
    ("sigmoid", "gaussian"): ("sigmoid,\n$v \\sim N(0, 1)$", "s", theme.CATEGORIES[1], (1,)),
    ("tanh", "sign"): ("tanh,\n$v = \\pm 1$", "^", theme.CATEGORIES[2], (0, 1)),
}
RAW, OVER_LOG, SIGNS = "raw slope, Gaussian v", "slope over root log width, Gaussian v", "raw slope, v = ±1"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ with the control and the predicted slope, and √m‖H‖ over its value at the smallest width."""
    figure, (raw, scaled) = theme.panels(2, height=4.2)
    inside = measurements[(measurements["quantity"] == "hessian_norm") & (measurements["radius"] > 0)]
    usual = judged_norm(verdict)
    squared = select(inside, "tanh", "gaussian", usual, "squared")
    curve(raw, squared, "tanh, output\nsquared\n(control)", "", theme.CONTROL["linestyle"], theme.CONTROL["color"])
    for (activation, weights), (label, marker, color, panels) in CASES.items():
        rows = select(inside, activation, weights, usual)
        if rows.empty:
            continue
        start = rows.loc[rows["width"] == rows["width"].min(), "value"].mean() * rows["width"].min() ** 0.5
        grown = rows.assign(value=rows["value"] * rows["width"] ** 0.5 / start)
        for place, axis, table in ((0, raw, rows), (1, scaled, grown)):
            if place in panels:
                curve(axis, table, label, marker, "-", color)
    widths = np.sort(inside["width"].unique()).astype(float)
    scaled.plot(
        widths, np.sqrt(np.log(widths) / np.log(widths[0])), color=theme.INK, linewidth=1.2, linestyle=":",
        label="$\\sqrt{\\log m}$",
    )  # fmt: skip
    scaled.axhline(1, color=theme.INK, linewidth=0.8, alpha=0.5)
    for axis in (raw, scaled):
        axis.set(xscale="log", xlabel=f"{labels.column(measurements, 'width')} m")
        direct_labels.of_lines(axis)
    name = labels.quantity(measurements, "hessian_norm")
    raw.set(yscale="log", ylabel=f"{name}, ‖θ − θ₀‖ ≤ {inside['radius'].max():g}", title="the norm")
    scaled.set(ylabel=f"√m {name}, over its start", title="the norm, times root width")
    lowest = inside[(inside["output"] == "linear") & (inside["input_norm"] == usual)]
    lowest = lowest[lowest["width"] == widths[0]]["value"].min()
    predicted.predicted_slope(
        raw, verdict, SIGNS, "corrected", start=(widths[0], 0.45 * lowest), to=widths[-1] ** 0.6 * widths[0] ** 0.4,
        label="slope",
    )  # fmt: skip
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="The norm of the Hessian falls like one over root width",
        refuted="The Hessian's norm does not quite fall like one over root width",
        undecided="The norm of the Hessian over the width",
    )
    grows = headlines.came_to(verdict, "corrected") == "supported"
    return f"{text}: Gaussian weights add a factor $\\sqrt{{\\log m}}$" if grows else text


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
        f"weights ±1 with exponent {signs}. Squaring the output (control) {outcome} {squared}."
    )


def judged_norm(verdict: dict) -> float:
    """Return the norm |x| of the input at which the claim is judged."""
    return float(judged.declared(verdict, RAW)["where"]["input_norm"])


def select(rows: pd.DataFrame, activation: str, weights: str, x_norm: float, output: str = "linear") -> pd.DataFrame:
    wanted = {"activation": activation, "output_weights": weights, "input_norm": x_norm, "output": output}
    return rows[np.logical_and.reduce([rows[column] == value for column, value in wanted.items()])]
