"""Convergence of gradient descent on the hidden weights, ReLU: rates, widths and residuals."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.hidden_layer_convergence import convergence


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the residuals with the controls, and the rate over the distance of a close pair."""
    return convergence.figure(measurements, verdict)


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State residuals, exponents, how conservative the theorem's width is, and the controls."""
    return convergence.sentence(measurements, verdict)
