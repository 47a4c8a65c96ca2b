"""The rate over the size and the widths that are enough, ReLU."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.hidden_layer_convergence import convergence_details as convergence


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the rate over d/n, and the widths that are enough."""
    return convergence.figure(measurements, verdict)


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the rate at both ends of d/n, and the widths."""
    return convergence.sentence(measurements, verdict)
