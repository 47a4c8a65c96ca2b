"""Rates of SGD over the promised ones, and the loss's distance from a parabola along random lines, against width."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.linear_regime.linearity_gives_convergence import by_activation, ratios
from overparam.drawing import labels, predicted, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the measured over the promised rate of SGD, and the distance from a parabola along random lines."""
    figure, (rates, lines) = theme.panels(2, height=4.2)
    shares = ratios(measurements)
    curves = measurements[measurements["quantity"] == "parabola_deviation"]
    tables = shares[shares["method"] == "sgd"], curves[curves["method"] == "random lines"]
    for axis, table in zip((rates, lines), tables, strict=True):
        axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m")
        by_activation(axis, table)
    predicted.predicted_band(rates, verdict, "SGD keeps the promised rate")
    rates.set_ylabel(" / ".join(labels.quantity(measurements, name) for name in ("slowest_rate", "promised_rate")))
    rates.set_title("SGD")
    lines.set_ylabel(labels.quantity(measurements, "parabola_deviation"))
    lines.set_title("along random lines")
    theme.headline(figure, "The same for SGD, and along random lines")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the smallest ratio of SGD's rates with the claimed output and with the control's."""
    shares = ratios(measurements)
    least = shares[shares["method"] == "sgd"].groupby("case")["value"].min()
    return (
        f"Rate of SGD over the promised one: the smallest is {least['claimed']:.2g}, and {least['control']:.2g} with "
        "tanh on the output (control). Along random lines of fixed length the loss nears a parabola with the width; "
        "along lines as long as the initialisation (control) it does not."
    )
