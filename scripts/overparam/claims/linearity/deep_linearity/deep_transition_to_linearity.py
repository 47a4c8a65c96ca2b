"""Hessian norm of networks of several depths against width, beside networks that do not become linear."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, exponents, headlines, judged, labels, theme
from overparam.drawing.width_curves import curve

CONTROLS = {"bottleneck": "narrow layer\n(control)", "squared output": "output squared\n(control)"}
PLACES = ("start", "along gradient")
RATE = -0.5  # of the formula Õ(m^(−1/2)); the predicted bands are open below and leave room above


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw ‖H‖ at the start of networks of all depths, of the two controls, and with all weights 1."""
    figure, (axis,) = theme.panels(height=4.6)
    axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m")
    for network, label in CONTROLS.items():
        rows = rows_of(measurements, "hessian_norm", network, place="start")
        curve(axis, rows, label, "", theme.CONTROL["linestyle"], theme.CONTROL["color"], faint=0.1)
    linear = measurements[(measurements["network"] == "linear output") & (measurements["place"] == "start")]
    depths = sorted(linear["depth"].unique())
    for depth, color in zip(depths, theme.ordered(len(depths)), strict=True):
        rows = rows_of(measurements, "hessian_norm", "linear output", depth, place="start")
        label = f"{depth} layers" if depth == depths[0] else f"{depth}"
        curve(axis, rows, label, "o", "-", color, faint=0.1)
    constant = rows_of(measurements, "hessian_norm", "constant weights", 2)
    curve(axis, constant, "all weights 1", "x", "-", theme.CATEGORIES[1])
    direct_labels.of_lines(axis)
    widths = np.sort(linear["width"].unique()).astype(float)
    level = 0.45 * constant[constant["width"] == constant["width"].min()]["value"].mean()
    guide = level * (widths / widths[0]) ** RATE
    axis.plot(widths[:-2], guide[:-2], color=theme.INK, linestyle=":", linewidth=1.2)
    words = f"slope {exponents.spelled(RATE)},\nup to logarithms"
    direct_labels.at_end(axis, widths[:-2], guide[:-2], words, theme.INK, fontsize=8.5)
    axis.set_ylabel(f"{labels.quantity(measurements, 'hessian_norm')} at the start")
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Deep networks become linear with the width, too",
        refuted="Deep networks do not become linear with the width",
        undecided="The curvature of deep networks over the width",
    )
    spared = headlines.came_to(verdict, "only_if_random") == "refuted"
    return f"{text}, and random weights are not what it takes" if spared else text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of the three networks, as judged, at both places."""
    control = judged.under_control(verdict)
    texts = {}
    for network in ("linear output", *CONTROLS):
        source = verdict if network == "linear output" else control
        cases = [f"network = {network}, depth = 3, place = {place}" for place in PLACES]
        texts[network] = " and ".join(exponents.measured(source, "the norm falls", each=case) for case in cases)
    widths = rows_of(measurements, "hessian_norm", "linear output")["width"]
    others = sorted(set(measurements["depth"]) - {3})
    fall = ", ".join(
        exponents.measured(verdict, "the norm falls", each=f"network = linear output, depth = {depth}, place = start")
        for depth in others
    )
    constant = exponents.measured(verdict, "constant weights keep their curvature", "only_if_random")
    scaled = [
        exponents.measured(
            verdict, "slope over root log width", "corrected", each=f"network = linear output, place = {place}"
        )
        for place in PLACES
    ]
    return (
        f"Hessian norm of tanh networks with two hidden layers of m = {widths.min()} to "
        f"{widths.max()} units: exponents {texts['linear output']} (at the start, along the gradient), "
        f"and {scaled[0]} and {scaled[1]} once divided by √(log m); with {', '.join(map(str, others))} layers of "
        f"weights {fall}, and with all weights 1 and two layers {constant}. With the output squared (control) the "
        f"exponents are {texts['squared output']}, and with a second hidden layer of fixed width (control) "
        f"{texts['bottleneck']}."
    )


def rows_of(measurements: pd.DataFrame, quantity: str, network: str, depth: int = 3, **where: str) -> pd.DataFrame:
    """Return the values of a quantity for one kind of network of one depth."""
    wanted = {"quantity": quantity, "network": network, "depth": depth, **where}
    return measurements[np.logical_and.reduce([measurements[column] == value for column, value in wanted.items()])]
